"""What the campaigns in Python have in common: their command line, the cases one by one or several at a time, how a broken
rule is told, and the counts at the end.

A campaign gives main() a function setting(program, data, work) that prepares what its cases share, and a function
case(setting, number) for case number N, which is the same each time. It returns how the case ended, in words that are counted,
or raises Broken with what happened. A setting that knows all its cases has them in the list `cases`, and where they have names
these in `names`: then no more are run, and --only WORD runs those that have the word in their names. What it has counted besides
is in the lines of its report(), if it has one. PROGRAM is
build/src/cli/lockstep and DATA is data/digits.h5.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import traceback

LIMIT = 300  # seconds of one start: more is a hang
ERROR = "lockstep: error: "


class Broken(Exception):
    """A rule that did not hold, and what was done until then."""


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(path):
    """A file with a seal that fits, as src/store/sealed.h has it."""
    if path.is_symlink() or not path.is_file():
        return False
    data = path.read_bytes()
    return (len(data) > 512 and data[:8] == b"LOCKSTEP" and int.from_bytes(data[16:24], "little") == len(data)
            and data[24:56] == hashlib.sha256(data[512:]).digest() and data[56:88] == hashlib.sha256(data[:56]).digest()
            and not any(data[88:512]))


def environment(**more):
    """Of a start: threads that do not spin, so that many starts share few cores; mpirun as anybody, with any number of
    ranks on them, and without its second of waiting when they fail, as tests/program/lib.sh has it."""
    return dict(os.environ, OMP_WAIT_POLICY="passive", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none", OMPI_MCA_mpi_yield_when_idle="1",
                OMPI_MCA_odls_base_sigkill_timeout="0", PRTE_MCA_rmaps_default_mapping_policy="slot:oversubscribe",
                PRTE_MCA_hwloc_default_binding_policy="none", **more)


def start(arguments, limit=LIMIT, kill_after=None, **options):
    """One start of a program: its exit code and what it said on both streams. Broken if it does not end within the limit; with
    kill_after it is killed after so many seconds. Its children go with it."""
    process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, **{"env": environment(), **options})
    try:
        said = process.communicate(timeout=kill_after if kill_after else limit)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[0]
        if not kill_after:
            raise Broken(f"hangs for {limit} s: {' '.join(map(str, arguments))}\n{said.decode(errors='replace')}") from None
    return process.returncode, said.decode(errors="replace")


def launcher():
    """mpirun, or what MPIEXEC names: Open MPI's, whose variables and exit codes are known here. Without one nothing is tried."""
    found = os.environ.get("MPIEXEC") or "mpirun"
    said = start([found, "--version"])[1] if shutil.which(found) else ""
    if "Open MPI" not in said and "OpenRTE" not in said:
        print(f"SKIPPED: {found} is not there, or not Open MPI's")
        raise SystemExit(77)
    return found


def error_lines(said):
    """What the program's error lines say."""
    return [line.split(ERROR, 1)[1] for line in said.split("\n") if ERROR in line]


def has_fault_points(program, data, work):
    """Whether this is a build with src/base/fault.h's points: one without knows no such variable."""
    return start([program, "train", data, "--layers", "10 softmax", "--output", work / "probe"], env=environment(LOCKSTEP_FAULT="nonsense"))[0] != 0


def main(description, setting, case, count, noun):
    """Exit code: 1 if a rule was broken or nothing was tried. The directory of a case that broke a rule stays."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=count, help="default: all there are" if count is None else "default: %(default)s")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no case after this time")
    parser.add_argument("--only", default="", help="cases with this word in their names, where they have names")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"lockstep-{noun.replace(' ', '-')}-"))
    prepared = setting(options.program.resolve(), options.data.resolve(), work)
    names = getattr(prepared, "names", None)
    every = names or getattr(prepared, "cases", None)
    numbers = range(options.first, options.first + options.count if every is None else len(every) + 1)
    numbers = [n for n in numbers if not names or options.only in names[n - 1]][:options.count]
    deadline, broken, ends = time.monotonic() + options.seconds, 0, {}

    def one(number):
        if time.monotonic() > deadline:
            return None, None
        try:
            return case(prepared, number), None
        except Exception as error:  # one that the case itself does not expect is told too, and ends no others
            text = str(error) if isinstance(error, Broken) else traceback.format_exc()
            return None, f"{noun} {number}{' (' + names[number - 1] + ')' if names else ''}: {text}"

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for end, text in pool.map(one, numbers):
            broken += text is not None
            if end is not None:
                ends[end] = ends.get(end, 0) + 1
            if text is not None:
                print(text, flush=True)
    if broken:
        print(f"what they left is in {work}")
    else:
        shutil.rmtree(work)
    for line in prepared.report() if hasattr(prepared, "report") else []:
        print(line)
    print(f"{sum(ends.values()) + broken} of {len(numbers)} {noun} from {options.first} on: {broken} broke a rule; "
          + ", ".join(f"{n} {end}" for end, n in sorted(ends.items())))
    return 1 if broken or not ends else 0

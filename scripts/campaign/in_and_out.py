#!/usr/bin/env python3
"""Inputs that are changed while they are read, and outputs that are no plain new file.

Inputs: each command is stopped in front of one of its reads of one of its files (strace sends SIGSTOP); the file is cut, emptied,
rewritten in place, written over in part, replaced by another, removed or made longer, and the command goes on. Outputs: each
command that writes is given a device, a pipe, links to files, inputs, directories and nowhere, a hard link of an input, each
input itself, directories, paths that lead through a file, names that are too long, a file of somebody else, with and
without --overwrite, by root and by others. What must hold:

1. The command ends in time, with 0 to 4 and never by a signal.
2. With 0 the results are those of the file as it was or as it is now, never of a mixture. With another code there is one line of error that names
   the file (or the output), and no result. An end that the changed file alone would have is one too.
3. Nothing else changes: inputs, targets of links, files of others, byte by byte, kind and mode; nothing hidden is left behind.
4. What is written to an output that is taken is the same as under a plain name.

  in_and_out.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. Inputs need strace, and are left out where there is none or it may not trace. Cases come in a random order
that is always the same; numbers beyond the last case are none.
"""

import gzip
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time

from campaign import LIMIT, Broken, environment, main, start
from filetrace import can_record

TRAIN = ["--layers", "4 relu, 2 softmax", "--epochs", "2", "--batch-size", "64", "--threads", "1", "--quiet"]
STREAM = ["--memory", "60kB", "--shuffle-window", "32"]
ROWS, MOMENTS = 2000, 6
ERROR = re.compile(r"^lockstep: error: (.*)$", re.M)
SCORE = re.compile(r"^(?:loss|accuracy) .*\n", re.M)
READS = "read,pread64,readv,preadv,preadv2,mmap"
ANOTHER = 65534  # nobody


def table(seed):
    """Rows of one length each, so that files of other numbers have the same size."""
    rng = random.Random(seed)
    lines = ["a,b,c,d,class"]
    for _ in range(ROWS):
        values = [rng.randrange(1000, 10000) for _ in range(4)]
        lines.append(",".join(f"{v / 1000:.3f}" for v in values) + (",yes" if sum(values) % 2 else ",noo"))
    return "\n".join(lines) + "\n"


def npy(seed, columns, kind="<f4"):
    rng = random.Random(seed)
    shape = f"({ROWS}, {columns})" if columns else f"({ROWS},)"
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    values = [rng.random() if kind == "<f4" else rng.randrange(2) for _ in range(ROWS * max(columns, 1))]
    return b"\x93NUMPY\1\0v\0" + header.encode() + struct.pack(f"<{len(values)}{'f' if kind == '<f4' else 'i'}", *values)


def libsvm(seed):
    rng = random.Random(seed)
    return "".join(f"{rng.randrange(2)} " + " ".join(f"{k}:{rng.randrange(100, 1000)}" for k in (1, 2, 3)) + "\n" for _ in range(ROWS))


def portrait(folder):
    """What is in a folder: of each path its kind and mode, and its bytes or where it leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        what = os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(info.st_mode) else ""
        found[path.relative_to(folder).as_posix()] = (stat.S_IFMT(info.st_mode), stat.S_IMODE(info.st_mode), what)
    return found


class Line:
    """A command: its arguments, what it reads, what it writes; and where it says its results (stdout: on standard output)."""

    def __init__(self, name, arguments, inputs, result, launch=(), begin=None):
        self.name, self.arguments, self.inputs, self.result = name, arguments, inputs, result
        self.launch, self.begin = list(launch), begin
        self.known, self.reads = {}, {}

    def of(self, folder, said):
        """The results' bytes as one hash; None: there are none."""
        if self.result == "stdout":
            # where a damaged model gave way to the checkpoint, more is said; info's hash is of the file as it is then
            said = "".join(SCORE.findall(said)) or re.sub(r"  sha256 .*\n", "", said)
            return hashlib.sha256(said.encode()).hexdigest()
        if not (folder / self.result).exists():
            return None
        files = [folder / self.result] if (folder / self.result).is_file() else [folder / self.result / n for n in ("model.weights.h5", "log.csv")]
        if not all(f.is_file() for f in files):
            return None
        return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()


class Setting:
    def __init__(self, program, data, work):
        self.program, self.work = program, work
        self.first, self.second = work / "first", work / "second"
        for folder, seed in ((self.first, 1), (self.second, 2)):
            self.fill(folder, seed)
        lines = self.lines()
        self.cases = [(Outputs, *c) for c in self.output_cases()]
        if can_record(work):
            self.cases += [(Inputs, line, file, change, moment) for line in lines for file in line.inputs for change in CHANGES for moment in range(MOMENTS)]
        else:
            print("strace is not there, or may not trace: no inputs are changed")
        random.Random(7).shuffle(self.cases)
        self.plain = {}
        print(f"{len(self.cases)} cases")

    def must(self, folder, *arguments):
        code, said = start([self.program, *arguments], cwd=folder)
        if code != 0:
            raise SystemExit(f"{arguments}: {said}")

    def fill(self, folder, seed):
        folder.mkdir()
        (folder / "t.csv").write_text(table(seed))
        (folder / "t.csv.gz").write_bytes(gzip.compress(table(seed).encode(), 1, mtime=0))
        (folder / "x.npy").write_bytes(npy(seed, 4))
        (folder / "y.npy").write_bytes(npy(seed + 10, 0, "<i4"))
        (folder / "s.svm").write_text(libsvm(seed))
        (folder / "c.conf").write_text(f"learning-rate = 0.00{seed}\nseed = {seed}\n")
        self.must(folder, "convert", "t.csv", "d.h5", "--quiet")
        (folder / "v.h5").write_bytes((folder / "d.h5").read_bytes())
        self.must(folder, "train", "d.h5", *TRAIN, "--checkpoint-every", "16 steps", "--keep", "9", "--output", "run")
        (folder / "m.h5").write_bytes((folder / "run/model.weights.h5").read_bytes())
        self.must(folder, "train", "d.h5", *TRAIN, "--epochs", "1", "--checkpoint-every", "16 steps", "--keep", "9", "--output", "half")

    def lines(self):
        ranks = ["mpirun", "-n", "2"]
        newest = max(p.name for p in (self.first / "half/checkpoints").iterdir())
        lines = [
            Line("train", ["train", "d.h5", *TRAIN, "--output", "o"], ["d.h5"], "o"),
            Line("train streaming", ["train", "d.h5", *TRAIN, *STREAM, "--output", "o"], ["d.h5"], "o"),
            Line("train validated", ["train", "d.h5", *TRAIN, "--validation-data", "v.h5", "--output", "o"], ["v.h5"], "o"),
            Line("train configured", ["train", "d.h5", *TRAIN, "--config", "c.conf", "--output", "o"], ["c.conf"], "o"),
            Line("train from a model", ["train", "d.h5", "--init", "m.h5", "--epochs", "2", "--quiet", "--output", "o"], ["m.h5", "d.h5"], "o"),
            Line("train resumed", ["train", "d.h5", *TRAIN, "--output", "half", "--resume"], ["d.h5", f"half/checkpoints/{newest}", "half/run.json"], "half"),
            Line("evaluate", ["evaluate", "m.h5", "d.h5"], ["m.h5", "d.h5"], "stdout"),
            Line("evaluate a run", ["evaluate", "run", "t.csv"], ["run/model.weights.h5", "t.csv"], "stdout"),
            Line("predict", ["predict", "m.h5", "d.h5", "--output", "p.csv"], ["m.h5", "d.h5"], "p.csv"),
            Line("predict streaming", ["predict", "m.h5", "d.h5", *STREAM[:2], "--output", "p.h5"], ["d.h5"], "p.h5"),
            Line("predict a table", ["predict", "m.h5", "t.csv", "--output", "p.h5"], ["m.h5", "t.csv"], "p.h5"),
            Line("predict a packed table", ["predict", "m.h5", "t.csv.gz", "--output", "p.csv"], ["t.csv.gz"], "p.csv"),
            Line("convert", ["convert", "t.csv", "p.h5"], ["t.csv"], "p.h5"),
            Line("convert in parts", ["convert", "t.csv", "p.h5", "--test-split", "0.3", "--test-method", "stratified"], ["t.csv"], "p.h5"),
            Line("convert like", ["convert", "t.csv", "p.h5", "--like", "m.h5"], ["m.h5", "t.csv"], "p.h5"),
            Line("convert packed", ["convert", "t.csv.gz", "p.h5"], ["t.csv.gz"], "p.h5"),
            Line("convert arrays", ["convert", "x.npy", "p.h5", "--target", "y.npy"], ["x.npy", "y.npy"], "p.h5"),
            Line("convert libsvm", ["convert", "s.svm", "p.h5"], ["s.svm"], "p.h5"),
            Line("info of data", ["info", "d.h5"], ["d.h5"], "stdout"),
            Line("info of a model", ["info", "m.h5"], ["m.h5"], "stdout"),
        ]
        if shutil.which("mpirun"):
            lines += [
                Line("train on ranks", ["train", "d.h5", *TRAIN, "--output", "o"], ["d.h5"], "o", ranks),
                Line("predict on ranks", ["predict", "m.h5", "t.csv", "--output", "p.h5"], ["m.h5", "t.csv"], "p.h5", ranks),
            ]
        return lines

    def output_cases(self):
        writers = [
            Line("train", ["train", "d.h5", *TRAIN, "--validation-data", "v.h5", "--init", "m.h5", "--config", "c.conf"], ["d.h5", "v.h5", "m.h5", "c.conf"], "o"),
            Line("predict to text", ["predict", "m.h5", "t.csv", "--config", "q.conf"], ["m.h5", "t.csv", "q.conf"], "p.csv"),
            Line("predict to HDF5", ["predict", "run", "d.h5"], ["run/model.weights.h5", "d.h5"], "p.h5"),
            Line("predict to packed text", ["predict", "m.h5", "t.csv.gz"], ["m.h5", "t.csv.gz"], "p.csv.gz"),
            Line("convert a table", ["convert", "t.csv", "--like", "m.h5"], ["t.csv", "m.h5"], "p.h5"),
            Line("convert arrays", ["convert", "x.npy", "--target", "y.npy"], ["x.npy", "y.npy"], "p.h5"),
        ]
        cases = []
        for line in writers:
            for place in PLACES:
                for file in (line.inputs if "input" in place else [None]):
                    for overwrite in (False, True):
                        for who in ([0, ANOTHER] if os.getuid() == 0 else [os.getuid()]):
                            for ranks in ([0, 2] if shutil.which("mpirun") and place in ("a device", "an input", "a pipe", "a directory") and who == 0
                                          and line.arguments[0] != "convert" else [0]):
                                cases.append((line, place, file, overwrite, who, ranks))
        return cases

    def copy(self, number):
        folder = self.work / f"case-{number}"
        shutil.copytree(self.first, folder)
        (folder / "q.conf").write_text("threads = 1\n")
        return folder


# ---- inputs ----

def overwrite_part(path, other):
    """The second half of another file of the same kind, in place."""
    data = other.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(data) // 2)
        file.write(data[len(data) // 2:])


def rewrite(path, other):
    with path.open("r+b") as file:
        file.write(other.read_bytes())
        file.truncate()


def zero_part(path, _):
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(size // 3)
        file.write(bytes(size // 3))


def replace(path, other):
    shutil.copyfile(other, path.with_name("new-one"))
    os.replace(path.with_name("new-one"), path)


def grow(path, _):
    data = path.read_bytes()
    with path.open("ab") as file:
        file.write(data[len(data) // 2:])


CHANGES = {
    "cut": lambda path, _: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path, _: os.truncate(path, 0),
    "rewritten": rewrite,
    "rewritten in part": overwrite_part,
    "zeroed in part": zero_part,
    "replaced": replace,
    "removed": lambda path, _: path.unlink(),
    "made longer": grow,
}


def named(line):
    """Where data do not fit a run any more, the run is what the error names."""
    return ["half/checkpoints/step-"] if line.result == "half" else []


class Inputs:
    """One command, one of its files, one change, in front of one of its reads."""

    def __init__(self, setting, number, line, file, change, moment):
        self.setting, self.number, self.line, self.file, self.change, self.moment = setting, number, line, file, change, moment

    def started(self, folder, tracing=()):
        return [*tracing, *self.line.launch, self.setting.program, *self.line.arguments]

    def undisturbed(self, change):
        """Code and results where the file is as it was (None) or has been changed before."""
        key = (self.file, change)
        if key not in self.line.known:
            folder = self.setting.work / f"undisturbed-{self.number}-{change}"
            shutil.copytree(self.setting.first, folder)
            if change:
                CHANGES[change](folder / self.file, self.setting.second / self.file)
            code, said = start(self.started(folder), cwd=folder)
            self.line.known[key] = code, self.line.of(folder, said)
            shutil.rmtree(folder)
        return self.line.known[key]

    def count_reads(self):
        """Of each process that reads the file, in the order of their first reads, how many reads."""
        if self.file not in self.line.reads:
            folder = self.setting.work / f"counted-{self.number}"
            shutil.copytree(self.setting.first, folder)
            trace = folder.with_suffix(".trace")
            start(self.started(folder, ["strace", "-f", "-o", trace, "-P", folder / self.file, "-e", f"trace={READS}"]), cwd=folder)
            counts = {}
            for line in trace.read_text(errors="replace").splitlines():
                process, _, call = line.partition(" ")
                if call.strip().split("(")[0] in READS.split(","):
                    counts[process] = counts.get(process, 0) + 1
            self.line.reads[self.file] = sorted(counts.values())
            shutil.rmtree(folder)
            trace.unlink()
        return self.line.reads[self.file]

    def disturbed(self, folder, read, stop):
        """Code and what was said, with the change at the stop-th time that a process is in front of its read-th read; whether that came."""
        path = folder / self.file
        trace = folder.with_suffix(".trace")
        trace.write_text("")
        tracing = ["strace", "-f", "-o", trace, "-P", path, "-e", f"trace={READS}", "-e", f"inject={READS}:signal=SIGSTOP:when={read}"]
        said = folder.with_suffix(".said")
        with said.open("wb") as output:
            process = subprocess.Popen([str(a) for a in self.started(folder, tracing)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                       start_new_session=True, cwd=folder, env=environment())
        seen, done, changed, end = 0, set(), False, time.monotonic() + LIMIT
        try:
            while process.poll() is None:
                if time.monotonic() > end:
                    raise Broken(f"hangs for {LIMIT} s: {said.read_text(errors='replace')}")
                lines = trace.read_bytes().split(b"\n")[:-1]
                for line in lines[seen:]:
                    if b"--- stopped by SIGSTOP ---" not in line:
                        continue
                    stopped = int(line.split()[0])
                    done.add(stopped)
                    if len(done) == stop and not changed:
                        CHANGES[self.change](path, self.setting.second / self.file)
                        changed = True
                    try:
                        os.kill(stopped, signal.SIGCONT)
                    except ProcessLookupError:
                        pass
                seen = len(lines)
                time.sleep(0.003)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        trace.unlink()
        text = said.read_text(errors="replace")
        said.unlink()
        return process.returncode, text, changed

    def run(self):
        old, new = self.undisturbed(None), self.undisturbed(self.change)
        if old[0] != 0:
            raise SystemExit(f"{self.line.name} does not work")
        reads = self.count_reads()
        if not reads:
            raise SystemExit(f"{self.line.name} does not read {self.file}")
        rng = random.Random(f"{self.line.name} {self.file} {self.change} {self.moment}")
        read = self.moment + 1 if self.moment < 2 else rng.randrange(1, max(reads) + 1)
        stop = rng.randrange(1, sum(r >= read for r in reads) + 1) if read <= max(reads) else 1
        folder = self.setting.copy(self.number)
        before = portrait(folder)
        told = f"{self.line.name}: {self.file} {self.change} in front of read {read} of up to {max(reads)}, process {stop}"
        code, said, changed = self.disturbed(folder, read, stop)
        try:
            self.judge(folder, code, said, changed, before, old, new)
        except Broken as broken:
            raise Broken(f"{told}: {broken}") from None
        shutil.rmtree(folder)
        return "inputs: not reached" if not changed else "inputs: right result" if code == 0 else "inputs: error"

    def judge(self, folder, code, said, changed, before, old, new):
        if not 0 <= code <= 4:
            raise Broken(f"ends with {code}: {said}")
        result = self.line.of(folder, said)
        if code == 0 and (code, result) not in (old, new if changed else old):
            raise Broken(f"ends with 0 and results of neither file: {said}")
        if code != 0:
            errors = ERROR.findall(said)
            if code not in (3, 4, new[0]):
                raise Broken(f"ends with {code}: {said}")
            if len(errors) != 1 or not any(name in errors[0] for name in (self.file, self.file.split("/")[0], *named(self.line))):
                raise Broken(f"{len(errors)} lines of error, or without a file's name: {said}")
            if self.line.result not in ("stdout", "half") and result is not None:
                raise Broken(f"ends with {code} and leaves a result: {said}")
        after = portrait(folder)
        for path in (after.keys() | before.keys()) - {self.file}:
            own = path.split("/")[0] == self.line.result
            if path != ".lock" and not own and after.get(path) != before.get(path):
                raise Broken(f"{path} is changed: {said}")
            if own and path.split("/")[-1].startswith(".") and not path.endswith("/.lock"):
                raise Broken(f"{path} is left: {said}")


# ---- outputs ----

def make_place(place, folder, result, file):
    """Makes what is to be an output; its path as it is given."""
    suffix = result.partition(".")[1] + result.partition(".")[2]
    here = folder / f"out{suffix}"
    name = here.name
    others = folder / "others"
    others.mkdir()
    (others / "precious").write_bytes(b"precious")
    if place == "a plain name":
        return name
    if place in ("a device", "a full device", "zeros"):
        return {"a device": "/dev/null", "a full device": "/dev/full", "zeros": "/dev/zero"}[place]
    if place.startswith("a link to"):
        target = {"a link to a device": "/dev/null", "a link to a full device": "/dev/full", "a link to zeros": "/dev/zero", "a link to a file": "others/precious",
                  "a link to a directory": "others", "a link to nowhere": "nowhere/there", "a link to nothing": "others/nothing", "a link to itself": name,
                  "a link to an input": file, "a link to a link to an input": "second"}[place]
        here.symlink_to(target)
        if place == "a link to a link to an input":
            (folder / "second").symlink_to(folder / file)
        return name
    if place == "a pipe":
        os.mkfifo(here)
        return name
    if place == "a link and a pipe":
        os.mkfifo(others / "pipe")
        here.symlink_to("others/pipe")
        return name
    if place == "a hard link of an input":
        os.link(folder / file, here)
        return name
    if place == "an input":
        return file
    if place == "an input by another path":
        return f"others/../{file}"
    if place == "an input as a directory":
        return f"{file}/{name}"
    if place == "a directory":
        here.mkdir()
        (here / "theirs").write_bytes(b"theirs")
        return name
    if place == "a closed directory":
        (folder / "closed").mkdir(mode=0o555)
        return f"closed/{name}"
    if place == "an unseen directory":
        (folder / "closed").mkdir(mode=0o000)
        return f"closed/{name}"
    if place == "through a file":
        return f"others/precious/{name}"
    if place == "no directory":
        return f"none/{name}"
    if place == "a long name":
        return "x" * 300 + suffix
    if place == "a long path":
        return "./" * 3000 + name
    if place == "somebody's file":
        here.write_bytes(b"somebody's")
        return name
    if place == "a file that is not to be written":
        here.write_bytes(b"somebody's")
        here.chmod(0o444)
        return name
    if place == "a strange name":
        return f"a 'b\" \u00e4%s*{name}"
    if place == "a name with control characters":
        return f"a\n\x1b[31m {name}"
    if place == "nothing":
        return ""
    if place == "a slash":
        return f"{name}/"
    raise AssertionError(place)


PLACES = ["a plain name", "a device", "a full device", "zeros", "a link to a device", "a link to a full device", "a link to zeros", "a link to a file",
          "a link to a directory", "a link to nowhere", "a link to nothing", "a link to itself", "a link to an input", "a link to a link to an input", "a pipe",
          "a link and a pipe", "a hard link of an input", "an input", "an input by another path", "an input as a directory", "a directory", "a closed directory",
          "an unseen directory", "through a file", "no directory", "a long name", "a long path", "somebody's file", "a file that is not to be written", "a strange name",
          "a name with control characters", "nothing", "a slash"]
FREE = {"a plain name", "a strange name"}  # must be taken


class Outputs:
    """One command and one kind of output."""

    def __init__(self, setting, number, line, place, file, overwrite, who, ranks):
        self.setting, self.number, self.line, self.place, self.file = setting, number, line, place, file
        self.overwrite, self.who, self.ranks = overwrite, who, ranks

    def started(self, output):
        launch = ["mpirun", "-n", str(self.ranks)] if self.ranks else []
        line = self.line.arguments
        where = [*line[:2], output, *line[2:]] if line[0] == "convert" else [*line, "--output", output]
        return [*launch, self.setting.program, *where, *(["--overwrite"] if self.overwrite else [])]

    def plain(self):
        if self.line.name not in self.setting.plain:
            folder = self.setting.copy(f"plain-{self.number}")
            code, said = start(Outputs(self.setting, 0, self.line, None, None, False, 0, 0).started(self.line.result), cwd=folder)
            if code != 0:
                raise SystemExit(f"{self.line.name} does not work: {said}")
            self.setting.plain[self.line.name] = self.line.of(folder, said)
            shutil.rmtree(folder)
        return self.setting.plain[self.line.name]

    def run(self):
        plain = self.plain()
        folder = self.setting.copy(self.number)
        output = make_place(self.place, folder, self.line.result, self.file)
        closed = self.place in ("a closed directory", "an unseen directory")
        if self.who != os.getuid():
            os.chown(folder, self.who, self.who)
        before = portrait(folder)
        more = {"user": self.who, "group": self.who} if self.who != os.getuid() else {}
        told = f"{self.line.name} into {self.place}{' ' + self.file if self.file else ''}{', --overwrite' if self.overwrite else ''}, user {self.who}, {self.ranks} ranks"
        code, said = start(self.started(output), cwd=folder, env=environment(HOME=str(folder)), **more)
        try:
            end = self.judge(folder, output, code, said, before, plain, closed)
        except Broken as broken:
            raise Broken(f"{told}: {broken}") from None
        shutil.rmtree(folder)
        return end

    def judge(self, folder, output, code, said, before, plain, closed):
        after = portrait(folder)
        relative = os.path.normpath(output) if output else "."
        if self.line.result == "o" and self.place == "a link to a directory":
            relative = "others"
        changed = sorted(p for p in after.keys() | before.keys() if after.get(p) != before.get(p))
        if code == 0:
            own = [p for p in changed if p == relative or p.startswith(relative + "/")]
            if self.place == "nothing":
                own = changed
            if changed != own:
                raise Broken(f"ends with 0 and changes {sorted(set(changed) - set(own))}: {said}")
            if relative in before and not self.overwrite and self.line.result != "o":
                raise Broken(f"ends with 0 in place of what was there: {said}")
            if self.place != "nothing":
                line = Line("", [], [], relative)
                if not (folder / relative).exists() or line.of(folder, said) != plain:
                    raise Broken(f"ends with 0 and another result: {said}")
            if any(p.split("/")[-1].startswith(".") and not p.endswith("/.lock") for p in own):
                raise Broken(f"leaves hidden files: {changed}")
            return "outputs: taken"
        if self.place in FREE:
            raise Broken(f"ends with {code}: {said}")
        if code not in (2, 3, 4):
            raise Broken(f"ends with {code}: {said}")
        errors = ERROR.findall(said)
        names = [output[:60], pathlib.Path(output).name[:60], "option 'output'", *([self.file] if self.file else [])]
        if len(errors) != 1 or (output and not any(name in errors[0] for name in names)):
            raise Broken(f"{len(errors)} lines of error, or without the output's name: {said}")
        if changed:
            raise Broken(f"ends with {code} and changes {changed}: {said}")
        return "outputs: refused"


def case(setting, number):
    if number > len(setting.cases):
        return None
    kind, *what = setting.cases[number - 1]
    return kind(setting, number, *what).run()


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, 3000, "ins and outs"))

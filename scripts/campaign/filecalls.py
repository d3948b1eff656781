#!/usr/bin/env python3
"""Every call of the system on the files that are written, with every fault that it can have.

Commands run once with build/tests/campaign's shim_files, which lists their calls on files below one directory. Then each is run
again for each pair of a call and a fault: killed before it, after it or when half of its bytes are written; half of the bytes
taken; an error once, for this and all later calls of its kind, or for all later calls (a dead disk, a full one); an interruption
once, or at every other call; an error of a call that was done. What must hold:

1. It ends, by itself with code 0 or 4, or by the shim's kill; never by a signal of its own. Interruptions and short counts
   change nothing: code 0, and results as ever.
2. With code 4 there is one error line, which names the file, or where a whole disk fails one that is on it. With code 0 there
   is none, and all results are those of an undisturbed start, with no other file left; that a file could not be made, written,
   brought to the disk, closed or given its name is said in a warning.
3. Of a run: a checkpoint that was whole before the fault is followed by one that is whole. --resume (or --overwrite, where that
   had begun) then leads to the undisturbed model, best model and log, and leaves the files of an undisturbed run.
4. Of convert, predict and export: the output is the old one or the new one, each whole. Nothing else is left unless it was killed, or
   nothing could be removed; the next start leaves the new output and nothing else.

  filecalls.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S] [--only WORD]

DATA is digits.h5. Without --count all pairs are run, in an order that has been shuffled once and for all, so that the first N are a
sample. The shim is where the build of PROGRAM has it.
"""

import errno
import json
import os
import random
import re
import shutil
import signal
import sys

from campaign import Broken, environment, is_whole, main, sha, start

ROOMS = ["EIO", "ENOSPC", "EDQUOT", "EFBIG"]  # errors of what changes a file
FAULTS = {  # of each kind of call beside the kills: what is tried once and for ever
    "open": ["EIO"], "create": ROOMS, "read": ["EIO"], "write": ROOMS, "sync": ROOMS, "range": ROOMS, "close": ROOMS, "truncate": ROOMS,
    "allocate": ROOMS, "rename": ROOMS, "link": ROOMS, "unlink": ["EIO", "EROFS"], "mkdir": ROOMS, "stat": ["EIO"], "lock": ["EIO", "ENOLCK"],
}
INTERRUPTED = ("open", "create", "read", "write", "sync", "range", "close", "truncate", "allocate", "lock")
DONE = ("rename", "unlink", "mkdir", "sync", "link")  # a server may do these and its answer be lost
TOLD = ("create", "write", "sync", "truncate", "rename")  # that they failed matters, whatever comes after
KILLS = ("before", "after", "half")
WARNING = "lockstep: warning: "


def faults_of(kind):
    for how in ("before", "after", *(["half"] if kind == "write" else [])):
        yield how
    if kind in ("read", "write"):
        yield "short"
    for name in FAULTS[kind]:
        yield f"once:{name}"
        yield f"ever:{name}"
    yield "dead:EIO"
    if kind in ("create", "write", "mkdir", "allocate", "link"):
        yield "full:ENOSPC"
        yield "full:EDQUOT"
    if kind in INTERRUPTED:
        yield "once:EINTR"
        yield "often:EINTR"
    if kind in DONE:
        yield "lie:EIO"


def errors_in(said):
    return [line for line in said.splitlines() if line.startswith("lockstep: error:")]


def files_of(directory):
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*"))


def target_of(path):
    """What a path is for: a temporary file for the one that it becomes."""
    name = os.path.basename(path)
    found = re.fullmatch(r"\.(.*)\.tmp\.\d+-[0-9a-f]{16}", name)
    return found.group(1) if found else name


class Trace:
    """The calls of a start."""

    def __init__(self, prefix):
        with open(f"{prefix}.trace") as file:
            lines = [line.rstrip("\n") for line in file]
        self.calls = []
        for line in lines:
            call, _, hit = line.partition("\t")
            number, kind, path = call.split(" ", 2)
            self.calls.append((int(number), kind, path, hit))
        self.calls.sort()


class Attempt:
    """A start with a fault, and how it ended."""

    def __init__(self, home, code, how, name, hit):
        self.home, self.out, self.code, self.how, self.name = home, home / "out", code, how, name
        self.number, self.kind, self.path, _ = hit
        self.killed = how in KILLS
        # where nothing can be removed, or be looked at before it is, a temporary file stays for the next start
        self.may_leave = self.killed or how == "dead" or (how == "ever" and self.kind in ("stat", "unlink"))
        # a log that cannot be read is set aside; .reserve.* stays where it cannot be removed
        self.unreadable = how == "dead" or (name not in ("", "EINTR") and self.kind in ("read", "open", "stat", "unlink"))

    def check_end(self, said):
        lines = errors_in(said)
        if self.code not in ((0, 4, -signal.SIGKILL, 137) if self.killed else (0, 4)):
            raise Broken(f"ends with {self.code}")
        if (self.how == "short" or self.name == "EINTR") and self.code != 0:
            raise Broken(f"ends with {self.code} for what is to be tried again")
        if self.code == 0 and lines:
            raise Broken("ends with 0 and tells of an error")
        if self.code == 4:
            if len(lines) != 1:
                raise Broken(f"{len(lines)} error lines")
            wide = self.how in ("ever", "dead", "full", "often")
            if (str(self.out) if wide else target_of(self.path)) not in lines[0]:
                raise Broken("the file is not named")
        if self.code == 0 and self.is_to_be_told() and not any(self.is_named(line) for line in said.splitlines() if WARNING in line):
            raise Broken("nothing is said of it")

    def is_named(self, line):
        """Whether a warning tells of the file that the call was about, or of what it was to become."""
        paths = (self.path, os.path.join(os.path.dirname(self.path), target_of(self.path)))
        return any(re.search(re.escape(path) + r"(?![\w/.])", line) for path in paths)

    def is_to_be_told(self):
        """Where there was no room it is made, and the file written again; .reserve is a help where it can be had."""
        name = os.path.basename(self.path)
        if name.startswith(".reserve.") or self.how != "once" or self.name in ("EINTR", "ENOSPC", "EDQUOT"):
            return False
        # fsync does not tell again what sync_file_range has told; other errors say that there is none
        return self.kind in TOLD or (self.kind == "range" and self.name == "EIO") or (self.kind == "close" and name != target_of(self.path))


class Scenario:
    """A command that writes below one directory. `step` 1: all pairs are tried, N: every N-th one."""

    beside = False  # only calls of the threads beside the first are tried

    def __init__(self, setting, name, step=1):
        self.setting, self.name, self.step = setting, name, step
        self.model = setting.work / f"of-{name}"  # what is there before each start
        self.model.mkdir()

    def launch(self, home, fault=None, shim=True):
        more = {"OMP_NUM_THREADS": "1"}
        if shim:
            more.update(LD_PRELOAD=str(self.setting.shim), FILECALLS=str(home / "calls"), FILECALLS_BELOW=str(home / "out"))
            if fault:
                more["FILECALLS_FAULT"] = fault
            if self.beside:
                more["FILECALLS_BESIDE"] = "1"
        return start(self.arguments(home), env=environment(**more))

    def list_calls(self):
        home = self.setting.work / f"whole-{self.name}"
        shutil.copytree(self.model, home)
        code, said = self.launch(home)
        if code != 0 or errors_in(said):
            raise SystemExit(f"{self.name}: {code}: {said}")
        self.expect(home)
        return [call for call in Trace(home / "calls").calls if call[0] > 0]

    def try_pair(self, home, number, kind, path, fault):
        shutil.copytree(self.model, home)
        how, _, name = fault.partition(":")
        code, said = self.launch(home, f"{number}:{how}:{getattr(errno, name) if name else 0}")
        hit = next((c for c in Trace(home / "calls").calls if c[0] == number), None)
        if hit is None or not hit[3]:
            return "not reached"
        if name == "EINTR" and hit[1] not in INTERRUPTED:  # ranks come in another order, and nothing interrupts this one
            return "another call"
        attempt = Attempt(home, code, how, name, hit)
        try:
            attempt.check_end(said)
            self.check_files(attempt)
            self.mend(attempt)
        except Broken as broken:
            raise Broken(f"{os.path.relpath(hit[2], home)}: {broken}\n{said}") from None
        return {0: "went on", 4: "told and mended"}.get(code, "killed and mended")


class Run(Scenario):
    """train. `more` are its options, `ranks` its processes, `again` is how it goes on after a fault."""

    RECIPE = ["--layers", "8 relu, 10 softmax", "--batch-size", "128", "--epochs", "3", "--validation-split", "0.1", "--limit-rows", "600",
              "--checkpoint-every", "1 epoch", "--keep", "2", "--threads", "1", "--quiet"]
    RESULTS = ("model.weights.h5", "best.weights.h5", "log.csv")

    def __init__(self, setting, name, more=(), step=1, ranks=1, again="--resume"):
        super().__init__(setting, name, step)
        self.more, self.ranks, self.again = list(more), ranks, again

    def arguments(self, home):
        launcher = ["mpirun", "-n", self.ranks, "--oversubscribe"] if self.ranks > 1 else []
        return [*launcher, *self.train(home, *self.more)]

    def train(self, home, *more):
        return [self.setting.program, "train", self.setting.data, *self.RECIPE, "--output", home / "out", *more]

    def results(self, home):
        return [sha(home / "out" / name) if (home / "out" / name).is_file() else "none" for name in self.RESULTS]

    def expect(self, home):
        self.expected, self.files = self.results(home), files_of(home / "out")
        if self.name != "new" and self.expected != self.setting.scenarios[0].expected:
            raise SystemExit(f"{self.name}: an undisturbed start gives other results")

    def had_saved(self, a):
        """Whether a checkpoint was there for good before the fault: in this start, as ranks come in another order each time."""
        calls = Trace(a.home / "calls").calls
        return any(kind == "rename" and "/checkpoints/step-" in path and 0 < n < a.number - 3 for n, kind, path, _ in calls)

    def checkpoints(self, home):
        return [p for p in sorted((home / "out" / "checkpoints").glob("step-*.h5")) if is_whole(p)]

    def check_results(self, home, when):
        found, files = self.results(home), files_of(home / "out")
        wrong = [name for name, a, b in zip(self.RESULTS, found, self.expected) if a != b]
        if wrong:
            raise Broken(f"{when}: other results: {', '.join(wrong)}")
        try:
            json.loads((home / "out" / "run.json").read_text())
        except (OSError, ValueError) as error:
            raise Broken(f"{when}: run.json: {error}") from None
        return files

    def check_files(self, a):
        if self.again == "--resume" and (self.more == ["--resume"] or self.had_saved(a)) and not self.checkpoints(a.home):
            raise Broken(f"ends with {a.code} and no whole checkpoint is left")
        if a.code == 0:
            self.check_results(a.home, "right away")

    def mend(self, a):
        when = f"ends with {a.code}, then {self.again}"
        code, said = start(self.train(a.home, self.again), env=environment(OMP_NUM_THREADS="1"))
        if code != 0 or errors_in(said):
            raise Broken(f"{when} with {code}: {said}")
        files = self.check_results(a.home, when)
        usual = r"checkpoints/step-\d{12}\.h5" + (r"|(log|timing)\.csv\.damaged(-\d+)?|\.reserve\..*" if a.unreadable else "")
        odd = [f for f in files if f not in self.files and not re.fullmatch(usual, f)]
        if odd or not self.checkpoints(a.home):
            raise Broken(f"{when} leaves {odd}, {len(self.checkpoints(a.home))} checkpoints")


class Output(Scenario):
    """convert, predict or export: one file, in place of an old one. `line` gives the arguments for its path."""

    def __init__(self, setting, name, line, old=True):
        super().__init__(setting, name)
        self.line, self.file = line, "out/" + name.split(" ")[-1]
        (self.model / "out").mkdir()
        self.old = None
        if old:
            (self.model / self.file).write_bytes(setting.old_outputs(name, line))
            self.old = sha(self.model / self.file)

    def arguments(self, home):
        return self.line(home / self.file) + ["--overwrite"]

    def expect(self, home):
        self.new = sha(home / self.file)

    def found(self, home):
        return sha(home / self.file) if (home / self.file).is_file() else None

    def check_files(self, a):
        found, files = self.found(a.home), files_of(a.out)
        if found not in (self.old, self.new) or (a.code == 0 and found != self.new):
            raise Broken(f"ends with {a.code} and the output is {found}, neither {self.old} nor {self.new}")
        if not a.may_leave and [f for f in files if "out/" + f != self.file]:
            raise Broken(f"ends with {a.code} and leaves {files}")

    def mend(self, a):
        code, said = start(self.arguments(a.home), env=environment(OMP_NUM_THREADS="1"))
        if code != 0 or self.found(a.home) != self.new or len(files_of(a.out)) != 1:
            raise Broken(f"ends with {a.code}, then the next start with {code}, and leaves {files_of(a.out)}: {said}")


class Setting:
    def __init__(self, program, data, work):
        self.program, self.data, self.work = program, data, work
        self.shim = program.parents[2] / "tests/campaign/shim_files.so"
        if not self.shim.is_file():
            raise SystemExit(f"{self.shim} is missing: build with -DBUILD_TESTING=ON")
        self.scenarios, self.pairs = [], []
        self.table = work / "table.csv"
        self.table.write_text("a,b,kind\n" + "".join(f"{n % 17},{n * n % 23}.5,{'xyz'[n % 3]}\n" for n in range(300)))
        self.add(Run(self, "new"))
        self.add_resume()
        self.add_overwrite()
        self.add_beside()
        if shutil.which("mpirun") and start(["mpirun", "-n", "1", program, "--version"])[0] == 0:
            self.add(Run(self, "ranks", ["--checkpoint-async", "on"], step=10, ranks=3))
        self.add_outputs()
        self.pairs = [p for s in self.scenarios for p in s.pairs[::s.step]]
        random.Random(1).shuffle(self.pairs)
        self.names = [f"{s.name}, call {n}: {kind} {target_of(path)}, {fault}" for s, n, kind, path, fault in self.pairs]

    def add(self, scenario):
        self.scenarios.append(scenario)
        scenario.pairs = [(scenario, n, kind, path, fault) for n, kind, path, _ in scenario.list_calls() for fault in faults_of(kind)]
        random.Random(scenario.name).shuffle(scenario.pairs)

    def add_beside(self):
        """The calls of the thread that writes beside training; and some of those that all threads make then, which come in
        another order each time."""
        beside = Run(self, "beside", ["--checkpoint-async", "on"])
        beside.beside = True
        self.add(beside)
        calls = {kind for _, _, kind, path, _ in beside.pairs if target_of(path).startswith("step-")}
        if not calls >= {"create", "write", "sync", "close", "rename"}:
            raise SystemExit(f"beside: no thread writes checkpoints beside training: {sorted(calls)}")
        self.add(Run(self, "around", ["--checkpoint-async", "on"], step=10))

    def add_resume(self):
        """From where a run was killed at the second best model: two checkpoints, a temporary file, room kept for the model."""
        new, resume = self.scenarios[0], Run(self, "resume", ["--resume"])
        calls = Trace(self.work / "whole-new/calls").calls
        second = [n for n, kind, path, _ in calls if kind == "rename" and path.endswith("best.weights.h5")][1]
        code, said = new.launch(resume.model, f"{second}:before")
        if code != -signal.SIGKILL or len(new.checkpoints(resume.model)) != 2:
            raise SystemExit(f"to be resumed: {code}: {said}")
        for path in resume.model.glob("calls.*"):
            path.unlink()
        self.add(resume)

    def add_overwrite(self):
        overwrite = Run(self, "overwrite", ["--overwrite"], again="--overwrite")
        code, said = start(self.scenarios[0].train(overwrite.model, "--seed", "7"), env=environment(OMP_NUM_THREADS="1"))
        if code != 0:
            raise SystemExit(said)
        self.add(overwrite)

    def add_outputs(self):
        run = self.work / "whole-new/out"
        predict = lambda path: [self.program, "predict", run, self.data, "--output", path, "--threads", "1", "--quiet"]
        convert = lambda path: [self.program, "convert", self.table, path, "--target", "kind", "--test-split", "0.2", "--quiet"]
        for name in ("p.csv", "p.csv.gz", "p.h5"):
            self.add(Output(self, f"predict {name}", predict))
        self.add(Output(self, "convert c.h5", convert))
        self.add(Output(self, "convert into nothing d.h5", convert, old=False))
        export = self.export_of(run)
        for name in ("e.onnx", "e.safetensors", "e.keras", "e.json"):
            self.add(Output(self, f"export {name}", export))
        self.add(Output(self, "export into nothing f.onnx", export, old=False))

    def export_of(self, run):
        return lambda path: [self.program, "export", run, path, "--quiet"]

    def old_outputs(self, name, line):
        """An output of before, which is another one."""
        path = self.work / f"old-{name.split(' ')[-1]}"
        more = {"predict": ["--part", "test"], "convert": ["--seed", "7"], "export": []}[name.split(" ")[0]]
        if name.startswith("export"):
            line = self.export_of(self.scenarios[2].model / "out")
        code, said = start(line(path) + more, env=environment(OMP_NUM_THREADS="1"))
        if code != 0:
            raise SystemExit(f"{name}: {said}")
        return path.read_bytes()


def case(setting, number):
    scenario, call, kind, path, fault = setting.pairs[number - 1]
    home = setting.work / f"pair-{number}"
    end = scenario.try_pair(home, call, kind, path, fault)
    shutil.rmtree(home)
    return f"{scenario.name} {end}"


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, None, "pairs"))

#!/usr/bin/env python3
"""Crash states: what a disk may hold of a run when the power fails, and whether a start goes on from it.

The file calls of several runs are recorded (filetrace.py): a first start, one that goes on, many checkpoints of which two are
kept, checkpoints beside training, validation with a best epoch, a run that is written over, two ranks, logs that are made anew; and of convert
and predict. State n is one of the states that may be left after a random one of these calls: unsynced names and bytes are
missing, torn, or come in another order. What must hold:

1. model.weights.h5, best.weights.h5, each checkpoint and run.json are whole or not there, in each state.
2. A checkpoint is there for good once the run has begun the next file of its own or removed an older one: a whole one as new as it is there.
3. `train ... --resume` goes on from the newest whole checkpoint, or from the beginning where there is none, to the model and the log of a run that
   was never disturbed. It never refuses. (Of a run that is being written over, as long as the old one is whole, the old one.)
4. After the last call of a run that has ended with 0, its model is there, and the same start has it and the log in the end.
5. An output of convert or predict is the whole new file, or what was there before; after the last call it is the new one. The
   same start again makes it.
6. Nothing is left of hidden temporary files and room that was kept.

  crash_states.py PROGRAM DATA [--count 10000] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. It needs strace, and ends with 77 where there is none or it may not trace. A state that breaks a rule is kept as STATE.before.
"""

import json
import random
import re
import shutil
import sys

from campaign import Broken, environment, has_fault_points, is_whole, main, sha, start
from filetrace import can_record, record

RECIPE = ["--layers", "10 softmax", "--batch-size", "256", "--epochs", "2", "--threads", "1", "--log-every", "1"]
OTHER = ["--seed", "7"]
CHECKPOINT = re.compile(r"step-(\d{12})\.h5")
TABLE = "a,b,class\n" + "".join(f"{i % 17},{i % 5 / 4},{'yes' if i % 3 else 'no'}\n" for i in range(300))


class Kind:
    """A recorded program: the folder with all that it writes, its line, and what it must come to."""

    def __init__(self, name, setting, line, again, before=None, launch=()):
        self.name, self.setting, self.again = name, setting, again
        folder = setting.work / name
        folder.mkdir()
        self.launch, self.line = list(launch), line
        if before:
            before(folder)
        self.old = {p.name: sha(p) for p in folder.iterdir() if p.is_file()}
        more = {"env": environment(OMP_NUM_THREADS="1")}
        self.trace, code, said = record([*launch, setting.program, *(str(a).replace("FOLDER", str(folder)) for a in line)], folder, setting.work, **more)
        if code != 0:
            raise SystemExit(f"{name} ends with {code}: {said}")

    def crashed(self, number, rng):
        """A state behind a random call: its number, the directory that holds it, and the words for it."""
        crash = rng.choice([len(self.trace.ops), *20 * [rng.randrange(len(self.trace.ops))]])
        home = self.setting.work / f"state-{number}"
        names, way = self.trace.tree(crash, rng)
        ways = self.trace.build(names, crash, rng, home)
        told = f"{self.name} after {crash} of {len(self.trace.ops)} calls, names {way}, bytes {' '.join(sorted(ways)) or 'whole'}"
        return crash, home, told


class Run(Kind):
    def __init__(self, name, setting, recipe, how=(), **more):
        recipe = [*RECIPE, *recipe]
        resume = [] if "--overwrite" in how else ["--resume"]
        super().__init__(name, setting, ["train", setting.data, *recipe, *how, *resume, "--output", "FOLDER/run"],
                         ["train", setting.data, *recipe, "--resume", "--output", "FOLDER/run"], **more)
        self.over = "--overwrite" in how
        self.earlier = [setting.undisturbed([*recipe, *OTHER])] if self.over else []
        self.expected = setting.undisturbed(recipe)
        self.promised = self.promises()

    def promises(self):
        """Of each moment, the newest checkpoint that the run has left behind it: the next of its files was begun, or an older one removed."""
        trace, newest, promised, moved = self.trace, -1, [], -1
        checkpoints = trace.names[trace.names[trace.root]["run"]]["checkpoints"]
        run = trace.names[trace.root]["run"]
        for op in trace.ops:
            promised.append(newest)
            where = op.where[1] if op.kind == "move" else op.where
            if op.kind == "set" and (where == checkpoints or (where == run and op.what.startswith(".model"))) or (
                    op.kind == "unset" and where == checkpoints and CHECKPOINT.fullmatch(op.what) and moved >= 0):
                newest = moved
            step = CHECKPOINT.fullmatch(op.what[1]) if op.kind == "move" and where == checkpoints else None
            if step:
                moved = int(step.group(1))
        return promised + [moved]

    def check(self, number, rng):
        crash, home, told = self.crashed(number, rng)
        before = home.with_suffix(".before")
        shutil.copytree(home, before)
        try:
            end = self.judge(home, crash, rng)
        except Broken as broken:
            raise Broken(f"{told}: {broken}") from None
        shutil.rmtree(home)
        shutil.rmtree(before)
        return end

    def judge(self, home, crash, rng):
        run, last = home / "run", crash == len(self.trace.ops)
        newest = look_through(run)
        if newest < self.promised[crash]:
            raise Broken(f"the newest whole checkpoint is of step {newest}, and the run has gone on from step {self.promised[crash]}")
        if last and not is_whole(run / "model.weights.h5"):
            raise Broken("it has ended, and there is no model")
        old = self.over and (self.promised[crash] < 0)
        launch = self.launch if rng.random() < 0.05 else []
        code, said = start([*launch, self.setting.program, *(str(a).replace("FOLDER", str(home)) for a in self.again)],
                           env=environment(OMP_NUM_THREADS="1"))
        if old and code == 2 and "was made with" in said:
            return "the run before is there"
        if code != 0:
            raise Broken(f"--resume ends with {code}: {said}")
        found = tuple(sha(run / name) if (run / name).is_file() else "none" for name in ("model.weights.h5", "log.csv"))
        if old and found in self.earlier:
            return "the run before goes on"
        if found != self.expected:
            raise Broken(f"--resume comes to model {found[0][:8]} and log {found[1][:8]}, expected {self.expected[0][:8]} {self.expected[1][:8]}: {said}")
        if "is finished" not in said and not self.over:
            resumed = re.search(r"resuming from .*step-(\d{12})\.h5", said)
            if (int(resumed.group(1)) if resumed else -1) != newest:
                raise Broken(f"the newest whole checkpoint is of step {newest}, and --resume does not go on from it: {said}")
        left = [p.name for p in run.rglob(".*") if p.name != ".lock"]
        if left:
            raise Broken(f"--resume leaves {left}")
        return "gone on from a checkpoint" if newest >= 0 else "begun again"


def look_through(run):
    """Steps of the newest whole checkpoint, -1 where there is none. Broken if a file is neither whole nor absent."""
    newest = -1
    for path in run.rglob("*.h5"):
        if path.name.startswith("."):
            continue
        if not is_whole(path):
            raise Broken(f"{path.name} is there and not whole")
        step = CHECKPOINT.fullmatch(path.name)
        if step:
            newest = max(newest, int(step.group(1)))
    if (run / "run.json").exists():
        try:
            json.loads((run / "run.json").read_text())
        except ValueError as error:
            raise Broken(f"run.json is there and not whole: {error}") from None
    return newest


class Output(Kind):
    def __init__(self, name, setting, line, output, **more):
        line = [*line[:1], *line[1:], "--overwrite"]
        super().__init__(name, setting, line, line, **more)
        self.output = output
        self.expected = sha(setting.work / name / output)
        if self.expected == self.old.get(output):
            raise SystemExit(f"{name}: the new {output} is as the old one")

    def check(self, number, rng):
        crash, home, told = self.crashed(number, rng)
        found = sha(home / self.output) if (home / self.output).exists() else None
        if found not in (self.expected, self.old.get(self.output)) or (crash == len(self.trace.ops) and found != self.expected):
            raise Broken(f"{told}: {self.output} is {'not there' if found is None else 'neither the new one nor what was there before'}")
        code, said = start([self.setting.program, *(str(a).replace("FOLDER", str(home)) for a in self.again)], env=environment(OMP_NUM_THREADS="1"))
        if code != 0 or sha(home / self.output) != self.expected:
            raise Broken(f"{told}: the same start again ends with {code} and {'another' if code == 0 else 'no'} file: {said}")
        left = [p.name for p in home.rglob(".*")]
        if left:
            raise Broken(f"{told}: the same start again leaves {left}")
        shutil.rmtree(home)
        return "output whole"


class Setting:
    """The recorded programs."""

    def __init__(self, program, data, work):
        if not can_record(work):
            print("strace is not there, or may not trace")
            sys.exit(77)
        self.program, self.data, self.work = program, data, work
        self.faults = has_fault_points(program, data, work)
        self.known = {}
        often = ["--checkpoint-every", "2 steps"]
        self.kinds = [
            Run("first", self, [], ["--checkpoint-every", "3 steps"]),
            Run("resumed", self, [], often, before=self.begin),
            Run("keep", self, [], [*often, "--keep", "2"]),
            Run("beside", self, [], [*often, "--keep", "2", "--checkpoint-async", "on"]),
            Run("best", self, ["--validation-split", "0.2"], often),
            Run("over", self, [], [*often, "--overwrite"], before=self.begin_other),
            Run("logs", self, [], often, before=self.begin_without_log),
        ]
        if shutil.which("mpirun"):
            self.kinds += [
                Run("ranks", self, [], often, launch=["mpirun", "-n", "2"]),
                Run("ranks-beside", self, [], [*often, "--checkpoint-async", "on"], launch=["mpirun", "-n", "2"], before=self.begin),
            ]
        self.kinds += [
            Output("convert", self, ["convert", work / "table.csv", "FOLDER/out.h5", "--target", "class"], "out.h5", before=self.write_table),
            Output("convert-new", self, ["convert", work / "table.csv", "FOLDER/out.h5", "--target", "class"], "out.h5", before=lambda folder: self.write_table(folder) or (folder / "out.h5").unlink()),
            *[Output(f"predict-{name}", self, ["predict", work / "first/run", data, "--output", f"FOLDER/{name}"], name,
                     before=lambda folder, name=name: (folder / name).write_bytes(b"old") and None) for name in ("out.csv", "out.h5", "out.tsv.gz")],
        ]

    def undisturbed(self, recipe):
        key = " ".join(recipe)
        if key not in self.known:
            folder = self.work / f"undisturbed-{len(self.known)}"
            code, said = start([self.program, "train", self.data, *recipe, "--quiet", "--output", folder])
            if code != 0:
                raise SystemExit(said)
            self.known[key] = sha(folder / "model.weights.h5"), sha(folder / "log.csv")
        return self.known[key]

    def must(self, *arguments):
        code, said = start([self.program, *arguments])
        if code != 0:
            raise SystemExit(said)

    def begin(self, folder):
        """A run of one epoch, which the recorded one goes on with, and what a killed process has left."""
        self.must("train", self.data, *RECIPE, "--epochs", "1", "--checkpoint-every", "4 steps", "--output", folder / "run")

    def begin_other(self, folder):
        self.must("train", self.data, *RECIPE, *OTHER, "--checkpoint-every", "2 steps", "--keep", "9", "--output", folder / "run")

    def begin_without_log(self, folder):
        self.begin(folder)
        (folder / "run/log.csv").unlink()
        (folder / "run/timing.csv").write_text("another table\n")

    def write_table(self, folder):
        (self.work / "table.csv").write_text(TABLE.replace("yes", "perhaps"))
        self.must("convert", self.work / "table.csv", folder / "out.h5", "--target", "class")
        (self.work / "table.csv").write_text(TABLE)


def case(setting, number):
    rng = random.Random(number)
    return rng.choice(setting.kinds).check(number, rng)


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, 10000, "crash states"))

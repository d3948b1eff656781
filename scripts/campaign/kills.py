#!/usr/bin/env python3
"""Jobs whose processes are killed (kill -9) at random times, and what comes of them.

A case is a run that is started up to five times on one to six ranks with one to three threads each, every time on another split and
with another interval of checkpoints, and killed in all starts but the last; or predict or convert over a file that is there already.
Killed is one process, a rank or mpirun, or all at once. It waits until all ranks are there, and then for a moment of a random kind:
right away; a random part of the time that such a start takes (measured, and measured again with each that nobody killed); a random
row of the log; a file that is being written; or a fault point (src/base/fault.h), where a rank stands still until somebody is killed.
What must hold:

1. Whoever is killed, all processes of the job are gone within a minute, and none but a job that had done its work ends with code 0.
   An mpirun that has told of the kill, has no rank left and does not end is Open MPI's: it is counted.
2. The run that is gone on with on another split comes to the model, the best model and the log of one that nobody killed.
3. A file that predict or convert were to replace is the old one or the new one, byte by byte, and the new one after the next start.
4. Every checkpoint and every model is whole, whenever somebody is killed.
5. In the end nothing is left beside what an undisturbed start leaves.

A start that has ended before its moment does not count: the case is begun again from nothing, four times at most. A case in which
nobody was killed even so is counted apart, as "met nobody". What the jobs were doing when they were killed is told at the end.

  kills.py PROGRAM DATA [--count 1000] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. Whom, how often and on which splits is the same each time in case N; the moments are the clock's.
"""

import collections
import random
import shutil
import signal
import sys
import threading
import time

from campaign import Broken, has_fault_points, is_whole, launcher, main, sha
from jobs import Job, end_all, processes, send
from stopped import ALL_PASS, FIRST_PASSES

COMMON = ["--log-every", "2", "--hang-timeout", "60"]
RECIPES = {  # name: options, and the checkpoints that are worth their time
    "small": (["--layers", "16 relu, batch_normalization, dropout 0.2, 10 softmax", "--batch-size", "64", "--shards", "16", "--epochs", "12",
               "--normalize", "standard", "--validation-data", "test"], ["1 steps", "3 steps", "17 steps", "1 epoch", "0.1 s", "never"]),
    "stopping": (["--layers", "64 tanh, 32 relu, 10 softmax", "--batch-size", "32", "--shards", "8", "--epochs", "8", "--optimizer", "nadam",
                  "--ema", "momentum=0.9", "--early-stopping", "patience=3", "--validation-split", "0.2", "--metrics", "accuracy, f1_score"],
                 ["2 steps", "11 steps", "1 epoch", "0.2 s"]),
    "large": (["--layers", "1200 relu, 1200 relu, 10 softmax", "--batch-size", "64", "--epochs", "3", "--optimizer", "adam", "--limit-rows", "320",
               "--validation-split", "0.1"], ["1 steps", "2 steps", "1 epoch", "0.3 s"]),  # more than 16 MiB of state: beside training by itself
}
MOST_ROWS = 60000
WHOM = ["a rank", "a rank", "rank 0", "mpirun", "all", "all ranks"]
ENDLESS = 300  # seconds
# Open MPI 4's mpirun, which has said by then who was killed, now and then hangs while it takes itself down, where a rank died while
# it was being connected. No rank is left then.
LAUNCHER_SAW = "exited on signal 9 (Killed)"


class Setting:
    def __init__(self, program, data, work):
        self.program, self.data, self.work, self.launcher = program, data, work, launcher()
        self.home = work / "plain"
        self.home.mkdir()
        self.faults = has_fault_points(program, data, work)
        self.mutex, self.took, self.phases = threading.Lock(), {}, collections.Counter()
        self.table(work / "table.csv", MOST_ROWS)
        self.expected, self.files, self.rows = {}, {}, {}
        for recipe in RECIPES:
            output = self.home / recipe
            self.do(recipe, 2, [*self.line(recipe, output), "--checkpoint-every", RECIPES[recipe][1][0]])
            self.expected[recipe], self.files[recipe], self.rows[recipe] = digests(output), names(output), rows(output)
        self.do("convert", 1, self.line("convert", self.home / "convert.h5"))
        self.do("train", 1, ["train", self.home / "convert.h5", "--layers", "32 relu, 3 softmax", "--epochs", "1", "--limit-rows", "500", "--output", self.home / "of-table"])
        self.do("predict", 2, self.line("predict", self.home / "predict.h5"))
        self.table(work / "short.csv", 100)
        self.do("old", 1, ["predict", self.home / "of-table", work / "short.csv", "--output", self.home / "old-predict.h5"])
        self.do("old", 1, ["convert", work / "short.csv", self.home / "old-convert.h5", "--target", "y"])

    def table(self, path, count):
        rng = random.Random(3)
        with open(path, "w") as file:
            file.write("a,b,c,d,kind,y\n")
            file.writelines(",".join(f"{rng.random():.6f}" for _ in range(4)) + f",{'pqrs'[n % 4]},{n % 3}\n" for n in range(count))

    def do(self, command, ranks, arguments):
        job = Job(self, self.home, ranks, arguments)
        begun = wait_for_ranks(job, ranks)
        if job.wait(ENDLESS) != 0:
            raise SystemExit(job.said())
        self.note(command, time.monotonic() - begun)

    def note(self, command, seconds):
        """How long a start takes once its ranks are there: the machine may do more at one time than at another."""
        with self.mutex:
            self.took[command] = (self.took.get(command, seconds) + seconds) / 2

    def meet(self, command, phase):
        with self.mutex:
            self.phases[f"{command} {phase}"] += 1

    def report(self):
        return [f"{n} times killed: {phase}" for phase, n in sorted(self.phases.items())]

    def line(self, command, output):
        if command in RECIPES:
            return ["train", self.data, *RECIPES[command][0], *COMMON, "--output", output, "--resume"]
        if command == "predict":
            return ["predict", self.home / "of-table", self.work / "table.csv", "--output", output, "--overwrite"]
        return ["convert", self.work / "table.csv", output, "--target", "y", "--overwrite", "--test-split", "0.2"]


def digests(run):
    return [sha(run / name) if (run / name).is_file() else "none" for name in ("model.weights.h5", "best.weights.h5", "log.csv")]


def names(directory):
    """What is in it; checkpoints are told apart by none of their steps."""
    return {"checkpoints/step" if p.parent.name == "checkpoints" and p.name.startswith("step-") else str(p.relative_to(directory))
            for p in directory.rglob("*")}


def rows(run):
    try:
        return (run / "log.csv").read_bytes().count(b"\n")
    except OSError:
        return 0


def is_newer(path, moment):
    try:
        return path.stat().st_mtime > moment
    except OSError:
        return False


def wait_until(job, is_so, seconds=ENDLESS, pause=0.002):
    """Whether it came so before the job had ended."""
    until = time.monotonic() + seconds
    while job.process.poll() is None and time.monotonic() < until:
        if is_so():
            return True
        time.sleep(pause)
    return False


def wait_for_ranks(job, ranks):
    wait_until(job, lambda: len(job.ranks()) >= ranks, pause=0.01)
    return time.monotonic()


class Case:
    def __init__(self, setting, number):
        self.setting, self.random, self.home = setting, random.Random(number), setting.work / f"case-{number}"
        self.home.mkdir()
        self.command = self.random.choice(["small"] * 3 + ["stopping"] * 2 + ["large"] * 2 + ["predict", "predict", "convert"])
        self.trains = self.command in RECIPES
        self.output = self.home / ("run" if self.trains else "there/out.h5")
        self.told, self.killed, self.split, self.log_begun = [self.command], 0, None, 0

    # ---- moments ----

    def choose_fault(self, ranks):
        """A point at which a rank is to stand still."""
        rng = self.random
        rank = rng.randrange(ranks)
        command = "train" if self.trains else self.command
        points = ALL_PASS[command] + (FIRST_PASSES[command] if rank == 0 else [])
        point, most = rng.choice(points)
        return f"{point}:{rank}:stop:{rng.randrange(1, min(most, 15) + 1)}"

    def temporary(self):
        """The file that is being written; room is kept for the model all the time."""
        directories = [self.output / "checkpoints", self.output] if self.trains else [self.output.parent]
        return next((p.name for directory in directories if directory.is_dir() for p in directory.glob(".*.tmp.*")
                     if not p.name.startswith(".reserve.")), None)

    def wait_for_moment(self, job, way, turn, began):
        """Whether the job is still there then."""
        if way == "point":
            return job.wait_for_stop(120) is not None
        if way == "clock":
            return not wait_until(job, lambda: False, max(0, turn * self.setting.took[self.command] - (time.monotonic() - began))) and job.process.poll() is None
        if way == "row":
            before, last = rows(self.output), self.setting.rows[self.command]
            goal = before + int(turn * (last - before)) + 1
            return wait_until(job, lambda: rows(self.output) >= min(goal, last) and is_newer(self.output / "log.csv", self.clock))
        if way == "file":  # the turn says which of the names that are seen
            seen, count = set(), 1 + int(turn * 8) if self.trains else 1
            return wait_until(job, lambda: len(seen.add(self.temporary()) or seen - {None}) >= count, pause=0.0005)
        time.sleep(turn * 0.1)
        return True

    def phase(self):
        """What the job is doing, as far as can be seen from outside."""
        writes = self.temporary()
        if not self.trains:
            return "writing" if writes else "behind the rename" if sha(self.output) == sha(self.setting.home / f"{self.command}.h5") else "reading"
        if writes:
            name = writes[1:].split(".tmp.")[0]
            return "writing " + ("a checkpoint" + (" beside training" if self.beside else "") if name.startswith("step-") else name)
        if (self.output / "model.weights.h5").is_file():
            return "at the end"
        if not (self.output / ".lock").exists():
            return "before there is a directory"
        return "in steps and validation" if is_newer(self.output / "log.csv", self.clock) else "loading"

    def kill(self, job, ranks, way):
        rng = self.random
        whom, turn, more = rng.choice(WHOM), rng.random(), rng.random()
        began = wait_for_ranks(job, ranks)
        if not self.wait_for_moment(job, way, turn, began):
            self.told.append(f"  {way}: it has ended before")
            return False
        if way in ("row", "file"):
            time.sleep(more * more * 0.05)
        phase, there = self.phase(), processes(job.mark)
        of_ranks = [p for p, rank, _ in there if rank is not None]
        victims = {"a rank": [of_ranks[int(turn * 997) % len(of_ranks)]] if of_ranks else [], "rank 0": [p for p, rank, _ in there if rank == 0],
                   "mpirun": [p for p, rank, _ in there if rank is None], "all": [p for p, _, _ in there], "all ranks": of_ranks}[whom]
        hit = [p for p in victims if send(p, signal.SIGKILL)]
        for process, _, state in there:
            if state == "T":
                send(process, signal.SIGCONT)
        self.told.append(f"  {whom} ({len(hit)}) killed {time.monotonic() - began:.2f} s after all ranks were there, by {way}: {phase}")
        if hit:
            self.setting.meet("train" if self.trains else self.command, phase)
        return bool(hit)

    # ---- starts ----

    def choose_split(self):
        """Another one than before."""
        rng, before = self.random, self.split
        while self.split == before:
            self.split = (1, 1) if self.command == "convert" else (rng.randrange(1, 7), rng.randrange(1, 4))
            before = None if self.command == "convert" else before
        return self.split

    def begin(self, is_last):
        """Whether somebody was killed."""
        rng = self.random
        ranks, threads = self.choose_split()
        line = self.setting.line(self.command, self.output) + ([] if self.command == "convert" else ["--threads", threads])
        if self.trains:
            background = rng.choice(["auto", "on", "off"])
            self.beside = background == "on" or (background == "auto" and self.command == "large")
            line += ["--checkpoint-every", rng.choice(RECIPES[self.command][1]), "--keep", rng.randrange(2, 5), "--checkpoint-async", background]
        way = rng.choice(["right away", "clock", "clock", "clock"] + (["row", "row", "file", "file"] if self.trains else ["file"])
                         + (["point", "point"] if self.setting.faults and self.command != "convert" else []))
        fault = self.choose_fault(ranks) if way == "point" and not is_last else None
        self.told.append(f"{ranks} x {threads} {' '.join(map(str, line[-6:]))} {fault or ''}")
        self.clock = time.time()
        job = Job(self.setting, self.home, ranks, line, fault)
        try:
            return self.judge(job, ranks, not is_last and self.kill(job, ranks, way), is_last)
        except Broken as broken:
            raise Broken(f"{broken}\n{job.said()}") from None
        finally:
            end_all(job.mark)
            job.wait(60)

    def judge(self, job, ranks, hit, is_last):
        began = wait_for_ranks(job, ranks) if is_last and not self.trains else None
        code = job.wait(60 if hit else ENDLESS)
        if code is None and (job.ranks() or LAUNCHER_SAW not in job.said()):
            raise Broken(f"has not ended: {processes(job.mark)}")
        if code is None:
            self.setting.meet("mpirun", "hung at its end behind a kill, with no rank left")
            end_all(job.mark)
        if not job.nobody_is_left():
            raise Broken(f"left are {processes(job.mark)}")
        if code != 0 and not hit:
            raise Broken(f"nobody was killed, and it ends with code {code}")
        if began:
            self.setting.note(self.command, time.monotonic() - began)
        self.told.append(f"  code {code}")
        self.check(done=code == 0)
        return hit

    def check(self, done):
        """What is there after a start."""
        if self.trains:
            if done and digests(self.output) != self.setting.expected[self.command]:
                raise Broken("other bits than those of a run that nobody killed")
            files = [*(self.output / "checkpoints").glob("step-*.h5"), *self.output.glob("*.weights.h5")]
            damaged = [p.name for p in files if not is_whole(p)]
            if damaged:
                raise Broken(f"not whole: {damaged}")
            more = names(self.output) - self.setting.files[self.command] if done else None
        else:
            new, old = (sha(self.setting.home / f"{prefix}{self.command}.h5") for prefix in ("", "old-"))
            if not self.output.is_file() or sha(self.output) not in ([new] if done else [new, old]):
                raise Broken("what was there is neither the old file nor the new one")
            more = names(self.output.parent) - {self.output.name} if done else None
        if more:
            raise Broken(f"left beside it: {sorted(more)}")

    def clear(self):
        if self.trains:
            shutil.rmtree(self.output, ignore_errors=True)
        else:
            self.output.parent.mkdir(exist_ok=True)
            shutil.copy(self.setting.home / f"old-{self.command}.h5", self.output)

    def kill_some(self):
        """Kills in one start after the other, until all are done or a start has ended before its kill."""
        for _ in range(self.random.randrange(1, 5)):
            if not self.begin(False):
                return False
            self.killed += 1
        return True

    def play(self):
        for _ in range(5):
            self.clear()
            if self.kill_some() or self.killed > 0:
                break
        self.begin(True)
        return f"{self.command} killed" if self.killed else f"{self.command} met nobody (no case)"


def case(setting, number):
    this = Case(setting, number)
    try:
        end = this.play()
    except Broken as broken:
        raise Broken("\n".join(this.told) + f"\n{broken}") from None
    shutil.rmtree(this.home)
    return end


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, 1000, "kills"))

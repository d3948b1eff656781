#!/usr/bin/env python3
"""Jobs whose processes are killed (kill -9) at random times, and what comes of them.

A case is a run that is started up to five times on one to four ranks with one or two threads each, with another interval of checkpoints
each time, and killed in all starts but the last; or predict or convert over a file that is there already. Killed is one process, a rank
or mpirun, or all at once. What must hold:

1. Whoever is killed, all processes of the job are gone within a minute, and none but a job that had done its work ends with code 0.
2. The run that is gone on with on another split comes to the model and the log of one that nobody killed.
3. A file that predict or convert were to replace is the old one or the new one, byte by byte, and the new one after the next start.
4. In the end nothing is left beside what an undisturbed start leaves, and every checkpoint is whole.

  kills.py PROGRAM DATA [--count 1000] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. Whom, how often and on which splits is the same each time in case N; the moments are the clock's.
"""

import random
import shutil
import signal
import sys
import time

from campaign import Broken, is_whole, launcher, main, sha
from jobs import Job, end_all, processes, send

RECIPE = ["--layers", "16 relu, batch_normalization, dropout 0.2, 10 softmax", "--batch-size", "64", "--shards", "16", "--epochs", "12",
          "--normalize", "standard", "--validation-data", "test", "--log-every", "7", "--hang-timeout", "60"]
INTERVALS = ["1 steps", "3 steps", "17 steps", "1 epoch", "0.1 s", "never"]


class Setting:
    def __init__(self, program, data, work):
        self.program, self.data, self.work, self.launcher = program, data, work, launcher()
        self.home = work / "plain"
        self.home.mkdir()
        self.took, rng = {}, random.Random(3)
        with open(work / "table.csv", "w") as file:
            file.write("a,b,c,d,kind,y\n")
            file.writelines(",".join(f"{rng.random():.6f}" for _ in range(4)) + f",{rng.choice('pqrs')},{rng.randrange(3)}\n" for _ in range(40000))
        self.do("train", 2, [*self.line("train", self.home / "run"), "--checkpoint-every", "3 steps"])
        self.expected = digests(self.home / "run")
        self.names = names(self.home / "run")
        for command in ("predict", "convert"):
            self.do(command, 2 if command == "predict" else 1, self.line(command, self.home / f"{command}.h5"))
        self.do("predict", 1, ["predict", self.home / "run", data, "--part", "train", "--output", self.home / "old-predict.h5"])
        self.do("convert", 1, ["convert", work / "table.csv", self.home / "old-convert.h5", "--target", "kind"])

    def do(self, command, ranks, arguments):
        begun, job = time.monotonic(), Job(self, self.home, ranks, arguments)
        if job.wait(300) != 0:
            raise SystemExit(job.said())
        self.took.setdefault(command, time.monotonic() - begun)

    def line(self, command, output):
        if command == "train":
            return ["train", self.data, *RECIPE, "--output", output, "--resume"]
        if command == "predict":
            return ["predict", self.home / "run", self.data, "--output", output, "--overwrite"]
        return ["convert", self.work / "table.csv", output, "--target", "y", "--overwrite", "--test-split", "0.2"]


def digests(run):
    return [sha(run / name) if (run / name).is_file() else "none" for name in ("model.weights.h5", "log.csv")]


def names(directory):
    """What is in it; checkpoints are told apart by none of their steps."""
    return {"checkpoints/step" if p.parent.name == "checkpoints" and p.name.startswith("step-") else str(p.relative_to(directory))
            for p in directory.rglob("*")}


class Case:
    def __init__(self, setting, number):
        self.setting, self.random, self.home = setting, random.Random(number), setting.work / f"case-{number}"
        self.home.mkdir()
        self.command = self.random.choice(["train"] * 5 + ["predict", "predict", "convert"])
        self.output = self.home / ("run" if self.command == "train" else "there/out.h5")
        self.told, self.killed = [self.command], 0

    def kill(self, job):
        rng = self.random
        whom = rng.choice(["a rank", "a rank", "rank 0", "mpirun", "all", "all ranks"])
        turn = rng.random()
        time.sleep(turn * self.setting.took[self.command] * (0.5 if rng.randrange(3) == 0 else 1.3))
        there = processes(job.mark)
        ranks = [p for p, rank, _ in there if rank is not None]
        victims = {"a rank": [ranks[int(turn * 997) % len(ranks)]] if ranks else [], "rank 0": [p for p, rank, _ in there if rank == 0],
                   "mpirun": [p for p, rank, _ in there if rank is None], "all": [p for p, _, _ in there], "all ranks": ranks}[whom]
        hit = [p for p in victims if send(p, signal.SIGKILL)]
        self.killed += bool(hit)
        self.told.append(f"  {whom} ({len(hit)}) killed after {time.monotonic() - job.begun:.2f} s")
        return bool(hit)

    def begin(self, is_last):
        rng = self.random
        ranks, threads = (1, 1) if self.command == "convert" else (rng.randrange(1, 5), rng.randrange(1, 3))
        line = self.setting.line(self.command, self.output) + ([] if self.command == "convert" else ["--threads", threads])
        if self.command == "train":
            line += ["--checkpoint-every", rng.choice(INTERVALS), "--keep", rng.randrange(2, 5), "--checkpoint-async", rng.choice(["auto", "on", "off"])]
        self.told.append(f"{ranks} x {threads} {' '.join(map(str, line[-6:]))}")
        job = Job(self.setting, self.home, ranks, line)
        try:
            hit = not is_last and self.kill(job)
            code = job.wait(60 if hit else 300)
            if code is None:
                raise Broken(f"has not ended: {processes(job.mark)}")
            if not job.nobody_is_left():
                raise Broken(f"left are {processes(job.mark)}")
            if code != 0 and not hit:
                raise Broken(f"nobody was killed, and it ends with code {code}")
            self.told.append(f"  code {code}")
            self.check(done=code == 0)
        except Broken as broken:
            raise Broken(f"{broken}\n{job.said()}") from None
        finally:
            end_all(job.mark)
            job.wait(60)
        return code

    def check(self, done):
        """What is there after a start."""
        if self.command == "train":
            if done and digests(self.output) != self.setting.expected:
                raise Broken("other bits than those of a run that nobody killed")
            damaged = [p.name for p in (self.output / "checkpoints").glob("step-*.h5") if not is_whole(p)]
            if damaged:
                raise Broken(f"not whole: {damaged}")
            more = names(self.output) - self.setting.names if done else None
        else:
            new, old = (sha(self.setting.home / f"{prefix}{self.command}.h5") for prefix in ("", "old-"))
            if sha(self.output) not in ([new] if done else [new, old]):
                raise Broken("what was there is neither the old file nor the new one")
            more = names(self.output.parent) - {self.output.name} if done else None
        if more:
            raise Broken(f"left beside it: {sorted(more)}")

    def play(self):
        if self.command != "train":
            self.output.parent.mkdir()
            shutil.copy(self.setting.home / f"old-{self.command}.h5", self.output)
        for _ in range(self.random.randrange(1, 5)):
            self.begin(False)
        self.begin(True)
        return f"{self.command} killed" if self.killed else f"{self.command} never met"


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

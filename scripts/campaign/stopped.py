#!/usr/bin/env python3
"""A process of a job is stopped (SIGSTOP) at any time: while MPI starts, data are loaded, steps and checkpoints go on, at the end.

Each case starts train, evaluate or predict on two to six ranks, and stops one of them, by the clock or at a fault point
(src/base/fault.h). Of four cases three leave it so; in the fourth it goes on (SIGCONT) before anybody loses patience, and there it
may be mpirun that is stopped. What must hold:

1. The job ends within the hang timeout and a margin, with exit code 6 and one error line.
2. That line names the rank that is stopped and its host (or, before the ranks know each other, its process).
3. No process of the job is left.
4. With --resume, on another split, the run comes to the model and the log of one that nobody stopped; evaluate and predict give what
   they give otherwise, and a file of predictions that was there before is whole.
5. A job whose process goes on in time ends as if nothing had been.

A process that is stopped when it has done all its work, and only has to end, leaves mpirun waiting for it; then the others must have
ended, and the files must be whole.

  stopped.py PROGRAM DATA [--count 300] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. The moments of the clock vary from one call to the next, all else in case N is the same.
"""

import random
import re
import shutil
import signal
import socket
import sys
import time

from campaign import Broken, error_lines, has_fault_points, launcher, main, sha
from jobs import Job, end_all, processes, send

TIMEOUT = 5  # seconds, as --hang-timeout: less is 5 where MPI starts and ends
MARGIN = 40  # seconds more, on a machine that does other things as well
PATIENT = 30  # seconds, where the process goes on in time
HOST = socket.gethostname()
RECIPE = ["--layers", "16 relu, dropout 0.2, 10 softmax", "--batch-size", "64", "--shards", "16", "--epochs", "12",
          "--normalize", "standard", "--validation-data", "test", "--log-every", "7", "--threads", "1"]
SCHEMES = {2: ["auto", "halving", "doubling", "direct", "buckets"], 3: ["auto", "direct"], 4: ["auto", "halving", "doubling", "direct", "buckets"], 6: ["grouped"]}
# Point and how often it is passed until the process stops; those of rank 0 alone.
ALL_PASS = {"train": [("selftest", 1), ("threads", 1), ("open", 1), ("split", 1), ("classes", 1), ("statistics", 1), ("model", 1), ("load", 1), ("reduction", 1),
                      ("share", 1), ("memory", 20), ("evaluate", 3), ("testpart", 1), ("step", 250), ("checkpoint", 30)],
            "evaluate": [("selftest", 1), ("threads", 1), ("open", 1), ("model", 1), ("evaluate", 1)],
            "predict": [("selftest", 1), ("threads", 1), ("open", 1), ("model", 1), ("predict", 4)]}
FIRST_PASSES = {"train": [("output", 1), ("card", 2), ("log", 12), ("log-write", 20), ("sealed-hash", 30), ("sealed-write", 60), ("sealed-sync", 30),
                          ("sealed-rename", 30), ("piece", 30), ("piece-read", 30), ("disk-sync", 40), ("disk-rename", 30), ("disk-remove", 20), ("disk-write", 60),
                          ("halt", 1)],
                "evaluate": [], "predict": [("disk-sync", 1), ("disk-rename", 1), ("disk-write", 1)]}
# Open MPI 4's mpirun, which has said by then what the job ended with, now and then crashes or hangs while it takes itself down, of a
# rank that ended within MPI_Init above all. No rank is left then.
LAUNCHER_CRASHES = (-signal.SIGPIPE, -signal.SIGSEGV, -signal.SIGABRT)
LAUNCHER_SAW_6 = re.compile(r"Exit code: +6\b|MPI_ABORT was invoked.*\n.*errorcode 6\.")


# ---- cases ----

class Setting:
    def __init__(self, program, data, work):
        self.program, self.data, self.work, self.launcher = program, data, work, launcher()
        self.faults = has_fault_points(program, data, work)
        self.took = {}
        home = work / "plain"
        home.mkdir()
        for command in ("train", "predict", "evaluate"):
            begun = time.monotonic()
            job = Job(self, home, 2, self.line(command, home))
            if job.wait(300) != 0:
                raise SystemExit(job.said())
            self.took[command] = time.monotonic() - begun
            self.scores = scores(job.said())
        self.expected = digests(home / "run")
        self.predictions = sha(home / "out.h5")

    def line(self, command, home, model=None, patience=PATIENT):
        run, wait = home / "run", ["--hang-timeout", str(patience)]
        if command == "train":
            return ["train", self.data, *RECIPE, "--output", run, "--checkpoint-every", "3 steps", *wait]
        if command == "predict":
            return ["predict", model or run, self.data, "--threads", "1", "--output", home / "out.h5", "--overwrite", *wait]
        return ["evaluate", model or run, self.data, "--threads", "1", *wait]


def digests(run):
    return [sha(run / name) if (run / name).is_file() else "none" for name in ("model.weights.h5", "log.csv")]


def scores(said):
    return re.findall(r"^([a-z_]+) +([0-9.e+-]+)$", said, re.M)


class Case:
    def __init__(self, setting, number):
        self.setting, self.random = setting, random.Random(number)
        rng = self.random
        self.home = setting.work / f"case-{number}"
        self.home.mkdir()
        self.ranks = rng.choice([2, 2, 3, 3, 4, 4, 6])
        self.command = rng.choice(["train", "train", "train", "train", "evaluate", "predict"])
        self.goes_on = rng.randrange(4) == 0
        self.victim = rng.randrange(self.ranks)
        self.fault = None
        if setting.faults and rng.randrange(3) > 0:
            points = ALL_PASS[self.command] + (FIRST_PASSES[self.command] if self.victim == 0 else [])
            point, most = rng.choice(points)
            self.fault = f"{point}:{self.victim}:stop:{rng.randrange(1, most + 1)}"
        self.model = setting.work / "plain/run"
        more = ["--reduction", rng.choice(SCHEMES[self.ranks]), "--checkpoint-async", rng.choice(["auto", "on", "off"])] if self.command == "train" else []
        self.line = setting.line(self.command, self.home, self.model, PATIENT if self.goes_on else TIMEOUT) + more
        self.told = f"{self.command} on {self.ranks} ranks {' '.join(more)}, {'goes on' if self.goes_on else 'stays stopped'}, {self.fault or 'by the clock'}"

    def stop(self, job):
        """Stops one process: (its id, its rank) or None, if it has never come to that."""
        if self.fault:
            return job.wait_for_stop(120)
        mpirun_too = self.goes_on and self.random.randrange(4) == 0
        if self.random.randrange(3) == 0:  # as soon as it is there: MPI is not up yet
            while job.process.poll() is None and len(job.ranks()) < self.ranks:
                time.sleep(0.005)
            time.sleep(self.random.random() * 0.2)
        else:
            time.sleep(self.random.random() * 1.1 * self.setting.took[self.command])
        for process, rank, _ in processes(job.mark):
            if rank == (None if mpirun_too else self.victim) and send(process, signal.SIGSTOP):
                return process, rank
        return None

    def play(self):
        if self.command == "predict":
            shutil.copy(self.setting.work / "plain/out.h5", self.home / "out.h5")
        job = Job(self.setting, self.home, self.ranks, self.line, self.fault)
        try:
            return self.judge(job, self.stop(job))
        except Broken as broken:
            raise Broken(f"{broken}\n{job.said()}") from None
        finally:
            end_all(job.mark)
            job.wait(60)

    def judge(self, job, stopped):
        if stopped is None:
            self.ends_well(job, "had ended before")
            return "ended before"
        process, rank = stopped
        self.told += f"; process {process}, rank {rank}, stopped {time.monotonic() - job.begun:.2f} s after the start"
        if self.goes_on:
            time.sleep(self.random.random() * 2)
            send(process, signal.SIGCONT)
            self.ends_well(job, "went on")
            return "went on"
        limit = 1.5 * TIMEOUT + MARGIN
        code = job.wait(limit)
        if code is None:
            return self.judge_end(job, process, rank)
        if code == 0:
            raise Broken("ends with code 0 though a rank is stopped")
        if code != 6 and not (code in LAUNCHER_CRASHES and LAUNCHER_SAW_6.search(job.said())):
            raise Broken(f"ends with code {code}, not 6")
        self.judge_line(job, process, rank)
        self.judge_left(job)
        self.go_on(job)
        return f"stopped in {self.command}" + (", where mpirun crashed at its end" if code < 0 else "")

    def judge_line(self, job, process, rank):
        lines = error_lines(job.said())
        if len(lines) != 1:
            raise Broken(f"{len(lines)} error lines, not one")
        named = re.search(rf"rank {rank}\b[^.;:]*\b(on )?\(?{re.escape(HOST)}", lines[0]) or f"process {process} on this host is stopped" in lines[0]
        if not named:
            raise Broken(f"the error line does not name rank {rank} or process {process}")

    def judge_left(self, job):
        if not job.nobody_is_left():
            raise Broken(f"left are {processes(job.mark)}")

    def judge_end(self, job, process, rank):
        """Nobody has ended the job: its work must be done, and the one that is stopped all that is left of it; or mpirun has ended it,
        and does not come to its own end."""
        if not job.ranks() and LAUNCHER_SAW_6.search(job.said()):
            self.judge_line(job, process, rank)
            end_all(job.mark)
            self.go_on(job)
            return f"stopped in {self.command}, where mpirun hung at its end"
        if [p for p, _ in job.ranks()] != [process]:
            raise Broken(f"hangs: {processes(job.mark)}")
        self.check_results(job)
        end_all(job.mark)
        return "stopped behind its work"

    def ends_well(self, job, when):
        code = job.wait(300)
        if code != 0:
            raise Broken(f"{when}, and ends with code {code}")
        self.check_results(job)
        self.judge_left(job)

    def check_results(self, job):
        if self.command == "train" and digests(self.home / "run") != self.setting.expected:
            raise Broken("other bits than those of a run that nobody stopped")
        if self.command == "predict" and sha(self.home / "out.h5") != self.setting.predictions:
            raise Broken("other predictions")
        if self.command == "evaluate" and scores(job.said()) != self.setting.scores:
            raise Broken("other scores")

    def go_on(self, job):
        """What comes of the next start."""
        if self.command == "predict" and sha(self.home / "out.h5") != self.setting.predictions:
            raise Broken("the predictions that were there are not what they were")
        before = job.said()
        line = self.setting.line(self.command, self.home, self.model) + (["--resume"] if self.command == "train" else [])
        again = Job(self.setting, self.home, self.random.randrange(1, 5), line)
        code = again.wait(300)
        end_all(again.mark)
        if code != 0:
            raise Broken(f"the next start ends with code {code}: {again.said()}\nafter: {before}")
        self.check_results(again)


def case(setting, number):
    this = Case(setting, number)
    try:
        end = this.play()
    except Broken as broken:
        raise Broken(f"{this.told}: {broken}") from None
    shutil.rmtree(this.home)
    return end


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, 300, "stops"))

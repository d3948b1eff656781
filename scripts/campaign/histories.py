#!/usr/bin/env python3
"""Random histories of a run's directory: starts that are killed, and in between what others do to the files.

A run is started again and again with --resume, with another interval and --keep each time; most starts are killed at a random
step. Between them files of others are put into the directory, checkpoints are damaged or cannot be read for one start, logs are
removed, edited or replaced. What must hold:

1. A start that finds a whole checkpoint of its run does not fail.
2. A start leaves a whole checkpoint where it has found one, and all files of others, byte by byte (one that was in the way of
   a checkpoint may have .foreign behind its name).
3. In the end, if there is a whole checkpoint, or nothing was damaged and there is no model without one, the run goes on to the model and the log of a run that
   was never disturbed.

  histories.py PROGRAM DATA [--count 2000] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. History n is the same each time, but for where a kill by the clock falls in a build without fault points. A
history that breaks a rule is told with all that was done in it, and its directory stays.
"""

import os
import random
import shutil
import signal
import sys

from campaign import Broken, environment, has_fault_points, is_whole, main, sha, start

EPOCHS, STEPS = 3, 36
RECIPE = ["--layers", "8 relu, 10 softmax", "--batch-size", "128", "--log-every", "1", "--threads", "1", "--quiet"]


class Setting:
    """The program, and what an undisturbed run gives."""

    def __init__(self, program, data, work):
        self.program, self.data, self.work = program, data, work
        self.faults = has_fault_points(program, data, work)
        for name, more in (("whole", []), ("other", ["--seed", "7", "--checkpoint-every", "5 steps", "--keep", "9"])):
            code, said = start([program, "train", data, *RECIPE, "--epochs", EPOCHS, *more, "--output", work / name])
            if code != 0:
                raise SystemExit(said)
        self.expected = (sha(work / "whole/model.weights.h5"), sha(work / "whole/log.csv"))
        self.others = sorted((work / "other/checkpoints").iterdir())


class History:
    def __init__(self, setting, number):
        self.setting, self.random, self.number = setting, random.Random(number), number
        self.home = setting.work / f"history-{number}"
        self.run = self.home / "run"
        self.checkpoints = self.run / "checkpoints"
        self.told, self.foreign, self.hidden = [], {}, []
        self.damaged = self.cardless = self.mixed = False
        self.home.mkdir()

    # ---- what is there ----

    def own(self):
        """The run's checkpoints that are whole: names of its form that are not somebody's."""
        if not self.checkpoints.is_dir():
            return []
        return [p for p in sorted(self.checkpoints.glob("step-" + 12 * "[0-9]" + ".h5")) if p not in self.foreign and is_whole(p)]

    def put(self, path, data):
        if path.exists() or path.is_symlink() or not path.parent.is_dir():
            return
        path.write_bytes(data)
        self.foreign[path] = data

    # ---- what others do ----

    def put_name(self):
        own = self.own()
        data = self.random.choice(own).read_bytes() if own else b"notes"
        step = self.random.randrange(99)
        name = self.random.choice(["step-best.h5", "step-good.h5", f"step-{step}.h5", f"step-{step:013}.h5", f"step-{step:012}.h5.bak",
                                   f"step-{step:012} (copy).h5", f".step-{step:012}.h5.tmp.{step}", ".notes.tmp.1"])
        self.put(self.random.choice([self.checkpoints, self.checkpoints, self.run]) / name, data)

    def put_hidden(self):
        name = self.random.choice([".log.csv.tmp.12", ".model.weights.h5.tmp.7", ".x.tmp.3-0123456789abcdef", ".reserve", ".swp", "log.csv.damaged"])
        self.put(self.run / name, b"somebody's")

    def put_other_run(self):
        if not (self.run / "run.json").is_file() or self.cardless:
            return  # then nothing tells which of two recipes is the run's
        path = self.random.choice(self.setting.others)
        self.mixed = True
        self.put(self.checkpoints / path.name, path.read_bytes())

    def put_link(self):
        own = self.own()
        path = self.checkpoints / f"step-{self.random.randrange(99):012}.h5"
        if own and not path.exists() and not path.is_symlink():
            path.symlink_to(self.random.choice(own).name)

    def damage(self):
        for path in self.random.sample(self.own(), min(len(self.own()), self.random.randrange(1, 3))):
            self.damaged = True
            data = bytearray(path.read_bytes())
            way = self.random.randrange(4)
            if way == 0:
                data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
            elif way == 1:
                del data[self.random.randrange(len(data)):]
            elif way == 2:
                data.clear()
            else:
                data += b"more"
            path.write_bytes(data)

    def hide(self):
        """The newest cannot be read while the next start goes on."""
        for path in self.own()[-self.random.randrange(1, 3):]:
            aside = self.home / f"hidden-{path.name}"
            path.rename(aside)
            self.hidden.append((aside, path))

    def bring_back(self):
        for aside, path in self.hidden:
            if path.exists():
                aside.unlink()
            else:
                aside.rename(path)
        self.hidden = []

    def touch_log(self):
        path = self.run / self.random.choice(["log.csv", "log.csv", "log.csv", "timing.csv"])
        way = self.random.choice(["gone", "cut", "empty", "edited", "longer", "rewritten", "link", "pipe", "folder", "hard"])
        self.told.append(f"  {path.name} {way}")
        regular = path.is_file() and not path.is_symlink()
        if way in ("cut", "edited", "empty", "longer") and regular and path.stat().st_nlink > 1:
            return  # that would change the other name's bytes here and not in the program
        if way in ("cut", "edited", "hard") and not (regular and path.stat().st_size > 1):
            return
        if way in ("gone", "rewritten", "link", "pipe", "folder") and (regular or path.is_symlink()):
            path.unlink()
        if way in ("rewritten", "link", "pipe", "folder", "empty", "longer") and (path.is_dir() or path.is_fifo()):
            return
        if way == "cut":
            os.truncate(path, self.random.randrange(path.stat().st_size))
        elif way == "edited":
            data = bytearray(path.read_bytes())
            data[self.random.randrange(len(data))] ^= 1
            path.write_bytes(data)
        elif way == "empty" and regular:
            path.write_bytes(b"")
        elif way == "longer" and regular:
            with path.open("ab") as file:
                file.write(b"a note\n")
        elif way == "rewritten":
            path.write_bytes(b"nothing that fits\n")
        elif way == "link":
            target = self.home / "precious"
            target.write_bytes(b"precious")
            self.foreign[target] = b"precious"
            path.symlink_to(target)
        elif way == "pipe":
            os.mkfifo(path)
        elif way == "folder":
            path.mkdir()
        elif way == "hard":
            copy = self.home / f"copy-{len(self.foreign)}"
            os.link(path, copy)
            self.foreign[copy] = path.read_bytes()

    def touch_card(self):
        path = self.run / "run.json"
        if path.is_file() and not self.mixed:
            self.cardless = True
            path.write_text(path.read_text()[:self.random.randrange(200)]) if self.random.randrange(2) else path.unlink()

    def unlock(self):
        (self.run / ".lock").unlink(missing_ok=True)

    # ---- a start ----

    def begin(self, last):
        rng, own = self.random, self.own()
        arguments = [self.setting.program, "train", self.setting.data, *RECIPE, "--epochs", str(EPOCHS), "--keep", str(rng.randrange(2, 6)),
                     "--checkpoint-every", rng.choice(["2 steps", "5 steps", "7 steps", "1 epoch", "never"]), "--output", self.run, "--resume"]
        more, kill_after = {"OMP_NUM_THREADS": "1"}, None
        if not last:
            fault = rng.choice([*3 * [f"step:0:kill:{rng.randrange(1, STEPS // 2)}"], f"sealed-rename:0:kill:{rng.randrange(1, 5)}",
                                f"sealed-write:0:output:{rng.randrange(1, 5)}", f"piece-read:0:output:{rng.randrange(1, 9)}", f"sealed-hash:0:output:{rng.randrange(1, 9)}",
                                f"log-write:0:output:{rng.randrange(1, 20)}"])
            kill_after = rng.random() * 0.3
            if self.setting.faults:
                more["LOCKSTEP_FAULT"], kill_after = fault, None
                self.told.append(f"  {fault}")
        before = {p: sha(p) for p in own}
        code, said = start(arguments, kill_after=kill_after, env=environment(**more))
        self.told.append(f"start with {len(before)} whole: {' '.join(map(str, arguments[-7:-2]))}: code {code}")
        injected = "injected fault" in said and not last
        if before and code not in (0, -signal.SIGKILL) and not injected:
            raise Broken(f"has a whole checkpoint and fails with {code}: {said}")
        if before and not self.own():
            raise Broken("no whole checkpoint is left")
        self.check_foreign()
        return code, said

    def check_foreign(self):
        for path, data in list(self.foreign.items()):
            moved = [path, path.with_name(path.name + ".foreign")]
            there = next((p for p in reversed(moved) if p.is_file() and not p.is_symlink() and p.read_bytes() == data), None)
            if there is None:
                raise Broken(f"{path.relative_to(self.home)} of somebody else's is gone or changed")
            if there != path:
                self.foreign[there] = self.foreign.pop(path)

    def live(self):
        deeds = [self.put_name, self.put_hidden, self.put_other_run, self.put_link, self.damage, self.hide, self.touch_log, self.touch_log,
                 self.touch_card, self.unlock]
        self.begin(False)
        for _ in range(self.random.randrange(1, 5)):
            self.bring_back()
            for _ in range(self.random.randrange(1, 4)):
                if self.run.is_dir():
                    deed = self.random.choice(deeds)
                    self.told.append(deed.__name__)
                    deed()
            self.begin(False)
        self.bring_back()
        had, model = bool(self.own()), (self.run / "model.weights.h5").exists()
        code, said = self.begin(True)
        if had or not (self.damaged or self.foreign or model):
            found = tuple(sha(self.run / name) if (self.run / name).is_file() else "none" for name in ("model.weights.h5", "log.csv"))
            if code != 0 or found != self.setting.expected:
                raise Broken(f"ends with {code}, model {found[0][:8]}, log {found[1][:8]}, expected {self.setting.expected[0][:8]} "
                             f"{self.setting.expected[1][:8]}: {said}")
        return had


def case(setting, number):
    history = History(setting, number)
    try:
        had = history.live()
    except Broken as broken:
        raise Broken(f"{broken}\n" + "\n".join(history.told)) from None
    shutil.rmtree(history.home)
    return "gone on" if had else "nothing whole was left"


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, 2000, "histories"))

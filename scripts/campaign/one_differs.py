#!/usr/bin/env python3
"""One rank is started unlike the others: in every option, and with every kind of input file.

mpirun starts two or three ranks, of which one (the first, the middle, the last) has another value of an option, an option that
the others do not give, another command, another environment, or another file behind the same name. The options are those that
the program's help lists, and a second value is made of what it says of them; one of which none can be made, and that VALUES
below does not know either, ends the campaign, as does a variable of the environment that the sources read and VARIABLES does not
know. What must hold:

1. A start ends within a minute, and its exit code is one of those that the help lists.
2. An option with another value, or on one rank only, ends with code 2 and one line that names the option, the rank that is
   alone with it and its host.
3. What may differ (MAY_DIFFER, variables of the environment) gives the model, the log and the predictions of one process.
4. A data file with other contents, of another size, missing or not readable on one rank ends with code 3 and one line that names
   file, rank and host. So does a configuration file, with code 2.
5. A file that rank 0 reads for all (model, checkpoint, run) changes nothing on other ranks, whatever it is there; and damaged on rank 0
   it ends with one line that names it.
6. An option that one rank alone gives, at its default, is named like one with another value: optimizers and models have defaults
   of their own, so that it may be another recipe.

  one_differs.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5. Without --count it goes through all cases, in an order that mixes them.
"""

import os
import pathlib
import random
import re
import shutil
import socket
import sys

from campaign import Broken, error_lines, launcher, main, sha, start

SOON = 60  # seconds for a start, on a machine that does other things as well
HOST = socket.gethostname()
MAY_DIFFER = {"threads": ["1", "2"], "kernels": ["portable", "auto"], "memory": ["64MiB", "1MiB", "auto"]}
# Values of those whose help does not give any. The option is compared before it is used, so that it need not fit the rest.
VALUES = {
    "data": "other.h5", "x": "/train/other", "y": "/train/other", "samples-axis": "last", "validation-data": "test", "validation-x": "/a",
    "validation-y": "/b", "validation-split": "0.25", "validation-group": "/train/group", "missing-values": "-999",
    "sample-weights": "/train/w", "validation-sample-weights": "/test/w", "class-weights": "0=1, 1=5", "layers": "9 relu, 10 softmax",
    "kernel-regularizer": "l2(0.01)", "bias-regularizer": "l1(0.01)", "kernel-initializer": "he_normal", "bias-initializer": "ones",
    "loss": "mse", "metrics": "none", "init": "model.h5", "model": "model.json", "tensorboard": "logs", "optimizer": "sgd", "schedule": "cosine_decay decay_epochs=10",
    "ema": "momentum=0.5", "early-stopping": "patience=3", "reduce-lr-on-plateau": "patience=4", "output": "elsewhere.h5",
    "change": "learning-rate", "checkpoint-every": "7 steps", "time-limit": "3h", "delimiter": "semicolon", "thousands": "comma",
    "comment": "%", "hang-timeout": "77",
}
NUMBERS = {"FRACTION": "0.375", "N": "64", "X": "0.375", "ROWS": "512", "STEPS": "9"}  # what the help calls a number
# Variables that the sources read: what one rank has, or None for what a launcher or a test sets.
VARIABLES = {
    "OMP_NUM_THREADS": "2", "OMP_STACKSIZE": "64k", "GOMP_STACKSIZE": "128", "TMPDIR": "/nonexistent", "SLURM_JOB_END_TIME": "4102444800",
    "SLURM_MEM_PER_NODE": "1", "SLURM_MEM_PER_CPU": "1", "SLURM_CPUS_ON_NODE": "1", "HDF5_VDS_PREFIX": "/nonexistent", "LD_PRELOAD": None,
    "LOCKSTEP_FAULT": None, "LOCKSTEP_FAULT_FLIP": None, "LOCKSTEP_FAULT_HOSTS": None, "OMPI_COMM_WORLD_SIZE": None, "PMIX_RANK": None,
    "PMI_SIZE": None, "PMI_FD": None, "PMI_PORT": None, "MV2_COMM_WORLD_SIZE": None, "SLURM_STEP_NUM_TASKS": None,
    "SLURM_STEP_TASKS_PER_NODE": None, "SLURM_TASKS_PER_NODE": None,
    # not read by name, but by the libraries
    "OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": "100000", "OMP_PROC_BIND": "true", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo",
    "HDF5_USE_FILE_LOCKING": "FALSE", "LOCKSTEP_RESTARTED": "1",
}
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Rank:
    """What one process is started with."""

    def __init__(self, directory, arguments, variables=None):
        self.directory, self.arguments, self.variables = directory, list(map(str, arguments)), variables or {}


def one_line(said):
    found = error_lines(said)
    if len(found) != 1:
        raise Broken(f"{len(found)} error lines, not one")
    return found[0]


def demand(line, *words):
    for word in words:
        if word not in line:
            raise Broken(f"no '{word}' in the error line")


# ---- what the program says of itself ----

class Option:
    def __init__(self, name, text):
        """Both as the help has them: "--[no-]shuffle" or "--keep N", and what follows."""
        self.key, _, self.value = name.removeprefix("--").removeprefix("[no-]").partition(" ")
        self.is_switch = not self.value
        initial = re.search(r"\[([^\]]*)\]$", text)
        if initial:
            self.initial = initial.group(1)
        else:
            self.initial = "off" if self.is_switch else "0" if self.value in NUMBERS else ""

    def others(self, now):
        """Values that are valid, and not `now` (what the other ranks have)."""
        if self.key in MAY_DIFFER:
            return MAY_DIFFER[self.key]
        if self.is_switch:
            return ["off" if now == "on" else "on"]
        if self.key in VALUES:
            return [VALUES[self.key]]
        if re.fullmatch(r"[a-z0-9_.,]+(\|[a-z0-9_.,]+)+", self.value):
            return [word for word in self.value.split("|") if word != now]
        if self.value in NUMBERS:
            return [NUMBERS[self.value]]
        raise SystemExit(f"no case for option --{self.key} {self.value}: give it a second value in VALUES")


def options_of(program, command):
    """From the help, where names begin in column 2 and texts in column 28, of the same line or the next."""
    names, texts = [], []
    for line in start([program, command, "--help", "all"])[1].split("\n"):
        if re.match(r"[* ] --[a-z\[]", line):
            beside = line[26:28] == "  "
            names.append(line[2:28].strip() if beside else line[2:])
            texts.append(line[28:] if beside else "")
        elif names and line.startswith(28 * " "):
            texts[-1] += " " + line.strip()
    found = {o.key: o for o in map(Option, names, texts) if o.key not in ("config", "help")}
    if len(found) < (20 if "hang-timeout" in found else 3):
        raise SystemExit(f"only {len(found)} options in the help of {command}")
    return found


def check_variables():
    known = {name for path in (ROOT / "src").rglob("*.[ch]") for name in re.findall(r'getenv\("([A-Z0-9_]+)"\)', path.read_text())}
    if known - set(VARIABLES):
        raise SystemExit(f"no case for the variables {sorted(known - set(VARIABLES))}: give them a value in VARIABLES")


# ---- the cases ----

class Case:
    def __init__(self, kind, name, ranks, judge, alone):
        self.kind, self.name, self.ranks, self.judge, self.alone = kind, name, ranks, judge, alone
        self.without_mpi = kind == "no rank"  # the launcher's code, which ends a job of which a process has not started MPI


TRAIN = {"layers": "8 relu, 10 softmax", "batch-size": "256", "epochs": "2", "threads": "1", "hang-timeout": "30", "checkpoint-every": "2 steps"}
SCORE = {"threads": "1", "hang-timeout": "30"}


def line_of(given):
    return [f"--{key}={value}" for key, value in given.items()]


class Setting:
    def __init__(self, program, data, work):
        self.program, self.work, self.launcher = program, work, launcher()
        self.place = work / "place"
        self.place.mkdir()
        shutil.copy(data, self.place / "d.h5")
        self.prepare()
        self.codes = set(map(int, re.findall(r"^ +(\d+)  ", start([program, "--help"])[1].split("Exit codes")[1], re.M)))
        check_variables()
        self.cases = []
        self.add_options()
        self.add_streams()
        self.add_defaults()
        self.add_commands()
        self.add_variables()
        self.add_files()
        random.Random(1).shuffle(self.cases)

    def run(self, arguments, directory=None):
        code, said = start([self.program, *arguments], cwd=directory or self.place)
        if code != 0:
            raise SystemExit(said)
        return said

    def prepare(self):
        """Models, tables, and what they give when nobody differs."""
        self.run(["train", "d.h5", *line_of(TRAIN), "--output", "model"])
        rng = random.Random(2)
        for name, rows in (("table.csv", 400), ("part-1.csv", 300), ("part-2.csv", 200), ("part-3.csv", 260)):
            lines = [f"{rng.random():.5f},{rng.random():.5f},{rng.choice(['a', 'b', 'c'])},{rng.randrange(1, 4)},{rng.randrange(9)},{rng.choice(['yes', 'no'])}"
                     for _ in range(rows)]
            (self.place / name).write_text("u,v,kind,weight,team,out\n" + "\n".join(lines) + "\n")
            roles = ["--target", "out", "--weights", "weight", "--group", "team"] if name == "table.csv" else ["--like", "table.h5"]
            self.run(["convert", name, name[:-3] + "h5", *roles])
        with open(self.place / "big.csv", "w") as file:
            file.writelines(",".join(f"{rng.random():.4f}" for _ in range(17)) + "\n" for _ in range(24000))
        self.run(["convert", "big.csv", "big.h5", "--target", "17", "--header", "off"])
        (self.place / "big.csv").unlink()
        self.run(["train", "table.h5", "--layers", "8 relu, 1 sigmoid", "--epochs", "2", "--output", "named", "--metrics", "accuracy threshold=0.3, f1_score"])

    # -- how a start ends --

    def add_around(self, kind, name, base, odd, judge, sizes=(2, 3)):
        """Two and three ranks, each of them the odd one. judge(code, said, home, alone, size) raises what is wrong."""
        for size in sizes:
            for alone in range(size):
                ranks = [odd if rank == alone else base for rank in range(size)]
                self.cases.append(Case(kind, f"{name}, rank {alone} of {size}", ranks, judge, alone))

    def same(self, command, base):
        """A judge: the results are those of one process."""
        def judge(code, said, home, *_):
            if code != 0:
                raise Broken("fails")
            plain = self.plain(command, base)
            for path in plain.rglob("*"):
                if path.name in ("model.weights.h5", "log.csv", "out.h5") and sha(path) != sha(home / path.relative_to(plain)):
                    raise Broken(f"{path.name} is not that of one process")
            if command == "evaluate" and scores(said) != scores((plain / "said").read_text()):
                raise Broken("the scores are not those of one process")
        return judge

    def plain(self, command, base):
        home = self.work / "plain" / str(abs(hash((command, *base.arguments))))
        if not home.exists():
            home.mkdir(parents=True)
            code, said = start([self.program, *arguments_of(base, home)], cwd=base.directory)
            (home / "said").write_text(said)
            if code != 0:
                raise SystemExit(f"one process fails: {base.arguments}\n{said}")
        return home

    def bases(self, command):
        if command == "train":
            return {"": (["train", "d.h5"], TRAIN), "sgd": (["train", "d.h5"], {**TRAIN, "optimizer": "sgd"}),
                    "init": (["train", "d.h5"], {**{k: v for k, v in TRAIN.items() if k != "layers"}, "init": "model"})}
        return {"": ([command, "named", "table.h5"], SCORE)}

    def several(self):
        """Commands that run on all ranks: those with threads for each of them, but what only speaks of them. report compares its
        options as evaluate does, and would want a run for each case."""
        names = re.findall(r"^  ([a-z]+) [A-Z\[]", start([self.program, "--help"])[1].split("\nCommands\n")[1].split("\nExamples\n")[0], re.M)
        return [name for name in names if name not in ("help", "report") and "hang-timeout" in options_of(self.program, name)]

    def add_options(self):
        for command in self.several():
            head, given = self.bases(command)[""]
            for option in options_of(self.program, command).values():
                now = given.get(option.key, option.initial)
                for value in option.others(now):
                    base = Rank(self.place, head + line_of(given))
                    odd = Rank(self.place, head + line_of({**given, option.key: value}))
                    judge = self.same(command, base) if option.key in MAY_DIFFER else self.names_option(option.key)
                    self.add_around("options", f"{command} --{option.key} {value}", base, odd, judge)

    @staticmethod
    def names_option(key):
        def judge(code, said, home, alone, size):
            line = one_line(said)
            if code != 2:
                raise Broken(f"code {code}, not 2")
            demand(line, f"'{key} = ", "options differ", f"rank {alone}", f"({HOST})")
            if size > 2:
                demand(line, f"rank {alone} ({HOST}): ")
        return judge

    def add_streams(self):
        """Rows that one rank holds in memory and another one reads from the file again and again."""
        base = ["train", "big.h5", *line_of({**TRAIN, "layers": "4 relu, 1", "epochs": "1", "shuffle-window": "64"})]
        for value in ("300KiB", "600KiB"):
            self.add_around("streams", f"--memory {value}", Rank(self.place, base), Rank(self.place, [*base, f"--memory={value}"]),
                            self.same("train", Rank(self.place, base)))

    def add_defaults(self):
        for command in self.several():
            for name, (head, given) in self.bases(command).items():
                for option in options_of(self.program, command).values():
                    if option.key in given or option.key in ("data", "output"):
                        continue
                    base = Rank(self.place, head + line_of(given))
                    odd = Rank(self.place, head + line_of({**given, option.key: option.initial}))
                    judge = self.same(command, base) if option.key in MAY_DIFFER else self.names_option(option.key)
                    self.add_around("defaults", f"{command} {name} --{option.key} {option.initial}", base, odd, judge, sizes=(2,))

    def add_commands(self):
        def named(code, said, home, alone, size):
            line = one_line(said)
            if code != 2:
                raise Broken(f"code {code}, not 2")
            demand(line, "options differ", f"rank {alone}", f"({HOST})")

        def in_time(code, said, home, alone, size):
            if code == 0:
                raise Broken("nobody says anything")

        train = Rank(self.place, ["train", "d.h5", *line_of({**TRAIN, "hang-timeout": "5"})])
        score = {"threads": "1", "hang-timeout": "5"}
        evaluate = Rank(self.place, ["evaluate", "named", "table.h5", *line_of(score)])
        predict = Rank(self.place, ["predict", "named", "table.h5", *line_of(score)])
        for a, b in ((train, evaluate), (train, predict), (evaluate, train), (evaluate, predict), (predict, evaluate)):
            self.add_around("commands", f"{a.arguments[0]} and {b.arguments[0]}", a, b, named)
        for other in (["info", "d.h5"], ["--help"], ["--version"], ["train", "--help"], [], ["tarin", "d.h5"], ["train", "d.h5", "--nonsense", "1"]):
            starts = other[:1] == ["tarin"] or "--nonsense" in other
            self.add_around("commands" if starts else "no rank", f"train and {' '.join(other)}", train, Rank(self.place, other), in_time)
        convert = Rank(self.place, ["convert", "table.csv", "new.h5", "--target", "out", "--overwrite"])
        self.add_around("commands", "convert and a wrong option", convert, Rank(self.place, [*convert.arguments, "--nonsense", "1"]),
                        lambda code, said, home, alone, size: None)
        for command in ("evaluate", "predict"):
            base = Rank(self.place, [command, "named", "table.h5", *line_of(SCORE)])
            odd = Rank(self.place, [command, "named/model.weights.h5", "table.h5", *line_of(SCORE)])
            self.add_around("commands", f"{command} another RUN", base, odd, named)

    def add_variables(self):
        for name, value in VARIABLES.items():
            if value is None:
                continue
            for command in self.several():
                head, given = self.bases(command)[""]
                arguments = head + line_of({k: v for k, v in given.items() if k != "threads"})
                self.add_around("variables", f"{command} with {name}={value}", Rank(self.place, arguments),
                                Rank(self.place, arguments, {name: value}), self.same(command, Rank(self.place, arguments)), sizes=(2,))

    # -- files --

    def add_files(self):
        table = ["train", "table.h5", "--layers", "8 relu, 1 sigmoid", *line_of({k: v for k, v in TRAIN.items() if k != "layers"})]
        evaluate, predict = ["evaluate", "named"], ["predict", "named"]
        shutil.copy(self.place / "table.h5", self.place / "second.h5")
        (self.place / "all.conf").write_text("data = table.h5\nlayers = 8 relu, 1 sigmoid\nepochs = 2\nhang-timeout = 30\n")
        shutil.copytree(self.place / "named", self.place / "first")
        with open(self.place / "table.csv", "rb") as file:
            import gzip
            (self.place / "table.csv.gz").write_bytes(gzip.compress(file.read(), mtime=0))
        read_by_all = [
            ("data", "table.h5", table), ("second of two", "second.h5", ["train", "table.h5,second.h5", *table[2:]]),
            ("one of a pattern", "part-2.h5", ["train", "part-*.h5", *table[2:]]),
            ("validation data", "second.h5", [*table, "--validation-data", "second.h5:train"]),
            ("x", "second.h5", [*table, "--x", "second.h5:/train/x", "--y", "/train/y"]),
            ("y", "second.h5", [*table, "--x", "/train/x", "--y", "second.h5:/train/y"]),
            ("weights", "second.h5", [*table, "--sample-weights", "second.h5:/train/w"]),
            ("validation weights", "part-1.h5", [*table, "--validation-x", "second.h5:/train/x", "--validation-y", "second.h5:/train/y",
                                                  "--validation-sample-weights", "part-1.h5:/train/w"]
             if False else [*table, "--validation-x", "part-1.h5:/train/x", "--validation-y", "part-1.h5:/train/y",
                            "--validation-sample-weights", "part-1.h5:/train/w"]),
            ("groups", "second.h5", [*table, "--validation-split", "0.25", "--validation-method", "group", "--validation-group", "second.h5:/train/group"]),
            ("evaluate's data", "table.h5", [*evaluate, "table.h5", *line_of(SCORE)]),
            ("evaluate's own data", "table.h5", [*evaluate, *line_of(SCORE)]),
            ("evaluate's weights", "second.h5", [*evaluate, "table.h5", "--sample-weights", "second.h5:/train/w", *line_of(SCORE)]),
            ("evaluate's table", "table.csv", [*evaluate, "table.csv", *line_of(SCORE)]),
            ("evaluate's packed table", "table.csv.gz", [*evaluate, "table.csv.gz", *line_of(SCORE)]),
            ("predict's data", "table.h5", [*predict, "table.h5", *line_of(SCORE)]),
            ("predict's table", "table.csv", [*predict, "table.csv", *line_of(SCORE)]),
            ("predict's packed table", "table.csv.gz", [*predict, "table.csv.gz", *line_of(SCORE)]),
            ("configuration", "all.conf", ["train", "--config", "all.conf", "--threads", "1"]),
        ]
        read_by_first = [
            ("init", "first/model.weights.h5", [*[a for a in table if a != "--layers" and a != "8 relu, 1 sigmoid"], "--init", "first"]),
            ("evaluate's model", "first/model.weights.h5", ["evaluate", "first", "table.h5", *line_of(SCORE)]),
            ("predict's model", "first/model.weights.h5", ["predict", "first/model.weights.h5", "table.h5", *line_of(SCORE)]),
            ("run.json", "first/run.json", ["evaluate", "first", *line_of(SCORE)]),
        ]
        for name, file, arguments in read_by_all:
            for way in ("bytes", "longer", "shorter", "missing", "directory", "loop", "empty", "pipe"):
                odd = self.other_place(file, way)
                self.add_around("files", f"{name}: {file} {way}", Rank(self.place, arguments), Rank(odd, arguments),
                                self.names_file(file), sizes=(2, 3) if way in ("bytes", "missing") else (2,))
            copy = self.other_place(file, "copy")
            self.add_around("copies", f"{name}: {file}", Rank(self.place, arguments), Rank(copy, arguments),
                            self.same(arguments[0], Rank(self.place, arguments)), sizes=(2,))
        for name, file, arguments in read_by_first:
            for way in ("bytes", "longer", "shorter", "missing", "directory", "loop", "empty", "pipe"):
                base = Rank(self.place, arguments)
                self.add_around("files of rank 0", f"{name}: {file} {way}", base, Rank(self.other_place(file, way), arguments),
                                self.only_first(arguments[0], base, file), sizes=(2,))

    def other_place(self, file, way):
        """A directory like the first, in which this file is another one."""
        place = self.work / "places" / f"{file.replace('/', '-')}-{way}"
        if place.exists():
            return place
        place.mkdir(parents=True)
        for path in self.place.iterdir():
            if path.name != file.split("/")[0]:
                (place / path.name).symlink_to(path)
        if "/" in file:
            shutil.copytree(self.place / file.split("/")[0], place / file.split("/")[0])
            (place / file).unlink()
        data = (self.place / file).read_bytes()
        if way == "bytes":
            data = other_bytes(data)
        elif way == "longer":
            data = data + (b"seed = 7\n" if file.endswith(".conf") else data[-4096:])
        elif way == "shorter":
            data = data[:-min(len(data) // 2, 512)]
        elif way == "empty":
            data = b""
        if way == "directory":
            (place / file).mkdir()
        elif way == "loop":
            (place / file).symlink_to((place / file).name)
        elif way == "pipe":
            os.mkfifo(place / file)
        elif way != "missing":
            (place / file).write_bytes(data)
        return place

    def names_file(self, file):
        def judge(code, said, home, alone, size):
            line = one_line(said)
            if file.endswith(".conf"):
                if code != 2:
                    raise Broken(f"code {code}, not 2")
                demand(line, f"rank {alone}" if alone > 0 or "differ" in line else "")
                return
            if code != 3:
                raise Broken(f"code {code}, not 3")
            if "pattern" not in line:
                demand(line, file)
            if alone > 0:
                demand(line, f"rank {alone} ({HOST})")
        return judge

    def only_first(self, command, base, file):
        same = self.same(command, base)

        def judge(code, said, home, alone, size):
            if alone > 0:
                same(code, said, home)
            elif code != 0:
                demand(one_line(said), file.split("/")[0])
        return judge


def other_bytes(data):
    """The same size, and one byte of the numbers in the middle another one; of a table a digit."""
    changed = bytearray(data)
    if not data.startswith(b"\x89HDF") and b"\x89HDF" not in data[:4096]:
        at = next(i for i in range(len(data) // 2, len(data)) if data[i:i + 1].isdigit()) if data[:2] != b"\x1f\x8b" else len(data) // 2
        changed[at] = ord("1") if changed[at] != ord("1") else ord("2")
    else:
        at = len(data) // 2
        changed[at] ^= 1
    return bytes(changed)


def scores(said):
    return re.findall(r"^(\S+) +(\S+)$", said, re.M)


def output_of(command, home):
    return {"train": ["--output", home / "run"], "predict": ["--output", home / "out.h5"]}.get(command, [])


def arguments_of(rank, home):
    """With the output in front, which an option behind it may replace."""
    if len(rank.arguments) < 2 or rank.arguments[1] == "--help":
        return rank.arguments
    return [rank.arguments[0], *output_of(rank.arguments[0], home), *rank.arguments[1:]]


def case(setting, number):
    this, home = setting.cases[number - 1], setting.work / f"case-{number}"
    home.mkdir()
    line, said, code = [setting.launcher], "", None
    for rank in this.ranks:
        line += [":"] if len(line) > 1 else []
        line += ["-n", "1", "-wdir", rank.directory, "env", *(f"{k}={v}" for k, v in rank.variables.items()), setting.program, *arguments_of(rank, home)]
    try:
        code, said = start(line, limit=SOON)
        if code not in setting.codes and not this.without_mpi:
            raise Broken("the exit code is none of the help's")
        this.judge(code, said, home, this.alone, len(this.ranks))
    except Broken as broken:
        raise Broken(f"{this.kind}: {this.name}: {broken}; code {code}\n{' '.join(map(str, line))}\n{said}") from None
    shutil.rmtree(home)
    return this.kind


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, None, "differences"))

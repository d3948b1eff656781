#!/usr/bin/env python3
"""Every allocation of a command failing, by itself or with all later ones.

Each command runs once with build/tests/campaign's shim_memory, which counts what it allocates; then again for each number, with
that allocation failing, and with all failing from there on. "program" are the allocations that the program asks for, "all" those that
any library asks for too (libhdf5, zlib, the C library, and MPI where it begins). What must hold:

1. It ends within the time, by itself, with code 1, or with 0 where it can do without; never by a signal.
2. With code 1 there is one error line, which speaks of memory; with code 0 there is none, and the results are as ever.
3. An output is the old one or the new one, each whole, and nothing else is left unless libgomp has ended the process. A run goes on with --resume to the undisturbed
   model and log.
4. libhdf5, MPI and the C library crash when small allocations fail. Of "all" it is therefore counted how they end, and rule 1 is that they
   end; rule 2 that nothing is said, written or left out wrongly with code 0; and rule 3, but for temporary files.

  allocations.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S] [--only WORD]

DATA is digits.h5. Without --count all are run, in an order that has been shuffled once and for all, so that the first N are a
sample. --only program: what the program asks for. The shim is where the build of PROGRAM has it.
"""

import random
import re
import resource
import shutil
import struct
import sys

from campaign import Broken, environment, main, sha, start

MEMORY = re.compile(r"memory|address space|cannot get|cannot allocate", re.I)


def limit_space():
    """A limit that nothing meets: with one the program believes libhdf5 that there is no memory, instead of its file's sizes."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 42, 1 << 42))


def errors_in(said):
    return [line for line in said.splitlines() if re.search(r"^(lockstep|libgomp): ", line) and not re.match(r"lockstep: warning:", line)]


class Command:
    """`line` gives its arguments for a directory, `output` is the file in it that it makes."""

    def __init__(self, setting, name, line, output=None, again=None):
        self.setting, self.name, self.line, self.output, self.again = setting, name, line, output, again

    def launch(self, home, of, fault=None):
        more = {"LD_PRELOAD": str(self.setting.shim), "ALLOCATIONS": str(home / "memory"), "ALLOCATIONS_OF": of, "OMP_NUM_THREADS": "1"}
        if fault:
            more["ALLOCATIONS_FAULT"] = fault
        home.mkdir()
        return start(self.line(home), env=environment(**more), preexec_fn=limit_space)

    def count(self, of):
        home = self.setting.work / f"whole-{self.name.replace(' ', '-')}-{of}"
        code, said = self.launch(home, of)
        if code != 0 or errors_in(said):
            raise SystemExit(f"{self.name}: {code}: {said}")
        self.expected = sha(home / self.output) if self.output else said
        return struct.unpack("=i", (home / "memory.count").read_bytes())[0]

    def try_one(self, home, of, fault):
        code, said = self.launch(home, of, fault)
        self_made = of == "program"
        where = (home / "memory.trace").read_text().strip()
        if not where:
            return "not reached"
        try:
            self.check(home, code, said, self_made)
        except Broken as broken:
            raise Broken(f"{where}: {broken}\n{said}") from None
        if not self_made:
            return f"of libraries {'by a signal' if code < 0 else code}"
        return "did without" if code == 0 else "told"

    def check(self, home, code, said, self_made):
        lines = errors_in(said)
        if self_made and code not in (0, 1):
            raise Broken(f"ends with {code}")
        if code == 0 and lines:
            raise Broken("ends with 0 and tells of an error")
        if self_made and code == 1 and (len(lines) != 1 or not MEMORY.search(lines[0])):
            raise Broken(f"ends with 1 and {len(lines)} error lines, or one that is not of memory")
        if self.output:
            found = sha(home / self.output) if (home / self.output).is_file() else None
            if found not in (self.expected, None) or (code == 0 and found is None):
                raise Broken(f"ends with {code} and the output is another one")
            # libgomp ends the process where it stands
            left = self_made and "libgomp" not in said and [p.name for p in home.rglob("*") if ".tmp." in p.name or p.name == ".reserve"]
            if left:
                raise Broken(f"ends with {code} and leaves {left}")
        elif code == 0 and said != self.expected:
            raise Broken("ends with 0 and says something else")
        if self.again:
            other, more = start(self.line(home) + self.again, env=environment(OMP_NUM_THREADS="1"))
            if other != 0 or sha(home / self.output) != self.expected:
                raise Broken(f"ends with {code}, then {self.again} with {other}: {more}")


class Setting:
    def __init__(self, program, data, work):
        self.program, self.data, self.work = program, data, work
        self.shim = program.parents[2] / "tests/campaign/shim_memory.so"
        if not self.shim.is_file():
            raise SystemExit(f"{self.shim} is missing: build with -DBUILD_TESTING=ON")
        table, small, run = work / "table.csv", work / "small.h5", work / "run"
        table.write_text("a,b,c,kind\n" + "".join(f"{n % 17},{n * n % 23}.5,{'uvw'[n % 3]},{'xyz'[n % 3]}\n" for n in range(200)))
        convert = [program, "convert", table, small, "--target", "kind", "--test-split", "0.2", "--quiet"]
        recipe = ["--layers", "8 relu, 10 softmax", "--epochs", "2", "--batch-size", "64", "--threads", "1", "--quiet"]
        for line in (convert, [program, "train", small, *recipe[:1], "8 relu, 3 softmax", *recipe[2:], "--output", run]):
            code, said = start(line, env=environment())
            if code != 0:
                raise SystemExit(said)
        quiet = ["--threads", "1", "--quiet", "--output"]
        self.commands = [
            Command(self, "train", lambda home: [program, "train", data, *recipe, "--limit-rows", "300", "--output", home / "run", "--checkpoint-every", "1 epoch"],
                    "run/model.weights.h5", ["--resume"]),
            Command(self, "predict a table", lambda home: [program, "predict", run, table, *quiet, home / "p.csv"], "p.csv"),
            Command(self, "predict to HDF5", lambda home: [program, "predict", run, small, *quiet, home / "p.h5"], "p.h5"),
            Command(self, "convert", lambda home: [*convert[:3], home / "c.h5", *convert[4:]], "c.h5"),
            *[Command(self, f"export to {f}", lambda home, f=f: [program, "export", run, home / f"m.{f}", "--quiet"], f"m.{f}")
              for f in ("onnx", "safetensors", "keras", "json")],
            Command(self, "info of data", lambda home: [program, "info", small]),
            Command(self, "info of a run", lambda home: [program, "info", run, "--json"]),
        ]
        self.cases = []
        for command in self.commands:
            for of in ("program", "all"):
                count = command.count(of)
                print(f"{command.name}: {count} allocations of {of}", flush=True)
                self.cases += [(command, of, f"{n}:{how}") for n in range(1, count + 1) for how in ("once", "ever")]
        random.Random(1).shuffle(self.cases)
        self.names = [f"{command.name}, {of}, {fault}" for command, of, fault in self.cases]


def case(setting, number):
    command, of, fault = setting.cases[number - 1]
    home = setting.work / f"case-{number}"
    end = command.try_one(home, of, fault)
    shutil.rmtree(home)
    return f"{command.name} {end}"


if __name__ == "__main__":
    sys.exit(main(__doc__.split("\n")[0], Setting, case, None, "allocations"))

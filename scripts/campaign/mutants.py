#!/usr/bin/env python3
"""Small mistakes put into the sources one at a time: do the tests see them?

For each mutant one place of one of the groups' files (GROUPS) is changed: a comparison, a sign, a constant, a condition, a call
that is left out, and so on. A copy of the sources is built with it, and the group's tests are run until one fails: the mutant is
killed. One that no test sees has survived, and is told with its change: either a test is missing or the change makes no
difference. What does not build, or gives the same object file, is no mutant and another place is taken instead.

  mutants.py [--count 200] [--first 1] [--seed 1] [--jobs N] [--group NAME]... [--seconds S] [--budget S] [--results FILE] [--again]

A test passes without a mutant before it judges one. A failure of a test that starts ranks or the program has to come twice. A test
that takes too long kills only if it is quick enough, without the mutant, right after it, and too slow again with it and twice the time.

With --budget only so many seconds of tests are run on a mutant; those that would take longer by what is known of them are left,
which makes it "undecided": that counts as not killed. --results adds a line of JSON for each mutant. With --again those that are
not killed there are tried anew, with the tests as they are by then, and get another line; not where the changed line is another.

The same seed gives the same mutants in the same order, shared out to the groups in turn; --first N goes on with the N-th.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from campaign import environment, start

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# Files, and the tests in the order in which they are run: the quick ones first.
GROUPS = {
    "reduction": (["src/comm/reduce*.c", "src/comm/comm_shared.c", "src/comm/treesum.c"],
                  ["unit.treesum", "unit.reduce_buckets", "mpi.reduce.2", "mpi.reduce.3", "mpi.footprint_mpi.3", "mpi.footprint_mpi.4",
                   "unit.reduce_traffic", "mpi.reduce.4", "mpi.comm.4", "unit.reduce_shared", "unit.reduce_order",
                   "mpi.reduce.8", "program.hosts", "program.contract_tables", "program.overlap"]),
    "checkpoint": (["src/train/checkpoint*.c", "src/train/saver.c", "src/train/background.c", "src/train/frozen.c", "src/train/contents.c",
                    "src/train/filepieces.c", "src/train/saved_*.c", "src/store/kept.c", "src/store/modelblock.c", "src/store/reserve.c",
                    "src/jobs/run_checkpoints.c", "src/jobs/run_keep.c", "src/jobs/run_beside.c"],
                   ["unit.background", "unit.kept", "unit.modelfile_refused", "unit.modelfile", "unit.changes", "unit.checkpoint", "mpi.best_mpi.3",
                    "mpi.saver_mpi.3", "program.restart", "unit.fuzz_saved",
                    "campaign.histories", "program.resume", "program.rundir", "program.slow_disk", "program.beside", "program.faults"]),
    "sealed": (["src/store/sealed.c", "src/files/temporary.c", "src/files/replace.c", "src/base/sha256.c"],
               ["unit.sha256", "unit.sealed", "unit.replace", "unit.kept", "unit.modelfile_refused", "program.restart", "unit.fuzz_saved",
                "campaign.histories", "program.rundir", "program.faults"]),
    "log": (["src/store/runlog.c", "src/store/tracked*.c", "src/jobs/run_log.c"],
            ["unit.runlog", "unit.tracked", "program.restart", "campaign.histories", "program.rundir", "program.resume", "program.slow_disk"]),
}

# Seconds of a quiet core, of those that take a while; only for --budget, before they were run.
EXPECTED = {"unit.fuzz_saved": 12, "program.restart": 20, "campaign.histories": 20, "program.hosts": 23, "program.contract_tables": 27,
            "program.rundir": 34, "program.overlap": 42, "program.resume": 42, "program.slow_disk": 44, "program.beside": 200,
            "program.faults": 300}
EXPECTED.update({test: 1 for _, tests in GROUPS.values() for test in tests if test.startswith("unit.") and test not in EXPECTED})

SWAPS = [("<=", "<"), (">=", ">"), ("==", "!="), ("!=", "=="), ("&&", "||"), ("||", "&&"), (" < ", " <= "), (" > ", " >= "), (" + ", " - "),
         (" - ", " + "), (" * ", " + "), (" / ", " * "), ("++", "--"), ("+=", "-="), ("-=", "+="), ("true", "false"), ("false", "true"),
         (" << ", " >> "), (" >> ", " << "), (" & ", " | "), (" | ", " & ")]


def code_of(text):
    """The text with comments, strings and preprocessor lines blanked out: the same length."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', blank, text, flags=re.S | re.M)


def places(text):
    """(first, last, what stands there instead) of all mutants of a file."""
    code, found = code_of(text), []
    for old, new in SWAPS:
        for m in re.finditer(re.escape(old), code):
            around = code[max(m.start() - 1, 0):m.end() + 1]
            if old in ("true", "false") and re.search(r"\w" + old + r"|" + old + r"\w", around):
                continue
            if old in ("<=", ">=") and re.search(r"<<=|>>=", around):
                continue
            found.append((m.start(), m.end(), new))
    for m in re.finditer(r"(?<![\w.])(\d+)(?![\w.\]])", code):
        value = int(m.group())
        found.append((m.start(), m.end(), {0: "1", 1: "0"}.get(value, str(value + 1))))
    for m in re.finditer(r"\b(?:if|while) \(", code):
        depth, at = 1, m.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            at += 1
        found.append((m.end(), at - 1, "!(" + text[m.end():at - 1] + ")"))
    for m in re.finditer(r"^ +(?:\(void\))?[A-Za-z_]\w*\([^;{}]*\);$", code, re.M):  # a call, LS_TRY among them
        found.append((m.start(), m.end(), "    ;"))
    for m in re.finditer(r"^ +(?!return|const|static|int|float|bool)[\w>.\[\]-]+ [-+|]?= [^;{}]*;$", code, re.M):  # an assignment
        found.append((m.start(), m.end(), "    ;"))
    # indented lines are a function's or a struct's body
    return sorted(p for p in found if text[text.rfind("\n", 0, p[0]) + 1] == " ")


def all_places(group):
    """(file, first, last, new) of all mutants of a group."""
    files = sorted({path.relative_to(SOURCE) for pattern in GROUPS[group][0] for path in SOURCE.glob(pattern)})
    return [(file, *place) for file in files for place in places((SOURCE / file).read_text())]


class Copy:
    """A copy of the sources and a build of it, for one thread."""

    def __init__(self, work, number):
        self.root = work / f"copy-{number}"
        self.mark = {"LOCKSTEP_MUTANTS": str(self.root)}
        files = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
        for file in filter(None, files):
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / file, self.root / file)
        self.build = self.root / "build"
        self.must(["cmake", "-S", self.root, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON",
                   "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"])
        self.must(["ninja", "-C", self.build])
        # only now: ctest leaves out the command of a test whose program is not there yet
        listed = json.loads(subprocess.run(["ctest", "--test-dir", self.build, "--show-only=json-v1"], check=True, capture_output=True).stdout)
        self.programs = {t["name"]: self.programs_of(t) for t in listed["tests"]}
        self.clean = {o: self.hash_of(o) for o in self.build.glob("src/**/*.c.o")}
        self.seconds = {}  # of tests that were passed without a mutant

    def programs_of(self, test):
        """What of the build a test runs: only that is linked anew."""
        words = [*test.get("command", [])]
        for found in test.get("properties", []):
            if found["name"] == "ENVIRONMENT":
                words += [line.partition("=")[2] for line in found["value"]]
        inside = [pathlib.Path(w) for w in words if w.startswith(f"{self.build}/") and pathlib.Path(w).is_file()]
        return {str(path.relative_to(self.build)) for path in inside}

    def must(self, arguments):
        code, said = start(arguments, limit=3600)
        if code != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: {said[-3000:]}")

    def run(self, test, limit):
        """Whether it passes, and the seconds it took; None where it takes longer than the limit."""
        self.must(["ninja", "-C", self.build, *sorted(self.programs[test])])
        begun = time.monotonic()
        process = subprocess.Popen(["ctest", "--test-dir", self.build, "-R", f"^{re.escape(test)}$"], env=environment(**self.mark),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(limit) == 0, time.monotonic() - begun
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None, limit
        finally:
            self.end_what_is_left()

    def end_what_is_left(self):
        """A mutant may leave processes that hang: they have the mark in their environment."""
        mark = "LOCKSTEP_MUTANTS={}".format(self.mark["LOCKSTEP_MUTANTS"]).encode()
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes().split(b"\0"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except OSError:
                pass

    @staticmethod
    def hash_of(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def prove(self, test):
        """Runs a test without a mutant, which has to pass, and learns from it how long it may take."""
        passed, took = self.run(test, 1200)
        if not passed:
            raise RuntimeError(f"{test} fails without a mutant; see {self.build}/Testing/Temporary/LastTest.log")
        self.seconds[test] = took

    def kills(self, test, without, within):
        """Whether a test sees the mutant, and the seconds it took. without() takes it out of the sources, within() puts it back."""
        if test not in self.seconds:
            without()
            self.prove(test)
            within()
        limit = max(30, 4 * self.seconds[test])
        passed, took = self.run(test, limit)
        if passed is False and not test.startswith("unit."):
            passed, _ = self.run(test, 2 * limit)
        elif passed is None:
            without()
            quick, _ = self.run(test, limit / 2)
            within()
            passed, _ = self.run(test, (2 if quick else 8) * limit)
        return not passed, took

    def is_mutant(self, mutant):
        """Builds with it what is needed first. None where it does not build or changes no object file."""
        file = mutant[0]
        objects = [o for o in self.clean if o.name == f"{file.name}.o"]
        code = start(["ninja", "-C", self.build, *[str(o.relative_to(self.build)) for o in objects]], limit=3600)[0]
        return code == 0 and any(self.hash_of(o) != self.clean[o] for o in objects)

    def attempt(self, group, mutant, budget):
        """None: no mutant. Else the name of the test that kills it, or "", and the tests that it has passed by then."""
        file, first, last, new = mutant
        path = self.root / file
        text = path.read_text()
        without, within = lambda: path.write_text(text), lambda: path.write_text(text[:first] + new + text[last:])
        try:
            within()
            if not self.is_mutant(mutant):
                return None
            passed, spent = [], 0
            for test in tests_of(self, group):
                if spent + self.seconds.get(test, EXPECTED.get(test, 10)) > budget:
                    continue
                killed, took = self.kills(test, without, within)
                if killed:
                    return test, passed
                passed.append(test)
                spent += took
            return "", passed
        finally:
            without()


def place_of(result):
    """The mutant of a line of results."""
    return result and (pathlib.Path(result["place"][0]), *result["place"][1:])


def tests_of(copy, group):
    return [test for test in GROUPS[group][1] if test in copy.programs]


def shown(copy, mutant):
    file, first, last, new = mutant
    text = (copy.root / file).read_text()
    begin, end = text.rfind("\n", 0, first) + 1, text.find("\n", last)
    return (f"{file}:{text.count(chr(10), 0, first) + 1}\n- {text[begin:end].strip()}\n"
            f"+ {(text[begin:first] + new + text[last:end]).strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--group", action="append", choices=list(GROUPS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no mutant after this time")
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds of tests on a mutant")
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="try those of the results anew that are not killed")
    options = parser.parse_args()
    groups = options.group or list(GROUPS)
    every = {group: all_places(group) for group in groups}
    deadline, lock, counts, waiting = time.monotonic() + options.seconds, threading.Lock(), {}, queue.Queue()
    known = {}
    if options.again:
        for line in options.results.read_text().splitlines():
            known[json.loads(line)["number"]] = json.loads(line)
    for number in range(options.first, options.first + options.count):
        if not options.again or known.get(number, {}).get("end") in ("undecided", "survived"):
            waiting.put(number)
    wanted = waiting.qsize()
    work = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-mutants-"))

    def worker(number):
        copy = Copy(work, number)
        while time.monotonic() < deadline:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            group, chance = groups[place % len(groups)], random.Random(f"{options.seed} {place}")
            found, none = None, -1
            while found is None:
                mutant, none = place_of(known.get(place)) or chance.choice(every[group]), none + 1
                if options.again and shown(copy, mutant) != known[place]["change"]:
                    break
                found = copy.attempt(group, mutant, options.budget)
            if found is None:
                print(f"mutant {place}: its place is another now", flush=True)
                continue
            killer, passed = found
            end = "killed" if killer else "survived" if len(passed) == len(tests_of(copy, group)) else "undecided"
            with lock:
                counts.setdefault(group, []).append(end)
                counts.setdefault("no mutant", []).extend([None] * none)
                print(f"mutant {place} ({group}), {end}{' by ' + killer if killer else ''}: {shown(copy, mutant)}", flush=True)
                if options.results:
                    with options.results.open("a") as file:
                        file.write(json.dumps({"number": place, "group": group, "end": end, "killer": killer, "passed": passed, "none": none,
                                               "place": [str(mutant[0]), *mutant[1:]], "change": shown(copy, mutant)}) + "\n")

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for ended in [pool.submit(worker, n) for n in range(options.jobs)]:
            ended.result()
    shutil.rmtree(work, ignore_errors=True)
    none = len(counts.pop("no mutant", []))
    ends = [end for group in counts.values() for end in group]
    tried = len(ends)
    print(f"{tried} of {wanted} mutants: " + ", ".join(f"{ends.count(end)} {end}" for end in ("killed", "survived", "undecided"))
          + f"; {none} places that were none; " + ", ".join(f"{group} {c.count('killed')} of {len(c)}" for group, c in sorted(counts.items())))
    return 0 if tried else 1


if __name__ == "__main__":
    sys.exit(main())

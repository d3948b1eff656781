#!/usr/bin/env python3
"""Small mistakes put into the sources one at a time: do the tests see them?

For each mutant one place of one of the groups' files (GROUPS) is changed: a comparison, a sign, a constant, a condition, a call
that is left out, and so on. A copy of the sources is built with it, and the group's tests are run until one fails: the mutant is
killed. One that no test sees has survived, and is told with its change: either a test is missing or the change makes no
difference. What does not build, or gives the same object file, is no mutant and another place is taken instead.

  mutants.py [--count 200] [--first 1] [--seed 1] [--jobs N] [--group NAME]... [--seconds S] [--results FILE]

The same seed gives the same mutants in the same order, shared out to the groups in turn; --first N goes on with the N-th.
--results adds a line of JSON for each.
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
                  ["unit.treesum", "unit.reduce_buckets", "mpi.reduce.3", "mpi.reduce.4", "mpi.reduce.8", "mpi.comm.4", "unit.reduce_traffic",
                   "unit.reduce_order", "program.contract_tables", "program.overlap", "program.hosts"]),
    "checkpoint": (["src/train/checkpoint*.c", "src/train/saver.c", "src/train/background.c", "src/train/frozen.c", "src/train/contents.c",
                    "src/train/filepieces.c", "src/train/saved_*.c", "src/store/kept.c", "src/store/modelblock.c", "src/store/reserve.c",
                    "src/jobs/run_checkpoints.c", "src/jobs/run_keep.c", "src/jobs/run_beside.c"],
                   ["unit.checkpoint", "unit.kept", "unit.background", "mpi.saver_mpi.3", "mpi.best_mpi.3", "unit.fuzz_saved", "program.restart",
                    "program.resume", "campaign.histories", "program.rundir", "program.slow_disk", "program.beside", "program.faults"]),
    "sealed": (["src/store/sealed.c", "src/files/temporary.c", "src/files/replace.c", "src/base/sha256.c"],
               ["unit.sha256", "unit.sealed", "unit.replace", "unit.kept", "unit.modelfile_refused", "unit.fuzz_saved", "program.restart",
                "campaign.histories", "program.rundir", "program.faults"]),
    "log": (["src/store/runlog.c", "src/store/tracked*.c", "src/jobs/run_log.c"],
            ["unit.runlog", "unit.tracked", "program.restart", "program.resume", "campaign.histories", "program.rundir", "program.slow_disk"]),
}

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

    def __init__(self, work, number, groups):
        self.root = work / f"copy-{number}"
        self.mark = {"LOCKSTEP_MUTANTS": str(self.root)}
        files = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
        for file in filter(None, files):
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / file, self.root / file)
        self.build = self.root / "build"
        self.must(["cmake", "-S", self.root, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON",
                   "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"])
        listed = json.loads(subprocess.run(["ctest", "--test-dir", self.build, "--show-only=json-v1"], check=True, capture_output=True).stdout)
        self.must(["ninja", "-C", self.build])
        self.programs = {t["name"]: self.programs_of(t) for t in listed["tests"]}
        self.limit = {}
        for group in groups:
            for test in GROUPS[group][1]:
                if test in self.programs and test not in self.limit:
                    begun = time.monotonic()
                    if not self.passes(test, 900):
                        raise RuntimeError(f"{test} fails without a mutant; see {self.build}/Testing/Temporary/LastTest.log")
                    self.limit[test] = max(60, 8 * (time.monotonic() - begun))

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

    def passes(self, test, limit):
        process = subprocess.Popen(["ctest", "--test-dir", self.build, "-R", f"^{re.escape(test)}$"], env=environment(**self.mark),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(limit) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
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

    def objects(self, file):
        found = sorted(self.build.glob(f"src/**/{file.name}.o"))
        return [hashlib.sha256(o.read_bytes()).hexdigest() for o in found]

    def attempt(self, group, mutant):
        """None: no mutant. Else the name of the test that kills it, or "" where it survives."""
        file, first, last, new = mutant
        path = self.root / file
        text = path.read_text()
        before = self.objects(file)
        try:
            path.write_text(text[:first] + new + text[last:])
            programs = sorted(set().union(*(self.programs[test] for test in GROUPS[group][1] if test in self.limit)))
            code = start(["ninja", "-C", self.build, *programs], limit=3600)[0]
            if code != 0 or self.objects(file) == before:
                return None
            for test in GROUPS[group][1]:
                if test in self.limit and not self.passes(test, self.limit[test]):
                    return test
            return ""
        finally:
            path.write_text(text)


def shown(mutant):
    file, first, last, new = mutant
    text = (SOURCE / file).read_text()
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
    parser.add_argument("--results", type=pathlib.Path)
    options = parser.parse_args()
    groups = options.group or list(GROUPS)
    every = {group: all_places(group) for group in groups}
    deadline, lock, counts, waiting = time.monotonic() + options.seconds, threading.Lock(), {}, queue.Queue()
    for number in range(options.first, options.first + options.count):
        waiting.put(number)
    work = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-mutants-"))

    def worker(number):
        copy = Copy(work, number, groups)
        while time.monotonic() < deadline:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            group, chance = groups[place % len(groups)], random.Random(f"{options.seed} {place}")
            killer = None
            while killer is None:
                mutant = chance.choice(every[group])
                killer = copy.attempt(group, mutant)
            with lock:
                tally = counts.setdefault(group, [0, 0])
                tally[0] += 1
                tally[1] += killer != ""
                print(f"mutant {place} ({group}), {'killed by ' + killer if killer else 'SURVIVED'}: {shown(mutant)}", flush=True)
                if options.results:
                    with options.results.open("a") as file:
                        file.write(json.dumps({"number": place, "group": group, "killer": killer, "change": shown(mutant)}) + "\n")

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for ended in [pool.submit(worker, n) for n in range(options.jobs)]:
            ended.result()
    shutil.rmtree(work, ignore_errors=True)
    tried, killed = (sum(c[k] for c in counts.values()) for k in (0, 1))
    print(f"{tried} of {options.count} mutants: {killed} killed, {tried - killed} survived; "
          + ", ".join(f"{group} {c[1]} of {c[0]}" for group, c in sorted(counts.items())))
    return 0 if tried else 1


if __name__ == "__main__":
    sys.exit(main())

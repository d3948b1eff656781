#!/usr/bin/env python3
"""Every option of every command, as the program's own help lists them, with texts that nobody would type on purpose.

A case is one option of one command (or one setting inside an option's value, as in --optimizer "sgd momentum=TEXT", or a
variable of the environment that the program reads) with one of the texts below. It is given on the command line and, where a
line can hold it, in a file for --config; every SHARED-th case on two ranks as well. What must hold:

1. Exit code 0, or one of the documented refusals: 2, for what names data 3, for what names outputs and models 4; 5 where
   training ends in NaN, 75 at the time limit of the case. Never a signal, a hang, or more than MEMORY.
2. A refusal is exactly one line "lockstep: error: ...", the last one, that names the option, or the text as a file; it is not
   cut, and says more than that. After exit 0 there is no such line.
3. Whatever is said is UTF-8 without control characters, on both streams.
4. Where the option takes a number, a choice or a switch, texts that are such a value are taken and others are refused with what
   is expected, bounds included: told from this file's own reading of the text.
5. What was taken is what run.json keeps, text for text; train leaves a whole model, convert and predict their file, info and
   evaluate an object with --json.
6. Line, file and ranks agree: same exit code, same error.
7. Nothing is written beside the directory of the case, unless the text is a path that leads there; inputs keep their bytes.

  option_values.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S]

DATA is digits.h5; tutorial.h5 is taken from beside it. Cases are in an order that is drawn once, so that any stretch of them
has a bit of everything; those of bounds come last. --only "train --epochs" runs those of an option, --only "its bound" those of
bounds. Without --count all are run.
"""

import json
import math
import os
import random
import re
import resource
import shutil
import subprocess
import sys

from campaign import Broken, environment, is_whole, main, sha

MEMORY = 4 << 30  # address space of a process; with one thread it takes a tenth of that
SHARED = 20
LIMIT = 120
SECONDS = "3s"  # of training, where a text makes it long

TEXTS = [
    "", "   ", "x" * 100_000, "x" * 4_000, "\x01\x02\x7f\x1f", b"\xff\xfe\xc3(\xed\xa0\x80", "nan", "inf", "-0", "1e999", "-1", "0", "1e-320",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "0x10", "1_000", "1,5", "٣", "１２", " 5 ", "+5", "1e3",
    ".5", "5.", "%s%n%s%n", "../../..", "/dev/null", "/", "~", "--", "-", "=", "a=b=c", "\"it's\"", "\\n\\x41\\", "a\nb = c\n", "\x1b]0;title\x07\x1b[2J",
    "{\"a\": [1, \"b\"}", "[train]\nx=1", "--layers", ",,,", "5 epochs epochs", "on", "\u202eevil\u200b\u2028", "(((((((((((((((", "1000000000000",
    "\tnone\t", "((" * 2_000,
]

# Settings inside of values: what stands around the text.
INSIDE = {
    "layers": ["{} relu, 1", "dropout {}, 1", "gaussian_noise {}, 1", "4 {}, 1", "4 relu kernel_regularizer=l2({}), 1", "4 kernel_constraint=max_norm({}), 1",
               "4 relu use_bias={}, 1", "residual({}), 1", "4 kernel_initializer={}, 1"],
    "kernel-regularizer": ["l2({})", "l1_l2(l1={}, l2=0.1)"],
    "bias-initializer": ["constant({})", "random_normal(stddev={})"],
    "optimizer": ["sgd learning_rate={}", "adam beta_1={}", "sgd {}"],
    "schedule": ["cosine_decay decay_steps={}", "exponential_decay decay_steps=2 decay_rate={}", "piecewise_constant_decay boundaries={} values=0.1,0.01",
                 "inverse_time_decay decay_epochs={} decay_rate=0.5"],
    "loss": ["huber delta={}", "quantile tau={}"],
    "metrics": ["mae, {}", "rmse {}"],
    "early-stopping": ["monitor=loss patience={}", "monitor={}", "monitor=loss min_delta={}"],
    "reduce-lr-on-plateau": ["monitor=loss factor={}", "monitor=loss cooldown={}"],
    "ema": ["momentum={}"],
    "checkpoint-every": ["{} steps", "{}s"],
    "memory": ["{}GB"],
    "missing-values": ["-9,{}"],
    "date-format": ["a={}", "{}=%Y"],
    "x": ["/x[{}]", "{}:/x"],
    "validation-data": ["tutorial.h5:{}"],
    "hang-timeout": ["{}0"],
}
VARIABLES = {"train": ["OMP_NUM_THREADS", "SLURM_JOB_END_TIME", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "OMP_STACKSIZE", "SLURM_STEP_TASKS_PER_NODE"],
             "predict": ["TMPDIR"]}

COMMON = {
    "train": ["train", "tutorial.h5", "--layers", "4 relu, 1", "--epochs", "1", "--threads", "1", "--time-limit", SECONDS, "--output", "out", "--hang-timeout", "60"],
    "evaluate": ["evaluate", "model", "table.h5", "--threads", "1"],
    "predict": ["predict", "model", "table.csv", "--threads", "1", "--output", "out.csv"],
    "info": ["info", "tutorial.h5", "--json"],
    "convert": ["convert", "table.csv", "out.h5", "--target", "b"],
}
# Options whose value names data, or something that is written or was.
OF_DATA = {"data", "x", "y", "validation-data", "validation-x", "validation-y", "validation-group", "sample-weights", "validation-sample-weights",
           "samples-axis", "config", "class-weights", "missing-values", "missing", "target", "ignore", "id", "weights", "group", "like", "categories", "date-format",
           "date-parts", "delimiter", "thousands", "decimal", "comment", "skip-lines", "header", "format", "part", "limit-rows", "features",
           "first-index", "keep-default-missing", "init", "layers", "validation-split", "test-split", "test-method", "loss", "shards", "validation-method"}
OF_OUTPUT = {"output", "init", "like", "resume", "init-optimizer", "change"}
PATHS = {"data", "x", "y", "validation-data", "validation-x", "validation-y", "validation-group", "sample-weights", "validation-sample-weights", "output",
         "init", "config", "like", "target"}

INTEGER = re.compile(r" *[+-]?[0-9]+ *")
REAL = re.compile(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *")


def shown(text):
    text = text if isinstance(text, str) else repr(text)
    return repr(text if len(text) < 60 else f"{text[:40]}... ({len(text)})")


class Option:
    def __init__(self, command, key, value, around="{}", variable=None):
        self.command, self.key, self.value, self.around, self.variable = command, key, value, around, variable
        self.choices = value.split("|") if "|" in value and re.fullmatch(r"[a-z0-9_.,|]+", value) else None
        self.kind, self.bounds = "text", None

    def name(self):
        return f"{self.command} " + (self.variable if self.variable else f"--{self.key} {self.around if self.around != '{}' else ''}".rstrip())


def options_of(program, command):
    said = subprocess.run([program, command, "--help", "all"], stdout=subprocess.PIPE, check=True).stdout.decode()
    found = []
    for line in said.splitlines():
        match = re.match(r"[ *] --(?:\[no-\])?([a-z0-9-]+)(?: (\S.*?))?(?:  |$)", line)
        if match and match.group(1) != "help":
            found.append(Option(command, match.group(1), match.group(2) or ""))
    return found


class Setting:
    def __init__(self, program, data, work):
        self.program, self.work = program, work
        self.inputs = work / "inputs"
        self.inputs.mkdir()
        shutil.copy(data.parent / "tutorial.h5", self.inputs)
        (self.inputs / "table.csv").write_text("a,b,c\n" + "".join(f"{i % 7},{i * 0.5},{'xyz'[i % 3]}\n" for i in range(40)))
        self.limited = self.run(["--version"], self.inputs)[0] == 0  # sanitizers want more address space than that
        self.prepare(["convert", "table.csv", "table.h5", "--target", "b", "--quiet"])
        self.prepare(["train", "table.h5", "--layers", "3 relu, 1", "--output", "model", "--quiet", "--threads", "1"])
        self.options = [option for command in COMMON for option in options_of(program, command)]
        if len(self.options) < 150:
            raise SystemExit(f"the help lists only {len(self.options)} options")
        for option in self.options:
            self.learn(option)
        for command, key, value in [(o.command, o.key, o.value) for o in self.options]:
            self.options += [Option(command, key, value, around) for around in INSIDE.get(key, [])]
        self.options += [Option(command, "", "", variable=v) for command in VARIABLES for v in VARIABLES[command]]
        shutil.rmtree(self.inputs / "out", ignore_errors=True)
        self.hashes = self.snapshot(self.inputs)
        self.cases = [(option, text) for option in self.options for text in range(len(TEXTS) + 1)]
        random.Random(17).shuffle(self.cases)
        edges = [(option, text) for option in self.options for text in edge_texts(option)]
        random.Random(18).shuffle(edges)
        self.cases += edges
        self.names = [f"{option.name()} with {'its bound ' * isinstance(text, str)}{case_text(text)[:40]!r}" for option, text in self.cases]

    def prepare(self, arguments):
        code, said = self.run(arguments, self.inputs)
        if code != 0:
            raise SystemExit(said.decode())

    def snapshot(self, home):
        return {str(p.relative_to(home)): sha(p) for p in home.rglob("*") if p.is_file() and not p.is_symlink()}

    def learn(self, option):
        """What the option says of itself when it is given a word: the bounds of a number, or that it is a switch."""
        if option.key in PATHS or option.choices:
            return
        said = self.run([*COMMON[option.command], f"--{option.key}=no-such-value"], self.inputs)[1].decode()
        match = re.search(r"'no-such-value'; expected a (whole )?number from (\S+) to (\S+)", said)
        if match:
            option.kind = "integer" if match.group(1) else "real"
            option.bounds = (float(match.group(2)), float(match.group(3)))
        elif "'no-such-value'; expected on or off" in said:
            option.kind = "switch"

    def run(self, arguments, home, launcher=(), **more):
        def limit():
            if getattr(self, "limited", True):
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        process = subprocess.Popen([*launcher, str(self.program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   cwd=home, start_new_session=True, preexec_fn=limit, env={**environment(), "HOME": str(home), "OMP_NUM_THREADS": "1", **more})
        try:
            said = process.communicate(timeout=LIMIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            said = process.communicate()[0]
            raise Broken(f"hangs for {LIMIT} s and says {said[-500:]!r}") from None
        return process.returncode, said


def is_value(option, text):
    """Whether the option itself takes the text; None where that is not simple."""
    if not isinstance(text, str):
        return False if option.kind != "text" or option.choices else None
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return False
    if option.kind == "integer":
        return bool(INTEGER.fullmatch(text)) and option.bounds[0] <= int(text) <= option.bounds[1]
    if option.kind == "real":
        return bool(REAL.fullmatch(text)) and option.bounds[0] <= float(text) <= option.bounds[1]
    if option.kind == "switch":
        return text in ("on", "off", "true", "false", "yes", "no", "1", "0")
    if option.choices:
        return text in option.choices
    return None


def edge_texts(option):
    """The last numbers inside of the bounds, and the first outside."""
    if option.around != "{}" or option.bounds is None:
        return []
    least, most = option.bounds
    if option.kind == "integer":
        return [str(int(least) - 1), str(int(least)), str(int(most)), str(int(most) + 1)]
    return [repr(v) for v in (math.nextafter(least, -math.inf), least, most, math.nextafter(most, math.inf))]


def case_text(text):
    return text if isinstance(text, str) else TEXTS[text] if text < len(TEXTS) else "one of them twice"


class Case:
    def __init__(self, setting, number):
        self.setting = setting
        self.option, text = setting.cases[number - 1]
        self.twice = text == len(TEXTS)
        text = text if isinstance(text, str) else TEXTS[(number * 7) % len(TEXTS)] if self.twice else TEXTS[text]
        if self.option.key == "output" and text == "/":
            text = "/proc"  # root may write to /, and would
        if self.option.variable:
            text = os.fsencode(text)[:60_000] if isinstance(text, str) else text
        self.inner = text if isinstance(text, str) else ""
        around = os.fsencode(self.option.around)
        self.text = around.replace(b"{}", os.fsencode(text) if isinstance(text, str) else text)
        try:
            self.plain = self.text.decode()
        except UnicodeDecodeError:
            self.plain = self.text
        self.home = setting.work / f"case-{number}"
        self.number = number

    def begin(self, way, launcher=()):
        """A start in a directory of its own, deep enough for ../../.. to lead nowhere else."""
        top = self.home / way
        home = top / "a/b/c/d"
        home.mkdir(parents=True)
        for name in ("tutorial.h5", "table.csv", "table.h5", "model"):
            (home / name).symlink_to(self.setting.inputs / name)
        option, arguments, more = self.option, list(map(os.fsencode, COMMON[self.option.command])), {}
        key = os.fsencode(f"--{option.key}")
        if option.key == "data":
            arguments = self.without(arguments, key)
        if option.variable:
            more[option.variable] = self.text
        elif way == "file":
            (home / "options.conf").write_bytes(os.fsencode(option.key) + b' = "' + self.text + b'"\n')
            arguments = self.without(arguments, key) + [b"--config", b"options.conf"]
        elif self.number % 2 == 0 and option.kind != "switch" and not self.text.startswith(b"--"):
            arguments += [key, self.text]
        else:
            arguments += [key + b"=" + self.text]
            if self.twice:
                arguments += [key + b"=" + self.text]
        code, said = self.setting.run(arguments, home, launcher, **more)
        self.judge(way, top, home, code, said)
        error = [line for line in said.decode().splitlines() if line.startswith("lockstep: error: ")]
        shutil.rmtree(top)
        return code, error[0].replace("error: options.conf:1: ", "error: ") if error else ""

    def without(self, arguments, key):
        """In a file the option must not be overruled by the line."""
        kept, i = [], 0
        while i < len(arguments):
            if arguments[i] == key:
                i += 2
                continue
            kept.append(arguments[i])
            i += 1
        return [a for a in kept if key != b"--data" or not a.endswith((b"l.h5", b"e.h5", b"table.csv"))]

    def broken(self, way, what, said):
        raise Broken(f"{self.option.name()} with {shown(self.plain)}, {way}: {what}\n{said[-400:]!r}")

    def judge(self, way, top, home, code, said):
        option = self.option
        allowed = {0, 2} | ({3} if option.key in OF_DATA else set()) | ({4} if option.key in OF_OUTPUT else set()) | ({5, 75} if option.command == "train" else set())
        if option.variable:
            allowed |= {1, 3, 4}  # a stack, a TMPDIR
        if option.key == "threads":
            allowed |= {1}  # more than there is room for
        if code not in allowed:
            self.broken(way, f"exit code {code}", said)
        try:
            text = said.decode()
        except UnicodeDecodeError:
            self.broken(way, "what is said is not UTF-8", said)
        steering = "" if option.command == "info" else "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"  # JSON has them as they are
        if any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or c in steering for c in text):
            self.broken(way, "a control character is passed on", said)
        lines = text.splitlines()
        errors = [line for line in lines if line.startswith("lockstep: error: ")]
        if len(errors) != (code not in (0, 75)):
            self.broken(way, f"{len(errors)} error lines with exit code {code}", said)
        if errors:
            self.judge_error(way, code, errors[0], lines, said)
        value = None if option.around != "{}" or option.variable else is_value(option, self.plain)
        if value is False and code != 2:
            self.broken(way, f"exit code {code} for a text that is no value of the option", said)
        if value and errors and option.key != "shards" and f"'{option.key}' is '" in errors[0]:
            self.broken(way, "a value of the option is refused by itself", said)
        if code == 0:
            self.judge_results(way, home, text, said)
        self.judge_files(way, top, home, said)

    def judge_error(self, way, code, error, lines, said):
        option, message = self.option, error[len("lockstep: error: "):]
        if lines[-1] != error and way != "ranks":  # mpirun has its own last words
            self.broken(way, "the error is not the last line", said)
        beginning = (self.plain if isinstance(self.plain, str) else "").strip()[:20]
        inner = self.inner.strip()[:20]
        if self.option.command in ("info", "convert") and way == "ranks" and "is the work of one process" in message:
            return
        if code == 5:
            return  # the loss is named, and its cure
        named = [option.key, option.key.replace("-", "_"), option.key.replace("-", " "), option.variable or option.key]
        named += [word.replace("_", "-") for word in re.findall(r"[a-z_0-9]+(?=[=(])", option.around)]
        if option.key in PATHS or option.key in OF_DATA:
            named += ["\\x", "\\u", "table", "tutorial", *[word for text in (beginning, inner) for word in (text, re.split("[,:]", text)[0]) if word]]
        if option.key == "use-ema":
            named += ["running averages"]
        if option.key in ("data", "output", "x"):
            named += ["DATA", "OUT"]
        if self.plain == "-":
            named += ["standard input"]
        if not any(re.search(r"(?<![A-Za-z])" * name[:1].isalpha() + re.escape(name), message) for name in named):
            self.broken(way, "the error names neither the option nor the text", said)
        if message.endswith("...") or len(message) > 12_000:
            self.broken(way, "the error is cut, or longer than anybody reads", said)
        if len(message.replace(self.plain if isinstance(self.plain, str) and self.plain else "\0", "")) < 15:
            self.broken(way, "the error does not say what is wrong", said)

    def judge_results(self, way, home, text, said):
        option = self.option
        if option.command == "train":
            output = os.fsdecode(self.text) if option.key == "output" and self.text else "out"
            run = home / (output if output != "out" or (home / "out").exists() else "tutorial-001")
            if not is_whole(run / "model.weights.h5"):
                self.broken(way, "exit code 0 without a whole model", said)
            card = json.loads((run / "run.json").read_text())
            if card["state"] != "finished" or not math.isfinite(card.get("train", {}).get("loss", 0)):  # none after 0 epochs
                self.broken(way, "run.json does not tell of a finished run", said)
            if option.around == "{}" and not option.variable and option.key in card["options"] and isinstance(self.plain, str):
                self.judge_kept(way, card["options"][option.key], said)
        elif option.command in ("predict", "convert"):
            if option.key not in ("output",) and not any((home / name).is_file() for name in ("out.csv", "out.h5")):
                self.broken(way, "exit code 0 without a file", said)
        elif option.command == "info" and option.key != "json":
            try:
                json.loads(text[text.index("{"):])
            except ValueError:
                self.broken(way, "info --json prints no object", said)

    def judge_kept(self, way, kept, said):
        option, text = self.option, self.plain
        if option.kind in ("integer", "real"):
            same = float(kept) == float(text)
        elif option.key == "ema":
            same = (kept == "") == (text in ("", "off", "false", "no", "0"))
        elif option.kind == "switch":
            same = kept == ("on" if text in ("on", "true", "yes", "1") else "off")
        else:
            same = kept.strip() == text.strip() or text == "" or (option.key == "output" and kept == "tutorial-001") or option.key == "loss"
        if not same:
            self.broken(way, f"run.json keeps {kept!r}", said)

    def judge_files(self, way, top, home, said):
        ours = ("tutorial.h5", "table.csv", "table.h5", "model")
        beside = [p for p in top.rglob("*") if home not in p.parents and p != home and not home.is_relative_to(p)]
        if beside and self.option.key != "output":
            self.broken(way, f"writes beside the directory: {beside[:3]}", said)
        if not all((home / name).is_symlink() for name in ours):
            self.broken(way, "an input is gone", said)

    def run(self):
        code, error = self.begin("line")
        if not self.option.variable and self.option.key != "config" and b"\n" not in self.text:
            other = self.begin("file")
            if (code, error) != other and 75 not in (code, other[0]):
                raise Broken(f"{self.option.name()} with {shown(self.plain)}: line and file differ: {(code, error[:250])} and {(other[0], other[1][:250])}")
        if self.number % SHARED == 0 and shutil.which("mpirun"):
            other = self.begin("ranks", ("mpirun", "-n", "2"))
            alone = self.option.command in ("info", "convert") and other[0] == 2 and "is the work of one process" in other[1]
            if (code, error) != other and 75 not in (code, other[0]) and not alone:
                raise Broken(f"{self.option.name()} with {shown(self.plain)}: one rank and two differ: {(code, error[:250])} and {(other[0], other[1][:250])}")
        if self.setting.snapshot(self.setting.inputs) != self.setting.hashes:
            raise Broken(f"{self.option.name()} with {shown(self.plain)}: an input was changed")
        shutil.rmtree(self.home, ignore_errors=True)
        return "taken" if code in (0, 75) else f"refused with {code}"


def case(setting, number):
    return Case(setting, number).run()


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], Setting, case, None, "option values"))

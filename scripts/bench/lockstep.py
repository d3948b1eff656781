"""Running Lockstep for the drivers: building what is missing, data, one run's times, the machine's peak."""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from report import median, say
from workloads import ACTIVATIONS, BETA_1, BETA_2, EPSILON, LEARNING_RATE, LOSSES, WORKLOADS, by_name, net

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

# Root, more ranks than cores, and no binding of each rank to one core; what the user has set wins. Unlike
# scripts/lib.sh this leaves the way of copying between processes to MPI.
MPI_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_rmaps_default_mapping_policy": "slot:oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}


def parser(doc, workloads=tuple(WORKLOADS)):
    """The options that all drivers have."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--workloads", default=",".join(workloads), help="default: %(default)s")
    p.add_argument("--build", type=Path, default=ROOT / "build", help="build directory; made when missing")
    p.add_argument("--program", type=Path, help="another lockstep than that of the build directory")
    p.add_argument("--data", type=Path, help="folder of W1.h5 ...; default: bench-data in the build directory")
    p.add_argument("--mpirun", default=os.environ.get("MPIEXEC", "mpirun"))
    p.add_argument("--rounds", type=int, default=3, help="medians are over this many (default: %(default)s)")
    p.add_argument("--quick", action="store_true", help="a few steps of each, to see that it works; no timings")
    p.add_argument("--output", help="CSV file")
    return p


def add_net(p):
    """The options for shapes that nobody tuned for."""
    p.add_argument("--net", action="append", default=[], metavar="64-512-512-5", help=
        "features, hidden units, outputs: measured instead of the workloads; repeatable")
    p.add_argument("--loss", default="softmax", choices=LOSSES, help="of --net (default: %(default)s)")
    p.add_argument("--activation", default="relu", choices=ACTIVATIONS, help="of its hidden layers")
    p.add_argument("--rows", type=int, default=50_000, help="of --net (default: %(default)s)")
    p.add_argument("--batch", type=int, default=100, help="of --net (default: %(default)s)")


def environment(**more):
    """This process's, without variables that change how libraries compute or how many threads they take."""
    drop = re.compile(r"(OPENBLAS|OMP|MKL|GOMP|KMP|XLA|TF|KERAS|GLOO|ONEDNN|DNNL|JAX|TORCH|TORCHINDUCTOR)_")
    return MPI_ENVIRONMENT | {k: v for k, v in os.environ.items() if not drop.match(k)} | more


def cores():
    return sorted(os.sched_getaffinity(0))


def restrict(count):
    """For preexec_fn: the process may use this many cores and no more."""
    chosen = set(cores()[:count])
    return lambda: os.sched_setaffinity(0, chosen)


@dataclass
class Finished:
    """A process and its children."""

    seconds: float
    rss_mib: float  # largest of them
    device_mib: float  # read from the device
    said: str


def finish(command, count):
    """Runs a command on so many cores to its end, which must be a good one."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            env=environment(),
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            preexec_fn=restrict(count),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        said.seek(0)
        words = said.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{words[-2000:]}")
    return Finished(seconds, usage.ru_maxrss / 1024, usage.ru_inblock / 2048, words)


@dataclass
class Run:
    """Times of one run; the first epoch is left out where there are others."""

    samples_per_second: float
    shares: dict  # data, compute, communication, and the rest, of an epoch's time; rank 0's
    whole_seconds: float  # of the process, launcher included
    rss_mib: float  # largest of the processes
    kernels: str
    loss: float
    epoch_speeds: list  # samples/s of every epoch
    device_mib: float  # that its processes read from the device, not from the page cache
    card: dict  # run.json

    def step_ms(self, workload):
        return 1e3 * workload.rows / workload.steps / self.samples_per_second


class Bench:
    """Where things are."""

    def __init__(self, args):
        self.args = args
        self.build = args.build.resolve()
        self.data = (args.data or self.build / "bench-data").resolve()
        self._make_programs()
        self.program = (args.program or self.build / "src/cli/lockstep").resolve()
        self.data.mkdir(parents=True, exist_ok=True)

    def tool(self, name):
        return self.build / "scripts/bench" / name

    def _make_programs(self):
        wanted = [self.tool(n) for n in ("peak", "reduction", "make_workload")]
        if self.args.program is None:
            wanted.append(self.build / "src/cli/lockstep")
        if all(p.exists() for p in wanted):
            return
        say(f"building in {self.build}")
        commands = [
            ["cmake", "--build", self.build, "--target", "bench", "lockstep_program", "--parallel", str(len(cores()))]
        ]
        if not (self.build / "CMakeCache.txt").exists():
            commands.insert(
                0, ["cmake", "-S", ROOT, "-B", self.build, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF"]
            )
        for command in commands:
            subprocess.run(command, check=True, stdout=sys.stderr)

    def workloads(self):
        """Those of the command line: nets where there are any."""
        a = self.args
        chosen = [net(n, a.loss, a.rows, a.batch, a.activation) for n in getattr(a, "net", [])]
        chosen = chosen or [by_name(name) for name in a.workloads.split(",")]
        return [w.quick() for w in chosen] if a.quick else chosen

    def precisions(self):
        """Those of products that the program can compute in: an older one knows no option for it."""
        command = [self.program, "train", "--help", "all"]  # an older one shows all without the word, too
        said = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment())
        return precisions_of(said.stdout + said.stderr)

    def data_file(self, workload):
        path = self.data / f"{workload.name}.h5"
        if not path.exists():
            say(f"making {path}")
            shape = [workload.rows, workload.layers[0], workload.layers[-1]]
            subprocess.run([self.tool("make_workload"), path, *map(str, shape), workload.targets], check=True)
        return path

    def peak(self, triad=False):
        """{(what, threads): value}: "fma_avx2" and the like in GFLOP/s, "triad" in GB/s; nothing of what this CPU lacks."""
        options = [] if triad else ["--no-triad"]
        if self.args.quick:
            options += ["--quick"]
        out = subprocess.run([self.tool("peak"), *options], check=True, capture_output=True, text=True).stdout
        return peaks_of(out)

    def command(self, workload, output, ranks, threads, options, launcher, epochs, data=None):
        """ranks 0: without a launcher. data: the workload's rows, stored in another way."""
        launch = (launcher or [self.args.mpirun]) + ["-n", str(ranks)] if ranks else []
        return [
            *launch,
            self.program,
            "train",
            data or self.data_file(workload),
            "--layers",
            workload.lockstep_layers,
            *(["--loss", workload.loss] if workload.loss in ("mae", "huber") else []),
            "--batch-size",
            workload.batch,
            "--epochs",
            epochs,
            "--threads",
            threads,
            "--learning-rate",
            LEARNING_RATE,
            "--beta-1",
            BETA_1,
            "--beta-2",
            BETA_2,
            "--epsilon",
            EPSILON,
            "--metrics",
            "none",
            "--checkpoint-every",
            "never",
            "--check-every",
            "0",
            "--output",
            output,
            *options,
        ]

    def run(self, workload, ranks=0, threads=1, options=(), launcher=None, epochs=None, data=None):
        epochs = epochs or workload.lockstep_epochs + 1
        with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as scratch:
            output = Path(scratch) / "run"
            command = self.command(workload, output, ranks, threads, options, launcher, epochs, data)
            process = finish(command, max(ranks, 1) * threads)
            return self._read_run(output, process.seconds, process.rss_mib, process.device_mib)

    @staticmethod
    def _read_run(output, whole, rss, device=0.0):
        with open(output / "timing.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        card = json.loads((output / "run.json").read_text())
        speeds = [float(r["samples_per_second"]) for r in rows]  # more digits than the seconds have
        timed = rows[1:] or rows
        shares = {k: median(float(r[k]) for r in timed) for k in ("data", "compute", "communication")}
        shares["rest"] = max(0.0, 1 - sum(shares.values()))
        speed = median(speeds[1:] or speeds)
        return Run(
            speed, shares, whole, rss, card["machine"]["kernels"], card["train"]["loss"], speeds, device, card
        )

    def start_seconds(self, workload, threads):
        """From the start of the process to its first step: to the end of an epoch, without that epoch."""
        with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as scratch:
            output = Path(scratch) / "run"
            command = self.command(workload, output, 0, threads, (), None, 1)
            start = time.perf_counter()
            process = subprocess.Popen(
                list(map(str, command)),
                env=environment(),
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=restrict(threads),
            )
            with process:
                for line in process.stderr:
                    if line.startswith("epoch 1/1 ") and "step" not in line:
                        end = time.perf_counter()
            run = self._read_run(output, end - start, 0)
            return end - start - workload.rows / run.samples_per_second


def precisions_of(text):
    """Of the text of `lockstep train --help all`."""
    found = re.search(r"^[*\s]*--precision\b.*\bbfloat16\b", text, re.MULTILINE)
    return ("float32", "bfloat16") if found else ("float32",)


def peaks_of(text):
    """Of what `peak` prints."""
    rows = [r for r in csv.DictReader(text.splitlines()) if r["unit"] != "no instruction"]
    return {(r["what"], int(r["threads"])): float(r["median"]) for r in rows}


def chosen_peak(peaks, kernels, threads, precision="float32"):
    """(what, GFLOP/s) of that table's instructions on so many threads; of the fastest ones where the table has none that
    were measured. Products of bfloat16 are made by instructions of float32 where there is none for pairs: in tables
    without it, and by everybody on a CPU without it."""
    pairs = {what for what, _ in peaks if what.startswith("bf16_")}
    narrow = precision == "bfloat16" and bool(pairs) and (not kernels or "bf16_" + kernels in pairs)
    kind = "bf16_" if narrow else "fma_"
    at = {what: value for (what, t), value in peaks.items() if t == threads and what.startswith(kind)}
    if not at:  # measured on 1 and on all threads only
        at = {what: value * threads for (what, t), value in peaks.items() if t == 1 and what.startswith(kind)}
    name = kind + kernels if kind + kernels in at else max(at, key=at.get)
    return name, at[name]


def best_peak(peaks, kernels, threads):
    """GFLOP/s in float32."""
    return chosen_peak(peaks, kernels, threads)[1]


def have(program):
    return shutil.which(program) is not None

"""Who takes part in peers.py: Lockstep, and the frameworks that are found; each trains a workload when asked to."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass

import lockstep
from report import median, say

DISTURBED = 0.1  # cores that others took
PAUSE = 0.5  # seconds before each measurement: the last one's threads have stopped spinning
BFLOAT16 = ("--precision", "bfloat16")
STEPS = ("--steps", "8")  # Keras': that one call of the compiled function makes


@dataclass(frozen=True)
class Peer:
    name: str
    needs: tuple  # modules
    program: str
    options: tuple = ()
    backend: str = ""  # of Keras
    ranks: int = 1

    @property
    def precision(self):
        """Of the matrix products; everything else is float32 by and large."""
        return "bfloat16" if BFLOAT16[1] in self.options else "float32"


PEERS = (
    Peer("jax-scan", ("jax", "optax"), "train_jax.py", ("--scan",)),
    Peer("jax-step", ("jax", "optax"), "train_jax.py"),
    Peer("torch", ("torch",), "train_torch.py"),
    Peer("torch-compile", ("torch",), "train_torch.py", ("--compile",)),
    Peer("torch-tune", ("torch",), "train_torch.py", ("--tune",)),
    Peer("keras-jax", ("keras", "jax"), "train_keras.py", STEPS, "jax"),
    Peer("keras-tensorflow", ("keras", "tensorflow"), "train_keras.py", STEPS, "tensorflow"),
    Peer("keras-torch", ("keras", "torch"), "train_keras.py", backend="torch"),
    Peer("sklearn", ("sklearn",), "train_sklearn.py"),
    Peer("jax-scan-bf16", ("jax", "optax"), "train_jax.py", ("--scan", *BFLOAT16)),
    Peer("jax-step-bf16", ("jax", "optax"), "train_jax.py", BFLOAT16),
    Peer("jax-scan-mixed", ("jax", "optax"), "train_jax.py", ("--scan", "--mixed", *BFLOAT16)),
    Peer("torch-bf16", ("torch",), "train_torch.py", BFLOAT16),
    Peer("torch-compile-bf16", ("torch",), "train_torch.py", ("--compile", *BFLOAT16)),
    Peer("torch-tune-bf16", ("torch",), "train_torch.py", ("--tune", *BFLOAT16)),
    Peer("torch-medium", ("torch",), "train_torch.py", ("--compile", "--medium", *BFLOAT16)),
    Peer("keras-jax-bf16", ("keras", "jax"), "train_keras.py", (*STEPS, *BFLOAT16), "jax"),
    Peer("keras-tensorflow-bf16", ("keras", "tensorflow"), "train_keras.py", (*STEPS, *BFLOAT16), "tensorflow"),
    Peer("torch-ddp", ("torch",), "train_torch.py", ("--ranks", "2"), ranks=2),
    Peer("torch-ddp-bf16", ("torch",), "train_torch.py", ("--ranks", "2", *BFLOAT16), ranks=2),
)

MODULES = ("h5py", "numpy", "torch", "jax", "optax", "keras", "tensorflow", "sklearn")
PROBE = """
import importlib.util as u, sys
print(*[m for m in sys.argv[1:] if u.find_spec(m)])
"""


def pythons_with(pythons, modules=MODULES):
    """{interpreter: which of the modules it has}, of those that can be run."""
    found = {}
    for python in pythons:
        try:
            out = subprocess.run([python, "-c", PROBE, *modules], capture_output=True, text=True, timeout=60)
            found[python] = set(out.stdout.split())
        except (OSError, subprocess.TimeoutExpired):
            say(f"cannot run {python}")
    return found


def find_peers(pythons, wanted, precisions):
    """[(peer, python)], in the order of PEERS; the first interpreter that has what a peer needs."""
    modules = pythons_with(pythons)
    found = []
    for peer in PEERS:
        python = next((p for p, m in modules.items() if m >= {"h5py", "numpy", *peer.needs}), None)
        if python and peer.precision in precisions and (not wanted or peer.name in wanted):
            found.append((peer, python))
    return found


def busy_seconds():
    """Of all cores of the machine, steal included."""
    with open("/proc/stat", encoding="ascii") as file:
        values = list(map(int, file.readline().split()[1:9]))
    return (sum(values) - values[3] - values[4]) / os.sysconf("SC_CLK_TCK")


def session_seconds(session):
    """Processor time of all processes of a session, and of the children they have waited for."""
    ticks = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                with open(entry.path + "/stat", encoding="ascii", errors="replace") as file:
                    ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        except OSError:
            pass  # it has ended meanwhile
    return ticks / os.sysconf("SC_CLK_TCK")


class Contestant:
    """Somebody who trains a workload, and the results of the rounds."""

    def __init__(self, name, ranks, threads, precision):
        self.name, self.ranks, self.threads, self.precision = name, ranks, threads, precision
        self.speeds = []  # samples/s of each round
        self.foreign = []  # cores that other programs, or other machines on the same host, took meanwhile
        self.facts = {}  # of the last round: version, kernels, loss, rss_mib

    def measure(self):
        time.sleep(PAUSE)
        busy, own, start = busy_seconds(), self.own_seconds(), time.perf_counter()
        self.speeds.append(self.train())
        others = busy_seconds() - busy - (self.own_seconds() - own)
        self.foreign.append(max(0.0, others / (time.perf_counter() - start)))

    def own_seconds(self):
        """Processor time of this program and of what it has run and waited for."""
        return sum(os.times()[:4])

    def train(self):
        raise NotImplementedError

    def close(self):
        pass


class Lockstep(Contestant):
    def __init__(self, bench, workload, ranks, threads, precision="float32", kernels="auto"):
        name = "lockstep" if precision == "float32" else "lockstep-bf16"
        super().__init__(name + ("" if kernels == "auto" else ":" + kernels), ranks, threads, precision)
        self.bench, self.workload = bench, workload
        self.chooses = kernels == "auto"  # or it is told what this CPU may lack
        self.options = ["--kernels", kernels]
        self.options += ["--precision", precision] if precision != "float32" else []  # older programs take no other

    def train(self):
        run = self.bench.run(self.workload, self.ranks if self.ranks > 1 else 0, self.threads, self.options)
        self.facts = dict(kernels=run.kernels, loss=run.loss, rss_mib=run.rss_mib)
        return run.samples_per_second


class Framework(Contestant):
    def __init__(self, bench, workload, peer, python, threads):
        super().__init__(peer.name, peer.ranks, threads, peer.precision)
        self.workload = workload
        command = framework_command(bench, workload, peer, python, threads)
        self.process = subprocess.Popen(
            command,
            env=framework_environment(peer, threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            stderr=None if bench.args.verbose else subprocess.DEVNULL,
            preexec_fn=lockstep.restrict(peer.ranks * threads),
            start_new_session=True,
        )
        self.facts = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"ended with code {self.process.wait()}; --verbose shows why")
        return json.loads(line)

    def train(self):
        print("train", file=self.process.stdin, flush=True)
        self.facts |= (got := self.answer())
        return self.workload.rows * self.workload.epochs / median(got["seconds"])

    def own_seconds(self):
        return super().own_seconds() + session_seconds(self.process.pid)

    def close(self):
        """It ends by itself when its input does; its own other ranks too."""
        try:
            self.process.stdin.close()
            self.process.wait(30)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)


def framework_command(bench, workload, peer, python, threads, *more):
    return list(
        map(
            str,
            [
                python,
                lockstep.HERE / peer.program,
                "--workload",
                workload.name,
                "--data",
                bench.data_file(workload),
                "--threads",
                threads,
                *(["--quick"] if bench.args.quick else []),
                *peer.options,
                *more,
            ],
        )
    )


def framework_environment(peer, threads):
    count = str(threads)
    return lockstep.environment(
        OMP_NUM_THREADS=count, MKL_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, KERAS_BACKEND=peer.backend or "jax"
    )

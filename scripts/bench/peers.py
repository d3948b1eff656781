#!/usr/bin/env python3
"""Lockstep beside the other frameworks that are installed, in turn within one run.

    scripts/bench/peers.py --python VENV/bin/python ... [--workloads W2,W4] [--output peers.csv]

Each --python is searched for PyTorch, JAX with optax, Keras with its backends and scikit-learn (all need h5py), as is
plain python3. Prints a table of each workload, the ratios to the targets, and W1 as a whole process. README.md says how
it is measured.
"""

import os
import signal
import subprocess
import sys
import time

import lockstep
from contestants import DISTURBED, PAUSE, PEERS, Framework, Lockstep
from contestants import find_peers, framework_command, framework_environment
from report import Table, median, reached, say


def make_contestants(bench, workload, peers, threads):
    ranked = workload.target_ranks > 0
    made = [Lockstep(bench, workload, 1, threads, k) for k in bench.args.kernels.split(",")]
    made += [Lockstep(bench, workload, 2, 1)] if ranked and bench.args.ranks else []
    for peer, python in peers:
        if peer.ranks > 1 and not ranked:
            continue
        try:
            say(f"{workload.name}: starting {peer.name}")
            made.append(Framework(bench, workload, peer, python, 1 if peer.ranks > 1 else threads))
        except RuntimeError as error:
            say(f"left out: {error}")
    return made


def run_rounds(bench, workload, contestants):
    """Everybody once a round, the peak first; a peer that breaks is left out from then on. Returns the peaks."""
    peaks = {}
    for number in range(bench.args.rounds):
        for key, value in bench.peak().items():
            peaks.setdefault(key, []).append(value)
        for c in list(contestants):
            try:
                c.measure()
                split = f"{c.name} {c.ranks} x {c.threads}"
                say(f"{workload.name} round {number + 1}: {split}: {c.speeds[-1]:,.0f} samples/s")
            except RuntimeError as error:
                if isinstance(c, Lockstep):
                    raise
                say(f"left out: {error}")
                c.close()
                contestants.remove(c)
    return {key: median(values) for key, values in peaks.items()}


def add_rows(table, workload, contestants, peaks):
    speed = {c: median(c.speeds) for c in contestants}
    ours = {c.ranks: speed[c] for c in reversed(contestants) if c.name == "lockstep"} or {1: None}
    rows = []
    for c in contestants:
        gflops = speed[c] * workload.flops_per_sample * 1e-9
        peak = lockstep.best_peak(peaks, c.facts.get("kernels", ""), c.ranks * c.threads)
        rows.append(
            table.add(
                workload=workload.name,
                contestant=c.name,
                split=f"{c.ranks} x {c.threads}",
                samples_per_second=speed[c],
                train_ms=1e3 * workload.rows * workload.epochs / speed[c],
                ratio_to_lockstep=speed[c] / ours[c.ranks] if ours.get(c.ranks) else None,
                gflops=gflops,
                peak_gflops=peak,
                peak_percent=100 * gflops / peak,
                least=min(c.speeds),
                most=max(c.speeds),
                rounds=len(c.speeds),
                foreign_cores=median(c.foreign),
                rss_mib=c.facts.get("rss_mib"),
                loss=c.facts.get("loss"),
                kernels=c.facts.get("kernels"),
                version=c.facts.get("version", "lockstep"),
            )
        )
        if median(c.foreign) > DISTURBED:
            say(f"{workload.name} {c.name} is disturbed: others took {median(c.foreign):.2f} cores meanwhile")
    return rows


def verdicts(workload, contestants):
    """One line for each target that could be tried."""
    for ranks, target in ((1, workload.target), (2, workload.target_ranks)):
        ours = [c for c in contestants if c.ranks == ranks and c.name.startswith("lockstep")]
        peers = [c for c in contestants if c.ranks == ranks and not c.name.startswith("lockstep")]
        if not ours or not peers or not target:
            continue
        best = max(peers, key=lambda c: median(c.speeds))
        ratio = median(ours[0].speeds) / median(best.speeds)
        split = f"{workload.name}, {ranks} x {ours[0].threads}"
        verdict = f"target {target:g}: {reached(ratio >= target)}"
        yield f"{split}: {ours[0].name} is {ratio:.2f} times {best.name}; {verdict}"


def whole_processes(bench, peers, threads):
    """W1 from the shell and back: everything that a user waits for."""
    workload = lockstep.WORKLOADS["W1"]
    workload = workload.quick() if bench.args.quick else workload
    names = ["lockstep", *(p.name for p, _ in peers if p.ranks == 1)]
    seconds = {name: [] for name in names}
    starts = []
    for _ in range(bench.args.rounds):
        time.sleep(PAUSE)
        seconds["lockstep"].append(bench.run(workload, 0, threads, epochs=workload.epochs).whole_seconds)
        starts.append(bench.start_seconds(workload, threads))
        for peer, python in peers:
            if peer.ranks > 1:
                continue
            time.sleep(PAUSE)
            command = framework_command(bench, workload, peer, python, threads, "--once")
            start = time.perf_counter()
            done = subprocess.run(
                command,
                env=framework_environment(peer, threads),
                capture_output=True,
                preexec_fn=lockstep.restrict(threads),
            )
            if done.returncode == 0:
                seconds[peer.name].append(time.perf_counter() - start)
    table = Table(
        {
            "workload": "as a program",
            "contestant": "contestant",
            "process_seconds": "whole s",
            "start_seconds": "to 1st step s",
        }
    )
    for name in names:
        if seconds[name]:
            table.add(
                workload="W1-process",
                contestant=name,
                process_seconds=median(seconds[name]),
                start_seconds=median(starts) if name == "lockstep" else None,
            )
    return table


def main():
    p = lockstep.parser(__doc__)
    p.add_argument(
        "--python", action="append", default=[], metavar="PYTHON", help="an interpreter that has peers; repeatable"
    )
    p.add_argument("--peers", default="", help="which of them: " + ",".join(x.name for x in PEERS) + ", or none")
    p.add_argument("--kernels", default="auto", help="kernel tables of Lockstep: auto,avx512,avx2,portable")
    p.add_argument("--threads", type=int, default=len(lockstep.cores()), help="default: the cores, here %(default)s")
    p.add_argument("--no-ranks", dest="ranks", action="store_false", help="leave out 2 ranks x 1 thread")
    p.add_argument("--verbose", action="store_true", help="show what the peers print")
    args = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    bench = lockstep.Bench(args)
    pythons = args.python + os.environ.get("LOCKSTEP_PEERS", "").split(":") + ["python3"]
    peers = find_peers([x for x in pythons if x], args.peers.split(",") if args.peers else [])
    say("peers:", ", ".join(x.name for x, _ in peers) or "none are installed")
    if not lockstep.have(args.mpirun):
        args.ranks = False
        say(f"{args.mpirun} not found: no ranks")

    table = Table(
        {
            "workload": "workload",
            "contestant": "contestant",
            "split": "ranks x threads",
            "samples_per_second": "samples/s",
            "train_ms": "training ms",
            "ratio_to_lockstep": "/ lockstep",
            "gflops": "GFLOP/s",
            "peak_percent": "% of peak",
            "rss_mib": "MiB",
        }
    )
    said = []
    for workload in bench.workloads():
        contestants = make_contestants(bench, workload, peers, args.threads)
        try:
            peaks = run_rounds(bench, workload, contestants)
        finally:
            for c in contestants:
                c.close()
        table.show(add_rows(table, workload, contestants, peaks))
        said += verdicts(workload, contestants)
    if "W1" in args.workloads.split(","):
        whole = whole_processes(bench, peers, args.threads)
        whole.show()
        table.rows += whole.rows
    print(*said, sep="\n")
    if args.output:
        table.write(args.output)


if __name__ == "__main__":
    main()

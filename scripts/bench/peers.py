#!/usr/bin/env python3
"""Lockstep beside the other frameworks that are installed, in turn within one run.

    scripts/bench/peers.py --python VENV/bin/python ... [--workloads W2,W4] [--output peers.csv]
    scripts/bench/peers.py --python VENV/bin/python ... --net 64-512-512-5 --loss softmax --rows 50000 --batch 100

Each --python is searched for PyTorch, JAX with optax, Keras with its backends and scikit-learn (all need h5py), as is
plain python3. Prints what CPU this is, a table of each workload in float32 and in bfloat16, the ratios to the targets,
and W1 as a whole process. README.md says how it is measured.
"""

import os
import signal
import subprocess
import sys
import time

import lockstep
import machine
from contestants import DISTURBED, PAUSE, PEERS, Framework, Lockstep
from contestants import find_peers, framework_command, framework_environment
from report import Table, median, reached, say


# Peers this many times slower than the fastest contestant after the first round are not asked again.
FAR_BEHIND = 10
# Of bfloat16 over Lockstep's own float32 where the CPU has no instruction for it.
OWN_TARGET_WITHOUT = 0.9


def make_contestants(bench, workload, peers, threads):
    ranked = workload.target_ranks > 0 and bench.args.ranks
    made = []
    for precision in bench.args.precisions:
        made += [Lockstep(bench, workload, 1, threads, precision, k) for k in bench.args.kernels.split(",")]
        made += [Lockstep(bench, workload, 2, 1, precision)] if ranked else []
    for peer, python in peers:
        if peer.ranks > 1 and not ranked:
            continue
        try:
            say(f"{workload.name}: starting {peer.name}")
            made.append(Framework(bench, workload, peer, python, 1 if peer.ranks > 1 else threads))
        except RuntimeError as error:
            say(f"left out: {peer.name}: {error}")
    return made


def far_behind(contestant, contestants):
    """Whether it has been measured and cannot be the best of its kind."""
    best = max((max(c.speeds) for c in contestants if c.speeds), default=0)
    is_ours = contestant.name.startswith("lockstep")
    return not is_ours and bool(contestant.speeds) and max(contestant.speeds) * FAR_BEHIND < best


def run_rounds(bench, workload, contestants):
    """Everybody once a round, the peak first; a peer that breaks is left out from then on. Returns the peaks."""
    peaks = {}
    for number in range(bench.args.rounds):
        for key, value in bench.peak().items():
            peaks.setdefault(key, []).append(value)
        for c in list(contestants):
            if number > 0 and far_behind(c, contestants):
                continue
            try:
                c.measure()
                split = f"{c.name} {c.ranks} x {c.threads}"
                say(f"{workload.name} round {number + 1}: {split}: {c.speeds[-1]:,.0f} samples/s")
            except RuntimeError as error:
                if isinstance(c, Lockstep) and c.chooses:
                    raise
                say(f"left out: {c.name}: {error}")
                c.close()
                contestants.remove(c)
    return {key: median(values) for key, values in peaks.items()}


def own_speeds(contestants):
    """{(precision, ranks): samples/s} of Lockstep with the kernels that it chooses."""
    own = {}
    for c in contestants:
        if c.name in ("lockstep", "lockstep-bf16"):
            own[c.precision, c.ranks] = median(c.speeds)
    return own


def over(value, divisor):
    return value / divisor if divisor else None


def add_rows(table, workload, contestants, peaks, cpu=("", frozenset())):
    own = own_speeds(contestants)
    rows = []
    for c in contestants:
        speed = median(c.speeds)
        gflops = speed * workload.flops_per_sample * 1e-9
        peak_of, peak = lockstep.chosen_peak(peaks, c.facts.get("kernels", ""), c.ranks * c.threads, c.precision)
        rows.append(
            table.add(
                workload=workload.name,
                contestant=c.name,
                precision=c.precision,
                split=f"{c.ranks} x {c.threads}",
                samples_per_second=speed,
                train_ms=1e3 * workload.rows * workload.epochs / speed,
                ratio_to_lockstep=over(speed, own.get(("float32", c.ranks))),
                ratio_to_bfloat16=over(speed, own.get(("bfloat16", c.ranks))),
                gflops=gflops,
                peak_gflops=peak,
                peak_percent=100 * gflops / peak,
                peak_of=peak_of,
                least=min(c.speeds),
                most=max(c.speeds),
                rounds=len(c.speeds),
                foreign_cores=median(c.foreign),
                rss_mib=c.facts.get("rss_mib"),
                loss=c.facts.get("loss"),
                kernels=c.facts.get("kernels"),
                version=c.facts.get("version", "lockstep"),
                cpu=cpu[0],
                instruction_sets=" ".join(sorted(cpu[1])),
            )
        )
        if median(c.foreign) > DISTURBED:
            say(f"{workload.name} {c.name} is disturbed: others took {median(c.foreign):.2f} cores meanwhile")
    return rows


def targets(workload):
    """(precision, ranks, the best peer's time over Lockstep's)."""
    yield "float32", 1, workload.target
    yield "float32", 2, workload.target_ranks
    yield "bfloat16", 1, workload.target_bfloat16
    yield "bfloat16", 2, 0


def verdicts(workload, contestants, has_instruction=True):
    """One line for each target that could be tried."""
    for precision, ranks, target in targets(workload):
        same = [c for c in contestants if (c.precision, c.ranks) == (precision, ranks)]
        ours = [c for c in same if c.name.startswith("lockstep")]
        peers = [c for c in same if not c.name.startswith("lockstep")]
        if not ours or not peers:
            continue
        best = max(peers, key=lambda c: median(c.speeds))
        ratio = median(ours[0].speeds) / median(best.speeds)
        said = f"{workload.name}, {ranks} x {ours[0].threads}: {ours[0].name} is {ratio:.2f} times {best.name}"
        judged = target and (precision == "float32" or has_instruction)
        yield said + (f"; target {target:g}: {reached(ratio >= target)}" if judged else "")
    own = own_speeds(contestants)
    if ("float32", 1) in own and ("bfloat16", 1) in own:
        ratio = own["bfloat16", 1] / own["float32", 1]
        target = workload.target_own and (workload.target_own if has_instruction else OWN_TARGET_WITHOUT)
        said = f"{workload.name}: lockstep in bfloat16 is {ratio:.2f} times itself in float32"
        yield said + (f"; target {target:g}: {reached(ratio >= target)}" if target else "")


def whole_processes(bench, peers, threads):
    """W1 from the shell and back, in float32: everything that a user waits for."""
    peers = [(p, python) for p, python in peers if p.precision == "float32"]
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
    p.add_argument("--kernels", default="auto", help="tables of Lockstep: auto,avx512_bf16,avx512,avx2,neon,portable")
    p.add_argument("--threads", type=int, default=len(lockstep.cores()), help="default: the cores, here %(default)s")
    p.add_argument("--no-ranks", dest="ranks", action="store_false", help="leave out 2 ranks x 1 thread")
    p.add_argument("--verbose", action="store_true", help="show what the peers print")
    p.add_argument("--precision", default="float32,bfloat16", help="of the products (default: %(default)s)")
    lockstep.add_net(p)
    args = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    bench = lockstep.Bench(args)
    try:
        workloads = bench.workloads()
    except (ValueError, KeyError) as error:
        p.error(f"no such workload: {error}")
    cpu = machine.read()
    print("CPU:", machine.describe(*cpu, len(lockstep.cores())))
    wanted = args.precision.split(",")
    if not set(wanted) <= {"float32", "bfloat16"}:
        p.error("--precision is float32, bfloat16 or both with a comma between them")
    if "bfloat16" in wanted and not machine.has_bfloat16(cpu[1]):
        print("bfloat16: no instruction; all make its products of float32's, and their share is of that peak")
    print(flush=True)
    args.precisions = [x for x in bench.precisions() if x in wanted]
    if "bfloat16" in wanted and "bfloat16" not in args.precisions:
        say("this lockstep has no --precision bfloat16: no such rows of its own")
    pythons = args.python + os.environ.get("LOCKSTEP_PEERS", "").split(":") + ["python3"]
    peers = find_peers([x for x in pythons if x], args.peers.split(",") if args.peers else [], wanted)
    say("peers:", ", ".join(x.name for x, _ in peers) or "none are installed")
    if not lockstep.have(args.mpirun):
        args.ranks = False
        say(f"{args.mpirun} not found: no ranks")

    table = Table(
        {
            "workload": "workload",
            "contestant": "contestant",
            "precision": "precision",
            "split": "ranks x threads",
            "samples_per_second": "samples/s",
            "train_ms": "training ms",
            "ratio_to_lockstep": "/ lockstep",
            "ratio_to_bfloat16": "/ its bfloat16",
            "gflops": "GFLOP/s",
            "peak_percent": "% of peak",
            "peak_of": "that of",
            "rss_mib": "MiB",
        }
    )
    said = []
    for workload in workloads:
        contestants = make_contestants(bench, workload, peers, args.threads)
        try:
            peaks = run_rounds(bench, workload, contestants)
        finally:
            for c in contestants:
                c.close()
        table.show(add_rows(table, workload, contestants, peaks, cpu))
        said += verdicts(workload, contestants, machine.has_bfloat16(cpu[1]))
    if "float32" in wanted and any(w.name.partition("-")[0] == "W1" for w in workloads):
        whole = whole_processes(bench, peers, args.threads)
        whole.show()
        table.rows += whole.rows
    print(*said, sep="\n")
    if args.output:
        table.write(args.output)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How Lockstep scales: ranks x threads on this machine, the reduction alone, and two hosts joined by a slow link.

    scripts/bench/scaling.py [--parts splits,reduction,link] [--workloads W2,W3,W5] [--output scaling.csv]

The last part makes two network namespaces (hosts.sh) and so needs root. README.md says what the columns mean.
"""

import csv
import re
import subprocess
from dataclasses import replace

import lockstep
from report import Table, median, reached, say

# Ranks of one thread against threads of one rank: how much slower they may be.
ALLOWED = {"W2": 0.15, "W3": 0.15, "W5": 0.05}
REDUCTION_FLOATS = (1_000_000, 4_000_000, 25_000_000)
REDUCTION_GOAL = 0.8
LINK_STEPS = {"W2": 60, "W3": 6, "W5": 40}  # of an epoch: a few seconds each
BITS = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}


def splits_of(cores):
    """All (ranks, threads) with powers of two that fit, and the whole machine."""
    powers = [1 << k for k in range(cores.bit_length())] + [cores]
    return sorted({(p, t) for p in powers for t in powers if p * t <= cores}, key=lambda s: (s[0] * s[1], s[0]))


def show_splits(bench, splits, table):
    for workload in bench.workloads():
        runs = {s: [] for s in splits}
        for _ in range(bench.args.rounds):
            for ranks, threads in splits:
                runs[ranks, threads].append(bench.run(workload, ranks if ranks > 1 else 0, threads))
                say(
                    f"{workload.name} {ranks} x {threads}: {runs[ranks, threads][-1].samples_per_second:,.0f} samples/s"
                )
        speed = {s: median(r.samples_per_second for r in runs[s]) for s in splits}
        rows = []
        for (ranks, threads), all_runs in runs.items():
            shares = {k: 100 * median(r.shares[k] for r in all_runs) for k in all_runs[0].shares}
            rows.append(
                table.add(
                    part="splits",
                    workload=workload.name,
                    split=f"{ranks} x {threads}",
                    ranks=ranks,
                    threads=threads,
                    samples_per_second=speed[ranks, threads],
                    speedup=speed[ranks, threads] / speed[splits[0]],
                    efficiency=speed[ranks, threads] / speed[splits[0]] / (ranks * threads),
                    **shares,
                )
            )
        table.show(rows)
        for (ranks, threads), value in speed.items():
            allowed = ALLOWED.get(workload.name.partition("-")[0])
            if ranks > 1 and threads == 1 and (1, ranks) in speed and allowed:
                loss = 1 - value / speed[1, ranks]
                verdict = f"target {allowed:.0%}: {reached(loss <= allowed)}"
                print(f"{workload.name}: {ranks} x 1 is {100 * loss:.1f} % behind 1 x {ranks}; {verdict}\n")


def run_reduction(bench, ranks, floats, tries, launcher=None):
    command = [
        *(launcher or [bench.args.mpirun]),
        "-n",
        str(ranks),
        bench.tool("reduction"),
        "--tries",
        str(tries),
        *map(str, floats),
    ]
    out = subprocess.run(
        list(map(str, command)),
        env=lockstep.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=lockstep.restrict(ranks),
    ).stdout
    return list(csv.DictReader(out.splitlines()))


def show_reduction(bench, all_ranks, table):
    floats = (10_000,) if bench.args.quick else REDUCTION_FLOATS
    for ranks in all_ranks:
        found = run_reduction(bench, ranks, floats, 3 if bench.args.quick else 7 * bench.args.rounds)
        for row in found:
            numbers = {k: float(v) for k, v in row.items() if k.endswith("ms") or k == "ratio"}
            table.add(
                part="reduction", ranks=ranks, floats=int(row["floats"]), sent_bytes=int(row["sent_bytes"]), **numbers
            )
    table.show()
    for row in table.rows:
        verdict = f"goal {REDUCTION_GOAL}: {reached(row['ratio'] <= REDUCTION_GOAL)}"
        sizes = f"{row['ranks']} ranks, {row['floats']:,} floats"
        print(f"{sizes}: {row['ratio']:.2f} of MPI_Allreduce + Adam; {verdict}")
    print()


def link_bits(rate):
    count, unit = re.fullmatch(r"([\d.]+)(\wbit)", rate).groups()
    return float(count) * BITS[unit]


def show_link(bench, table):
    rate, delay = bench.args.rate, bench.args.delay
    launcher = [lockstep.HERE.parent / "hosts.sh", "--rate", rate, "--delay", delay]
    for whole in bench.workloads():
        steps = LINK_STEPS.get(whole.name.partition("-")[0])
        if steps is None:
            continue
        workload = whole if bench.args.quick else whole.sized(steps * whole.batch)
        workload = replace(workload, lockstep_epochs=1 if bench.args.quick else 2)
        here, there, alone = [], [], []
        for _ in range(bench.args.rounds):
            here.append(bench.run(workload, 2, 1))
            there.append(bench.run(workload, 2, 1, launcher=launcher))
            alone.append(run_reduction(bench, 2, [workload.block], 3, launcher)[0])
            say(f"{workload.name} over {rate}: {there[-1].samples_per_second:,.0f} samples/s")

        exposed = median(r.step_ms(workload) * r.shares["communication"] for r in there)
        alone_ms = median(float(r["exchange_ms"]) for r in alone)
        sent = int(alone[0]["sent_bytes"])
        table.add(
            part="link",
            workload=workload.name,
            rate=rate,
            step_here_ms=median(r.step_ms(workload) for r in here),
            step_ms=median(r.step_ms(workload) for r in there),
            sent_bytes=sent,
            link_ms=1e3 * 8 * sent / link_bits(rate),
            alone_ms=alone_ms,
            exposed_ms=exposed,
            hidden_percent=100 * max(0.0, 1 - exposed / alone_ms),
        )
    table.show()


def main():
    p = lockstep.parser(__doc__, workloads=("W2", "W3", "W5"))
    p.add_argument("--parts", default="splits,reduction,link", help="default: %(default)s")
    p.add_argument("--rate", default="1gbit", help="of the link (default: %(default)s)")
    p.add_argument("--delay", default="0.1ms", help="of the link, each way (default: %(default)s)")
    args = p.parse_args()
    bench = lockstep.Bench(args)
    splits = splits_of(len(lockstep.cores()))
    ranks = sorted({r for r, _ in splits if r > 1})
    parts = args.parts.split(",")
    result = Table({})
    shares = {"data": "data %", "compute": "compute %", "communication": "comm. %", "rest": "rest %"}
    if "splits" in parts:
        table = Table(
            {
                "workload": "workload",
                "split": "ranks x threads",
                "samples_per_second": "samples/s",
                "speedup": "speed-up",
                "efficiency": "per core",
            }
            | shares
        )
        show_splits(bench, splits, table)
        result.rows += table.rows
    if "reduction" in parts:
        table = Table(
            {
                "ranks": "ranks",
                "floats": "floats",
                "lockstep_ms": "lockstep ms",
                "exchange_ms": "exchange ms",
                "allreduce_ms": "allreduce + adam ms",
                "ratio": "ratio",
                "sent_bytes": "bytes sent",
            }
        )
        show_reduction(bench, ranks or [2], table)
        result.rows += table.rows
    if "link" in parts:
        table = Table(
            {
                "workload": "workload",
                "rate": "link",
                "step_here_ms": "step, no link ms",
                "step_ms": "step ms",
                "sent_bytes": "bytes a rank",
                "link_ms": "link ms",
                "alone_ms": "exchange alone ms",
                "exposed_ms": "exposed ms",
                "hidden_percent": "hidden %",
            }
        )
        show_link(bench, table)
        result.rows += table.rows
    if args.output:
        result.write(args.output)


if __name__ == "__main__":
    main()

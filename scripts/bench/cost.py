#!/usr/bin/env python3
"""What a step costs: its time against the batch and against the parameters, with lines through the points, the shares
of data, communication and waiting, and the price of the tree over shards.

    scripts/bench/cost.py [--parts batch,parameters,shards] [--ranks 1,2] [--output cost.csv]
"""

from dataclasses import replace

import lockstep
from report import Table, line_fit, median, reached, say
from workloads import WORKLOADS

BATCHES = (64, 128, 256, 512, 1024)  # W2's layers
WIDTHS = (128, 256, 512, 1024, 1536)  # of W2's hidden layers, W2's batch
STEPS = 40  # of an epoch: the data are made this long
EPOCHS = 3
TREE_GOAL = 3  # percent of a step, at 16 rows a shard or more
SHARES = {"data": "data %", "compute": "compute %", "communication": "comm. %", "rest": "rest %"}


def variant(layers, batch, quick):
    """A workload like W2 in all but layers and batch; one data file serves all of the same length."""
    rows = batch * (2 if quick else STEPS)
    name = f"cost-{rows}x{layers[0]}-{layers[-1]}"
    return replace(
        WORKLOADS["W2"], name=name, rows=rows, layers=layers, batch=batch, lockstep_epochs=1 if quick else EPOCHS
    )


def split_of(bench, ranks):
    """As many threads as there are cores for each rank."""
    return max(1, len(lockstep.cores()) // ranks)


def show_line(bench, part, points, table):
    """points: [(x, workload)]; rounds go over all of them, and over all rank counts."""
    all_ranks = [int(r) for r in bench.args.ranks.split(",")]
    runs = {(r, x): [] for r in all_ranks for x, _ in points}
    for number in range(bench.args.rounds):
        for ranks in all_ranks:
            for x, workload in points:
                runs[ranks, x].append(bench.run(workload, ranks if ranks > 1 else 0, split_of(bench, ranks)))
        say(f"{part}: round {number + 1} of {bench.args.rounds}")
    for ranks in all_ranks:
        times = {x: median(r.step_ms(w) for r in runs[ranks, x]) for x, w in points}
        intercept, slope, fit = line_fit(list(times), list(times.values()))
        rows = [
            table.add(
                part=part,
                split=f"{ranks} x {split_of(bench, ranks)}",
                x=x,
                step_ms=times[x],
                line_ms=intercept + slope * x,
                gflops=w.flops_per_sample * w.rows / w.steps / times[x] * 1e-6,
                **{k: 100 * median(r.shares[k] for r in runs[ranks, x]) for k in SHARES},
            )
            for x, w in points
        ]
        table.shown["x"] = part
        table.show(rows)
        print(f"{part}, {rows[0]['split']}: {intercept:.4g} ms + {slope:.4g} ms each; R squared {fit:.4f}\n")


def show_shards(bench, table):
    threads = len(lockstep.cores())
    for workload in bench.workloads():
        counts = sorted({1, 8, 1 << max(0, (workload.batch // 16).bit_length() - 1)})
        runs = {v: [] for v in counts}
        for _ in range(bench.args.rounds):
            for v in counts:
                runs[v].append(bench.run(workload, 0, threads, ["--shards", str(v)]))
        times = {v: median(r.step_ms(workload) for r in runs[v]) for v in counts}
        for v in counts:
            rows_a_shard = workload.batch / v
            price = 100 * (times[v] / times[1] - 1)
            verdict = "" if v == 1 or rows_a_shard < 16 else reached(price <= TREE_GOAL)
            table.add(
                part="shards",
                workload=workload.name,
                shards=v,
                rows_a_shard=rows_a_shard,
                step_ms=times[v],
                price_percent=price,
                goal=verdict,
            )
        say(f"{workload.name}: shards {', '.join(map(str, counts))} done")
    table.show()


def main():
    p = lockstep.parser(__doc__)
    p.add_argument("--parts", default="batch,parameters,shards", help="default: %(default)s")
    p.add_argument("--ranks", default="1,2", help="rank counts of the first two parts (default: %(default)s)")
    args = p.parse_args()
    bench = lockstep.Bench(args)
    parts = args.parts.split(",")
    result = Table({})
    line = {
        "split": "ranks x threads",
        "x": "",
        "step_ms": "step ms",
        "line_ms": "line ms",
        "gflops": "GFLOP/s",
    } | SHARES
    layers = WORKLOADS["W2"].layers
    if "batch" in parts:
        table = Table(dict(line))
        show_line(bench, "batch", [(b, variant(layers, b, args.quick)) for b in BATCHES], table)
        result.rows += table.rows
    if "parameters" in parts:
        table = Table(dict(line))
        wide = [variant((layers[0], h, h, layers[-1]), WORKLOADS["W2"].batch, args.quick) for h in WIDTHS]
        show_line(bench, "parameters", [(w.parameters, w) for w in wide], table)
        result.rows += table.rows
    if "shards" in parts:
        table = Table(
            {
                "workload": "workload",
                "shards": "shards",
                "rows_a_shard": "rows a shard",
                "step_ms": "step ms",
                "price_percent": "price %",
                "goal": f"goal {TREE_GOAL} %",
            }
        )
        show_shards(bench, table)
        result.rows += table.rows
    if args.output:
        result.write(args.output)


if __name__ == "__main__":
    main()

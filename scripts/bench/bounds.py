#!/usr/bin/env python3
"""What bounds each workload on this machine: a step's arithmetic at the FMA peak, the optimizer's bytes at the
bandwidth of memory, and its barriers, on all cores. Lockstep's measured step stands beside them unless --paper is
given.

    scripts/bench/bounds.py [--paper] [--workloads W2] [--output bounds.csv]
"""

import lockstep
from report import Table, median


def main():
    p = lockstep.parser(__doc__)
    p.add_argument("--paper", action="store_true", help="measure the machine only, not Lockstep")
    args = p.parse_args()
    bench = lockstep.Bench(args)
    threads = len(lockstep.cores())
    peaks = bench.peak(triad=True)
    peak, bandwidth = lockstep.best_peak(peaks, "", threads), peaks["triad", threads]
    print(f"{threads} threads: {peak:.1f} GFLOP/s, triad {bandwidth:.1f} GB/s\n")
    table = Table(
        {
            "workload": "workload",
            "parameters": "parameters",
            "mflop": "Mflop a step",
            "flop_us": "at peak us",
            "optimizer_mb": "Adam MB a step",
            "optimizer_us": "from memory us",
            "barriers": "barriers",
            "exchange_mb": "MB sent, 2 ranks",
            "step_us": "measured us",
            "flop_percent": "% of peak",
        }
    )
    for workload in bench.workloads():
        flops = workload.flops_per_sample * workload.rows / workload.steps
        row = table.add(
            workload=workload.name,
            parameters=workload.parameters,
            mflop=flops * 1e-6,
            flop_us=flops / peak * 1e-3,
            optimizer_mb=workload.optimizer_bytes * 1e-6,
            optimizer_us=workload.optimizer_bytes / bandwidth * 1e-3,
            barriers=workload.barriers,
            exchange_mb=workload.exchange_bytes(2) * 1e-6,
        )
        if not args.paper:
            speed = median(bench.run(workload, 0, threads).samples_per_second for _ in range(args.rounds))
            row["step_us"] = 1e6 * workload.rows / workload.steps / speed
            row["flop_percent"] = 100 * row["flop_us"] / row["step_us"]
    table.show()
    if args.output:
        table.write(args.output)


if __name__ == "__main__":
    main()

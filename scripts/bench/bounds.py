#!/usr/bin/env python3
"""What bounds each workload on this machine: a step's arithmetic at the FMA peak, the optimizer's bytes at the
bandwidth of memory, and its barriers, on all cores. Lockstep's measured step stands beside them unless --paper is
given, and with --parts where its time goes: by part of the step, with the share of the peak that each product reaches.

    scripts/bench/bounds.py [--paper | --parts] [--workloads W2] [--kernels avx2] [--precision bfloat16] [--output bounds.csv]
"""

import lockstep
import parts
from report import Table, median, say


def main():
    p = lockstep.parser(__doc__)
    p.add_argument("--paper", action="store_true", help="measure the machine only, not Lockstep")
    p.add_argument("--parts", action="store_true", help="a second table: the parts of a step, by perf")
    p.add_argument("--threads", type=int, default=len(lockstep.cores()), help="default: all cores, %(default)s")
    p.add_argument("--kernels", default="auto", help="kernel table (default: %(default)s)")
    p.add_argument("--precision", default="float32", help="of the products (default: %(default)s)")
    lockstep.add_net(p)
    args = p.parse_args()
    if args.parts and not lockstep.have("perf"):
        p.error("--parts needs perf (Debian: linux-perf)")
    bench = lockstep.Bench(args)
    threads = args.threads
    options = ["--kernels", args.kernels]
    if args.precision != "float32": # older programs know no other
        options += ["--precision", args.precision]
    peaks = bench.peak(triad=True)
    kernels = "" if args.kernels == "auto" else args.kernels
    what, peak = lockstep.chosen_peak(peaks, kernels, threads, args.precision)
    bandwidth = max(value for (name, _), value in peaks.items() if name == "triad")
    print(f"{threads} threads: {what} {peak:.1f} GFLOP/s, triad {bandwidth:.1f} GB/s\n")
    where = Table({"workload": "workload", "part": "part", "percent": "% of time", "us": "us a step", "peak_percent": "% of peak"})
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
            speed = median(bench.run(workload, 0, threads, options).samples_per_second for _ in range(args.rounds))
            row["step_us"] = 1e6 * workload.rows / workload.steps / speed
            row["flop_percent"] = 100 * row["flop_us"] / row["step_us"]
        if args.parts:
            say(f"{workload.name}: parts of a step")
            found = parts.shares(bench, workload, threads, options)
            for part, share, us, percent in parts.rows_of(workload, found, row["step_us"], peak):
                where.add(workload=workload.name, part=part, percent=100 * share, us=us, **({} if percent is None else {"peak_percent": percent}))
    table.show()
    if args.parts:
        print()
        where.show()
    if args.output:
        table.write(args.output)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How much of the exchange between hosts is hidden behind the passes, on links as slow as the passes make interesting.

    scripts/bench/overlap.py [--workloads W2,W3,W5] [--ratios 0.5,1,2] [--per-host 1,2] [--schemes halving,auto]
                             [--python VENV/bin/python]

H is the time of a step's backward and next forward pass (all of a step's computing, from a run on this host alone), X that
of the exchange by itself over the link, whose rate is set so that X / H has the wanted ratio. Exposed is what a step takes
longer than H; hidden is X less that, in per cent of min(X, H). Ranks have one thread, hosts are network namespaces
(hosts.sh), so this needs root. --python: a Python with PyTorch, whose DDP over gloo then takes the same steps.
README.md says more.
"""

import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import lockstep
from report import Table, median, say
from scaling import run_reduction

ROWS_PER_RANK = {"W2": 1024}  # others keep their batch for two ranks, and twice it for four
STEPS = {"W2": 12, "W3": 5, "W5": 60}
HOSTS = 2


def sized(workload, ranks):
    name = workload.name.partition("-")[0]
    batch = ROWS_PER_RANK[name] * ranks if name in ROWS_PER_RANK else workload.batch * ranks // HOSTS
    return replace(workload.sized(STEPS.get(name, 10) * batch), batch=batch, lockstep_epochs=3)


def ddp_ms(bench, workload, ranks, launcher, interface):
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as scratch:
        program = [bench.args.python, lockstep.HERE / "train_ddp.py", "--workload", workload.name.partition("-")[0]]
        command = [*launcher, "-n", ranks, *program, "--batch", workload.batch, "--store", Path(scratch) / "store"]
        out = subprocess.run(
            list(map(str, [*command, "--interface", interface])),
            env=lockstep.environment(OMP_NUM_THREADS="1"),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    return float(re.search(r"step_ms ([\d.]+)", out)[1])


def measure(bench, whole, per_host, table):
    ranks = HOSTS * per_host
    workload = sized(whole, ranks)
    here = [bench.run(workload, ranks, 1) for _ in range(bench.args.rounds)]
    h = median(r.step_ms(workload) * (r.shares["data"] + r.shares["compute"]) for r in here)
    for ratio in bench.args.ratios:
        bits = 8 * 4 * workload.block * per_host * (1 if per_host == 1 else 0.5) / (1e-3 * h * ratio)
        rate = f"{max(1, round(bits / 1e6))}mbit"
        launcher = [lockstep.HERE.parent / "hosts.sh", "--rate", rate, "--delay", bench.args.delay]
        x = median(
            float(run_reduction(bench, ranks, [workload.block], 3, launcher)[0]["exchange_ms"])
            for _ in range(bench.args.rounds)
        )
        steps = {
            scheme: median(
                bench.run(workload, ranks, 1, ["--reduction", scheme], launcher=launcher).step_ms(workload)
                for _ in range(bench.args.rounds)
            )
            for scheme in bench.args.schemes
        }
        own = {scheme: h for scheme in steps}
        if bench.args.python:
            own["ddp"] = ddp_ms(bench, workload, ranks, [bench.args.mpirun], "lo")
            steps["ddp"] = ddp_ms(bench, workload, ranks, launcher, "link0")
        for scheme, step in steps.items():
            exposed = max(0.0, step - own[scheme])
            hidden = x - exposed
            table.add(
                part="overlap",
                workload=workload.name,
                split=f"{HOSTS} hosts x {per_host}",
                rate=rate,
                ratio=x / h,
                scheme=scheme,
                h_ms=own[scheme],
                x_ms=x,
                step_ms=step,
                exposed_ms=exposed,
                hidden_ms=hidden,
                hidden_percent=100 * hidden / min(x, own[scheme]),
            )
            say(f"{workload.name} {ranks} ranks {rate} {scheme}: step {step:.1f} ms, {hidden:.1f} of {x:.1f} hidden")


def main():
    p = lockstep.parser(__doc__, workloads=("W2", "W3", "W5"))
    p.add_argument("--ratios", default="0.5,1,2", help="of exchange to computing (default: %(default)s)")
    p.add_argument("--per-host", default="1,2", help="ranks a host (default: %(default)s)")
    p.add_argument("--schemes", default="halving,auto", help="of --reduction (default: %(default)s)")
    p.add_argument("--python", help="one that has PyTorch")
    p.add_argument("--delay", default="0.1ms", help="of the link, each way (default: %(default)s)")
    args = p.parse_args()
    args.ratios = [float(r) for r in args.ratios.split(",")]
    args.schemes = args.schemes.split(",")
    bench = lockstep.Bench(args)
    table = Table(
        {
            "workload": "workload",
            "split": "split",
            "rate": "link",
            "ratio": "X / H",
            "scheme": "scheme",
            "h_ms": "H ms",
            "x_ms": "X ms",
            "step_ms": "step ms",
            "exposed_ms": "exposed ms",
            "hidden_ms": "hidden ms",
            "hidden_percent": "hidden % of min(X, H)",
        }
    )
    for per_host in map(int, args.per_host.split(",")):
        for whole in bench.workloads():
            measure(bench, whole, per_host, table)
    table.show()
    if args.output:
        table.write(args.output)


if __name__ == "__main__":
    main()

"""Where the time of a step goes: samples of `perf record`, sorted into the step's parts by the function they fell into.

Needs perf (Debian: linux-perf) and a program with symbols. The tree over shards, the bias, relu and masks are inside the
products' functions, and count there; `cost.py` has the tree's price.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from lockstep import environment, restrict

# A part, the functions of the library that belong to it, and which of the three products it is.
PARTS = (
    ("forward", r"forward_(v16|v32|float32|bfloat16)", "forward"),
    ("input gradient", r"input_(v16|v32|gradient)|.*_backward$", "input"),
    (
        "weight gradient",
        r"(weight|twin|quad)_(v16|v32|gradient|single)|single_inputs|ls_gradient_sum|compute$|add$",
        "weight",
    ),
    ("deltas", r"transpose|simd_transpose", None),
    ("rounding", r"bfloat16_(samples|weights|deltas)|ls_operands", None),
    ("gather", r"gather|tabulate|compress_|ls_shuffle|ls_permutation|ls_shardset|take_rows", None),
    ("outputs", r"activate|loss|softmax|ls_pass_score|ls_metrics|measure|exp_loop|sigmoid_loop|log_loop", None),
    ("optimizer", r"update_|ls_update|around_|apply", None),
    ("barriers", r"gomp|GOMP|omp_|do_wait|do_spin|futex", None),
)
REST = "rest"


def part_of(symbol):
    for name, pattern, _ in PARTS:
        if re.match(pattern, symbol):
            return name
    return REST


def count(symbols):
    """{part: samples} of the names of functions, one a sample."""
    counts = dict.fromkeys([name for name, _, _ in PARTS] + [REST], 0)
    for symbol in symbols:
        counts[part_of(symbol)] += 1
    return counts


def flops(workload):
    """{part: floating-point operations of a step}."""
    rows = workload.rows / workload.steps
    each = 2 * workload.weights * rows
    first = 2 * workload.layers[0] * workload.layers[1] * rows
    of = {"forward": each, "input": each - first, "weight": each}
    return {name: of[product] for name, _, product in PARTS if product}


def shares(bench, workload, threads, options=()):
    """{part: share of the time}, of a training long enough that its start is little of it."""
    epochs = 20 * (workload.lockstep_epochs + 1)
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as scratch:
        record = Path(scratch) / "perf.data"
        command = bench.command(workload, Path(scratch) / "run", 0, threads, options, None, epochs)
        perf = ["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "1999", "-o", record, "--"]
        subprocess.run(
            list(map(str, perf + command)),
            env=environment(),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=restrict(threads),
        )
        said = subprocess.run(
            ["perf", "script", "-i", str(record), "-F", "ip,sym"], check=True, capture_output=True, text=True
        ).stdout
    counts = count(line.split()[1] for line in said.splitlines() if line.strip())
    total = sum(counts.values())
    if total == 0:
        raise RuntimeError("perf has no samples: is /proc/sys/kernel/perf_event_paranoid above 2?")
    return {name: n / total for name, n in counts.items()}


def rows_of(workload, found, step_us, peak):
    """(part, share, us a step, % of the peak that a product reaches while it is at work or None)."""
    work = flops(workload)
    for name, share in found.items():
        us = share * step_us
        yield name, share, us, 100 * work[name] / (us * 1e3 * peak) if name in work and us > 0 else None

"""What the frameworks' programs share: data, and training on demand.

A program loads its data, trains a little to compile and warm up, and prints a line of JSON. Then each line on its
standard input asks for one timed training, answered by a line of JSON; end of input ends it. So all programs can be
ready at the same time, and train in turn. With --once it trains a single time, cold, and ends.
"""

import argparse
import json
import os
import sys
import time

from workloads import by_name

# Trainings below this much arithmetic are short: they are repeated, and begin with untimed ones, since after a pause
# threads, caches and the clock have to wake up.
SHORT_FLOPS = 1e10
WARM_SECONDS = 0.4
TIMED_SECONDS = 0.5


def arguments(doc, **more):
    p = argparse.ArgumentParser(description=doc)
    p.add_argument("--workload", type=by_name, required=True)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--data", required=True, help="HDF5 file with x and y")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="of matrix products")
    p.add_argument("--once", action="store_true")
    for name, settings in more.items():
        p.add_argument("--" + name, **settings)
    args = p.parse_args()
    if args.quick:
        args.workload = args.workload.quick()
    return args


def load(args, rank=0, ranks=1):
    """x and y; of several ranks that rank's contiguous rows."""
    import h5py

    with h5py.File(args.data, "r") as file:
        rows = file["x"].shape[0]
        part = slice(rows * rank // ranks, rows * (rank + 1) // ranks)
        return file["x"][part], file["y"][part]


def peak_rss_mib():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def timed(train):
    start = time.perf_counter()
    loss = train()
    return time.perf_counter() - start, float(loss)


def one_round(args, train):
    """Seconds of each timed training, and the last loss."""
    w = args.workload
    seconds, start = [], time.perf_counter()
    if w.flops_per_sample * w.rows * w.epochs < SHORT_FLOPS:
        while time.perf_counter() - start < WARM_SECONDS:
            train()
    while not seconds or sum(seconds) < TIMED_SECONDS:
        took, loss = timed(train)
        seconds.append(took)
    return seconds, loss


def serve(args, version, train, warm_rows=0):
    """train(rows, epochs) trains on the first rows (the arrays may be shorter), returns the last epoch's mean loss, and
    has finished all its work when it returns. warm_rows: of the first, untimed call; 0: 20 batches and the odd one.
    """
    w = args.workload
    protocol = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a framework prints

    def answer(**words):
        print(json.dumps(words), file=protocol, flush=True)

    def whole():
        return train(w.rows, w.epochs)

    if args.once:
        took, loss = timed(whole)
        answer(version=version, seconds=[took], loss=loss, rss_mib=peak_rss_mib())
        return
    first, _ = timed(lambda: train(warm_rows or min(w.rows, 20 * w.batch + w.rows % w.batch), 1))
    answer(version=version, first_seconds=first)
    for _ in sys.stdin:
        seconds, loss = one_round(args, whole)
        answer(seconds=seconds, loss=loss, rss_mib=peak_rss_mib())

#!/usr/bin/env python3
"""Data on its way: loading HDF5 files, streaming what does not fit into memory, converting tables, beside h5py, NumPy
and pandas on the same files.

    scripts/bench/data.py --python VENV/bin/python [--parts load,stream,convert] [--output data.csv]

Without an interpreter that has h5py only Lockstep is measured, and only on contiguous float32. README.md says how it is
measured.
"""

import json
import os
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import datafiles
import lockstep
from contestants import DISTURBED, busy_seconds, pythons_with
from report import Table, median, reached, say
from workloads import WORKLOADS

STREAM_GOAL = 0.9  # of the speed in memory
CONVERT_GOAL = 100  # MB/s of CSV
LIMIT_SHARE = 10  # the file is so many times the memory limit
STREAM_EPOCHS = 2
CSV_ROWS = 500_000
SLOW_ROWS = 20_000  # for readers that would take minutes
COUNTED_SECONDS = 1  # what others take meanwhile is counted in hundredths of a second
OTHER_BYTES = 40e6  # a process without data and model, as in tests/program/memory.sh


def chosen_workloads(args):
    """Quick: few rows, but so many that a tenth of them holds the windows of a step; and little to compute."""
    for workload in (WORKLOADS[name] for name in args.workloads.split(",")):
        ends = workload.layers[0], workload.layers[-1]
        few = replace(workload.sized(40 * workload.batch + 5), layers=(ends[0], 16, ends[1]))
        yield few if args.quick else workload


class Peers:
    """An interpreter that has h5py and NumPy, perhaps pandas; none of them where none was found."""

    def __init__(self, args):
        pythons = args.python + os.environ.get("LOCKSTEP_PEERS", "").split(":") + ["python3"]
        found = pythons_with([p for p in pythons if p], ("h5py", "numpy", "pandas"))
        best = max(found.items(), key=lambda item: len(item[1]), default=("", set()))
        self.modules = best[1] if {"h5py", "numpy"} <= best[1] and args.peers != "none" else set()
        self.python = best[0] if self.modules else None
        say("peers:", ", ".join(sorted(self.modules)) or "none are installed")

    def has(self, task):
        return bool(self.modules) and (not task.startswith("pandas") or "pandas" in self.modules)

    def run(self, task, *files):
        """Seconds of the task and MiB of its process."""
        command = [self.python, lockstep.HERE / "data_peers.py", task, *files]
        done = lockstep.finish(command, len(lockstep.cores()))
        return json.loads(done.said.splitlines()[-1])["seconds"], done.rss_mib


def in_turn(rounds, tasks, label):
    """{key: results} of {key: function}, everybody once a round."""
    results = {key: [] for key in tasks}
    for number in range(rounds):
        for key, task in tasks.items():
            busy, own, start = busy_seconds(), sum(os.times()[:4]), time.perf_counter()
            results[key].append(task())
            took = time.perf_counter() - start
            foreign = (busy_seconds() - busy - (sum(os.times()[:4]) - own)) / took
            if foreign > DISTURBED and took > COUNTED_SECONDS:
                say(f"{label}, {key} is disturbed: others took {foreign:.2f} cores meanwhile")
        say(f"{label}: round {number + 1} of {rounds}")
    return results


# ---- load ----

SPLITS = ((0, 1), (0, len(lockstep.cores())), (2, 1))  # ranks (0: no launcher) x threads
LOADS = {  # of peers: what it is beside, and what it is called
    "read": ("load", "h5py: read only"),
    "load": ("load", "h5py + NumPy"),
    "pandas_frame": ("load", "h5py + pandas"),
    "load_normalize": ("normalize", "h5py + NumPy"),
    "pandas_normalize": ("normalize", "h5py + pandas"),
}


def split_name(ranks, threads):
    return f"{max(ranks, 1)} x {threads}"


def load_tasks(bench, workload, path, peers):
    """{(work, contestant, split): function that returns seconds and MiB}."""
    small = replace(workload, layers=(workload.layers[0], workload.layers[-1]))  # nearly nothing to train

    def ours(ranks, threads, work):
        options = ["--normalize", "standard"] if work == "normalize" else []
        run = bench.run(small, ranks, threads, options, epochs=1, data=path)
        return run.card["setup_seconds"] if options else run.card["loading"]["seconds"], run.rss_mib

    tasks = {}
    for work in ("load", "normalize"):
        for ranks, threads in dict.fromkeys(SPLITS):
            if ranks == 0 or lockstep.have(bench.args.mpirun):
                key = (work, "lockstep", split_name(ranks, threads))
                tasks[key] = lambda r=ranks, t=threads, w=work: ours(r, t, w)
    for task, (work, name) in LOADS.items():
        if peers.has(task):
            tasks[work, name, "1 process"] = lambda t=task: peers.run(t, path)
    return dict(sorted(tasks.items(), key=lambda item: item[0][0]))


def show_load(bench, workload, storages, peers, table):
    rows, features = workload.rows, workload.layers[0]
    for storage in storages:
        path = datafiles.stored_file(bench, workload, storage, peers.python)
        if path is None:
            say(f"load: {storage} left out: nobody here makes such a file")
            continue
        datafiles.warm(path)
        results = in_turn(bench.args.rounds, load_tasks(bench, workload, path, peers), f"load {storage}")
        best = {}
        for (work, name, _), runs in results.items():
            if name == "lockstep":
                best[work] = min(best.get(work, 1e9), median(s for s, _ in runs))
        shown = []
        for (work, name, split), runs in results.items():
            seconds = median(s for s, _ in runs)
            shown.append(
                table.add(
                    part="load",
                    storage=datafiles.WHAT[storage],
                    work=work,
                    contestant=name,
                    split=split,
                    seconds=seconds,
                    rows_per_second=rows / seconds,
                    stored_mb_per_second=path.stat().st_size / seconds * 1e-6,
                    float32_mb_per_second=4 * features * rows / seconds * 1e-6,
                    ratio_to_lockstep=best[work] / seconds,
                    rss_mib=median(m for _, m in runs),
                    least_seconds=min(s for s, _ in runs),
                    most_seconds=max(s for s, _ in runs),
                )
            )
        table.show(shown)


# ---- stream ----


def row_bytes(workload, storage):
    """Of a row that is held: features as stored (float64 as float32), one target, room for a weight."""
    size = datafiles.VALUE_BYTES.get(storage, 4)
    return min(size, 4) * workload.layers[0] + 4 * workload.layers[-1] + 4


def stream_options(workload, storage):
    """The limit in bytes, and the window of which the most that can be open fit into it: 3 in each shard."""
    limit = workload.rows * row_bytes(workload, storage) // LIMIT_SHARE
    shards = max(8, 1 << (workload.batch // 32).bit_length() - 1)
    return limit, max(1, limit // (3 * shards * row_bytes(workload, storage)))


def allowed_mib(workload, held):
    """The formula of tests/program/memory.sh for one rank."""
    model = 4 * workload.block
    activations = workload.batch * 4 * (workload.layers[0] + 2 * sum(workload.layers[1:]))
    return (held + 3 * model + activations + OTHER_BYTES) / 2**20


def overall(run):
    """Samples/s over all epochs, the first included."""
    return len(run.epoch_speeds) / sum(1 / s for s in run.epoch_speeds)


def stream_tasks(bench, workload, storage, path):
    limit, window = stream_options(workload, storage)
    same = ["--shuffle-window", window]
    threads = len(lockstep.cores())

    def train(options, cold=False):
        with datafiles.Cold(path) if cold else nullcontext() as dropping:
            if not cold:
                datafiles.warm(path)
            run = bench.run(workload, 0, threads, options, epochs=STREAM_EPOCHS, data=path)
        return run, dropping.way if dropping else "warm"

    tasks = {"in memory": lambda: train(same)}
    if storage == "contiguous":
        tasks["in memory, default window"] = lambda: train([])
    tasks["streamed"] = lambda: train([*same, "--memory", limit])
    tasks["streamed, cold"] = lambda: train([*same, "--memory", limit], True)
    return limit, tasks


def show_stream(bench, workload, storages, peers, table):
    verdicts = []
    for storage in storages:
        path = datafiles.stored_file(bench, workload, storage, peers.python)
        if path is None:
            say(f"stream: {storage} left out: nobody here makes such a file")
            continue
        limit, tasks = stream_tasks(bench, workload, storage, path)
        results = in_turn(bench.args.rounds, tasks, f"stream {storage}")
        memory = median(overall(run) for run, _ in results["in memory"])
        model = results["in memory"][0][0].card["sha256"]["model.weights.h5"]
        shown = []
        for way, runs in results.items():
            speed = median(overall(run) for run, _ in runs)
            loading = runs[-1][0].card["loading"]
            streams = loading["held_bytes"] < loading["bytes"]
            if streams != way.startswith("streamed"):
                raise RuntimeError(f"{storage}, {way}: {loading['held_bytes']} of {loading['bytes']} bytes are held")
            shown.append(
                table.add(
                    part="stream",
                    storage=datafiles.WHAT[storage],
                    way=way,
                    cache=runs[-1][1],
                    samples_per_second=speed,
                    ratio=speed / memory,
                    data_percent=100 * median(run.shares["data"] for run, _ in runs),
                    stored_mb_per_second=path.stat().st_size / workload.rows * speed * 1e-6,
                    held_mib=loading["held_bytes"] / 2**20,
                    limit_mib=limit / 2**20 if streams else None,
                    rss_mib=max(run.rss_mib for run, _ in runs),
                    allowed_mib=allowed_mib(workload, limit if streams else loading["held_bytes"]),
                    device_mib=median(run.device_mib for run, _ in runs),
                    same_bits=all(run.card["sha256"]["model.weights.h5"] == model for run, _ in runs),
                    least=min(overall(run) for run, _ in runs),
                    most=max(overall(run) for run, _ in runs),
                )
            )
            row = shown[-1]
            if streams and not row["same_bits"]:
                raise RuntimeError(f"{storage}, {way}: another model than in memory")
            if streams:
                within = row["rss_mib"] <= row["allowed_mib"]
                verdicts.append(
                    f"{row['storage']}, {way}: {100 * row['ratio']:.1f} % of the speed in memory; goal "
                    f"{100 * STREAM_GOAL:.0f} %: {reached(row['ratio'] >= STREAM_GOAL)}; memory "
                    f"{row['rss_mib']:.0f} of {row['allowed_mib']:.0f} MiB allowed: {'kept' if within else 'NOT KEPT'}"
                )
        table.show(shown)
    print(*verdicts, "", sep="\n")


# ---- convert ----


def convert_tasks(bench, source, options, names, peers, output):
    def ours():
        command = [bench.program, "convert", source, output / "ours.h5", "--overwrite", *options]
        done = lockstep.finish(command, len(lockstep.cores()))
        return done.seconds, done.rss_mib

    tasks = {"lockstep convert": ours}
    for task, name in names.items():
        if peers.has(task):
            tasks[name] = lambda t=task: peers.run(t, source, output / "theirs.h5")
    return tasks


def conversions(bench, workload, peers):
    """(what, file, rows, options of convert, {task: its name})."""
    quick, features = bench.args.quick, workload.layers[0]
    rows = 200 if quick else CSV_ROWS
    slow = min(rows, SLOW_ROWS)
    frames = {"pandas_read_csv": "pandas.read_csv only", "pandas_csv": "pandas.read_csv, h5py"}
    loadtxt = {"numpy_loadtxt": "numpy.loadtxt, h5py"}
    numbers = datafiles.numbers_csv(bench.data, rows, features)
    few = datafiles.numbers_csv(bench.data, slow, features)
    mixed = datafiles.mixed_csv(bench.data, 2 * rows)
    yield "CSV, numbers", numbers, rows, ["--target", "target"], frames | loadtxt
    yield "CSV, mixed", mixed, 2 * rows, ["--target", "target"], frames
    if peers.has("numpy_genfromtxt"):
        yield "CSV, few rows", few, slow, ["--target", "target"], {"numpy_genfromtxt": "numpy.genfromtxt, h5py"}
    npy = bench.data_file(workload).with_suffix(".npy")
    if npy.exists():
        yield "npy float32", npy, workload.rows, ["--target", "none"], {"numpy_npy": "numpy.load, h5py"}


def show_convert(bench, workload, peers, table):
    datafiles.stored_file(bench, workload, "chunked", peers.python)  # the .npy is made with it
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", dir=bench.data) as scratch:
        for what, source, rows, options, names in conversions(bench, workload, peers):
            datafiles.warm(source)
            tasks = convert_tasks(bench, source, options, names, peers, Path(scratch))
            results = in_turn(bench.args.rounds, tasks, f"convert {what}")
            ours = median(s for s, _ in results["lockstep convert"])
            shown = []
            for name, runs in results.items():
                seconds = median(s for s, _ in runs)
                shown.append(
                    table.add(
                        part="convert",
                        storage=what,
                        contestant=name,
                        input_mb=source.stat().st_size * 1e-6,
                        seconds=seconds,
                        rows_per_second=rows / seconds,
                        input_mb_per_second=source.stat().st_size / seconds * 1e-6,
                        ratio_to_lockstep=ours / seconds,
                        rss_mib=median(m for _, m in runs),
                        least_seconds=min(s for s, _ in runs),
                        most_seconds=max(s for s, _ in runs),
                    )
                )
            table.show(shown)
            if what in ("CSV, numbers", "CSV, mixed"):
                speed = shown[0]["input_mb_per_second"]
                verdict = reached(speed >= CONVERT_GOAL)
                verdicts.append(f"{what}: {speed:.0f} MB/s; goal {CONVERT_GOAL} MB/s: {verdict}")
    print(*verdicts, "", sep="\n")


# ---- all ----

HEADINGS = {
    "load": {
        "storage": "load",
        "work": "work",
        "contestant": "contestant",
        "split": "ranks x threads",
        "seconds": "s",
        "rows_per_second": "rows/s",
        "stored_mb_per_second": "MB/s stored",
        "float32_mb_per_second": "MB/s float32",
        "ratio_to_lockstep": "/ lockstep",
        "rss_mib": "MiB",
    },
    "stream": {
        "storage": "stream",
        "way": "rows",
        "cache": "page cache",
        "samples_per_second": "samples/s",
        "ratio": "/ in memory",
        "data_percent": "data %",
        "stored_mb_per_second": "MB/s stored",
        "held_mib": "held MiB",
        "limit_mib": "limit MiB",
        "rss_mib": "MiB",
        "allowed_mib": "allowed MiB",
        "device_mib": "from device MiB",
    },
    "convert": {
        "storage": "convert",
        "contestant": "contestant",
        "input_mb": "MB",
        "seconds": "s",
        "rows_per_second": "rows/s",
        "input_mb_per_second": "MB/s of input",
        "ratio_to_lockstep": "/ lockstep",
        "rss_mib": "MiB",
    },
}


def main():
    p = lockstep.parser(__doc__, ("W5",))
    p.add_argument("--python", action="append", default=[], metavar="PYTHON", help="with h5py, NumPy, pandas")
    p.add_argument("--peers", default="", help="none: Lockstep alone")
    p.add_argument("--parts", default="load,stream,convert", help="default: %(default)s")
    p.add_argument("--storages", default=",".join(datafiles.STORAGES), help="of load (default: %(default)s)")
    p.add_argument("--stream-storages", default="contiguous,chunked,gzip,uint8", help="default: %(default)s")
    args = p.parse_args()
    bench = lockstep.Bench(args)
    peers = Peers(args)
    tables = {part: Table(HEADINGS[part]) for part in args.parts.split(",")}
    for workload in chosen_workloads(args):
        if "load" in tables:
            show_load(bench, workload, args.storages.split(","), peers, tables["load"])
        if "stream" in tables:
            show_stream(bench, workload, args.stream_storages.split(","), peers, tables["stream"])
        if "convert" in tables:
            show_convert(bench, workload, peers, tables["convert"])
    if args.output:
        result = Table({})
        for table in tables.values():
            result.rows += table.rows
        result.write(args.output)


if __name__ == "__main__":
    main()

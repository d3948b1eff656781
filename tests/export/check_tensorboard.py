"""Trains with --tensorboard, and has TensorBoard's own loaders read the event files.

    python check_tensorboard.py PROGRAM [--server]

Runs without a break, gone on with, with epochs that are done again from an older checkpoint, and with scores that are no
numbers: tags are those of Keras' callback, and steps and values those of log.csv, rounded to float32. Two loaders look:
EventAccumulator, which scripts use and which keeps what was done twice, and the one of TensorBoard's server. With --server
that is started as well, with its fast loader and with the other, and asked for the curves. Prints one line a check; exit status 1
when one failed.
"""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util import tensor_util

DIGITS = Path(__file__).resolve().parents[2] / "data" / "digits.h5"
KEEP_ALL = {"tensors": 0}
failures = 0


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}", flush=True)


def call(program, *words, code=0):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"lockstep {' '.join(map(str, words))}: code {done.returncode}\n{done.stderr}")


def expected_of(run):
    """{part: {tag: [(step, value)]}} by log.csv: the last row of each epoch."""
    curves = {"train": {}, "validation": {}}
    rows = {row["epoch"]: row for row in csv.DictReader((run / "log.csv").open())}
    for row in rows.values():
        epoch, step = int(row.pop("epoch")) - 1, int(row.pop("step"))
        for name, text in row.items():
            if not text:
                continue
            value = np.float32(text)
            if name.startswith("val_"):
                curves["validation"].setdefault(f"epoch_{name[4:]}", []).append((epoch, value))
                curves["validation"].setdefault(f"evaluation_{name[4:]}_vs_iterations", []).append((step, value))
            else:
                curves["train"].setdefault(f"epoch_{name}", []).append((epoch, value))
    return {part: tags for part, tags in curves.items() if tags}


def loaded(loader, folder):
    accumulator = loader.EventAccumulator(str(folder), size_guidance=KEEP_ALL)
    accumulator.Reload()
    curves = {}
    for tag in accumulator.Tags()["tensors"]:
        plugin = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
        if plugin != "scalars":
            check(False, f"{folder}: {tag} is of the plugin {plugin!r}")
        curves[tag] = [(e.step, tensor_util.make_ndarray(e.tensor_proto)[()]) for e in accumulator.Tensors(tag)]
    return curves


def same(found, expected):
    """NaN is NaN; anything else is equal bit by bit."""
    return found.keys() == expected.keys() and all(
        [s for s, _ in found[tag]] == [s for s, _ in expected[tag]]
        and np.array_equal(
            np.array([v for _, v in found[tag]], np.float32), np.array([v for _, v in expected[tag]], np.float32), equal_nan=True
        )
        for tag in expected
    )


def asked(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read().decode())


def ask_server(board, parts, fast):
    """The same from a server over HTTP."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    words = ["--logdir", str(board), "--port", str(port), "--load_fast", fast]
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    curves = {}
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                tags = asked(f"http://localhost:{port}/data/plugin/scalars/tags")
                curves = {part: {tag: [] for tag in tags.get(part, {})} for part in parts}
                for part, tag in [(p, t) for p in parts for t in curves[p]]:
                    query = urllib.parse.urlencode({"run": part, "tag": tag})
                    points = asked(f"http://localhost:{port}/data/plugin/scalars/scalars?{query}")
                    curves[part][tag] = [(step, np.float32(value)) for _, step, value in points]
            except (urllib.error.URLError, OSError, ValueError):
                continue
            if all(same(curves[part], parts[part]) for part in parts):
                break  # else it may still be reading
    finally:
        server.terminate()
        server.wait()
    return curves


def look(name, run, board, server, twice=False):
    expected = expected_of(run)
    check(sorted(p.name for p in board.iterdir()) == sorted(expected), f"{name}: folders {sorted(expected)}")
    for part, curves in expected.items():
        found = loaded(plugin_event_accumulator, board / part)
        points = sum(map(len, curves.values()))
        check(same(found, curves), f"{name}: {part}: {points} points of {', '.join(curves)}")
        found = loaded(event_accumulator, board / part)
        if twice:  # this loader leaves tensors as they are: the later point of a step counts
            found = {tag: sorted(dict(points).items()) for tag, points in found.items()}
        check(same(found, curves), f"{name}: {part}: the same by EventAccumulator")
    for fast in ("true", "false") if server else ():
        found = ask_server(board, expected, fast)
        check(all(same(found.get(p, {}), expected[p]) for p in expected), f"{name}: a server with --load_fast={fast}")


def train_digits(program, folder, server):
    run, board, earlier = folder / "run", folder / "board", folder / "earlier"
    train = [program, "train", DIGITS, "--layers", "16 relu, 10 softmax", "--metrics", "accuracy", "--batch-size", "128"]
    train += ["--validation-split", "0.2", "--tensorboard", board, "--output", run, "--log-every", "4"]
    call(*train, "--epochs", "3")
    look("one run", run, board, server)
    shutil.copytree(run, earlier)
    call(*train, "--epochs", "6", "--resume")
    look("gone on with", run, board, server)
    shutil.rmtree(run)
    earlier.rename(run)
    call(*train, "--epochs", "8", "--resume")
    look("three epochs done again", run, board, server, twice=True)


def train_without(program, folder, server):
    """No validation rows: no folder for them."""
    run, board = folder / "alone", folder / "board alone"
    train = [program, "train", DIGITS, "--layers", "10 softmax", "--output", run, "--tensorboard", board]
    call(*train, "--epochs", "2", "--batch-size", "128")
    look("without validation", run, board, server)


def train_not_numbers(program, folder, server):
    """Validation rows of one class: an area under the curve is no number."""
    run, board, table, data = folder / "nan", folder / "board nan", folder / "table.csv", folder / "table.h5"
    rows = [f"{i % 7},{i % 3},{'no' if i % 2 or i >= 80 else 'yes'}\n" for i in range(100)]
    table.write_text("a,b,answer\n" + "".join(rows))
    call(program, "convert", table, data, "--target", "answer", "--test-split", "0")
    train = [program, "train", data, "--layers", "1 sigmoid", "--metrics", "auc", "--validation-split", "0.2", "--output", run]
    call(*train, "--epochs", "2", "--tensorboard", board)
    check(",nan," in (run / "log.csv").read_text(), "not a number: log.csv has one")
    look("not a number", run, board, False)  # JSON has no NaN


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="lockstep-tensorboard-") as folder:
        for case in (train_digits, train_without, train_not_numbers):
            case(program, Path(folder), "--server" in sys.argv)
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

"""The files that data.py compares on, and emptying the page cache of one of them."""

import os
import random
import subprocess
import threading

import lockstep
from report import say

STORAGES = ("contiguous", "chunked", "gzip", "uint8", "float64")
WHAT = {
    "contiguous": "float32, contiguous",
    "chunked": "float32, chunks of 128 KiB",
    "gzip": "float32, chunks, gzip 4, shuffle",
    "uint8": "uint8, contiguous",
    "float64": "float64, contiguous",
}
VALUE_BYTES = {"uint8": 1, "float64": 8}  # of a feature; else 4
EVICT_SECONDS = 0.05


def stored_file(bench, workload, storage, python):
    """The workload's rows in this storage; None where h5py is needed to make it and missing."""
    plain = bench.data_file(workload)
    path = plain if storage == "contiguous" else plain.with_name(f"{plain.stem}-{storage}.h5")
    if not path.exists() and python:
        say(f"making the storages of {plain}")
        subprocess.run([python, lockstep.HERE / "data_peers.py", "store", plain], check=True, stdout=subprocess.DEVNULL)
    return path if path.exists() else None


def _replace(path, lines):
    part = path.with_suffix(".part")
    with open(part, "w", encoding="ascii") as file:
        file.writelines(lines)
    os.replace(part, path)
    return path


def numbers_csv(folder, rows, features):
    """A header, columns of numbers with seven digits, and a target of 0 or 1."""
    path = folder / f"numbers-{rows}x{features}.csv"
    draw = random.Random(1).random

    def lines():
        yield ",".join(f"column{i}" for i in range(features)) + ",target\n"
        shape = "%.7g," * features + "%d\n"
        for _ in range(rows):
            yield shape % (*[draw() for _ in range(features)], draw() < 0.5)

    return path if path.exists() else _replace(path, lines())


def mixed_csv(folder, rows):
    """As tables are: whole numbers, prices, texts in quotes or not, and missing fields."""
    path = folder / f"mixed-{rows}.csv"
    source = random.Random(2)
    draw, choose = source.random, source.choice
    towns = [f'"Town {k}, North"' if k % 3 == 0 else f"Town{k}" for k in range(20)]
    colours = ["red", "green", "blue", "black", "white"]

    def lines():
        yield "number,age,price,distance,colour,town,grade,income,weight,target\n"
        for i in range(rows):
            age = "" if draw() < 0.02 else 18 + int(70 * draw())
            yield (
                f"{i},{age},{1000 * draw():.2f},{50 * draw():.3f},{choose(colours)},{choose(towns)},"
                f"{int(6 * draw())},{int(1e5 * draw())},{draw():.6f},{int(3 * draw())}\n"
            )

    return path if path.exists() else _replace(path, lines())


def warm(path):
    """Into the page cache."""
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass


def _evict(file):
    """Whether it is out of the page cache now: no byte can be had without waiting, at 64 places of the file."""
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    size = os.fstat(file.fileno()).st_size
    for k in range(64):
        try:
            os.preadv(file.fileno(), [bytearray(1)], size * k // 64, os.RWF_NOWAIT)
            return False
        except BlockingIOError:
            pass
    return True


class Cold:
    """with Cold(path): the file's pages are thrown out of the page cache again and again, since a run that reads it
    more than once would find them there the second time. `way` says how: by posix_fadvise, or, where that leaves them,
    with all other pages of the machine, for which one has to be root."""

    def __init__(self, path):
        self.file = open(path, "rb")
        os.fsync(self.file.fileno())  # pages that wait to be written would stay
        self.way = "posix_fadvise"
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._again_and_again)

    def _drop(self):
        if self.way == "posix_fadvise":
            os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        else:
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("1")

    def _again_and_again(self):
        while not self.end.wait(EVICT_SECONDS):
            self._drop()

    def __enter__(self):
        try:
            gone = _evict(self.file)
        except OSError:  # this file system cannot say
            gone = False
        if not gone:
            self.way = "drop_caches"
            self._drop()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()
        self.file.close()

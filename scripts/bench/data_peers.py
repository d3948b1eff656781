"""What data.py compares with: h5py, NumPy and pandas doing one piece of work on one file. Prints a line of JSON with
its seconds; importing is not in them.

    data_peers.py TASK IN [OUT]

As `store` it writes the files that are compared on: the rows of IN once for each storage, beside it.
"""

import argparse
import json
import os
import time

import h5py
import numpy as np

STORAGES = {
    "chunked": dict(chunks=True),
    "gzip": dict(chunks=True, compression="gzip", shuffle=True),
    "uint8": dict(dtype="uint8"),
    "float64": dict(dtype="float64"),
}
CHUNK_BYTES = 128 << 10  # of whole rows


def store(source, _):
    """SOURCE-chunked.h5 and so on; each under another name until it is whole."""
    base = source.removesuffix(".h5")
    with h5py.File(source, "r") as file:
        x, y = file["x"][...], file["y"][...]
    for name, settings in STORAGES.items():
        kind = settings.get("dtype", "float32")
        values = np.floor(256 * x).astype(kind) if kind == "uint8" else x.astype(kind)
        settings = {k: v for k, v in settings.items() if k != "dtype"}
        if settings.get("chunks"):
            settings["chunks"] = (min(len(x), CHUNK_BYTES // x[0].nbytes), x.shape[1])
        with h5py.File(f"{base}-{name}.part", "w") as file:
            file.create_dataset("x", data=values, **settings)
            file.create_dataset("y", data=y)
        os.replace(f"{base}-{name}.part", f"{base}-{name}.h5")
    np.save(f"{base}-part.npy", x)
    os.replace(f"{base}-part.npy", f"{base}.npy")


# ---- load ----


def read(source, _):
    """As stored, nothing looked at."""
    with h5py.File(source, "r") as file:
        return file["x"][...], file["y"][...]


def load(source, _):
    """float32, and every value is finite."""
    x, y = read(source, None)
    x = x.astype("float32")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("not finite")
    return x, y


def load_normalize(source, _):
    """And mean, deviation, least and most of the columns, summed as float64."""
    x, y = load(source, None)
    return x.mean(0, dtype="float64"), x.std(0, dtype="float64"), x.min(0), x.max(0)


def pandas_frame(source, _):
    """The same in a frame; pandas opens no HDF5 file but its own, so h5py reads."""
    import pandas

    with h5py.File(source, "r") as file:
        frame = pandas.DataFrame(file["x"][...]).astype("float32")
        frame["y"] = file["y"][..., 0]
    if frame.isna().to_numpy().any():
        raise ValueError("missing values")
    return frame


def pandas_normalize(source, _):
    frame = pandas_frame(source, None)
    return frame.mean(), frame.std(), frame.min(), frame.max()


# ---- convert ----


def write(x, y, output):
    """On the disk, as what `lockstep convert` has written is."""
    with h5py.File(output, "w") as file:
        file["train/x"] = x
        if y is not None:
            file["train/y"] = y
    with open(output, "rb+") as file:
        os.fsync(file.fileno())


def pandas_read_csv(source, _):
    import pandas

    return pandas.read_csv(source)


def pandas_csv(source, output):
    """Text columns become one column a category, as with `lockstep convert`."""
    import pandas

    frame = pandas.read_csv(source)
    y = frame.pop(frame.columns[-1])
    write(pandas.get_dummies(frame, dtype="float32").to_numpy("float32"), y.to_numpy("float32"), output)


def numpy_loadtxt(source, output):
    table = np.loadtxt(source, delimiter=",", skiprows=1, dtype="float32", ndmin=2)
    write(table[:, :-1], table[:, -1], output)


def numpy_genfromtxt(source, output):
    table = np.genfromtxt(source, delimiter=",", skip_header=1, dtype="float32")
    write(table[:, :-1], table[:, -1], output)


def numpy_npy(source, output):
    write(np.load(source), None, output)


TASKS = (
    (store, read, load, load_normalize, pandas_frame, pandas_normalize)
    + (pandas_read_csv, pandas_csv, numpy_loadtxt, numpy_genfromtxt, numpy_npy)
)  # fmt: skip


def main():
    tasks = {task.__name__: task for task in TASKS}
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("task", choices=tasks)
    p.add_argument("source")
    p.add_argument("output", nargs="?")
    args = p.parse_args()
    if args.task.startswith("pandas"):
        import pandas  # noqa: F401
    start = time.perf_counter()
    result = tasks[args.task](args.source, args.output)
    print(json.dumps({"seconds": time.perf_counter() - start}))
    del result  # giving it back is not part of the work


if __name__ == "__main__":
    main()

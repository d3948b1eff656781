#!/usr/bin/env python3
"""Degenerate data and numerics: a model is trained on each case's data by 1, 2, 3 and 4 ranks.

Cases are data of hardly any rows or columns, values at and beyond the ends of float32, odd labels and weights, tables as no
program should write them, folders of parts of which some are empty, and recipes that diverge or do nothing. What must hold:

1. Every number of ranks ends with the same exit code, and the same error line but for the numbers of ranks in it, or the same
   bytes of model and log. Where there are more ranks than shards, that is refused with 2 and said.
2. The exit code is the one that the case expects; a refusal is one line that says what the case expects of it, and leaves no model.
3. What is trained has a finite loss, or ends with 5 and the word for it. evaluate gives the same numbers on two ranks.
4. Where a model is frozen (rate 0, constant weights), the loss in log.csv is what float64 gives here for the same rows,
   normalisation and weights.

  degenerate.py PROGRAM DATA [--count N] [--first 1] [--jobs N] [--seconds S]

DATA is not used. Case n is the same each time.
"""

import csv
import io
import math
import random
import re
import shutil
import struct
import sys
import zipfile

import plain_hdf5
from campaign import Broken, environment, is_whole, main, sha, start
from plain_hdf5 import Array

RANKS = (1, 2, 3, 4)
RELU = ["--layers", "4 relu, 1"]
INF, NAN = float("inf"), float("nan")
CASES = []


def single(value):
    """As float32 has it."""
    return struct.unpack("<f", plain_hdf5.bits(value))[0]


class Plan:
    def __init__(self, name, files, arguments, code=0, says="", loss=None, convert=None, data="data.h5", early=False):
        self.name, self.files, self.arguments, self.says, self.loss, self.convert, self.data = name, files, arguments, says, loss, convert, data
        self.early = early  # what is refused is refused by convert
        self.code = code


def add(name, files, arguments, code=0, says="", **more):
    CASES.append(Plan(name, files, list(map(str, arguments)), code, says, **more))


def values(x, y, kind="f4", target="f4", **more):
    """A file of rows `x`, lists of the same length, and targets."""
    columns = len(x[0]) if x else 2
    return {"data.h5": {"train": {"x": Array(kind, (len(x), columns), [v for row in x for v in row]), "y": Array(target, (len(y),), y), **more}}}


def rows(n, columns=2, seed=1):
    r = random.Random(seed)
    return [[r.uniform(-1, 1) for _ in range(columns)] for _ in range(n)]


def frozen(kernel, bias, outputs="1"):
    return ["--layers", f"{outputs} kernel_initializer=constant({kernel}) bias_initializer=constant({bias})", "--optimizer", "sgd", "--learning-rate", "0"]


def squares(x, y, kernel, bias, weights=None):
    """The mean squared error of a frozen model of one output."""
    weights = weights or [1.0] * len(y)
    return math.fsum(w * (kernel * math.fsum(row) + bias - t) ** 2 for row, t, w in zip(x, y, weights)) / len(y)


def scaled(x, how):
    """Rows with each column normalised; a constant one has no deviation and is only moved."""
    columns = []
    for column in zip(*x):
        low, high = min(column), max(column)
        mean = math.fsum(column) / len(column)
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in column) / len(column))
        if how == "standard":
            columns.append([(v - mean) / (deviation if low < high else 1) for v in column])
        elif how == "minmax":
            columns.append([(v - low) / (high - low if low < high else 1) for v in column])
        else:
            columns.append(list(column))
    return [list(row) for row in zip(*columns)]


# ---- the cases ----

def few_rows():
    for n in (1, 2, 3, 4, 5, 31, 33):
        x, y = rows(n), [v[0] for v in rows(n, 1, 2)]
        x32, y32 = [[single(v) for v in r] for r in x], [single(v) for v in y]
        add(f"{n} rows of values", values(x, y), frozen(0.5, 0.25) + ["--batch-size", 32], loss=squares(x32, y32, 0.5, 0.25))
        add(f"{n} rows of classes", values(x, [i % 3 for i in range(n)], target="i4"), ["--layers", "4 relu, 3 softmax"])
        add(f"{n} rows in batches of one", values(x, y), frozen(0.5, 0.25) + ["--batch-size", 1], loss=squares(x32, y32, 0.5, 0.25))
    add("no rows", values([], []), RELU, 3, "empty|no rows|0 rows")
    add("no columns", {"data.h5": {"train": {"x": Array("f4", (5, 0), []), "y": Array("f4", (5,), [0] * 5)}}}, RELU, 3, "empty|no col|0 features")
    add("one row, split", values(rows(1), [1]), RELU + ["--validation-split", 0.5], 3, "leaves")
    add("two rows, split", values(rows(2), [1, 2]), RELU + ["--validation-split", 0.5])
    add("no validation rows", {"data.h5": {"train": {"x": Array("f4", (3, 1), [1, 2, 3]), "y": Array("f4", (3,), [1, 2, 3])},
                                           "validation": {"x": Array("f4", (0, 1), []), "y": Array("f4", (0,), [])}}}, RELU, 3, "empty|no rows")
    add("a batch beyond any number of rows", values(rows(7), [1] * 7), frozen(0, 0) + ["--batch-size", 10**12], loss=1)
    add("more shards than rows", values(rows(3), [1] * 3), frozen(0, 0) + ["--batch-size", 65536, "--shards", 65536], loss=1)
    add("one row of a limit", values(rows(9), [2] * 9), frozen(0, 0) + ["--limit-rows", 1], loss=4)
    add("one dimension", {"data.h5": {"train": {"x": Array("f4", (6,), range(6)), "y": Array("f4", (6,), [1] * 6)}}}, RELU)
    add("as many targets as rows, in one row", {"data.h5": {"train": {"x": Array("f4", (6, 2), range(12)), "y": Array("f4", (1, 6), [1] * 6)}}}, RELU, 3, "rows")


def odd_numbers():
    """One value among ten rows of a column."""
    odd = {"nan": NAN, "inf": INF, "-inf": -INF, "a denormal of float32": 1e-40, "a denormal of float64": 5e-324, "1e38": 1e38, "3.4e38": 3.4e38, "beyond float32": 1e39,
           "far beyond": -1e300, "-0": -0.0}
    for name, value in odd.items():
        x = [[i / 10, 1.0] for i in range(9)] + [[value, 1.0]]
        y = [0.5] * 10
        lost = not math.isfinite(value) or abs(value) > 3.41e38
        for how in ("none", "standard", "minmax"):
            loss = None
            if not lost:
                loss = squares(scaled([[single(v) for v in r] for r in x], how), y, 1, 0)
                loss = loss if loss < 3e38 else None
            beyond = how == "none" and abs(value) > 1e30 and not lost
            add(f"{name} among the features, {how}", values(x, y, kind="f8"), frozen(1, 0) + ["--normalize", how], 3 if lost else 5 if beyond else 0,
                "column 0 is|float32" if lost else "finite|nan|inf", loss=loss)
        for missing in ("mean", "drop", "zero"):
            if lost:
                put = {"mean": math.fsum(i / 10 for i in range(9)) / 9, "zero": 0.0}.get(missing)
                kept = x[:9] + ([] if put is None else [[put, 1.0]])
                add(f"{name} among the features, {missing}", values(x, y, kind="f8"), frozen(1, 0) + ["--missing", missing],
                    loss=squares(kept, y[:len(kept)], 1, 0))
        add(f"{name} among the targets", values(rows(10), y[:9] + [value], target="f8"), frozen(0, 0), 3 if lost else 5 if abs(value) > 1.8e38 else 0, "is (nan|-?inf)|float32|finite|nan",
            loss=None if lost or abs(value) > 1e18 else squares(rows(10), y[:9] + [value], 0, 0))
    add("a column of nan", values([[NAN, 1.0]] * 6, [1] * 6), RELU + ["--missing", "mean"], 3, "column 0 .* no finite value")
    add("a column of nan, dropped", values([[NAN, 1.0]] * 6, [1] * 6), RELU + ["--missing", "drop"], 3, "every|all|no row")
    add("all is nan", values([[NAN, NAN]] * 6, [NAN] * 6), RELU, 3, "nan")
    add("one row is left", values([[NAN, 1.0]] * 6 + [[2.0, 3.0]], [1] * 7), frozen(1, 0) + ["--missing", "drop"], loss=16)
    add("int64 beyond float64", values([[2**62 + i, i] for i in range(6)], [1] * 6, kind="i8"), RELU + ["--normalize", "standard"])


def constants():
    for value in (0.0, 1.0, 1e30, 1e-30, 123456789.25, -3e38):
        for how in ("none", "standard", "minmax"):
            x = [[single(value), i / 8] for i in range(8)]
            loss = squares(scaled(x, how), [0] * 8, 1, 0)
            big = loss > 1e38
            add(f"a column of {value}, {how}", values(x, [0] * 8), frozen(1, 0) + ["--normalize", how], 5 if big or abs(value) > 1e20 and how == "none" else 0, "finite|nan|inf", loss=None if big else loss)
    for value in (0.0, 1.0, 1e30, 1e-30, -5.0):
        for way in ([], ["--normalize-targets"]):
            loss = single(value) ** 2
            add(f"targets that are {value}{' normalised' if way else ''}", values(rows(9), [value] * 9), frozen(0, 0) + way,
                loss=0.0 if way else loss)
    add("all features are constant", values([[3.0, 4.0]] * 9, [2] * 9), frozen(1, 0) + ["--normalize", "standard"], loss=4)
    add("equal rows with other targets", values([[1.0, 2.0]] * 8, [0, 1] * 4), frozen(0, 0.5), loss=0.25)


def labels():
    softmax = ["--layers", "3 softmax kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"]
    third = math.log(3)

    def classes(y, target="i8", **more):
        return values(rows(len(y)), y, target=target, **more)
    for one in (0, 1, 2):
        add(f"the label {one} only", classes([one] * 6), softmax, loss=third)
    add("the label 5 only, three units", classes([5] * 6), softmax, 3, "label|units")
    add("a negative label", classes([0, 1, 2, -1]), softmax, 3, "label -1")
    add("only negative labels", classes([-1, -2, -3] * 2), softmax, loss=third)
    add("labels with a gap", classes([0, 5, 9] * 3), softmax, loss=third)
    add("labels of 2^40", classes([2**40, 2**41, 2**42] * 2), softmax, loss=third)
    add("labels at the ends of int64", classes([-2**63, 0, 2**63 - 1] * 2), softmax, 3, "label of 2.53 or beyond")
    add("labels at the end of uint64", classes([2**64 - 1, 0, 1] * 2, "u8"), softmax, 3, "label of 2.53 or beyond")
    add("labels of 7e17", classes([7e17, 0, 1], "f8"), softmax, 3, "label of 2.53 or beyond")
    add("labels of 1e300", classes([1e300, 0, 1], "f8"), softmax, 3, "label|whole|float32")
    add("half a label", classes([0, 0.5, 1], "f4"), softmax, 3, "whole number")
    add("a label that is nan", classes([0, NAN, 1], "f4"), softmax, 3, "nan")
    add("uint8 labels", classes([0, 1, 2] * 3, "u1"), softmax, loss=third)
    add("int8 labels, negative zero none", classes([0, 1, 2] * 3, "i1"), softmax, loss=third)
    add("more labels than units", classes([0, 1, 2, 3]), softmax, 3, "4 softmax")
    add("1000 classes with 3 rows", classes([0, 1, 2]), ["--layers", "1000 softmax kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"],
        loss=math.log(1000))
    add("1000 classes, the last of which is there", classes([0, 1, 999]), ["--layers", "1000 softmax kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"],
        loss=math.log(1000))
    add("one class, one unit of softmax", classes([0] * 4), ["--layers", "1 softmax"], 2, "softmax|class|unit")
    add("one class of a sigmoid", classes([1] * 5), ["--layers", "1 sigmoid kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"], loss=math.log(2))
    add("labels 0 and 2 of a sigmoid", classes([0, 2] * 3), ["--layers", "1 sigmoid kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"], loss=math.log(2))
    for name, known, other, code in (("a class in the validation part only", [0, 1] * 3, [2], 0), ("no class of the validation part", [0, 1, 2] * 3, [7], 3)):
        data = classes(known)
        data["data.h5"]["validation"] = {"x": Array("f4", (1, 2), [1, 2]), "y": Array("i8", (1,), other)}
        add(name, data, softmax, code, "validation.* is 7, expected a class")
    add("a class of one row, stratified", classes([0] * 8 + [1]), ["--layers", "2 softmax", "--validation-split", 0.3, "--validation-method", "stratified"])
    add("columns of one-hot, none set", {"data.h5": {"train": {"x": Array("f4", (4, 2), range(8)), "y": Array("f4", (4, 3), [0] * 12)}}}, softmax, loss=0.0)  # of no class, as Keras has it
    add("columns of one-hot, negative", {"data.h5": {"train": {"x": Array("f4", (4, 2), range(8)), "y": Array("f4", (4, 3), [-1, 1, 1] * 4)}}}, softmax, 3, "row 0, column 0 is -1")


def weights():
    n, y = 8, [2.0] * 8

    def weighted(w, kind="f4"):
        return values(rows(n), y, w=Array(kind, (len(w),), w))
    model = frozen(0, 0) + ["--sample-weights", "/train/w"]
    for name, w in (("all 1", [1] * n), ("one row only", [1] + [0] * 7), ("tiny", [1e-40] * n), ("a denormal of float64", [5e-324] * n), ("all 0", [0] * n), ("huge", [1e30] * n)):
        add(f"weights {name}", weighted(w, "f8"), model, 3 if name in ("all 0", "a denormal of float64") else 0, "none of them counts",
            loss=math.fsum(single(v) * 4 for v in w) / n)
    for name, bad in (("negative", -1), ("nan", NAN), ("infinite", INF), ("beyond float32", 1e39)):
        add(f"a weight {name}", weighted([1] * 7 + [bad], "f8"), model, 3, "weight|/w")
    add("too few weights", weighted([1] * 7), model, 3, "rows")
    labels = values(rows(6), [0, 1] * 3, target="i4")
    softmax = ["--layers", "2 softmax kernel_initializer=zeros", "--optimizer", "sgd", "--learning-rate", "0"]
    for text, code, loss in (("0=0, 1=0", 2, None), ("0=0", 0, math.log(2) / 2), ("0=-1", 2, None), ("0=nan", 2, None), ("0=inf", 2, None), ("9=1", 2, None), ("0=1,0=2", 2, None),
                             ("0=1e30", 0, (1e30 + 1) * math.log(2) / 2), ("0=1e39", 2, None), ("balanced", 0, math.log(2)), ("=", 2, None), ("0", 2, None), ("0=1e-45", 0, math.log(2) / 2)):
        add(f"class weights {text}", labels, softmax + ["--class-weights", text], code, "class-weights|label|class|finite", loss=loss)
    add("class weights balanced, of one class", values(rows(6), [0] * 6, target="i4"), softmax + ["--class-weights", "balanced"], loss=math.log(2))
    add("class weights of values", values(rows(6), [0.5] * 6), RELU + ["--class-weights", "0=1"], 2, "needs classes")


def recipes():
    x = rows(16)
    y = [v[0] for v in rows(16, 1, 3)]
    plain = values(x, y)
    grows = ("sgd", "lamb", "adamw")  # by a factor at each step; the others move by as much as the rate at most
    for optimizer in ("sgd", "adam", "rmsprop", "adagrad", "nadam", "lamb", "adamw"):
        for rate in ("0", "1e-30", "1000"):
            add(f"{optimizer} at {rate}", plain, ["--layers", "8 relu, 1", "--optimizer", optimizer, "--learning-rate", rate, "--epochs", 20, "--batch-size", 8],
                5 if rate == "1000" and optimizer in grows else 0, "finite|nan|inf|diverge")
    for name, more, code, says in (
            ("momentum 1", ["--optimizer", "sgd momentum=1"], 0, ""), ("beta-1 0", ["--beta-1", 0], 0, ""), ("beta-2 0", ["--beta-2", 0], 0, ""),
            ("epsilon 1e-30", ["--epsilon", "1e-30"], 0, ""), ("weight decay 1000", ["--weight-decay", 1000], 0, ""),
            ("clipnorm 1e-30", ["--clipnorm", "1e-30"], 0, ""), ("clipnorm 1e30", ["--clipnorm", "1e30"], 0, ""), ("global clipnorm 1e-30", ["--global-clipnorm", "1e-30"], 0, ""),
            ("clipvalue 1e-30", ["--clipvalue", "1e-30"], 0, ""), ("clipvalue 0", ["--clipvalue", "0"], 0, ""), ("an accumulation longer than the run", ["--gradient-accumulation-steps", 10**9], 0, ""),
            ("no epoch", ["--epochs", 0], 0, ""), ("averages of momentum 1", ["--ema", "momentum=1"], 0, ""), ("averages of momentum 0", ["--ema", "momentum=0"], 0, ""),
            ("a schedule of one step", ["--schedule", "exponential_decay decay_steps=1 decay_rate=1e-30"], 0, ""), ("l2 of 1e30", ["--kernel-regularizer", "l2(1e30)"], 5, "finite|nan|regularizer"),
            ("l2 of 0", ["--kernel-regularizer", "l2(0)"], 0, ""), ("early stopping at once", ["--early-stopping", "monitor=loss patience=0", "--epochs", 5], 0, ""),
            ("log at every step", ["--log-every", 1], 0, ""), ("weights of 1e30", ["--kernel-initializer", "constant(1e30)"], 5, "finite|nan|inf"),
            ("weights of 1e39", ["--kernel-initializer", "constant(1e39)"], 2, "initializer"), ("weights of 0", ["--kernel-initializer", "zeros"], 0, ""),
            ("bfloat16", ["--precision", "bfloat16"], 0, "")):
        add(name, plain, ["--layers", "8 relu, 1", *more], code, says)
    for name, layers, code in (
            ("a dropout of nearly 1", "8 relu, dropout 0.999999, 1", 0), ("a dropout of 1", "8, dropout 1, 1", 2), ("noise of 1e30", "8 relu, gaussian_noise 1e30, 1", 2),
            ("noise of 1", "8, gaussian_noise 1, 1", 0), ("width 1, 100 layers", ", ".join(["1 relu"] * 100) + ", 1", 0), ("64 layers of tanh", ", ".join(["4 tanh"] * 64) + ", 1", 0),
            ("exponential of exponential", "4 exponential, 4 exponential, 4 exponential, 4 exponential, 1", 5), ("batch normalisation", "4, batch_normalization, relu, 1", 0), ("layer normalisation of one", "1, layer_normalization, 1", 0),
            ("a residual of itself", "4, residual(4, residual(4 relu)), 1", 0), ("a softmax of one", "1 softmax, 1", 0), ("softmax for values", "4 relu, 1 softmax", 2), ("linear alone", "1", 0)):
        add(name, plain, ["--layers", layers], code, "finite|nan|inf|--layers|softmax|dropout|noise")
    add("batch normalisation of one row", plain, ["--layers", "4, batch_normalization, 1", "--batch-size", 1])
    add("batch normalisation of constants", values([[1.0, 2.0]] * 8, [1] * 8), ["--layers", "4, batch_normalization, 1"])
    for loss, y0, code in (("mape", 0, 0), ("msle", -2, 3), ("poisson", -1, 3), ("log_cosh", 1e30, 0), ("hinge", 0, 0), ("kl_divergence", -1, 2), ("huber delta=1e-30", 1, 0),
                           ("huber delta=1e30", 1, 0), ("quantile tau=0.5", 1, 0), ("binary_crossentropy", 2, 2), ("categorical_crossentropy", 1, 2)):
        add(f"{loss} of {y0}", values(x, [y0] * 16), ["--layers", "4 relu, 1", "--loss", loss], code, "loss|target|finite|nan|units|row")
    add("r2 of a constant", values(x, [1] * 16), RELU + ["--metrics", "r2"])
    add("auc of one class", values(x, [1] * 16, target="i4"), ["--layers", "1 sigmoid", "--metrics", "auc, pr_auc, f1_score"])


def tables():
    model = ["--layers", "2 relu, 1"]
    head = "a,b,y\n"
    body = "1,2,3\n4,5,6\n7,8,9\n"
    twice = ["--target", "y"]
    for name, text, code, says in (
            ("nothing", "", 3, "0 bytes|empty"), ("a header only", head, 3, "no rows|header|no row"), ("a header without a line's end", "a,b,y", 3, "no row|header"),
            ("one row", head + "1,2,3\n", 0, ""), ("one row without a line's end", head + "1,2,3", 0, ""), ("no line's end at the end", head + body[:-1], 0, ""),
            ("CR as line's end", (head + body).replace("\n", "\r"), 0, ""), ("CR LF", (head + body).replace("\n", "\r\n"), 0, ""), ("CR CR LF", (head + body).replace("\n", "\r\r\n"), 0, ""),
            ("a mark in front", "\ufeff" + head + body, 0, ""), ("equal names", "a,a,y\n" + body, 3, "both called 'a'"), ("no name", ",b,y\n" + body, 0, ""), ("no names at all", ",,\n" + body, 2, "no column 'y'"),
            ("a row too short", head + body + "1,2\n", 3, "line 5|:5"), ("a row too long", head + body + "1,2,3,4\n", 3, "line 5|:5"), ("a quote that stays open", head + body + '"1,2,3\n', 3, "quote"),
            ("single quotes", "'a','b','y'\n'1','2','3'\n'4','5','6'\n", 2, "no column 'y'"), ("double quotes", '"a","b","y"\n"1","2","3"\n', 0, ""), ("a NUL", head + "1,\0,3\n", 3, "NUL|\\\\u0000|line|zero|text"),
            ("a column of nan", "a,b,y\nnan,1,2\nnan,2,3\n", 3, "column 0 is nan"), ("a column without values", "a,b,y\n,1,2\n,2,3\n", 3, "column 0 is nan"), ("targets without values", "a,b,y\n1,1,\n2,2,\n", 3, "target|y"),
            ("a number beyond float64", head + "1e999,2,3\n1,2,3\n", 3, "1e999.*at most 3.4e38"), ("a number beyond float32", head + "1e39,2,3\n1,2,3\n", 3, "1e39.*at most 3.4e38"), ("hexadecimal", head + "0x10,2,3\n1,2,3\n", 0, ""),
            ("digits of another script", head + "٣,2,3\n1,2,3\n", 0, ""), ("blank lines", head + "\n\n1,2,3\n\n4,5,6\n\n", 0, ""), ("blanks only", "   \n  \n", 3, "no row|empty|target|column|header"),
            ("a long field", head + "x" * 2**20 + ",2,3\n1,2,3\n", 0, ""), ("escape sequences", "\x1b[2J,b,y\n" + body, 0, ""), ("Latin-1", b"caf\xe9,b,y\n" + body.encode(), 3, "UTF-8"),
            ("UTF-16", (head + body).encode("utf-16"), 3, "UTF-16"), ("texts as targets", "a,b,y\n1,2,yes\n3,4,no\n", 0, ""), ("a constant text", "a,b,y\nu,2,3\nu,4,5\n", 0, "")):
        add(f"a table with {name}", {"table.csv": text}, model, code, says, convert=["table.csv", *twice])
    wide = ",".join(f"c{i}" for i in range(3000)) + ",y\n"
    add("a table of 3000 columns and one row", {"table.csv": wide + ",".join(map(str, range(3001))) + "\n"}, model, convert=["table.csv", *twice])


def arrays():
    """.npz archives, whose arrays may be of any shape."""
    def npy(kind, shape, values_):
        head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}"
        head += " " * (-(len(head) + 11) % 64) + "\n"
        code = {"<f4": "f", "<f8": "d", "<i8": "q", "|b1": "B"}[kind]
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(values_)}{code}", *values_)

    def npz(**members):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name + ".npy"), data)
        return out.getvalue()
    for name, x, y, code, says in (
            ("one row", npy("<f4", (1, 2), [1, 2]), npy("<f4", (1,), [3]), 0, ""), ("no rows", npy("<f4", (0, 2), []), npy("<f4", (0,), []), 3, "no row|empty|0 rows"),
            ("a single number", npy("<f4", (), [1]), npy("<f4", (), [3]), 3, "shape|dimension|single|number"), ("no columns", npy("<f4", (3, 0), []), npy("<f4", (3,), [1, 2, 3]), 3, "column|feature|empty|shape"),
            ("float64 beyond float32", npy("<f8", (2, 1), [1e300, 1]), npy("<f4", (2,), [1, 2]), 3, "float32|column"), ("truth values", npy("|b1", (2, 2), [0, 1, 1, 0]), npy("<f4", (2,), [1, 2]), 0, ""),
            ("fewer targets", npy("<f4", (3, 1), [1, 2, 3]), npy("<f4", (2,), [1, 2]), 3, "rows"), ("values cut", npy("<f4", (9, 2), [1] * 4), npy("<f4", (9,), [1] * 9), 3, "cut|end|bytes|short"),
            ("values too many", npy("<f4", (2, 1), [1, 2, 3, 4]), npy("<f4", (2,), [1, 2]), 3, "longer than its header")):
        add(f"an archive with {name}", {"table.npz": npz(x=x, y=y)}, ["--layers", "2 relu, 1"], code, says, convert=["table.npz"],
            early=name != "float64 beyond float32")


def parts():
    def part(n, columns=2, kind="f4"):
        return {"x": Array(kind, (n, columns), [0.5] * (n * columns)), "y": Array("f4", (n,), [1] * n)}
    for name, members, code, says in (
            ("even", [part(3), part(3)], 0, ""), ("uneven", [part(1), part(9), part(2)], 0, ""), ("one is empty", [part(3), part(0), part(2)], 3, "part-1.*empty"), ("the first is empty", [part(0), part(3)], 3, "part-0.*empty"),
            ("all are empty", [part(0), part(0)], 3, "empty|no row|0 rows"), ("one is wider", [part(3), part(3, 3)], 3, "part-1|columns|features"), ("other types", [part(3), part(3, 2, "f8")], 0, ""), ("one row each", [part(1)] * 9, 0, "")):
        add(f"parts of which {name}", {f"part-{i}.h5": m for i, m in enumerate(members)}, frozen(0, 0), code, says, data="part-*.h5", loss=1 if code == 0 else None)
    add("a part twice", {"part-0.h5": part(3)}, frozen(0, 0), 3, "named twice", data="part-0.h5,part-0.h5")
    add("a pattern without a file", {"other.h5": part(3)}, frozen(0, 0), 3, "part-|no file", data="part-*.h5")


for family in (few_rows, odd_numbers, constants, labels, weights, recipes, tables, arrays, parts):
    family()
random.Random(17).shuffle(CASES)


# ---- a case ----

class Setting:
    def __init__(self, program, data, work):
        self.program, self.work = program, work


def same_words(error, ranks):
    """An error without what may differ between numbers of ranks."""
    error = re.sub(r"^rank \d+ \([^)]*\): ", "", error)
    return re.sub(rf"\b{ranks} ranks?\b", "N ranks", error)


class Case:
    def __init__(self, setting, number):
        self.setting, self.plan, self.number = setting, CASES[number - 1], number
        self.home = setting.work / f"case-{number}"
        self.home.mkdir()

    def broken(self, what, said=""):
        raise Broken(f"{self.plan.name}: {what}\n{' '.join(self.plan.arguments)}\n{said[-1500:]}")

    def write(self):
        for name, content in self.plan.files.items():
            if isinstance(content, dict):
                plain_hdf5.write(self.home / name, content)
            else:
                (self.home / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def begin(self, ranks, arguments):
        launcher = [] if ranks == 1 else ["mpirun", "-n", str(ranks)]
        return start([*launcher, self.setting.program, *arguments], cwd=self.home, env=environment(OMP_NUM_THREADS="1"))

    def error(self, code, said):
        errors = [line[len("lockstep: error: "):] for line in said.splitlines() if line.startswith("lockstep: error: ")]
        if len(errors) != (code != 0):
            self.broken(f"{len(errors)} error lines with exit code {code}", said)
        return errors[0] if errors else ""

    def expect(self, code, said):
        if code != self.plan.code:
            self.broken(f"exit code {code}, expected {self.plan.code}", said)
        if code and self.plan.says and not re.search(self.plan.says, self.error(code, said)):
            self.broken(f"the error does not say {self.plan.says}", said)

    def convert(self):
        """Whether there is something to train on."""
        if not self.plan.convert:
            return True
        arguments = ["convert", self.plan.convert[0], "data.h5", *self.plan.convert[1:], "--overwrite", "--quiet"]
        code, said = self.begin(1, arguments)
        if code != 0:
            self.expect(code, said)
        if code == 0 and self.plan.early and self.plan.code:
            self.broken("convert makes a file of it", said)
        if self.number % 4 == 0:
            other, told = self.begin(2, arguments)
            if other != 2 or "is the work of one process" not in self.error(other, told):
                self.broken(f"convert on two ranks ends with {other}", told)
        return code == 0

    def train(self, ranks):
        output = f"run-{ranks}"
        code, said = self.begin(ranks, ["train", self.plan.data, *self.plan.arguments, "--output", output, "--quiet", "--hang-timeout", "120"])
        error = same_words(self.error(code, said), ranks)
        if ranks > 1 and code == 2 and " ranks for " in error and "shard" in error:
            return None, code, said
        self.expect(code, said)
        run = self.home / output
        if code != 0:
            if (run / "model.weights.h5").exists():
                self.broken("a model in spite of the error", said)
            return (code, error), code, said
        if not is_whole(run / "model.weights.h5"):
            self.broken("no whole model", said)
        self.check_numbers(run, said)
        return (code, sha(run / "model.weights.h5"), sha(run / "log.csv")), code, said

    def check_numbers(self, run, said):
        log = list(csv.DictReader((run / "log.csv").open()))
        if not log:
            return  # no epoch was asked for
        loss = float(log[-1]["loss"])
        if not math.isfinite(loss):
            self.broken(f"a loss of {loss} with exit code 0", said)
        expected = self.plan.loss
        if expected is not None and abs(loss - expected) > 2e-6 * abs(expected) + 1e-30:
            self.broken(f"the loss is {loss}, expected {expected}", said)

    def evaluate(self):
        scores = [self.begin(ranks, ["evaluate", "run-1", self.plan.data, "--part", "train", "--json", "--quiet"]) for ranks in (1, 2 + self.number % 3)]
        codes = {code for code, _ in scores}
        texts = [said[said.find("{"):said.rfind("}") + 1] if code == 0 else self.error(code, said) for code, said in scores]
        if len(codes) != 1 or texts[0] != texts[1]:
            self.broken(f"evaluate differs between numbers of ranks: {texts}")
        if codes != {0} and not codes <= {3, 5}:
            self.broken(f"evaluate ends with {codes}: {texts[0]}")

    def run(self):
        self.write()
        end, trained = "convert refused it", self.convert()
        if trained:
            first, code, said = self.train(1)
            end = "trained" if code == 0 else f"refused with {code}"
            for ranks in RANKS[1:]:
                other, _, told = self.train(ranks)
                if other is not None and other != first:
                    self.broken(f"ends on one rank with {first}, on {ranks} with {other}", said + told)
            if code == 0 and self.number % 3 == 0:
                self.evaluate()
        shutil.rmtree(self.home)
        return end


def case(setting, number):
    return Case(setting, number).run()


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], Setting, case, len(CASES), "degenerate cases"))

"""Tables with named fields, labels that are texts, numbers that stand for no value, and stores that are no arrays.

    tables.py LOCKSTEP

Each is trained on, evaluated, predicted or described, by every route (one file, several, parts, fields), and must give what
plain float32 arrays of the same values give; or be refused with words that help. MPIEXEC in the environment: the command
that starts ranks, for what is shared among them.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

program = os.path.realpath(sys.argv[1])
failures = 0
checks = 0

ROWS = 120
generator = np.random.default_rng(3)
X = generator.integers(0, 100, (ROWS, 6)).astype("f4")
Y = (X[:, 0] > 50).astype("i4") + (X[:, 1] > 70)
WORDS = np.array(["zebra", "ant", "mönch"])  # by their bytes: ant, mönch, zebra
SORTED = np.array([2, 0, 1])[Y]


def check(name, found, expected):
    global failures, checks
    checks += 1
    if found != expected:
        failures += 1
        print(f"FAILED {name}: found {found!r}, expected {expected!r}")


def has(name, text, *words):
    global failures, checks
    checks += 1
    for word in words:
        if word not in text:
            failures += 1
            print(f"FAILED {name}: no {word!r} in {text[:500]!r}")


def run(*arguments, ranks=0):
    command = [program, *arguments]
    if ranks:
        command = [os.environ["MPIEXEC"], "-n", str(ranks), *command]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


NET = ("--layers", "4 relu, 3 softmax", "--normalize", "standard")


def train(*arguments, net=NET, ranks=0):
    """The log's digest; what was said where it failed."""
    done = run("train", *arguments, *net, "--epochs", "2", "--seed", "1", "--checkpoint-every", "never", "--output", "run", "--overwrite",
               ranks=ranks)
    if done.returncode:
        return f"code {done.returncode}: {done.stderr.strip().splitlines()[-1]}"
    return hashlib.sha256(open("run/log.csv", "rb").read()).hexdigest()


def refused(name, code, words, *arguments):
    done = run(*arguments)
    check(f"{name}: code", done.returncode, code)
    error = [line for line in done.stderr.splitlines() if "error" in line]
    check(f"{name}: one error line", len(error), 1)
    has(name, error[0] if error else "", *words)


def evaluated(*arguments):
    done = run("evaluate", "run", *arguments)
    return done.stdout if done.returncode == 0 else done.stderr


def predicted(*arguments, ranks=0):
    done = run("predict", "run", *arguments, "--output", "p.csv", "--overwrite", ranks=ranks)
    return open("p.csv").read() if done.returncode == 0 else done.stderr


def file(path, **datasets):
    with h5py.File(path, "w") as f:
        for name, values in datasets.items():
            f[name.replace("__", "/")] = values


# ---- tables with named fields ----

def table_of(x, y, big=False):
    order = ">" if big else "<"
    table = np.zeros(len(x), [("a", order + "f8"), ("jet", [("m", "i2"), ("tag", "?")]), ("pos", order + "f4", (2,)), ("e", "f2"),
                              ("word", "S8"), ("kind", "u1"), ("weight", "f4"), ("group", "i4")])
    table["a"], table["jet"]["m"], table["jet"]["tag"] = x[:, 0], x[:, 1], x[:, 2] > 50
    table["pos"], table["e"], table["kind"] = x[:, 3:5], x[:, 5], y
    table["word"] = [WORDS[k].encode() for k in y]
    table["weight"], table["group"] = 1 + x[:, 0] % 3, x[:, 1] // 10
    return table


def fields():
    flat = np.column_stack([X[:, 0], X[:, 1], X[:, 2] > 50, X[:, 3:6]]).astype("f4")
    file("flat.h5", x=flat, y=Y, few=flat[:, [4, 1, 0]], weight=(1 + X[:, 0] % 3).astype("f4"), group=(X[:, 1] // 10).astype("i4"), sorted=SORTED)
    with h5py.File("table.h5", "w") as f:
        f["t"] = table_of(X, Y)
        f.create_dataset("packed", data=table_of(X, Y, big=True), chunks=(17,), compression="gzip", shuffle=True)
        f["pairs"] = np.stack([table_of(X, Y), table_of(X[:, ::-1], Y)], axis=1)
        f["y"] = Y
    reference = train("flat.h5")
    for t in ("/t", "/packed"):
        names = f"{t}[a,jet,pos,e]"
        check(f"fields of {t}", train("table.h5", "--x", names, "--y", f"{t}[kind]"), reference)
    check("fields, 3 ranks", train("table.h5", "--x", "/packed[a,jet,pos,e]", "--y", "/t[kind]", ranks=3), reference)
    score = evaluated("table.h5", "--x", "/t[a,jet.m,jet.tag,pos.0,pos.1,e]", "--y", "/t[kind]")
    check("fields, evaluated", score, evaluated("flat.h5"))
    check("fields, predicted", predicted("table.h5", "--x", "/t[a,jet,pos,e]"), predicted("flat.h5", "--x", "/x"))
    check("in another order", train("table.h5", "--x", "/t[pos.1,jet.m,a]", "--y", "/t[kind]"), train("flat.h5", "--x", "/few", "--y", "/y"))
    check("fields as weights", train("table.h5", "--x", "/t[a,jet,pos,e]", "--y", "/t[kind]", "--sample-weights", "/t[weight]"),
          train("flat.h5", "--sample-weights", "/weight"))
    by_group = ("--validation-split", "0.3", "--validation-method", "group", "--validation-group")
    check("fields as groups", train("table.h5", "--x", "/t[a,jet,pos,e]", "--y", "/t[kind]", *by_group, "/t[group]"),
          train("flat.h5", *by_group, "/group"))
    check("a field of texts", train("table.h5", "--x", "/t[a,jet,pos,e]", "--y", "/t[word]"), train("flat.h5", "--x", "/x", "--y", "/sorted"))
    with h5py.File("own.h5", "w") as f:
        own = table_of(X, Y)
        f["t"] = own[["a", "word", "e"]].copy()
        f["other"] = own[["a", "kind", "e"]].copy()
        f["weighed"] = own[["a", "kind", "weight", "e"]].copy()
    file("two.h5", x=flat[:, [0, 5]], y=Y, sorted=SORTED, weight=own["weight"])
    done = run("train", "own.h5", "--x", "/t", "--y", "/other[kind]", *NET, "--epochs", "1", "--output", "run", "--overwrite")
    has("what is no number", done.stderr + done.stdout, "2 features", "no numbers are left out of the features: word")
    check("the target is no feature", train("own.h5", "--x", "/other", "--y", "/other[kind]"), train("two.h5"))
    check("nor when the weights are none", train("own.h5", "--x", "/weighed", "--y", "/weighed[kind]", "--sample-weights", "/weighed[weight]"),
          train("two.h5", "--sample-weights", "/weight"))
    refused("a field as both", 2, ("both name column", "('kind') of own.h5:/other", "give --x '/other[0:1]'"), "train", "own.h5", "--x", "/other[a,kind]", "--y", "/other[kind]", *NET)
    with h5py.File("pairs.h5", "w") as f:
        f["x"], f["y"] = np.column_stack([X[:, 0], X[:, 5], X[:, 5], X[:, 0]]), Y
    check("two tables a row", train("table.h5", "--x", "/pairs[a,e]", "--y", "/y"), train("pairs.h5"))
    # several files, parts
    for i, rows in enumerate((slice(0, 50), slice(50, ROWS))):
        file(f"part-{i}.h5", t=table_of(X[rows], Y[rows]))
        file(f"flat-{i}.h5", x=flat[rows, :3], y=SORTED[rows])
    check("several files", train("part-*.h5", "--x", "/t[a,jet,pos,e]", "--y", "/t[kind]"), reference)
    check("several files, texts", train("part-*.h5", "--x", "/t[a,jet,pos,e]", "--y", "/t[word]"), train("flat.h5", "--x", "/x", "--y", "/sorted"))
    check("validation fields", train("part-0.h5", "--x", "/t[a,jet]", "--y", "/t[word]", "--validation-x", "part-1.h5:/t[a,jet]",
                                     "--validation-y", "part-1.h5:/t[word]"),
          train("part-0.h5", "--x", "/t[a,jet]", "--y", "flat-0.h5:/y", "--validation-x", "flat-1.h5:/x", "--validation-y", "flat-1.h5:/y"))
    # found by itself, and what is said where it is not
    with h5py.File("one.h5", "w") as f:
        f["deep/events"] = np.rec.fromarrays([X[:, 0], X[:, 5], Y], names="a,e,label")
    check("found by itself", train("one.h5"), train("two.h5"))
    with h5py.File("unclear.h5", "w") as f:
        f["jets"] = np.rec.fromarrays([X[:, 0], X[:, 5], Y], names="pt,eta,flavour")
    refused("a table without a target", 3, ("--x '/jets[pt,eta,flavour]' --y '/jets[FIELD]'",), "train", "unclear.h5", *NET)
    refused("no such field", 3, ("there is no column 'pf'", "did you mean 'pt'"), "train", "unclear.h5", "--x", "/jets[pf]", "--y", "/jets[eta]", *NET)
    odd = [("size [m2]", "f8"), ("dist, km", "f8")]
    with h5py.File("commas.h5", "w") as f:
        words = np.empty(ROWS, odd + [('say "x"', h5py.string_dtype())])
        words["size [m2]"], words["dist, km"], words['say "x"'] = X[:, 0], X[:, 5], WORDS[Y]
        f["t"] = words
    check("names in quotes", train("commas.h5", "--x", '/t["size [m2]","dist, km"]', "--y", '/t["say ""x"""]'),
          train("two.h5", "--x", "/x", "--y", "/sorted"))
    file("quoted.h5", jets=np.rec.fromarrays([X[:, 0], X[:, 5], Y], dtype=odd + [('say "x"', "i4")]))
    refused("are told in quotes", 3, ('--x \'/jets["size [m2]","dist, km","say ""x"""]\' --y \'/jets[FIELD]\'',), "train", "quoted.h5", *NET)
    file("other-0.h5", t=np.rec.fromarrays([X[:, 0], X[:, 5]], names="a,b"), y=Y)
    file("other-1.h5", t=np.rec.fromarrays([X[:, 5], X[:, 0]], names="b,a"), y=Y)
    file("same-1.h5", t=np.rec.fromarrays([X[:, 0], X[:, 5]], names="a,b"), y=Y)
    check("fields in another order in each file", train("other-0.h5,other-1.h5", "--x", "/t", "--y", "/y"), train("other-0.h5,same-1.h5", "--x", "/t", "--y", "/y"))
    file("odd-1.h5", t=np.rec.fromarrays([X[:, 0], X[:, 5]], names="a,c"), y=Y)
    refused("other fields in other files", 3, ("odd-1.h5", "'b'"), "train", "other-0.h5,odd-1.h5", "--x", "/t", "--y", "/y", *NET)
    check("fields by name in each file", train("other-0.h5,other-1.h5", "--x", "/t[a,b]", "--y", "/y"), train("other-0.h5,same-1.h5", "--x", "/t[a,b]", "--y", "/y"))
    kinds = np.zeros(ROWS, [("a", "f4"), ("kind", h5py.enum_dtype({str(w): k for k, w in enumerate(WORDS)}, "i1")), ("e", "f4")])
    kinds["a"], kinds["kind"], kinds["e"] = X[:, 0], Y, X[:, 5]
    file("kinds.h5", t=kinds)
    check("an enumeration as a field", train("kinds.h5", "--x", "/t", "--y", "/t[kind]"), train("two.h5"))
    check("an enumeration as a field, 3 ranks", train("kinds.h5", "--x", "/t", "--y", "/t[kind]", ranks=3), train("two.h5"))
    train("kinds.h5", "--x", "/t", "--y", "/t[kind]")
    has("has its names", predicted("kinds.h5", "--x", "/t[a,e]"), "probability_zebra,probability_ant,probability_mönch")
    words = np.zeros(ROWS, [("kind", "S8"), ("e", "f4"), ("a", "f4")])
    words["a"], words["kind"], words["e"] = X[:, 0], np.char.encode(WORDS[Y], "utf8"), X[:, 5]
    file("kind-words.h5", t=words)
    check("which texts are matched with", evaluated("kind-words.h5", "--x", "/t[a,e]", "--y", "/t[kind]"), evaluated("kinds.h5", "--x", "/t[a,e]", "--y", "/t[kind]"))
    info = json.loads(run("info", "table.h5", "--x", "/t[a,pos]", "--y", "/t[word]", "--json").stdout)
    check("info: features", info["parts"]["train"]["features"], 3)
    check("info: classes", [label["name"] for label in info["parts"]["train"]["targets"]["labels"]], sorted(WORDS, key=lambda w: w.encode()))


def bits():
    """As PyTables writes booleans in its tables: bit fields; and an index that is no data."""
    with h5py.File("bits.h5", "w") as f:
        t = h5py.h5t.create(h5py.h5t.COMPOUND, 13)
        t.insert(b"a", 0, h5py.h5t.IEEE_F64BE), t.insert(b"flag", 8, h5py.h5t.STD_B8LE), t.insert(b"label", 9, h5py.h5t.STD_I32BE)
        raw = np.rec.fromarrays([X[:, 0].astype(">f8"), (X[:, 1] > 50).astype("u1"), Y.astype(">i4")], names="a,flag,label")
        h5py.h5d.create(f.id, b"table", t, h5py.h5s.create_simple((ROWS,))).write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(raw), mtype=t)
        f["_i_table/a/sorted"] = np.arange(ROWS)
    file("bits-flat.h5", x=np.column_stack([X[:, 0], X[:, 1] > 50]).astype("f4"), y=Y)
    check("PyTables' table", train("bits.h5"), train("bits-flat.h5"))
    with h5py.File("frame.h5", "w") as f:
        table = np.zeros(ROWS, [("index", "i8"), ("values_block_0", "f8", (6,)), ("values_block_1", "i8", (1,))])
        table["index"], table["values_block_0"], table["values_block_1"][:, 0] = np.arange(ROWS), X, Y
        f["df/table"] = table
        f["df/_i_table/index/sorted"] = np.arange(ROWS)
    file("plain.h5", x=X, y=Y, sorted=SORTED)
    check("pandas' table", train("frame.h5"), train("plain.h5"))


# ---- labels that are texts ----

def texts():
    words = WORDS[Y]
    reference = train("plain.h5", "--x", "/x", "--y", "/sorted")
    with h5py.File("words.h5", "w") as f:
        f["x"], f["y"] = X, words.astype(object)
        f["fixed"], f["column"] = np.char.encode(words, "utf8"), words.astype(object)[:, None]
        f["codes"] = Y
        f["spaces"] = np.zeros(ROWS, "S9")
        t = h5py.h5t.TypeID.copy(h5py.h5t.FORTRAN_S1)
        t.set_size(9)
        padded = h5py.h5d.create(f.id, b"padded", t, h5py.h5s.create_simple((ROWS,)))
        padded.write(h5py.h5s.ALL, h5py.h5s.ALL, np.char.ljust(np.char.encode(words, "utf8"), 9).astype("S9"), mtype=t)
        names = h5py.h5t.enum_create(h5py.h5t.STD_I8LE)
        for value, name in enumerate(sorted(WORDS, key=lambda w: w.encode())):
            names.enum_insert(name.encode(), value)
        d = h5py.h5d.create(f.id, b"enum", names, h5py.h5s.create_simple((ROWS,)))
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, SORTED.astype("i1"), mtype=names)
    for path in ("/y", "/fixed", "/column", "/padded", "/enum"):
        check(f"texts of {path}", train("words.h5", "--x", "/x", "--y", path), reference)
    check("texts, 3 ranks", train("words.h5", ranks=3), reference)
    prediction = predicted("words.h5")
    has("names in predictions", prediction, "ant", "mönch", "zebra")
    check("the same on 3 ranks", predicted("words.h5", ranks=3), prediction)
    has("names in info", run("info", "run").stdout, "target /y (3 classes)")
    score = evaluated("words.h5")
    some = words != "mönch"
    file("some.h5", x=X[some], y=words[some].astype(object))
    file("some-codes.h5", x=X[some], y=SORTED[some])
    with h5py.File("some-codes.h5", "a") as f:
        f["y"].attrs["class_names"] = sorted((str(w) for w in WORDS), key=lambda w: w.encode())
    check("by name, whatever is there", evaluated("some.h5"), evaluated("some-codes.h5"))
    file("unknown.h5", x=X, y=np.where(np.arange(ROWS) == 7, "ants", words).astype(object))
    refused("an unknown class", 3, ("unknown.h5:/y row 7", "'ants'", "did you mean 'ant'"), "evaluate", "run", "unknown.h5")
    file("parts.h5", train__x=X[:80], train__y=words[:80].astype(object), test__x=X[80:], test__y=np.char.encode(words[80:], "utf8"),
         validation__x=X[:20][::-1], validation__y=words[:20][::-1].astype(object))
    file("parts-codes.h5", train__x=X[:80], train__y=SORTED[:80], test__x=X[80:], test__y=SORTED[80:], validation__x=X[:20][::-1],
         validation__y=SORTED[:20][::-1])
    check("texts in parts", train("parts.h5"), train("parts-codes.h5"))
    check("texts, validation file", train("words.h5", "--validation-data", "some.h5"), train("plain.h5", "--x", "/x", "--y", "/sorted",
                                                                                             "--validation-data", "some-codes.h5"))
    going_on = ("words.h5", *NET, "--seed", "1", "--checkpoint-every", "1 epochs")
    run("train", *going_on, "--epochs", "3", "--output", "whole")
    run("train", *going_on, "--epochs", "2", "--output", "resumed")
    run("train", *going_on, "--epochs", "3", "--output", "resumed", "--resume", ranks=2)
    check("resumed", open("resumed/model.weights.h5", "rb").read() == open("whole/model.weights.h5", "rb").read(), True)
    begun = ("--epochs", "1", "--seed", "1", "--output", "begun", "--overwrite")
    run("train", "some.h5", "--init", "whole", *begun)
    log = open("begun/log.csv").read()
    run("train", "some-codes.h5", "--init", "whole", *begun)
    check("begun with a model: by its names", open("begun/log.csv").read(), log)
    refused("unknown to the model it begins with", 3, ("unknown.h5:/y row 7", "'ants'"), "train", "unknown.h5", "--init", "whole", *begun)
    refused("unknown in another part", 3, ("unknown.h5:/y row 7", "'ants'"), "train", "words.h5", "--validation-data", "unknown.h5", *NET)
    gaps = np.where(np.arange(ROWS) % 10 == 3, "", words)
    file("gaps.h5", x=X, y=gaps.astype(object))
    file("gaps-nan.h5", x=X, y=np.where(gaps == "", np.nan, SORTED))
    refused("texts that are empty", 3, ("gaps.h5:/y row 3", "12 values in 12 of the 120 rows", "--missing drop"), "train", "gaps.h5", *NET)
    check("texts that are empty, dropped", train("gaps.h5", "--missing", "drop"), train("gaps-nan.h5", "--missing", "drop"))
    file("names.h5", x=X, y=words.astype(object), owner=np.array([f"p{i % 9}" for i in range(ROWS)], object), owners=np.arange(ROWS) % 9)
    by_group = ("--validation-split", "0.3", "--validation-method", "group", "--validation-group")
    check("texts as groups", train("names.h5", "--x", "/x", "--y", "/y", *by_group, "/owner"), train("names.h5", "--x", "/x", "--y", "/y", *by_group, "/owners"))
    refused("texts as features", 3, (":/y: holds texts", "astype('float32')"), "train", "words.h5", "--x", "/y", "--y", "/codes", *NET)
    refused("texts that are no UTF-8", 3, ("no UTF-8 text", "latin1"), "train", latin(words), *NET)


def names_on_one_side():
    """Numbers of classes, and texts or names: matched by name, trusted aloud, or refused with both sides named."""
    plain = lambda path, y, **more: file(path, x=X, y=y, **more)
    plain("side-numbers.h5", SORTED)
    plain("side-texts.h5", np.char.encode(WORDS[Y], "utf8"))
    plain("side-named.h5", Y)
    plain("side-other.h5", SORTED)
    ordered = sorted((str(w) for w in WORDS), key=lambda w: w.encode())
    for path, names in (("side-named.h5", [str(w) for w in WORDS]), ("side-other.h5", ordered)):
        with h5py.File(path, "a") as f:
            f["y"].attrs["class_names"] = names
    with h5py.File("side-enum.h5", "w") as f:
        f["x"] = X
        f.create_dataset("y", data=Y.astype("i1"), dtype=h5py.enum_dtype({str(w): k for k, w in enumerate(WORDS)}, "i1"))
    file("side-parts.h5", train__x=X[:80], train__y=SORTED[:80], test__x=X[80:], test__y=np.char.encode(WORDS[Y[80:]], "utf8"))
    both = ("side-texts.h5:/y are texts ('ant', 'mönch', 'zebra')", "side-numbers.h5:/y are numbers without names", "attribute class_names")
    other = ("--validation-data",)
    refused("numbers, then texts", 3, both, "train", "side-numbers.h5", *other, "side-texts.h5", *NET)
    refused("texts, then numbers", 3, both, "train", "side-texts.h5", *other, "side-numbers.h5", *NET)
    refused("numbers and a test part of texts", 3, ("side-parts.h5:/test/y are texts", "side-parts.h5:/train/y are numbers"), "train", "side-parts.h5", *NET)
    reference = train("side-named.h5", *other, "side-named.h5")
    check("names of numbers, then texts: by name", train("side-named.h5", *other, "side-texts.h5"), reference)
    check("names of an enumeration, then texts: by name", train("side-enum.h5", *other, "side-texts.h5"), reference)
    said = lambda *line: run(*line, *NET, "--epochs", "1", "--output", "run", "--overwrite").stderr
    trusted = "the classes of side-numbers.h5:/y have no names; their numbers are taken to be those of "
    has("names, then bare numbers", said("train", "side-named.h5", *other, "side-numbers.h5"), trusted + "side-named.h5:/y")
    has("bare numbers, then an enumeration", said("train", "side-numbers.h5", *other, "side-enum.h5"), trusted + "side-enum.h5:/y")
    plain("side-again.h5", SORTED)
    for several in ("side-named.h5,side-numbers.h5,side-again.h5", "side-numbers.h5,side-named.h5,side-again.h5"):
        check(f"said once: {several}", said("train", several).count(trusted + "side-named.h5:/y"), 1)
    refused("other names of the same numbers", 3, ("in side-other.h5:/y, and", "in side-named.h5:/y, where"), "train", "side-named.h5", *other, "side-other.h5", *NET)
    # models
    for model, path in (("m-texts", "side-texts.h5"), ("m-numbers", "side-numbers.h5"), ("m-named", "side-named.h5")):
        run("train", path, *NET, "--epochs", "1", "--output", model)
    model_of = lambda who: ("of texts", f"the labels of {who} are texts", "side-numbers.h5:/y are numbers without names")[1:]
    refused("a model of texts, numbers", 3, model_of("the model"), "evaluate", "m-texts", "side-numbers.h5")
    refused("begun with a model of texts, numbers", 3, model_of("the model of --init m-texts"), "train", "side-numbers.h5", "--init", "m-texts", "--output", "no")
    for command in (("evaluate", "m-numbers", "side-texts.h5"), ("train", "side-texts.h5", "--init", "m-numbers", "--output", "no")):
        refused(f"{command[0]}: a model of numbers, texts", 3, ("side-texts.h5:/y are texts", "those of the model", "are numbers without names"), *command)
    for done in (run("predict", "m-numbers", "side-texts.h5", "--output", "p.csv", "--overwrite"), run("predict", "m-texts", "side-numbers.h5", "--output", "p.csv", "--overwrite")):
        check("predictions do without", done.returncode, 0)
    has("a model with names, bare numbers", run("evaluate", "m-named", "side-numbers.h5").stderr, trusted + "the model")
    has("a model of numbers, names", run("evaluate", "m-numbers", "side-named.h5").stderr, "the classes of the model have no names")
    check("a model with names, texts: by name", run("evaluate", "m-named", "side-texts.h5").stdout, run("evaluate", "m-named", "side-named.h5").stdout)
    # one column a class
    file("side-columns.h5", x=X, y=np.eye(3, dtype="f4")[Y])
    with h5py.File("side-columns.h5", "a") as f:
        f["y"].attrs["class_names"] = [str(w) for w in WORDS]
    refused("a label beside one column a class", 3, ("the targets side-columns.h5:/y have 3 columns, side-numbers.h5:/y 1",), "train", "side-columns.h5", *other,
            "side-numbers.h5", *NET)
    train("side-columns.h5")
    has("one column a class has its names: predict", predicted("side-columns.h5").splitlines()[0], "row,class,probability_zebra,probability_ant,probability_mönch")
    check("as class too", {line.split(",")[1] for line in predicted("side-columns.h5").splitlines()[1:]} <= set(WORDS), True)
    check("info", [c["name"] for c in json.loads(run("info", "run/model.weights.h5", "--json").stdout)["classes"]], list(WORDS))
    for path in ("side-columns.h5", "side-numbers.h5"):
        with h5py.File(path, "a") as f:
            f["x"].attrs["column_names"] = list("abcdef")
    refused("the same where columns have names", 3,
            ("the targets of side-numbers.h5:/y have 1 column, those of side-columns.h5:/y 3 columns ('zebra', 'ant', 'mönch')",), "train", "side-columns.h5", *other,
            "side-numbers.h5", *NET)


def ways_of_naming():
    """Files of one list that name their classes in their own ways; labels along the last axis."""
    rows = slice(0, 50), slice(50, ROWS)
    texts = [np.char.encode(WORDS[Y[r]], "utf8") for r in rows]
    ordered = {str(w): k for k, w in enumerate(sorted(WORDS, key=lambda w: w.encode()))}
    for i, r in enumerate(rows):
        file(f"way-texts-{i}.h5", x=X[r], y=texts[i])
        file(f"way-numbers-{i}.h5", x=X[r], y=SORTED[r])
        with h5py.File(f"way-numbers-{i}.h5", "a") as f:
            f["y"].attrs["class_names"] = list(ordered)
        with h5py.File(f"way-enum-{i}.h5", "w") as f:
            f["x"] = X[r]
            f.create_dataset("y", data=SORTED[r].astype("i1"), dtype=h5py.enum_dtype(ordered, "i1"))
    reference = train("way-numbers-0.h5,way-numbers-1.h5")
    check("texts, then an enumeration", train("way-texts-0.h5,way-enum-1.h5"), reference)
    check("an enumeration, then texts", train("way-enum-0.h5,way-texts-1.h5"), reference)
    cure = "write those of all files as texts, or all as the same numbers"
    refused("numbers, then texts in a list", 3, ("way-numbers-0.h5:/y holds labels that are numbers", "way-texts-1.h5:/y labels that are texts", cure),
            "train", "way-numbers-0.h5,way-texts-1.h5", *NET)
    refused("texts, then numbers in a list", 3, ("way-texts-0.h5:/y holds labels that have names", "way-numbers-1.h5:/y labels that are numbers", cure),
            "train", "way-texts-0.h5,way-numbers-1.h5", *NET)
    refused("texts of two units too many", 3, ("3 different labels ('ant', 'mönch', 'zebra')", "The rarest is '"), "train", "way-texts-0.h5", "--layers", "2 softmax")
    file("way-names.h5", x=X, y=np.array([f"row {i}" for i in range(ROWS)], "S"))
    refused("texts that are names of rows", 3, ("way-names.h5:/y holds 120 different texts in 120 rows ('row 0' to 'row 99')", "--y"), "train", "way-names.h5",
            "--layers", "120 softmax")
    file("way-last.h5", x=X.T, y=np.char.encode(WORDS[Y], "utf8")[None])
    check("texts along the last axis", train("way-last.h5", "--samples-axis", "last"), train("plain.h5", "--x", "/x", "--y", "/sorted"))


def latin(words):
    file("latin.h5", x=X, y=np.char.encode(words, "latin1"))
    return "latin.h5"


def arrays():
    """NumPy's own texts, and what else its files hold."""
    words = WORDS[Y]
    np.save("x.npy", X)
    reference = train("plain.h5", "--x", "/x", "--y", "/sorted")
    for name, values in {"U": words, "big": words.astype(">U7"), "S": np.char.encode(words, "utf8")}.items():
        np.save("y.npy", values)
        check(f"convert {name}", run("convert", "x.npy", "array.h5", "--target", "y.npy", "--overwrite").returncode, 0)
        check(f"NumPy's {name}", train("array.h5"), reference)
    np.savez("all.npz", x_train=X[:80], y_train=words[:80], x_test=X[80:], y_test=words[80:])
    check("convert an archive", run("convert", "all.npz", "all.h5", "--overwrite").returncode, 0)
    file("all-codes.h5", train__x=X[:80], train__y=SORTED[:80], test__x=X[80:], test__y=SORTED[80:])
    check("texts in an archive", train("all.h5"), train("all-codes.h5"))
    np.save("text.npy", X.astype(str)), np.save("object.npy", words.astype(object)), np.save("record.npy", np.zeros(ROWS, [("a", "f4")]))
    for name, words_ in (("text", "astype('float32')"), ("object", "astype(str)"), ("record", "structured_to_unstructured")):
        refused(f"NumPy's {name}", 3, (f"{name}.npy", words_), "convert", f"{name}.npy", "no.h5", "--target", "y.npy")


# ---- numbers that stand for no value ----

def codes():
    gone = X.copy()
    gone[7, 2] = gone[50, 0] = np.nan
    file("nan.h5", x=gone, y=Y)
    holes = ~np.isnan(gone)
    fill = lambda dtype, code: np.where(holes, X, code).astype(dtype)
    with h5py.File("codes.h5", "w") as f:
        f["told"], f["y"] = fill("i4", -999), Y
        f["r"] = fill("i4", -2**31)
        f["r"].attrs["rhdf5-NA.OK"] = np.int32([1])
        f.create_dataset("u1", data=fill("u1", 255), chunks=(11, 6), compression="gzip").attrs["_FillValue"] = np.uint8(255)
        f["f8"] = fill("f8", 9.969209968386869e36)
        f["f8"].attrs["missing_value"] = np.array([9.969209968386869e36])
        f["i2"] = fill("i2", -32767).T
        f["i2"].attrs["_FillValue"] = np.int16(-32767)
        table = np.zeros(ROWS, [(n, "i4") for n in "abcdef"])
        for c, n in enumerate("abcdef"):
            table[n] = fill("i4", -999)[:, c]
        f["table"] = table
        f["word"], f["fixed"] = fill("f4", -999), fill("f4", -999)
        f["word"].attrs["missing_value"], f["fixed"].attrs["missing_value"] = "-999", np.array(["-1", "-999"], "S6")
    routes = {"told": ("--x", "/told", "--missing-values", "-999"), "R": ("--x", "/r"), "fill value": ("--x", "/u1"), "missing value": ("--x", "/f8"),
              "as text": ("--x", "/word"), "as texts": ("--x", "/fixed"),
              "last axis": ("--x", "/i2", "--samples-axis", "last"), "columns": ("--x", "/told[0:2],/told[2:]", "--missing-values", "-999, none"),
              "fields": ("--x", "/table", "--missing-values", "-999")}
    for policy in ("drop", "mean"):
        reference = train("nan.h5", "--missing", policy)
        for name, route in routes.items():
            if policy == "mean" or name in ("told", "fill value"):
                check(f"{name}, {policy}", train("codes.h5", *route, "--y", "/y", "--missing", policy), reference)
    for name in ("told", "R", "fill value"):
        refused(f"{name}, by itself", 3, ("row 7, column 2 is nan", "2 values in 2 of the 120 rows", "stands for no value"), "train", "codes.h5", *routes[name],
                "--y", "/y", *NET)
    train("nan.h5", "--missing", "zero")
    scores, predictions = evaluated("nan.h5"), predicted("nan.h5")
    check("3 ranks", train("codes.h5", *routes["told"], "--y", "/y", "--missing", "zero", ranks=3), train("nan.h5", "--missing", "zero"))
    train("codes.h5", *routes["told"], "--y", "/y", "--missing", "zero")
    check("the model keeps them: evaluate", evaluated("codes.h5", "--x", "/told", "--y", "/y"), scores)
    check("the model keeps them: predict", predicted("codes.h5", "--x", "/told"), predictions)
    has("and tells", run("info", "run").stdout, "no value: -999")
    for route in (("--x", "/told", "--missing-values", "-999"), ("--x", "/u1")):
        summary = json.loads(run("info", "codes.h5", *route, "--y", "/y", "--json").stdout)["parts"]["train"]["summary"]
        check(f"counted by info: {route[1]}", (summary["missing_values"], summary["missing_rows"]), (2, 2))
    # those that a dataset tells are its own
    told = run("train", "codes.h5", "--x", "/word", "--y", "/y", *NET, "--missing", "mean", "--epochs", "1", "--output", "run", "--overwrite").stderr
    has("what the model does not keep", told, "codes.h5:/word", "--missing-values=-999")
    check("is as good by the option", evaluated("codes.h5", "--x", "/told", "--y", "/y", "--missing-values=-999"), evaluated("codes.h5", "--x", "/word", "--y", "/y"))
    told = run("train", "codes.h5", *routes["told"], "--y", "/y", *NET, "--missing", "mean", "--epochs", "1", "--output", "run", "--overwrite").stderr
    check("nothing where it keeps them", "does not keep" in told, False)
    # too large for float32 is no missing value
    large = X.astype("f8")
    large[3, 1] = 1e39
    file("large.h5", x=large, y=Y, all=(X.astype("f8") + 1) * 1e300)
    quiet = ("--missing", "mean", "--epochs", "1", "--output", "run", "--overwrite", "--quiet")
    has("what is too large is told", run("train", "large.h5", *NET, *quiet).stderr, "1 value in 1 column, the first of them column 1, is infinite or too large for float32")
    refused("a column that is too large", 3, ("column 0", "beyond 3.4e38; scale the column"), "train", "large.h5", "--x", "/all", "--y", "/y", *NET, *quiet)
    # enumerations whose numbers have gaps
    with h5py.File("gaps.h5", "w") as f:
        f["x"] = X
        f.create_dataset("y", data=np.array([5, 9, 7])[Y], dtype=h5py.enum_dtype({"lo": 5, "mid": 9, "high": 7}, "i4"))
        f.create_dataset("z", data=Y, dtype=h5py.enum_dtype({"lo": 0, "mid": 1, "high": 2}, "i4"))
    for y, expected in (("/y", True), ("/z", False)):
        check(f"names that are passed over: {y}", "gaps.h5:/y is an enumeration of other numbers" in run("train", "gaps.h5", "--x", "/x", "--y", y, *NET, *quiet).stderr, expected)
    # weights in a column
    weights = np.zeros(ROWS, [("v", "f4"), ("w", "f4")])
    weights["w"] = 1
    weights["w"][7] = -999
    with h5py.File("weighed.h5", "w") as f:
        f["x"], f["y"], f["ev"] = X, Y, weights
        f["ev"].attrs["_FillValue"] = np.float32(-999)
    refused("a weight that is missing", 3, ("/ev row 7", "/ev[w], is nan, or a number that stands for no value"), "train", "weighed.h5",
            "--x", "/x", "--y", "/y", "--sample-weights", "/ev[w]", *NET)
    # targets
    some = np.arange(ROWS) % 10 != 3
    with h5py.File("targets.h5", "w") as f:
        f["x"], f["v"], f["plain"] = X, np.where(some, X[:, 1], -2**31).astype("i4"), np.where(some, Y, -1)
        f["v"].attrs["rhdf5-NA.OK"] = np.int32([1])
        f["obs/kind/codes"], f["obs/kind/categories"] = np.where(some, Y, -1).astype("i1"), WORDS.astype(object)
    file("left.h5", x=X, y=np.where(some, Y, np.nan), v=np.where(some, X[:, 1], np.nan))
    reference = train("left.h5", "--missing", "drop")
    check("categories", train("targets.h5", "--x", "/x", "--y", "/obs/kind/codes", "--missing", "drop"), reference)
    has("their names", predicted("targets.h5", "--x", "/x"), "zebra", "ant", "mönch")
    check("R's integers as targets", train("targets.h5", "--x", "/x", "--y", "/v", "--missing", "drop", net=("--layers", "3, 1")),
          train("left.h5", "--x", "/x", "--y", "/v", "--missing", "drop", net=("--layers", "3, 1")))
    refused("a target that is missing", 3, ("/obs/kind/codes row 3", "--missing drop"), "train", "targets.h5", "--x", "/x", "--y", "/obs/kind/codes", *NET)
    refused("a code among labels", 3, ("label -1", "--missing-values -1 --missing drop"), "train", "targets.h5", "--x", "/x", "--y", "/plain", *NET)
    file("na.h5", x=np.where(holes, X, -2**31).astype("i4"), y=Y, v=np.where(some, X[:, 1], -2**31).astype("i4"))
    has("R's NA without its mark", run("train", "na.h5", *NET, "--epochs", "1", "--output", "run", "--overwrite").stderr, "R writes for NA", "--missing-values -2147483648")
    has("in targets", run("train", "na.h5", "--x", "/x", "--y", "/v", "--layers", "1", "--epochs", "1", "--output", "run", "--overwrite").stderr, "na.h5:/v: the smallest value")


# ---- stores that are no arrays ----

def stores():
    n = 40
    data = np.arange(6 * n)
    with h5py.File("10x.h5", "w") as f:
        f["matrix/data"], f["matrix/indices"], f["matrix/indptr"], f["matrix/shape"] = data, data % 30, np.arange(0, 6 * n + 1, 6), [30, n]
        f["matrix/barcodes"] = np.array([f"A{i}" for i in range(n)], "S")
    with h5py.File("anndata.h5", "w") as f:
        f.attrs["encoding-type"] = "anndata"
        f["X/data"], f["X/indices"], f["X/indptr"] = data, data % 30, np.arange(0, 6 * n + 1, 6)
        f["X"].attrs["encoding-type"], f["X"].attrs["shape"] = "csr_matrix", [n, 30]
        f["obs/kind/codes"], f["obs/kind/categories"], f["obs/n"] = np.arange(n) % 3, WORDS.astype(object), np.arange(n)
    with h5py.File("sparse.mat", "w") as f:
        f["S/data"], f["S/ir"], f["S/jc"] = data, data % 30, np.arange(0, 6 * n + 1, 6)
        f["S"].attrs["MATLAB_sparse"] = np.uint64(30)
    with h5py.File("root.h5", "w") as f:
        f["data"], f["indices"], f["indptr"], f["labels"] = data, data % 30, np.arange(0, 6 * n + 1, 6), data % 3
    with h5py.File("cells.mat", "w") as f:
        cells = f.create_dataset("c", (1, 3), dtype=h5py.ref_dtype)
        for i in range(3):
            f[f"#refs#/{'abc'[i]}"] = X[i]
            cells[0, i] = f[f"#refs#/{'abc'[i]}"].ref
    with h5py.File("samples.h5", "w") as f:
        for i in range(n):
            f[f"sample_{i:03}/x"], f[f"sample_{i:03}/y"] = X[i], Y[i]
    with h5py.File("weights.h5", "w") as f:
        f["layers/dense/vars/0"], f["layers/dense/vars/1"] = X, X[:, 0]
    for path, words in {"10x.h5": ("/matrix is a sparse matrix as 10x writes it", "csc_matrix", ".toarray().T"), "anndata.h5": ("/X is a sparse matrix as AnnData", "csr_matrix"),
                        "sparse.mat": ("/S is a sparse matrix of MATLAB", "'ir'"), "root.h5": ("/ is a sparse matrix",),
                        "cells.mat": ("/c holds references", "cell2mat"), "samples.h5": ("40 groups alike, from /sample_000 on", "np.stack"),
                        "weights.h5": ("weights of a model",)}.items():
        refused(path, 3, words, "train", path, *NET)
        check(f"{path}: nothing is proposed", "name them" in run("train", path, *NET).stderr, False)
    refused("a group of a sparse matrix", 3, ("/X is a group", "is a sparse matrix"), "train", "anndata.h5", "--x", "/X", "--y", "/obs/n", *NET)
    refused("a group of categories", 3, ("/obs/kind is a group", "/obs/kind/codes"), "train", "anndata.h5", "--x", "/obs/n", "--y", "/obs/kind", *NET)
    with h5py.File("frame.h5", "w") as f:
        f["df/axis0"], f["df/axis1"] = np.array(list("abcdefl"), "S"), np.arange(ROWS)
        f["df/block0_items"], f["df/block0_values"] = np.array(list("abcdef"), "S"), X
        f["df/block1_items"], f["df/block1_values"] = np.array(["l"], "S"), Y[:, None]
    refused("pandas' frames", 3, ("a data frame of pandas", "--x /df/block0_values --y /df/block1_values"), "train", "frame.h5", *NET)
    check("by the items' names", train("frame.h5", "--x", "/df/block0_values[b,a]", "--y", "/df/block1_values[l]"), train("plain.h5", "--x", "/x[1,0]", "--y", "/y"))
    with h5py.File("nexus.h5", "w") as f:
        f["entry/data/data"], f["entry/data/frame"], f["entry/data/tof"], f["entry/labels"] = X, np.arange(ROWS), np.arange(6.), Y
        f["entry/data"].attrs.update({"NX_class": "NXdata", "signal": "data", "axes": ["frame", "tof"]})
    refused("NeXus' plots", 3, ("--x /entry/data/data --y /entry/labels",), "train", "nexus.h5", *NET)
    file("likely.h5", a=X, b=Y, c=Y)
    refused("two that are as likely", 3, ("--x /a --y PATH",), "train", "likely.h5", *NET)


def links():
    os.makedirs("beside/below", exist_ok=True), os.makedirs("outside", exist_ok=True)
    for place in ("beside/below/parts.h5", "outside/parts.h5"):
        file(place, g__x=X, g__y=Y)
    with h5py.File("beside/below/parts.h5", "a") as f:
        f["g/round"] = h5py.ExternalLink("parts.h5", "/")
    with h5py.File("beside/main.h5", "w") as f:
        f["train"], f["round"] = h5py.ExternalLink("below/parts.h5", "/g"), h5py.SoftLink("/")
    with h5py.File("beside/away.h5", "w") as f:
        f["train"] = h5py.ExternalLink("../outside/parts.h5", "/g")
    reference = train("plain.h5", "--x", "/x", "--y", "/y")
    check("a group behind a link", train("beside/main.h5"), reference)
    listed = [d["path"] for d in json.loads(run("info", "beside/main.h5", "--json").stdout)["datasets"]]
    check("listed", [p for p in listed if "round" not in p], ["/train/x", "/train/y"])
    refused("a group in another directory", 3, ("/train external link", "--follow-links"), "train", "beside/away.h5", *NET)
    check("allowed", train("beside/away.h5", "--follow-links"), reference)


def linked_names():
    """What a linked file says of its datasets is read there, also where the file with the link has texts at the same places."""
    for name, order in (("straight.h5", [0, 1, 2]), ("turned.h5", [2, 1, 0])):
        with h5py.File(name, "w") as f:
            f["x"], f["y"] = X[:, order], Y
            f["x"].attrs["column_names"], f["y"].attrs["class_names"] = [["a", "b", "c"][i] for i in order], ["low", "mid", "high"]
    for name in ("linked.h5", "shadowed.h5"):
        with h5py.File(name, "w") as f:
            if name == "shadowed.h5":
                f["own"] = X[:, :3]
                f["own"].attrs["column_names"] = ["a", "b", "c"]
            f["x"], f["y"] = h5py.ExternalLink("turned.h5", "/x"), h5py.ExternalLink("turned.h5", "/y")
    train("straight.h5")
    expected, learnt = evaluated("straight.h5"), predicted("straight.h5")
    for name in ("turned.h5", "linked.h5", "shadowed.h5"):
        check(f"columns by name in {name}", evaluated(name), expected)
        check(f"predictions by name in {name}", predicted(name), learnt)
    with open("table.csv", "w") as f:
        f.write("a,b,kind\n" + "".join(f"{x[0]},{x[1]},{WORDS[y]}\n" for x, y in zip(X, Y)))
    run("convert", "table.csv", "converted.h5", "--target", "kind", "--overwrite")
    with h5py.File("converted_group.h5", "w") as f:
        f["train"] = h5py.ExternalLink("converted.h5", "/train")
    with h5py.File("converted_each.h5", "w") as f:
        f["x"], f["y"] = h5py.ExternalLink("converted.h5", "/train/x"), h5py.ExternalLink("converted.h5", "/train/y")
    train("converted.h5")
    expected = evaluated("table.csv")
    for name in ("converted_group.h5", "converted_each.h5"):
        train(name)
        check(f"the encoding behind {name}", evaluated("table.csv"), expected)


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    for part in (fields, bits, texts, names_on_one_side, ways_of_naming, arrays, codes, stores, links, linked_names):
        part()
print(f"{checks} checks, {failures} failed")
sys.exit(failures > 0)

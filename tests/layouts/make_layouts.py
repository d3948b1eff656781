"""Writes the same few values in every layout, type and filter that HDF5 has, and a list of what to train on.

    make_layouts.py DIRECTORY [--short]

DIRECTORY/cases.txt gets a line "NAME<TAB>REFERENCE<TAB>ARGUMENT<TAB>..." for each case: training with the arguments (relative
to DIRECTORY) must give the bits that training on REFERENCE gives, a file with contiguous float32. All types hold the values
exactly: whole numbers from 0 to 100. DIRECTORY/refused.txt has "NAME<TAB>WORDS<TAB>ARGUMENT<TAB>..." for what must be refused
with a message that has the words (separated by |). --short: a dozen of the cases.
"""
import os
import sys

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

ROWS, FEATURES = 96, 6
generator = np.random.default_rng(5)
X = generator.integers(0, 101, (ROWS, FEATURES))
X[:, 3] = X[:, 3] % 2  # a column of bits
Y = (X[:, 0] + X[:, 1] > 100).astype(np.int64) + (X[:, 2] > 70)

cases, refused = [], []


def case(name, *arguments, reference="reference.h5"):
    cases.append((name, reference) + arguments)


def refuse(name, words, *arguments):
    refused.append((name, words) + arguments)


# ---- types that NumPy has no name for ----

def integer_type(size, precision=None, offset=0, signed=False, big=False):
    t = (h5t.STD_I64LE if signed else h5t.STD_U64LE).copy()
    t.set_size(size)
    if precision:
        t.set_precision(precision)
        t.set_offset(offset)
    t.set_order(h5t.ORDER_BE if big else h5t.ORDER_LE)
    return t


def float_type(size, exponent, mantissa, bias, big=False):
    t = h5t.IEEE_F64LE.copy()
    bits = 1 + exponent + mantissa
    t.set_fields(bits - 1, mantissa, exponent, 0, mantissa)
    t.set_precision(bits)
    t.set_size(size)
    t.set_ebias(bias)
    t.set_order(h5t.ORDER_BE if big else h5t.ORDER_LE)
    return t


def enum_type():
    t = h5t.enum_create(h5t.STD_U8LE)
    for i in range(101):
        t.enum_insert(b"value%d" % i, i)
    return t


def numpy_type(code):
    return h5t.py_create(np.dtype(code), logical=True)


TYPES = {name: numpy_type(name) for name in (
    "<u1", "<i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8",
    "<f2", ">f2", "<f4", ">f4", "<f8", ">f8")}
TYPES.update({
    "uint24": integer_type(3), "int24be": integer_type(3, signed=True, big=True), "uint40": integer_type(5),
    "int56be": integer_type(7, signed=True, big=True), "uint12of16": integer_type(2, 12, 2),
    "int10of32be": integer_type(4, 10, 7, signed=True, big=True), "uint7of8": integer_type(1, 7, 0),
    "float24": float_type(3, 8, 15, 127), "bfloat16": float_type(2, 8, 7, 127), "bfloat16be": float_type(2, 8, 7, 127, True),
    "float20of32": float_type(4, 6, 13, 31), "longdouble": numpy_type(np.longdouble().dtype.str),
    "enum": enum_type(), "bits8": h5t.STD_B8LE, "bits16be": h5t.STD_B16BE})


# ---- one dataset ----

def write(parent, name, values, type_, chunks=None, filters=(), maximum=None, compact=False, early=False):
    """Low level, so that every type and filter can be had."""
    if isinstance(parent, h5py.File) or isinstance(parent, h5py.Group):
        parent = parent.id
    values = np.ascontiguousarray(values)
    plist = h5p.create(h5p.DATASET_CREATE)
    if compact:
        plist.set_layout(h5d.COMPACT)
    if chunks:
        plist.set_chunk(tuple(chunks))
    if early:
        plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    for f in filters:
        if f == "shuffle":
            plist.set_shuffle()
        elif f == "fletcher32":
            plist.set_fletcher32()
        elif f == "nbit":
            plist.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL, ())
        elif f == "scaleoffset":
            is_float = type_.get_class() == h5t.FLOAT
            plist.set_scaleoffset(h5z.SO_FLOAT_DSCALE if is_float else h5z.SO_INT, 0)
        else:
            plist.set_deflate(int(f[4:]))
    space = h5s.create_simple(values.shape, maximum)
    dataset = h5d.create(parent, name.encode(), type_, space, plist)
    memory = values
    if type_.get_class() == h5t.ENUM:
        memory = values.astype(np.uint8)
        dataset.write(h5s.ALL, h5s.ALL, memory, mtype=enum_type())
    elif type_.get_class() == h5t.BITFIELD:  # as PyTables writes booleans
        size = type_.get_size()
        dataset.write(h5s.ALL, h5s.ALL, values.astype(f"u{size}"), mtype=h5t.NATIVE_B8 if size == 1 else h5t.NATIVE_B16)
    elif type_.get_class() == h5t.FLOAT:
        dataset.write(h5s.ALL, h5s.ALL, values.astype(np.float64), mtype=h5t.NATIVE_DOUBLE)
    else:
        dataset.write(h5s.ALL, h5s.ALL, values.astype(np.int64), mtype=h5t.NATIVE_INT64)
    return dataset


F4, I4 = numpy_type("<f4"), numpy_type("<i4")


def labels(f, type_=None, values=None):
    write(f, "y", Y if values is None else values, type_ or I4)


LAYOUTS = {
    "contiguous": {},
    "compact": dict(compact=True),
    "row": dict(chunks=(1, FEATURES)),
    "odd": dict(chunks=(7, 4)),
    "gzip": dict(chunks=(40, 5), filters=("gzip6",)),
    "shuffle": dict(chunks=(33, 6), filters=("shuffle", "gzip1", "fletcher32")),
    "nbit": dict(chunks=(32, 6), filters=("nbit",)),
    "scaleoffset": dict(chunks=(50, 3), filters=("scaleoffset", "gzip1")),
}
ODD = ("enum", "bits8", "bits16be")  # neither nbit nor scale-offset know these


def types_and_layouts():
    for type_name, type_ in TYPES.items():
        for layout, how in LAYOUTS.items():
            size, floating = type_.get_size(), type_.get_class() == h5t.FLOAT
            if layout == "scaleoffset" and (type_name in ODD or size not in (1, 2, 4, 8) or
                                            (floating and type_name[1:] not in ("f4", "f8"))):
                continue  # the filter takes C's own types
            if layout == "nbit" and (type_name in ODD or type_name == "longdouble"):
                continue
            name = f"{type_name.replace('<', 'le-').replace('>', 'be-')}-{layout}"
            with h5py.File(f"{name}.h5", "w") as f:
                write(f, "x", X, type_, **how)
                labels(f)
            case(name, f"{name}.h5")
    for type_name in ("<u1", ">u2", "<i2", "<i8", ">i8", "uint24", "int10of32be"):
        name = f"labels-{type_name.replace('<', 'le-').replace('>', 'be-')}"
        with h5py.File(f"{name}.h5", "w") as f:
            write(f, "x", X, F4)
            labels(f, TYPES[type_name])
        case(name, f"{name}.h5")
    with h5py.File("labels-column.h5", "w") as f:
        write(f, "x", X, F4)
        labels(f, values=Y.reshape(-1, 1))
    case("labels-column", "labels-column.h5")


# ---- files ----

def kinds_of_files():
    for version in ("earliest", "v108", "v110", "v112", "v114"):
        name = f"libver-{version}.h5"
        with h5py.File(name, "w", libver=("earliest" if version == "earliest" else version, "v108" if version == "earliest" else version)) as f:
            f.create_dataset("x", data=X.astype("<f4"), chunks=(10, 6), maxshape=(None, 6))
            f["y"] = Y
        case(f"libver-{version}", name)
    for block in (512, 4096, 65536):
        with h5py.File(f"block-{block}.h5", "w", userblock_size=block) as f:
            f["x"], f["y"] = X.astype("<i2"), Y
        case(f"user-block-{block}", f"block-{block}.h5")
    with h5py.File("nested.h5", "w", track_order=True) as f:
        f["run/data/x"], f["run/data/y"] = X.astype("<u2"), Y
        f["soft/x"], f["soft/y"] = h5py.SoftLink("/run/data/x"), h5py.SoftLink("/run/data/y")
        f["hard/x"] = f["run/data/x"]
        f["a, odd: [name]"] = X
    case("nested", "nested.h5", "--x", "/run/data/x", "--y", "/run/data/y")
    case("soft-link", "nested.h5", "--x", "/soft/x", "--y", "soft/y")
    case("hard-link", "nested.h5", "--x", "/hard/x", "--y", "/run/data/y")
    case("odd-name", "nested.h5", "--x", "/a\\, odd\\: \\[name\\]", "--y", "/run/data/y")
    with h5py.File("outer.h5", "w") as f:
        f["x"], f["y"] = h5py.ExternalLink("nested.h5", "/run/data/x"), h5py.ExternalLink("nested.h5", "/soft/y")
    case("external-link-beside", "outer.h5", "--x", "/x", "--y", "/y")
    for name, kwargs in {"extendible": dict(maxshape=(None, None)), "early": dict(), "fill": dict(fillvalue=7)}.items():
        with h5py.File(f"{name}.h5", "w") as f:
            d = f.create_dataset("x", (10, 6), "<f4", chunks=(16, 3), maxshape=(None, None),
                                 fillvalue=kwargs.get("fillvalue"))
            d.resize((ROWS, FEATURES))
            d[...] = X
            f["y"] = Y
        case(name, f"{name}.h5")
    with h5py.File("groups.h5", "w") as f:
        f["train/features"], f["train/labels"] = X.astype(">i4"), Y
    case("groups", "groups.h5")
    with h5py.File("names.h5", "w") as f:
        f["X_train"], f["y_train"] = X.astype("<f8"), Y.astype("u1")
    case("names", "names.h5")
    with h5py.File("boolean.h5", "w") as f:
        f["x"], f["y"] = (X % 2).astype(bool), Y
    with h5py.File("boolean-reference.h5", "w") as f:
        f["x"], f["y"] = (X % 2).astype("<f4"), Y.astype("<i4")
    case("boolean", "boolean.h5", reference="boolean-reference.h5")
    with h5py.File("bitmask.h5", "w") as f:
        f.create_dataset("x", data=(X % 2).astype(bool), chunks=(9, 6), compression="gzip")
        f["y"] = Y
    case("boolean-gzip", "bitmask.h5", reference="boolean-reference.h5")


def virtual():
    cuts = [0, 30, 31, ROWS]
    for i in range(3):
        with h5py.File(f"source-{i}.h5", "w") as f:
            f.create_dataset("part/x", data=X[cuts[i]:cuts[i + 1]].astype(["<u1", ">f4", "<i8"][i]),
                             chunks=None if i == 1 else (5, 6), compression=None if i == 1 else "gzip")
            f["part/y"] = Y[cuts[i]:cuts[i + 1]]
    for dtype in ("<f4", "<u1", ">i2", "<f2"):
        x, y = h5py.VirtualLayout((ROWS, FEATURES), dtype), h5py.VirtualLayout((ROWS,), "i4")
        for i in range(3):
            n = cuts[i + 1] - cuts[i]
            x[cuts[i]:cuts[i + 1]] = h5py.VirtualSource(f"source-{i}.h5", "part/x", (n, FEATURES))
            y[cuts[i]:cuts[i + 1]] = h5py.VirtualSource(f"source-{i}.h5", "part/y", (n,))
        name = f"virtual-{dtype.replace('<', 'le-').replace('>', 'be-')}"
        with h5py.File(f"{name}.h5", "w") as f:
            f.create_virtual_dataset("x", x)
            f.create_virtual_dataset("y", y)
        case(name, f"{name}.h5")
    columns = h5py.VirtualLayout((ROWS, FEATURES), "<f4")
    for c in range(FEATURES):
        with h5py.File(f"column-{c}.h5", "w") as f:
            f["v"] = X[:, c]
        columns[:, c] = h5py.VirtualSource(f"column-{c}.h5", "v", (ROWS,))
    with h5py.File("virtual-columns.h5", "w") as f:
        f.create_virtual_dataset("x", columns)
        f["y"] = Y
    case("virtual-columns", "virtual-columns.h5")
    with h5py.File("virtual-inside.h5", "w") as f:
        f["raw"], f["y"] = X.astype("<u1"), Y
        layout = h5py.VirtualLayout((ROWS, FEATURES), "<f4")
        layout[:] = h5py.VirtualSource(f["raw"])
        f.create_virtual_dataset("x", layout)
    case("virtual-inside", "virtual-inside.h5")
    with h5py.File("virtual-nested.h5", "w") as f:
        layout = h5py.VirtualLayout((ROWS, FEATURES), "<f8")
        layout[:] = h5py.VirtualSource("virtual-le-f4.h5", "x", (ROWS, FEATURES))
        f.create_virtual_dataset("x", layout)
        f["y"] = Y
    case("virtual-nested", "virtual-nested.h5")


# ---- shapes ----

def shapes():
    for shape in ((2, 3), (6, 1), (1, 6), (3, 1, 2), (1, 2, 3, 1), (1, 1, 2, 1, 3, 1, 1)):
        for layout in ("contiguous", "gzip"):
            name = f"shape-{'x'.join(map(str, shape))}-{layout}"
            values = X.reshape((ROWS,) + shape)
            with h5py.File(f"{name}.h5", "w") as f:
                how = {} if layout == "contiguous" else dict(chunks=(11,) + shape, filters=("gzip1",))
                write(f, "x", values, F4, **how)
                labels(f)
            case(name, f"{name}.h5")
    with h5py.File("single-reference.h5", "w") as f:
        f["x"], f["y"] = X[:, :1].astype("<f4"), Y.astype("<i4")
    for type_name in ("<f4", ">i2", "<u1"):
        name = f"one-axis-{type_name[1:]}"
        with h5py.File(f"{name}.h5", "w") as f:
            f["x"], f["y"] = X[:, 0].astype(type_name), Y
        case(name, f"{name}.h5", reference="single-reference.h5")


def axes():
    for type_name in ("<u1", ">i2", "<f2", "<f4", ">f8", "<i8"):
        for layout, how in {"contiguous": {}, "chunks": dict(chunks=(4, 13)), "gzip": dict(chunks=(6, 32), filters=("gzip1",))}.items():
            name = f"last-{type_name[1:]}-{layout}"
            with h5py.File(f"{name}.h5", "w") as f:
                write(f, "x", X.T, TYPES[type_name], **how)
                write(f, "y", Y.reshape(1, -1) if layout == "gzip" else Y, I4)
            case(name, f"{name}.h5", "--samples-axis", "last")
    with h5py.File("last-3d.h5", "w") as f:
        f["x"], f["y"] = np.moveaxis(X.reshape(ROWS, 2, 3), 0, 2).astype("<f4"), Y.reshape(1, -1)
        f["middle"] = np.moveaxis(X.reshape(ROWS, 2, 3), 0, 1).astype("<u2")
        f.create_dataset("chunked", data=f["middle"][...], chunks=(1, 20, 2), compression="gzip")
    case("last-3d", "last-3d.h5", "--samples-axis", "last")
    case("last-2", "last-3d.h5", "--samples-axis", "2")
    case("middle", "last-3d.h5", "--x", "/middle", "--y", "/y", "--samples-axis", "1")
    case("middle-chunked", "last-3d.h5", "--x", "/chunked", "--y", "/y", "--samples-axis", "1")
    case("last-columns", "last-f4-chunks.h5", "--x", "/x[:3],/x[3:]", "--y", "/y", "--samples-axis", "last")


def columns():
    table = np.concatenate([X[:, 3:], X[:, :3], Y[:, None], X], axis=1)
    names = ["d", "e", "f", "a", "b", "c", "kind"] + [f"z{i}" for i in range(6)]
    with h5py.File("table.h5", "w") as f:
        for name, values in {"table": table.astype("<f8"), "packed": table.astype("<u1")}.items():
            f.create_dataset(name, data=values, chunks=(20, 5) if name == "packed" else None)
            f[name].attrs["column_names"] = names
        f["bytes"] = table.astype("<i2")
        f["bytes"].attrs["columns"] = np.array(names, "S8")
        f["deep"] = table[:, :12].reshape(ROWS, 3, 4)
    case("columns-range", "table.h5", "--x", "/table[7:13]", "--y", "/packed[6]")
    case("columns-open", "table.h5", "--x", "/packed[7:]", "--y", "/packed[6]")
    case("columns-list", "table.h5", "--x", "/packed[3,4,5,0,1,2]", "--y", "/packed[-7]")
    case("columns-mixed", "table.h5", "--x", "/packed[3:6, :3]", "--y", "/packed[kind]")
    case("columns-names", "table.h5", "--x", "/table[a,b,c,d,e,f]", "--y", "/packed[kind]")
    case("columns-bytes", "table.h5", "--x", "/bytes[a,b,c,d,e,f]", "--y", "/bytes[kind]")
    case("columns-names-range", "table.h5", "--x", "/bytes[a,4:6],/packed[0:3]", "--y", "/bytes[kind]")
    case("columns-deep", "table.h5", "--x", "/deep[3:6,0:2,2]", "--y", "/packed[kind]")
    with h5py.File("apart.h5", "w") as f:
        for c, dtype in enumerate(("<u1", ">i2", "<f4", "?", "<f2", "<i8")):
            f[f"v{c}"] = X[:, c].astype(dtype)
        f["pair"], f["y"] = X[:, :2].astype("<i1"), Y
    case("side-by-side", "apart.h5", "--x", "/v0,/v1,/v2,/v3,/v4,/v5", "--y", "/y")
    case("side-by-side-blocks", "apart.h5", "--x", "/pair, /v2,/v3 ,/v4,/v5", "--y", "/y")
    case("side-by-side-files", "apart.h5", "--x", "table.h5:/packed[a,b],/v2,nested.h5:/run/data/x[3:]", "--y", "/y")


def files():
    for name, dtypes in {"part": ("<f4",) * 12, "mixed": ("<u1", "<f4", "<i2", ">f8", "<f2", "<u1", "<i8", "<i1", "<u2", ">i2", "<f4", "<u1")}.items():
        cuts = np.linspace(0, ROWS, 13).astype(int)
        for i in range(12):
            with h5py.File(f"{name}-{i:02}.h5", "w") as f:
                f["x"], f["y"] = X[cuts[i]:cuts[i + 1]].astype(dtypes[i]), Y[cuts[i]:cuts[i + 1]]
        case(f"files-{name}-pattern", f"{name}-*.h5")
        case(f"files-{name}-list", ",".join(f"{name}-{i:02}.h5" for i in range(12)))
        case(f"files-{name}-named", f"{name}-0*.h5, {name}-1?.h5", "--x", "/x", "--y", "/y")
    for i in range(3):
        with h5py.File(f"turned-{i}.h5", "w") as f:
            f["x"], f["y"] = X[32 * i:32 * i + 32].T.astype("<u1"), Y[32 * i:32 * i + 32]
    case("files-last", "turned-[012].h5", "--samples-axis", "last")
    with h5py.File("features.h5", "w") as f:
        f["values"] = X.astype("<u1")
    with h5py.File("targets.h5", "w") as f:
        f["kind"] = Y
    case("apart-x-y", "features.h5", "--x", "/values", "--y", "targets.h5:/kind")
    case("apart-both", "--x", "features.h5:/values", "--y", "targets.h5:/kind")
    case("apart-pattern", "--x", "part-*.h5:/x", "--y", "targets.h5:/kind")


# ---- what is refused ----

def refusals():
    with h5py.File("other.h5", "w") as f:
        f["y"] = Y
        f.create_dataset("lzf", data=X, compression="lzf")
        f["strings"] = np.array(["a"] * ROWS, dtype=h5py.string_dtype())
        f["fixed"] = np.array([b"ab"] * ROWS)
        f.create_dataset("lists", (ROWS,), h5py.vlen_dtype("i4"))
        f["opaque"] = np.zeros(ROWS, "V4")
        f.create_dataset("references", (ROWS,), h5py.ref_dtype)
        f["arrays"] = np.zeros(ROWS, np.dtype(("f4", (6,))).base).reshape(-1)
        t = h5t.array_create(h5t.IEEE_F32LE, (6,))
        h5d.create(f.id, b"array", t, h5s.create_simple((ROWS,)))
        f["short"] = X[:50]
        f["group/x"] = X
        f["circle"], f["circle2"] = h5py.SoftLink("/circle2"), h5py.SoftLink("/circle")
        f["nowhere"] = h5py.SoftLink("/not/there")
        f["leaves"] = h5py.ExternalLink("/etc/passwd", "/x")
        f["climbs"] = h5py.ExternalLink("../elsewhere/elsewhere.h5", "/x")
        f["lost"] = h5py.ExternalLink("lost.h5", "/x")
        f["round"] = h5py.ExternalLink("other.h5", "/round")
        f["empty"] = h5py.Empty("f4")
        f["no_rows"] = np.zeros((0, 6))
        f["names"] = X
        f["names"].attrs["column_names"] = list("abcdef")
    for name, words in {"lzf": "lzf (32000)|h5py|compression='gzip'", "strings": "holds texts|numpy.unique",
                        "fixed": "holds texts", "lists": "variable-length", "opaque": "opaque", "references": "reference",
                        "array": "array", "group": "is a group", "circle": "is a link to /circle2|circle",
                        "nowhere": "is a link to /not/there", "leaves": "/etc/passwd|outside this file's directory|--follow-links",
                        "climbs": "elsewhere.h5|outside this file's directory|--follow-links", "lost": "lost.h5|not there",
                        "round": "is a link to other.h5:/round|circle", "empty": "null dataspace", "no_rows": "is empty"}.items():
        refuse(name, f"other.h5|{words}", "other.h5", "--x", f"/{name}", "--y", "/y")
    for name, (number, options) in {"blosc": (32001, ()), "zstd": (32015, (3,)), "lz4": (32004, ()), "bitshuffle": (32008, ()), "bzip2": (307, (9,))}.items():
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_chunk((32, 6))
        plist.set_filter(number, h5z.FLAG_OPTIONAL, options)
        with h5py.File(f"{name}.h5", "w") as f:
            try:
                h5d.create(f.id, b"x", F4, h5s.create_simple((ROWS, FEATURES)), plist)
            except ValueError:
                continue
            f["y"] = Y
        refuse(name, f"{name}.h5|{name} ({number})|h5repack -f /x:GZIP=1", f"{name}.h5")
    with h5py.File("latest.h5", "w", libver="latest") as f:
        f.create_dataset("x", data=X, chunks=(32, 6), compression="gzip")
        f["y"] = Y
    refuse("latest", "newer than this libhdf5|libver=(", "latest.h5", "--x", "/x", "--y", "/y")
    with h5py.File("huge.h5", "w") as f:
        f.create_dataset("x", (ROWS, 1 << 40), "f4", chunks=(1, 1 << 20))
        f.create_dataset("long", (1 << 50, 6), "f4", chunks=(1 << 20, 6), compression="gzip")
        f.create_dataset("chunk", (1 << 16, 1 << 13), "f4", chunks=(1 << 16, 1 << 13))
        f["y"] = Y
    refuse("huge", "huge.h5|/x claims to hold|--trust-sizes", "huge.h5")
    refuse("huge-rows", "/long claims to hold|--trust-sizes", "huge.h5", "--x", "/long", "--y", "/y")
    refuse("huge-chunk", "the chunks of /chunk take|--trust-sizes", "huge.h5", "--x", "/chunk", "--y", "/y")
    with h5py.File("raw.h5", "w") as f:
        f.create_dataset("x", (ROWS, FEATURES), "f4", external=[("raw.bin", 0, h5py.h5f.UNLIMITED)])[...] = X
        f["y"] = Y
    refuse("external-raw", "raw.h5|external raw files|h5repack -l /x:CONTI", "raw.h5")
    os.makedirs("../elsewhere", exist_ok=True)
    with h5py.File("../elsewhere/elsewhere.h5", "w") as f:
        f["x"] = X
    for name, source, path, rows, words in (
            ("virtual-missing", "gone.h5", "x", ROWS, "gone.h5 is missing|fill values"),
            ("virtual-no-dataset", "features.h5", "gone", ROWS, "features.h5 has no dataset gone"),
            ("virtual-outside", "../elsewhere/elsewhere.h5", "x", ROWS, "outside this file's directory|--follow-links"),
            ("virtual-short", "features.h5", "values", ROWS + 4, "takes 600 values|which has 576"),
            ("virtual-circle", "virtual-circle.h5", "x", ROWS, "over itself"),
            ("virtual-filter", "other.h5", "lzf", ROWS, "other.h5: lzf is stored with the filter lzf (32000)")):
        layout = h5py.VirtualLayout((rows, FEATURES), "f4")
        layout[:] = h5py.VirtualSource(source, path, (rows, FEATURES))
        with h5py.File(f"{name}.h5", "w") as f:
            f.create_virtual_dataset("x", layout)
            f["y"] = np.resize(Y, rows)
        refuse(name, words if name == "virtual-filter" else f"{name}.h5|{words}", f"{name}.h5")
    layout = h5py.VirtualLayout((ROWS + 4, FEATURES), "f4")
    layout[:] = h5py.VirtualSource("features.h5", "values", (ROWS + 9, FEATURES))[5:]
    with h5py.File("virtual-beyond.h5", "w") as f:
        f.create_virtual_dataset("x", layout)
        f["y"] = np.resize(Y, ROWS + 4)
    refuse("virtual-beyond", "indices up to 104 of axis 0|has only 96", "virtual-beyond.h5")
    layout = h5py.VirtualLayout((ROWS, FEATURES), "f4")
    layout[:50] = h5py.VirtualSource("features.h5", "values", (ROWS, FEATURES))[:50]
    with h5py.File("virtual-gaps.h5", "w") as f:
        f.create_virtual_dataset("x", layout)
        f["y"] = Y
    refuse("virtual-gaps", "only 300 of its 576 values have a source", "virtual-gaps.h5")
    case("followed-virtual", "virtual-outside.h5", "--follow-links")
    case("followed-link", "other.h5", "--x", "/climbs", "--y", "/y", "--follow-links")
    table = ("other.h5", "--y", "/y", "--x")
    refuse("column-beyond", "no column '6'|0 to 5", *table, "/names[6]")
    refuse("column-range", "columns 3:9", *table, "/names[3:9]")
    refuse("column-empty", "columns 3:3", *table, "/names[3:3]")
    refuse("column-name", "no column 'aa'|did you mean 'a'", *table, "/names[aa]")
    refuse("column-unnamed", "no column 'weight'|column_names", *table, "/group/x[weight]")
    refuse("column-none", "no columns between the brackets", *table, "/names[]")
    refuse("side-by-side-rows", "/short has 50 rows, but /names has 96", *table, "/names,/short")
    refuse("rows-differ", "other.h5:/short has 50 rows, but targets.h5:/kind has 96", "other.h5", "--x", "/short", "--y", "targets.h5:/kind")
    refuse("turned", "--samples-axis last", "last-f4-contiguous.h5")
    refuse("axis", "expected first, last or a number from 0 to 7", "last-f4-contiguous.h5", "--samples-axis", "left")
    refuse("pattern-nothing", "no file fits this pattern", "nothing-*.h5")
    refuse("file-twice", "part-00.h5: this file is named twice", "part-00.h5,part-0*.h5")
    refuse("file-empty-name", "name 2 of this list of files is empty", "part-00.h5,,part-01.h5")
    with h5py.File("odd-one.h5", "w") as f:
        f["x"], f["y"] = X[:, :5].astype("f4"), Y
    refuse("files-differ", "part-00.h5:/x is float32 (8, 6), but odd-one.h5:/x is float32 (96, 5)", "part-00.h5,odd-one.h5")
    refuse("files-lack", "features.h5|no dataset /x", "part-00.h5,features.h5")
    refuse("no-data-for-item", "there is no data file", "--x", "features.h5:/values,/x", "--y", "targets.h5:/kind")
    with h5py.File("crowd.h5", "w") as f:
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_layout(h5d.COMPACT)
        space = h5s.create_simple((1,))
        for i in range(50001):
            h5d.create(f.id, b"d%d" % i, h5t.STD_I8LE, space, plist)
    refuse("crowd", "more than 50000 datasets|--x and --y", "crowd.h5")


SHORT = ("be-i4-gzip", "le-f2-shuffle", "uint24-odd", "int10of32be-contiguous", "le-u1-scaleoffset", "virtual-le-f4",
         "user-block-512", "shape-2x3-gzip", "last-u1-gzip", "middle-chunked", "columns-names", "side-by-side",
         "files-mixed-pattern", "apart-both")


def main():
    short = "--short" in sys.argv
    os.makedirs(sys.argv[1], exist_ok=True)
    os.chdir(sys.argv[1])
    with h5py.File("reference.h5", "w") as f:
        f["x"], f["y"] = X.astype("<f4"), Y.astype("<i4")
    for make in (types_and_layouts, kinds_of_files, virtual, shapes, axes, columns, files, refusals):
        make()
    chosen = [c for c in cases if not short or c[0] in SHORT]
    assert not short or len(chosen) == len(SHORT)
    for name, lines in {"cases.txt": chosen, "refused.txt": refused}.items():
        with open(name, "w") as out:
            out.writelines("\t".join(line) + "\n" for line in lines)


main()

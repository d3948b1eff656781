#!/usr/bin/env python3
"""docs/keras.md has a row for each argument of this Keras, with its default, and none for another.

    check_arguments.py SOURCE
"""
import inspect
import os
import pathlib
import re
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras

# Heading of the page: what it is about. Arguments beyond the signature (of the base class) are told in Keras' documentation.
CALLABLES = {
    "Dense": (keras.layers.Dense.__init__, {"name", "dtype"}),
    "compile": (keras.Model.compile, set()),
    "fit": (keras.Model.fit, set()),
    **{
        name: (getattr(keras.callbacks, name).__init__, set())
        for name in (
            "EarlyStopping",
            "ReduceLROnPlateau",
            "ModelCheckpoint",
            "BackupAndRestore",
            "CSVLogger",
            "TensorBoard",
            "LearningRateScheduler",
            "TerminateOnNaN",
        )
    },
}
OPTIMIZERS = ("SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Adagrad", "Lamb")


def arguments_of(function):
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name != "self" and parameter.kind != parameter.VAR_KEYWORD:
            found[name] = parameter.default
    return found


def rows_of(page):
    """{heading: {argument: default as written, or None}}; the second table of a heading is "HEADING 2"."""
    found, heading, tables = {}, "", 0
    for line in page.splitlines():
        title = re.match(r"##+ (.*)", line)
        if title:
            heading, tables = title.group(1), 0
        if line.startswith("| Keras |"):
            tables += 1
        row = re.match(r"\| `(\w+)(?:=(.*?))?` \|", line)
        if row:
            found.setdefault(heading if tables == 1 else f"{heading} {tables}", {})[row.group(1)] = row.group(2)
    return found


def main():
    rows = rows_of((pathlib.Path(sys.argv[1]) / "docs/keras.md").read_text())
    faults = []
    for heading, (function, further) in CALLABLES.items():
        arguments, written = arguments_of(function), rows.get(heading, {})
        for name in set(arguments) ^ (set(written) - further):
            faults.append(f"{heading}: '{name}' is {'not in the table' if name in arguments else 'no argument'}")
        for name in set(arguments) & set(written):
            default, said = arguments[name], written[name]
            if (default is inspect.Parameter.empty) != (said is None):
                faults.append(f"{heading}: '{name}' has the default {default}, the table says {said}")
            elif said is not None and eval(said) != default:
                faults.append(f"{heading}: '{name}' is {default!r}, the table says {said}")
    arguments = set().union(*(arguments_of(getattr(keras.optimizers, name).__init__) for name in OPTIMIZERS))
    for name in arguments ^ set(rows.get("compile 2", {})):
        faults.append(f"optimizers: '{name}' is {'not in the table' if name in arguments else 'no argument'}")
    print("\n".join(faults) or f"every argument of Keras {keras.__version__} has its row")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads models that Keras made (make_keras.py), predicts with them, trains them further and writes them back, and compares
each with what Keras does.

    python check_keras_in.py PROGRAM KERAS_PYTHON[,KERAS_PYTHON ...] [--cases NAME,NAME ...] [--made FOLDER]

A Python for each generation: with tf.keras 2.15, and with Keras 3 and a backend; this one needs numpy and h5py. Of each
model's files (.keras as it is and deflated, .h5, .weights.h5 with its configuration): predictions within 1e-6 of the
largest; ten further steps without shuffling within 1e-5 of the largest variable, and their loss within 1e-5 (relatively);
its optimizer's arrays
within 1e-4 of each's largest; exported, and the run's model, opened by Keras again: the same predictions. Prints a line for each model, and the largest
differences; exit status 1 when one is beyond its limit.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
PREDICTION, VARIABLES, LOSS, SLOTS = 1e-6, 1e-5, 1e-5, 1e-4
FILES = ("model.keras", "deflated.keras", "model.h5", "model.weights.h5")


class Refused(Exception):
    pass


def environment():
    more = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "jax"}
    return {**os.environ, **more, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def call(self, *words):
        done = subprocess.run([self.path, *map(str, words)], capture_output=True, text=True, env=environment())
        if done.returncode != 0:
            raise Refused(f"lockstep {words[0]}: code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")

    def predict(self, model, data, more):
        out = self.folder / "prediction.h5"
        self.call("predict", model, data, "--output", out, "--overwrite", *more)
        with h5py.File(out) as file:
            return file["prediction"][()].astype(np.float64)

    def train(self, model, data, batch, more):
        run = self.folder / "run"
        self.call("train", data, "--init", model, "--init-optimizer", "--shuffle", "off", "--shards", 1, "--epochs", 1, "--batch-size", batch,
                  "--output", run, "--overwrite", *more)
        with open(run / "log.csv") as log:
            row = list(csv.DictReader(log))[-1]
        return run, float(row["loss"])


def model_of(folder, name):
    """The file and the options that say the rest."""
    return folder / name, (["--model", folder / "model.json"] if name.endswith(".weights.h5") else [])


def is_map(name):
    """Of a Normalization, which Lockstep also makes of a Rescaling."""
    return name.split("/")[-1].split(":")[0] in ("mean", "variance", "count")


def variables_of(path):
    """Arrays of a run's model as Keras' layers list them, without maps."""
    with h5py.File(path) as file:
        group, arrays = file["model_weights"], []
        for layer in group.attrs["layer_names"]:
            layer = layer.decode() if isinstance(layer, bytes) else layer
            for name in group[layer].attrs["weight_names"] if "weight_names" in group[layer].attrs else []:
                name = name.decode() if isinstance(name, bytes) else name
                if not is_map(name):
                    arrays.append(group[layer][name][()])
        return arrays


def slots_of(path):
    """Arrays of its optimizer, as Keras 3 lists them."""
    with h5py.File(path) as file:
        group = file["optimizer/vars"]
        arrays = [group[str(i)][()] for i in range(len(group))]
    return [a for a in arrays if a.ndim > 0]


def difference(found, expected):
    """Largest, in units of the largest expected."""
    if found.shape != expected.shape:
        return np.inf
    worst = np.abs(found - expected).max() / (np.abs(expected).max() + 1e-300)
    return worst if np.isfinite(worst) else np.inf


def largest_difference(arrays, expected, each=False):
    """Of arrays in the same order, in units of the largest number of all, or of each."""
    if [a.shape for a in arrays] != [e.shape for e in expected]:
        return np.inf
    scale = max((np.abs(e).max() for e in expected), default=1)
    scales = [np.abs(e).max() + 1e-12 if each else scale for e in expected]
    return max((np.abs(a.astype(np.float64) - e).max() / s for a, e, s in zip(arrays, expected, scales)), default=0)


class Table:
    def __init__(self):
        self.failures, self.worst, self.count = 0, {}, {}

    def add(self, model, file, what, value, limit, text=""):
        passed = value <= limit
        self.failures += not passed
        self.worst[what] = max(self.worst.get(what, 0), value)
        self.count[what] = self.count.get(what, 0) + 1
        if not passed:
            print(f"FAIL {model} {file}: {what} {value:.2e}, allowed {limit:.0e} {text}", flush=True)
        return value


def look(program, folder, table, exported):
    facts = json.loads((folder / "facts.json").read_text())
    with np.load(folder / "expected.npz") as expected:
        expected = dict(expected)
    prediction = expected["prediction"].astype(np.float64)
    variables = [expected[f"v{i}"] for i, name in enumerate(facts["variables"]) if not is_map(name)]
    slots = [expected[f"s{i}"] for i in range(facts["slots"])]
    row = []
    for name in FILES:
        model, more = model_of(folder, name)
        try:
            found = program.predict(model, folder / "data.h5", more)
            row.append(table.add(folder.name, name, "prediction", difference(found, prediction), PREDICTION))
        except Refused as refused:
            row.append(table.add(folder.name, name, "prediction", np.inf, PREDICTION, str(refused)))
    for name in facts["trained_from"]:
        model, more = model_of(folder, name)
        try:
            run, loss = program.train(model, folder / "data.h5", facts["batch"], more)
            after = program.predict(run, folder / "data.h5", [])
        except Refused as refused:
            told = facts["refused"] and facts["refused"] in str(refused)
            row.append(table.add(folder.name, name, "refused", 0, 0) if told else
                       table.add(folder.name, name, "variables", np.inf, VARIABLES, str(refused)))
            continue
        if facts["refused"]:
            table.add(folder.name, name, "refused", np.inf, 0)
        file, expected_loss = run / "model.weights.h5", float(expected["loss"])
        row.append(table.add(folder.name, name, "variables", largest_difference(variables_of(file), variables), VARIABLES))
        row.append(table.add(folder.name, name, "loss", abs(loss - expected_loss) / max(1, abs(expected_loss)), LOSS))
        if slots:
            row.append(table.add(folder.name, name, "slots", largest_difference(slots_of(file), slots, True), SLOTS))
        kept = exported / f"{folder.name}-run-{name.replace('.', '-')}.weights.h5"
        shutil.copy(file, kept)
        np.save(kept.with_suffix(".npy"), after)
    for name in ("model.keras", "model.h5"):
        out = exported / f"{folder.name}-{name.replace('.', '-')}.keras"
        try:
            program.call("export", folder / name, out, "--overwrite")
        except Refused as refused:
            table.add(folder.name, name, "written back", np.inf, PREDICTION, str(refused))
            continue
        np.save(out.with_suffix(".npy"), prediction)
    print(f"{folder.name:28} " + " ".join(f"{value:8.1e}" for value in row), flush=True)


# What a Keras predicts with files that Lockstep wrote, in units of the largest that is expected.
READ_BACK = """
import json, os, re, sys, warnings
warnings.simplefilter("ignore")
import keras, h5py, numpy as np
out = {}
for path in sys.argv[2:]:
    folder = os.path.join(sys.argv[1], re.sub("-(run-)?model-.*", "", os.path.basename(path)))
    with h5py.File(os.path.join(folder, "data.h5")) as file:
        x = file["x"][()]
    expected = np.load(os.path.splitext(path)[0] + ".npy")
    try:
        found = keras.models.load_model(path, compile=False).predict(x, verbose=0)
        out[path] = float(np.abs(found - expected).max() / (np.abs(expected).max() + 1e-300))
    except Exception as error:
        out[path] = f"{type(error).__name__}: {str(error)[:200]}"
print(json.dumps(out))
"""


def read_back(python, made, files, table):
    if not files:
        return
    words = [python, "-c", READ_BACK, str(made), *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        sys.exit(f"{python}: {done.stderr}")
    for path, value in json.loads(done.stdout.strip().splitlines()[-1]).items():
        wrong = isinstance(value, str)
        text = value if wrong else f"({python})"
        table.add(Path(path).stem, "", "written back", np.inf if wrong else value, PREDICTION, text)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("pythons", help="with commas, the newest Keras' last")
    parser.add_argument("--cases", default="", help="names of keras_cases.py, with commas")
    parser.add_argument("--made", help="a folder that make_keras.py has filled: nothing is made")
    options = parser.parse_args()
    pythons, table = options.pythons.split(","), Table()
    names = [name for name in options.cases.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="lockstep-keras-in-") as folder:
        folder = Path(folder)
        made = Path(options.made) if options.made else folder / "made"
        for python in [] if options.made else pythons:
            done = subprocess.run([python, HERE / "make_keras.py", made, *names], capture_output=True, text=True, env=environment())
            if done.returncode != 0:
                sys.exit(f"{python}: {done.stderr}")
        exported = folder / "exported"
        exported.mkdir()
        program = Program(options.program, folder)
        models = [m for m in sorted(made.iterdir()) if not names or m.name.split("-", 1)[1] in names]
        for model in models:
            look(program, model, table, exported)
        files = sorted(file for file in exported.iterdir() if file.suffix != ".npy")
        read_back(pythons[-1], made, files, table)
        if len(pythons) > 1:  # the older Keras takes HDF5 files of its own models; some names mean other things there
            own = [file for file in files if file.name.startswith("k2-") and file.name.endswith("-run-model-h5.weights.h5")]
            read_back(pythons[0], made, own, table)
    for what, worst in table.worst.items():
        print(f"{what}: largest difference {worst:.1e} in {table.count[what]} comparisons")
    print(f"{len(models)} models, {table.failures} failed")
    return 1 if table.failures or not models else 0


if __name__ == "__main__":
    sys.exit(main())

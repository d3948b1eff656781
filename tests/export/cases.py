"""What the checks of exported models have in common: networks of every layer kind and activation, trained by the program
for a step or two, and what it predicts with them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

ROWS, FEATURES = 200, 6
ACTIVATIONS = (
    "linear relu sigmoid tanh softmax leaky_relu elu selu gelu silu softplus softsign hard_sigmoid mish exponential"
).split()
NORMALIZED = ["--normalize", "standard", "--normalize-targets"]

# Name, layers, options, data.
CASES = (
    [(f"dense {a}", f"16 {a}, 2", NORMALIZED, "values") for a in ACTIVATIONS]
    + [(f"layer {a}", f"16, {a}, 2", NORMALIZED, "values") for a in ACTIVATIONS]
    + [
        (
            "settings",
            "16 leaky_relu(0.3), 16 relu(max_value=0.7), 16, leaky_relu(0), 16 elu(0.5), 16, relu(threshold=0.1), 16 elu(0), 2",
            NORMALIZED,
            "values",
        ),
        (
            "settings of relu",
            "16 relu(max_value=0.5 negative_slope=0.1), 16, relu(max_value=0.8 threshold=0.2), "
            "16, relu(negative_slope=0.1 threshold=0.2), 16 relu(0.8, 0.1, 0.2), 2",
            NORMALIZED,
            "values",
        ),
        ("bare", "2", [], "values"),
        ("one", "1", NORMALIZED, "value"),
        ("no bias", "8 relu use_bias=off, 2 use_bias=off", NORMALIZED, "values"),
        ("random while training", "16 relu, dropout 0.3, gaussian_noise 0.2, 2", [], "values"),
        ("layer normalization", "16, layer_normalization, relu, 2", NORMALIZED, "values"),
        (
            "layer normalizations",
            "16, layer_normalization center=off, 16, layer_normalization scale=off, 16, "
            "layer_normalization center=off scale=off epsilon=0.01, tanh, 2",
            [],
            "values",
        ),
        ("batch normalization", "batch_normalization, 16, batch_normalization momentum=0.5, relu, 2", [], "values"),
        (
            "batch normalizations",
            "16, batch_normalization center=off, 16, batch_normalization scale=off, 16, "
            "batch_normalization center=off scale=off epsilon=0.1 momentum=0.8, tanh, 2",
            NORMALIZED,
            "values",
        ),
        ("residual", "16 relu, residual(16 relu, 16), relu, residual(layer_normalization, 16 tanh), 2", NORMALIZED, "values"),
        ("residual of features", f"residual(16 relu, {FEATURES}), relu, 2", NORMALIZED, "values"),
        ("wide", "700 relu, 700 relu, 2", NORMALIZED, "values"),
        ("classes", "16 relu, 4 softmax", ["--normalize", "minmax"], "labels"),
        ("labels of their own", "16 relu, 3 softmax", ["--normalize", "standard"], "gaps"),
        ("logits", "16 relu, 4", ["--normalize", "standard", "--loss", "sparse_categorical_crossentropy from_logits=true"], "labels"),
        ("yes or no", "8 tanh, 1 sigmoid", ["--normalize", "standard"], "answers"),
        ("regularized", "8 relu kernel_regularizer=l2(0.01) kernel_constraint=max_norm(3) "
         "kernel_initializer=he_normal, 2", [], "values"),
        ("units", "8 tanh, 2", NORMALIZED, "units"),
        ("missing", "8 tanh, 2", NORMALIZED + ["--missing", "mean"], "missing"),
        ("dates", "8 tanh, 2", NORMALIZED, "dates"),
        ("missing dates", "8 tanh, 2", NORMALIZED + ["--missing", "mean"], "missing dates"),
    ]
)


def make_data(kind, path):
    random = np.random.default_rng(11)
    x = random.normal(size=(ROWS, FEATURES)) * [1, 10, 0.1, 1, 3, 1] + [0, 100, 0, -5, 0, 1]
    y = np.stack([x[:, 0] + x[:, 1] * 0.1 * x[:, 3], 1000 + 50 * x[:, 4]], 1)
    if kind in ("labels", "gaps"):
        y = np.argmax(random.normal(size=(ROWS, 4 if kind == "labels" else 3)), 1).astype(np.int32)
        y = np.array([3, 7, 90], np.int32)[y] if kind == "gaps" else y
    elif kind == "answers":
        y = (x[:, 0] > 0).astype(np.int32)
    elif kind == "value":
        y = y[:, 1:]
    elif kind == "units":
        x, y = x * [1e-9, 1, 1e20, 1, 1, 1e-30], y * [1e-12, 1e17]
    if "dates" in kind:
        x = x + [0, 1.7e9, 0, 0, 2459000.5, 0]
    if "missing" in kind:
        x[random.random(x.shape) < 0.1] = np.nan
    if "dates" not in kind:
        x = x.astype(np.float32)
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = x, y if y.dtype == np.int32 else y.astype(np.float32)
        file["x"].attrs["column_names"] = [f"feature {j}" for j in range(FEATURES)]
    return x


class Case:
    """A network of CASES that the program has trained: rows `x`, and `prediction` of them."""

    def __init__(self, program, folder, name, layers, options, kind):
        self.program, self.folder, self.name, self.kind = program, folder, name, kind
        self.run_folder = folder / name.replace(" ", "-")
        data = folder / f"{kind}.h5"
        self.x = make_data(kind, data)
        few = ["--epochs", "2", "--batch-size", "50", "--seed", "5", "--learning-rate", "0.01"]
        self.call("train", data, "--layers", layers, *options, *few, "--output", self.run_folder)
        predicted = folder / "prediction.h5"
        self.call("predict", self.run_folder, data, "--output", predicted, "--overwrite")
        with h5py.File(predicted) as file:
            self.prediction = file["prediction"][()].astype(np.float64)

    def call(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{self.name}: lockstep {' '.join(map(str, words))}: code {done.returncode}\n{done.stderr}")
        return done.stderr

    def refused(self, suffix, *options):
        """The line that says why it cannot be exported."""
        target = self.run_folder / ("model" + suffix)
        words = [self.program, "export", str(self.run_folder), str(target), *options]
        done = subprocess.run(words, capture_output=True, text=True)
        left = [path.name for path in self.run_folder.iterdir() if "model." in path.name and "weights" not in path.name]
        return done.stderr.strip().splitlines()[-1] if done.returncode == 2 and not left else None

    def export(self, suffix, *options):
        target = self.run_folder / ("model" + suffix)
        self.call("export", self.run_folder, target, "--overwrite", *options)
        return target


failures = 0


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}", flush=True)


worst_of_all = 0.0


def check_close(name, found, case, tolerance=1e-6):
    """Largest difference, in units of the largest value expected of each output."""
    global worst_of_all
    found, expected = np.asarray(found, np.float64), case.prediction
    if found.shape != expected.shape:
        return check(False, f"{name}: shape {found.shape}, expected {expected.shape}")
    worst = (np.abs(found - expected).max(0) / (np.abs(expected).max(0) + 1e-300)).max()
    worst_of_all = max(worst, worst_of_all) if np.isfinite(worst) else np.inf
    check(worst <= tolerance, f"{name}: differs by {worst:.1e} of the largest, allowed {tolerance:.0e}")


def through(look):
    """All cases, or those named on the line, through look(case). For main of the checks: PROGRAM [NAME ...]."""
    if len(sys.argv) < 2:
        sys.exit("PROGRAM [NAME ...]")
    wanted = sys.argv[2:]
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if not wanted or case[0] in wanted:
                look(Case(sys.argv[1], Path(folder), *case))
    print(f"{failures} failed; largest difference {worst_of_all:.1e}")
    return 1 if failures else 0


def facts_are_right(facts, case):
    """The metadata that ONNX and safetensors have in common."""
    names = json.loads(facts.get("feature_names", "null"))
    return (
        names == [f"feature {j}" for j in range(FEATURES)]
        and "loss" in facts
        and "layers" in facts
        and facts["lockstep_version"][:1].isdigit()
        and json.loads(facts.get("class_labels", "null")) == ([3, 7, 90] if case.kind == "gaps" else None)
    )

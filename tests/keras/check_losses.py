"""Trains with every loss, opens the models with Keras, evaluates and goes on in both.

    python check_losses.py PROGRAM

A run of one step over all rows is opened as Keras users would. The loss is that of the configuration, so that
model.evaluate gives what Lockstep's evaluate gives; model.predict gives the same outputs, which are logits where the loss
takes them. Then Keras takes ten steps and Lockstep resumes for ten: the weights move alike. Losses that Keras lacks come
without being compiled, and are written out here. Prints one line a check; exit status 1 when one failed.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras calls every .h5 file legacy
failures = 0
ROWS = 64
STEPS = 10
ops = keras.ops


def pinball(*tau):
    return lambda y, p: ops.mean(ops.maximum(ops.array(tau) * (y - p), (ops.array(tau) - 1) * (y - p)), axis=-1)


def smooth_sparse(y, p):
    classes = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), p.shape[-1])
    return keras.losses.categorical_crossentropy(classes, p, label_smoothing=0.1)


# --loss, the last layer, targets, and what Keras has not.
RUNS = [
    ("mean_absolute_error", "2", "values", None),
    ("huber", "2", "values", None),
    ("huber delta=0.25", "1", "values", None),
    ("log_cosh", "2", "values", None),
    ("mean_absolute_percentage_error", "1", "amounts", None),
    ("mean_squared_logarithmic_error", "2 relu", "amounts", None),
    ("poisson", "2 exponential", "amounts", None),
    ("kl_divergence", "4 softmax", "distributions", None),
    ("hinge", "1", "answers", None),
    ("squared_hinge", "2 tanh", "answers", None),
    ("squared_hinge", "1", "sides", None),
    ("binary_crossentropy label_smoothing=0.1", "2 sigmoid", "answers", None),
    ("binary_crossentropy from_logits=true", "1", "answers", None),
    ("categorical_crossentropy label_smoothing=0.1", "4 softmax", "distributions", None),
    ("categorical_crossentropy from_logits=true label_smoothing=0.2", "4", "distributions", None),
    ("sparse_categorical_crossentropy from_logits=true", "4", "labels", None),
    ("binary_focal_crossentropy", "1 sigmoid", "answers", None),
    ("binary_focal_crossentropy apply_class_balancing=true alpha=0.6 gamma=1.5", "2 sigmoid", "answers", None),
    ("binary_focal_crossentropy from_logits=true gamma=3 label_smoothing=0.1", "1", "answers", None),
    ("quantile tau=0.9", "2", "values", pinball(0.9)),
    ("quantile tau=[0.1,0.5,0.9]", "3", "value", pinball(0.1, 0.5, 0.9)),
    ("sparse_categorical_crossentropy label_smoothing=0.1", "4 softmax", "labels", smooth_sparse),
]


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}")


def make_data(path, kind, outputs):
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (ROWS, 5)).astype(np.float32)
    y = random.normal(0, 1, (ROWS, 1 if kind == "value" else outputs))
    if kind == "amounts":
        y = np.abs(y) + 0.1
    elif kind == "distributions":
        y = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    elif kind in ("answers", "sides"):
        y = y > 0.3
        y = 2 * y - 1 if kind == "sides" else y
    elif kind == "labels":
        y = random.integers(0, outputs, (ROWS, 1))
    y = y.astype(np.int32 if kind == "labels" else np.float32)
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = x, y
    return x, y


def train(program, data, run, last, loss, epochs, *more):
    command = [program, "train", data, "--layers", f"8 tanh, {last}", "--loss", loss, "--metrics", "none"]
    command += ["--batch-size", str(ROWS), "--epochs", str(epochs), "--output", run, *more]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def evaluate(program, run, data):
    command = [program, "evaluate", run, data]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return float(next(line for line in lines if line.startswith("loss")).split()[1])


def open_with_keras(path, missing):
    model = keras.models.load_model(path)
    compiled = model.compiled
    if missing and not compiled:
        model.compile(optimizer=keras.optimizers.Adam(), loss=missing)
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    return model, compiled


def main():
    (program,) = sys.argv[1:]
    work = Path(tempfile.mkdtemp())
    data, run, path = str(work / "data.h5"), str(work / "run"), work / "run" / "model.weights.h5"
    try:
        for loss, last, kind, missing in RUNS:
            shutil.rmtree(run, ignore_errors=True)
            x, y = make_data(data, kind, int(last.split()[0]))
            train(program, data, run, last, loss, 1)
            model, compiled = open_with_keras(path, missing)
            check(compiled == (missing is None), f"{loss}: comes {'' if compiled else 'not '}compiled")
            with h5py.File(path) as file:
                config = json.loads(file.attrs["training_config"])["loss"] if compiled else None
            if " " in loss and compiled:
                check(isinstance(config, dict), f"{loss}: settings are in {config}")
            ours, theirs = evaluate(program, run, data), model.evaluate(x, y, batch_size=ROWS, verbose=0)
            check(abs(ours - theirs) <= 2e-6 * max(abs(ours), 1), f"{loss}: evaluate {ours:.7g}, Keras {theirs:.7g}")
            subprocess.run([program, "predict", run, data, "--output", str(work / "p.h5"), "--overwrite"], check=True,
                           stderr=subprocess.DEVNULL)
            with h5py.File(work / "p.h5") as file:
                p = file["prediction"][:]
            apart = np.abs(p - model.predict(x, verbose=0)).max() / np.abs(p).max()
            check(apart <= 2e-6, f"{loss}: predictions {apart:.1e} apart")
            before = [variable.numpy() for variable in model.trainable_variables]
            for _ in range(STEPS):
                model.train_on_batch(x, y)
            after = [variable.numpy() for variable in model.trainable_variables]
            train(program, data, run, last, loss, 1 + STEPS, "--resume")
            gone_on = [variable.numpy() for variable in open_with_keras(path, missing)[0].trainable_variables]
            moved = max(np.abs(a - b).max() for a, b in zip(gone_on, before))
            apart = max(np.abs(a - b).max() for a, b in zip(gone_on, after))
            check(apart <= 1e-4 * moved and moved > 1e-4, f"{loss}: weights moved {moved:.1e}, {apart:.1e} apart")
    finally:
        shutil.rmtree(work)
    sys.exit(failures > 0)


main()

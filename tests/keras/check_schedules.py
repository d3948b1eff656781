"""Trains with every schedule, opens the models with Keras, and compares Keras' next rates with those of the run.

    python check_schedules.py PROGRAM DATA.h5

A run of two epochs is opened as Keras users would (load_model, optimizer.build, load_weights), and gone on with for two
more by Lockstep, whose log has the rate of every step. Prints one line a check; exit status 1 when one failed.
"""

import csv
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras calls every .h5 file legacy
failures = 0

# Optimizer, schedule, and Keras' class of the schedule.
RUNS = [
    ("adam", "cosine_decay decay_epochs=2 warmup_epochs=1.5 warmup_target=0.02", "CosineDecay"),
    ("sgd", "cosine_decay initial_learning_rate=1 decay_steps=14 alpha=0.1", "CosineDecay"),
    ("sgd momentum=0.9", "cosine_decay_restarts first_decay_epochs=1 t_mul=1.5 m_mul=0.5", "CosineDecayRestarts"),
    ("rmsprop", "exponential_decay decay_epochs=1 decay_rate=0.5 staircase=true", "ExponentialDecay"),
    ("nadam", "piecewise_constant_decay boundaries=3,9 values=1,0.5,0.25", "PiecewiseConstantDecay"),
    ("adamw", "polynomial_decay decay_steps=5 cycle=true power=2", "PolynomialDecay"),
    ("adagrad", "inverse_time_decay decay_steps=3 decay_rate=0.5", "InverseTimeDecay"),
]


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}")


def train(program, data, run, optimizer, schedule, epochs, *more):
    command = [program, "train", data, "--layers", "8 relu, 1", "--optimizer", optimizer, "--schedule", schedule]
    command += ["--epochs", str(epochs), "--log-every", "1", "--output", run, *more]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def open_with_keras(path):
    """Weights are spoilt in between, so that nothing is right by chance."""
    model = keras.models.load_model(path)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.5, np.float32))
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    return model


def check_state(model, path, what):
    with h5py.File(path) as file:
        stored = {int(name): dataset[()] for name, dataset in file["optimizer/vars"].items()}
        kernel = file["layers/dense/vars/0"][()]
    variables = [variable.numpy() for variable in model.optimizer.variables]
    same = sorted(stored) == list(range(len(variables)))
    same = same and all(np.array_equal(stored[i], v) and stored[i].shape == v.shape for i, v in enumerate(variables))
    check(same, f"{what}: {len(variables)} optimizer variables, {len(stored)} in the file, equal")
    check(np.array_equal(kernel, model.layers[0].kernel.numpy()), f"{what}: weights")


def check_rates(model, log, what):
    """Of every step, those behind the opened model's too."""
    with open(log, encoding="ascii") as file:
        rows = [(int(row["step"]), float(row["learning_rate"])) for row in csv.DictReader(file)]
    schedule = model.optimizer._learning_rate
    expected = np.array([float(schedule(step - 1)) for step, _ in rows])
    found = np.array([rate for _, rate in rows])
    worst = np.abs(found - expected).max() / expected.max()
    check(worst <= 1e-6, f"{what}: {len(rows)} rates differ by at most {worst:.1e} of the largest")
    iteration = int(model.optimizer.iterations.numpy())
    following = dict(rows).get(iteration + 1)
    rate = float(model.optimizer.learning_rate)
    check(
        following is not None and abs(rate - following) <= 1e-6 * expected.max(),
        f"{what}: behind step {iteration} Keras' rate is {rate:.6g}, ours {following}",
    )


def check_step(model, data, what):
    with h5py.File(data) as file:
        x, y = file["x"][:], file["y"][:]
    iteration = int(model.optimizer.iterations.numpy())
    model.fit(x, y, batch_size=len(x), epochs=1, verbose=0)
    check(int(model.optimizer.iterations.numpy()) == iteration + 1, f"{what}: goes on in Keras")


def check_run(program, data, work, run):
    optimizer, schedule, class_name = run
    what = f"{optimizer}, {schedule}"
    directory, opened = os.path.join(work, "run"), os.path.join(work, "opened.weights.h5")
    shutil.rmtree(directory, ignore_errors=True)
    train(program, data, directory, optimizer, schedule, 2)
    shutil.copy(Path(directory, "model.weights.h5"), opened)
    train(program, data, directory, optimizer, schedule, 4, "--resume")
    model = open_with_keras(opened)
    found = type(model.optimizer._learning_rate).__name__
    check(found == class_name, f"{what}: {found}, expected {class_name}")
    check_state(model, opened, what)
    check_rates(model, Path(directory, "log.csv"), what)
    check_step(model, data, what)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    warnings.simplefilter("error", UserWarning)  # how Keras says that it skipped something
    with tempfile.TemporaryDirectory() as work:
        for run in RUNS:
            check_run(sys.argv[1], sys.argv[2], work, run)
    print(f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

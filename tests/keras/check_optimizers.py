"""Trains with every optimizer, opens the models with Keras, and goes on in both.

    python check_optimizers.py PROGRAM DATA.h5

A run of three epochs, a step of all rows each, is opened as Keras users would (load_model, optimizer.build,
load_weights): weights, slots and iteration are the file's. Then Keras fits two more epochs and Lockstep resumes for two
more: the weights move alike. Prints one line a check; exit status 1 when one failed.
"""

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

LAYERS = "8 tanh kernel_regularizer=l2(0.001), 1"
BRANCHES = "8 tanh, residual(layer_normalization, relu, 8, layer_normalization center=off), gelu, 1"
NORMALIZED = "8, batch_normalization momentum=0.8, tanh, batch_normalization scale=off, 1"
# Words of --optimizer, more options, what Keras' configuration must say, and layers if not LAYERS.
RUNS = [
    ("sgd", [], {"learning_rate": 0.01}),
    ("sgd momentum=0.9 nesterov=true weight_decay=0.1", [], {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("rmsprop", [], {"learning_rate": 0.001, "rho": 0.9}),
    ("rmsprop momentum=0.5 centered=true rho=0.8", [], {"centered": True, "momentum": 0.5, "rho": 0.8}),
    ("adam", [], {"epsilon": 1e-7}),
    ("adam amsgrad=true clipvalue=0.01", [], {"amsgrad": True, "clipvalue": 0.01}),
    ("adam gradient_accumulation_steps=2", [], {"gradient_accumulation_steps": 2}),
    ("adam clipnorm=0.05", ["--ema", "momentum=0.9"], {"clipnorm": 0.05, "use_ema": True, "ema_momentum": 0.9}),
    ("adamw", [], {"weight_decay": 0.004}),
    ("adagrad initial_accumulator_value=0.2", [], {"initial_accumulator_value": 0.2}),
    ("nadam global_clipnorm=0.1", [], {"global_clipnorm": 0.1}),
    ("lamb", [], {"beta_2": 0.999}),
    ("adamw", [], {"weight_decay": 0.004}, BRANCHES),
    ("nadam clipnorm=0.05", ["--ema", "momentum=0.9"], {"clipnorm": 0.05, "use_ema": True}, BRANCHES),
    ("adam", [], {"epsilon": 1e-7}, NORMALIZED),
    ("sgd momentum=0.9 gradient_accumulation_steps=2", ["--ema", "momentum=0.9"], {"momentum": 0.9}, NORMALIZED),
]


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}")


def train(program, data, layers, rows, run, optimizer, epochs, *more):
    command = [program, "train", data, "--layers", layers, "--optimizer", optimizer]
    command += ["--batch-size", str(rows), "--epochs", str(epochs), "--output", run, *more]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def learnt(model):
    """What training changes: the trainable variables, and the moving statistics of batches."""
    return model.trainable_variables + [v for v in model.non_trainable_variables if v.name.startswith("moving_")]


def open_with_keras(path):
    """Weights are spoilt in between, so that nothing is right by chance. Keras' load_model does not know its own Lamb, so
    that such a model comes without it."""
    model = keras.models.load_model(path)
    if not model.compiled:
        model.compile(optimizer=keras.optimizers.Lamb(), loss="mean_squared_error")
    for variable in learnt(model):
        variable.assign(np.full(variable.shape, 0.5, np.float32))
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    return model


def check_state(model, path, what, config):
    with h5py.File(path) as file:
        stored = {int(name): dataset[()] for name, dataset in file["optimizer/vars"].items()}
    variables = [variable.numpy() for variable in model.optimizer.variables]
    same = sorted(stored) == list(range(len(variables)))
    same = same and all(np.array_equal(stored[i], v) and stored[i].shape == v.shape for i, v in enumerate(variables))
    check(same, f"{what}: {len(variables)} optimizer variables, {len(stored)} in the file, equal")
    check(int(model.optimizer._iterations.numpy()) == 3, f"{what}: iteration 3")
    found = model.optimizer.get_config()
    check(all(np.isclose(found[key], value) for key, value in config.items()), f"{what}: configuration has {config}")


def main():
    program, data = sys.argv[1:]
    with h5py.File(data) as file:
        group = file["train"] if "train" in file else file
        x, y = group["x"][:].astype(np.float32), group["y"][:].astype(np.float32)
    work = Path(tempfile.mkdtemp())
    try:
        for optimizer, more, config, *other in RUNS:
            layers = other[0] if other else LAYERS
            run, path = str(work / "run"), work / "run" / "model.weights.h5"
            shutil.rmtree(run, ignore_errors=True)
            what = " ".join([optimizer, *more]) + (" normalised" if other else "")
            train(program, data, layers, len(x), run, optimizer, 3, *more)
            model = open_with_keras(path)
            before = [variable.numpy() for variable in learnt(model)]
            check_state(model, path, what, config)
            for _ in range(2):  # one step a time: fit's end would put the running averages in place of the weights
                model.train_on_batch(x, y.reshape(len(x), -1))
            after = [variable.numpy() for variable in learnt(model)]
            train(program, data, layers, len(x), run, optimizer, 5, *more, "--resume")
            ours = [variable.numpy() for variable in learnt(open_with_keras(path))]
            moved = max(np.abs(a - b).max() for a, b in zip(ours, before))
            apart = max(np.abs(a - b).max() for a, b in zip(ours, after))
            check(apart <= 1e-3 * moved and moved > 1e-6, f"{what}: gone on, weights moved {moved:.1e}, {apart:.1e} apart")
    finally:
        shutil.rmtree(work)
    sys.exit(failures > 0)


main()

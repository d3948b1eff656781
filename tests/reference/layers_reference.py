"""Records ten steps of Keras with layers that the numpy reference does not know.

    KERAS_BACKEND=jax python layers_reference.py [DIRECTORY]      writes NAME.h5 of each job (default: beside this file)

Keras computes in float64 from the contract's initial weights; a step takes all rows, so an epoch is a step. The files are
laid out as those of train_reference.py, and test_reference.c trains the same jobs.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["JAX_ENABLE_X64"] = "1"

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.layers import Activation, Add, Dense, LayerNormalization  # noqa: E402

from network import glorot_uniform, philox  # noqa: E402

ROWS, FEATURES, STEPS, RATE = 96, 7, 10, 0.01
OPTIONS = {
    "seed": "0",
    "shuffle": "off",
    "shards": "1",
    "normalize": "none",
    "batch-size": str(ROWS),
    "optimizer": "adam",
    "epochs": str(STEPS),
    "learning-rate": str(RATE),
}


def normalized_before(x):
    for layer in (Dense(16), LayerNormalization(), Activation("tanh"), Dense(3, "softmax")):
        x = layer(x)
    return x


def normalized_after(x):
    for layer in (Dense(16, "tanh"), LayerNormalization(epsilon=0.01), Dense(14, "relu"), LayerNormalization(center=False),
                  Dense(3, "softmax")):
        x = layer(x)
    return x


def residual(x, *layers):
    branch = x
    for layer in layers:
        branch = layer(branch)
    return Add()([x, branch])


def branches(x):
    x = residual(x, LayerNormalization(scale=False), Dense(9), Activation("gelu"), Dense(7))
    x = Dense(8)(Activation("sigmoid")(x))
    x = Activation("softsign")(residual(x, Dense(12, "tanh"), Dense(8)))
    x = residual(x, LayerNormalization(), Activation("silu"), Dense(8))
    return Dense(2)(x)


# The program's words, the same for Keras, the loss, and the places in the layer list of what Dense makes.
JOBS = {
    "normalized_before": (
        "16, layer_normalization, tanh, 3 softmax",
        normalized_before,
        "sparse_categorical_crossentropy",
        [0, 3],
    ),
    "normalized_after": (
        "16 tanh, layer_normalization epsilon=0.01, 14 relu, layer_normalization center=off, 3 softmax",
        normalized_after,
        "sparse_categorical_crossentropy",
        [0, 2, 4],
    ),
    "branches": (
        "residual(layer_normalization scale=off, 9, gelu, 7), sigmoid, 8, residual(12 tanh, 8), softsign, "
        "residual(layer_normalization, silu, 8), 2",
        branches,
        "mean_squared_error",
        [1, 3, 6, 7, 8, 13, 15],
    ),
}


def job_data(loss):
    value = philox.uniform(philox.words(3, philox.DATA, FEATURES + 2, range(ROWS)))
    x = value[:, :FEATURES]
    if loss.startswith("sparse"):
        return x, ((x[:, 0] + x[:, 1] > 1).astype(np.int32) + (x[:, 2] > 0.5)).astype(np.int32)
    return x, (value[:, FEATURES:] + x[:, :2]).astype(np.float32)


def record(directory, name):
    layers, build, loss, places = JOBS[name]
    keras.backend.clear_session()  # names from the beginning
    inputs = keras.Input((FEATURES,))
    model = keras.Model(inputs, build(inputs))
    for layer, place in zip((layer for layer in model.layers if isinstance(layer, Dense)), places, strict=True):
        layer.kernel.assign(glorot_uniform(0, place, *layer.kernel.shape))
    names = [variable.path.removeprefix("functional/") for variable in model.trainable_variables]
    initial = [variable.numpy() for variable in model.trainable_variables]
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss=loss)
    x, y = job_data(loss)
    losses, weights = [], []
    for _ in range(STEPS):
        losses.append(float(model.evaluate(x, y, batch_size=ROWS, verbose=0)))  # before the step, as training shows it
        model.train_on_batch(x.astype(np.float64), y)
        weights.append([variable.numpy() for variable in model.trainable_variables])
    with h5py.File(Path(directory) / f"{name}.h5", "w") as file:
        for key, value in (OPTIONS | {"layers": layers, "loss": loss}).items():
            file.attrs[key] = np.bytes_(value)
        values = {"data/x": x, "data/y": y, "loss": np.array(losses, "<f8")}
        for i, variable in enumerate(names):
            values[f"initial/{variable}"] = initial[i].astype("<f4")
            values[variable] = np.stack([step[i] for step in weights]).astype("<f4")
        for path, value in values.items():
            file.create_dataset(path, data=value, track_times=False)
    print(f"{name}: loss {losses[0]:.6f} to {losses[-1]:.6f}, {', '.join(names)}")


def main():
    keras.config.set_floatx("float64")
    for name in JOBS:
        record(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent, name)


if __name__ == "__main__":
    main()

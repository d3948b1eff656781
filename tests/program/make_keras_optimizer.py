"""Makes the files of keras_optimizer.sh, with the Keras that runs it, tf.keras 2.15 or Keras 3, into the folder keras_in:

    python make_keras_optimizer.py

A model that is compiled with a schedule, momentum, clipping and averages and has done three steps, and what Keras
predicts for the rows of data.h5 after six more (k2-compiled.h5, k3-compiled.keras, and k2-compiled.csv, k3-compiled.csv).
"""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent / "keras_in"
BATCH = 16


def epoch(model, x, y):
    """With train_on_batch: fit puts the averages in the weights' place at its end."""
    for first in range(0, len(x), BATCH):
        model.train_on_batch(x[first : first + BATCH], y[first : first + BATCH])


def main():
    newest = int(keras.__version__.split(".")[0]) >= 3
    keras.utils.set_random_seed(17)
    with h5py.File(HERE / "data.h5") as file:
        x, y = file["x"][()], file["y"][()]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(2)])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.7)
    optimizer = keras.optimizers.SGD(
        schedule, momentum=0.8, nesterov=True, global_clipnorm=0.5, weight_decay=0.01, use_ema=True, ema_momentum=0.9
    )
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=["mae"])
    epoch(model, x, y)
    model.save(HERE / ("k3-compiled.keras" if newest else "k2-compiled.h5"))
    epoch(model, x, y)
    epoch(model, x, y)
    np.savetxt(HERE / ("k3-compiled.csv" if newest else "k2-compiled.csv"), model.predict(x, verbose=0), fmt="%.9g")


main()

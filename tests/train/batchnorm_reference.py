#!/usr/bin/env python3
"""Records ten steps of Keras through batch normalisation, for test_batchnorm.c.

    KERAS_BACKEND=jax batchnorm_reference.py OUT.txt

Twenty rows in order, three batches an epoch as Lockstep cuts them (6, 7 and 7 rows), SGD. number(step, i) gives features (step 1),
targets (step 2) and the initial weights (step 99), i counting elements in Keras' order. Lines of the file:

    case LAYERS               of --layers
    weight V v v v ...        variable V after the ten steps: those that are trained, then the moving statistics
    prediction v v v ...      of all rows, by the moving statistics
"""
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np

ROWS, FEATURES, OUTPUTS, BATCHES, STEPS, RATE = 20, 3, 2, 3, 10, 0.05
L = keras.layers
CASES = {
    "5, batch_normalization, tanh, 2":
        lambda: [L.Dense(5), L.BatchNormalization(), L.Activation("tanh"), L.Dense(2)],
    "batch_normalization momentum=0.9, 6 sigmoid, batch_normalization momentum=0.5 epsilon=0.01 center=false, 2":
        lambda: [L.BatchNormalization(momentum=0.9), L.Dense(6, activation="sigmoid"),
                 L.BatchNormalization(momentum=0.5, epsilon=0.01, center=False), L.Dense(2)],
    "4 tanh, batch_normalization momentum=0 scale=false, tanh, batch_normalization center=false scale=false, 2":
        lambda: [L.Dense(4, activation="tanh"), L.BatchNormalization(momentum=0.0, scale=False), L.Activation("tanh"),
                 L.BatchNormalization(center=False, scale=False), L.Dense(2)],
}


def number(step, i):
    word = ((i * 7919 + step * 104729 + 12345) * 2654435761) % 2**32
    return ((word >> 16) / 32768.0 - 1.0) * 0.5


def numbers(step, first, shape):
    count = int(np.prod(shape))
    return np.array([number(step, first + k) for k in range(count)], np.float32).reshape(shape)


def line(what, array):
    return what + " " + " ".join(repr(float(np.float32(v))) for v in np.asarray(array).ravel()) + "\n"


def record(text, layers, out):
    x, y = numbers(1, 0, (ROWS, FEATURES)), numbers(2, 0, (ROWS, OUTPUTS))
    model = keras.Sequential([keras.Input((FEATURES,)), *layers()])
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mean_squared_error")
    at = 0
    for variable in model.trainable_variables:
        variable.assign(numbers(99, at, variable.shape))
        at += int(np.prod(variable.shape))
    cuts = [ROWS * k // BATCHES for k in range(BATCHES + 1)]
    for step in range(STEPS):
        rows = slice(cuts[step % BATCHES], cuts[step % BATCHES + 1])
        model.train_on_batch(x[rows], y[rows])
    out.write(f"case {text}\n")
    moving = [variable for variable in model.non_trainable_variables if "seed" not in variable.name]
    for k, variable in enumerate(list(model.trainable_variables) + moving):
        out.write(line(f"weight {k}", variable.numpy()))
    out.write(line("prediction", model.predict(x, verbose=0)))


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"# keras {keras.__version__} {keras.backend.backend()}, by batchnorm_reference.py\n")
        for text, layers in CASES.items():
            record(text, layers, out)


main()

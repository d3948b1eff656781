"""Records what Keras says of the losses of networks with regularizers, whose weights stay as they are.

    KERAS_BACKEND=jax python penalty_reference.py [FILE]      writes FILE (default: penalties.h5 beside this file)

All have the weights /variables/<i>, in Keras' order, and the rows /x, /y, /validation/x, /validation/y, in batches of 16:
the last of the 40 rows has 8. Each group /<case> is one network: attribute `layers` in the program's words, and `losses`
float64: loss and val_loss of an epoch at learning rate 0, and evaluate's loss of the validation rows. test_penalties.c
asks the library for the same.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.regularizers import L1, L1L2, L2  # noqa: E402

FEATURES, BATCH = 65, 16
CASES = {
    "l2": ("17 tanh kernel_regularizer=l2(0.02), 2", [{"kernel_regularizer": L2(0.02)}, {}]),
    "l1": ("17 tanh kernel_regularizer=l1(0.003), 2", [{"kernel_regularizer": L1(0.003)}, {}]),
    "l1_l2": (
        "17 tanh kernel_regularizer=l1_l2(l1=0.001 l2=0.05), 2",
        [{"kernel_regularizer": L1L2(l1=0.001, l2=0.05)}, {}],
    ),
    "bias": ("17 tanh bias_regularizer=l2(0.5), 2", [{"bias_regularizer": L2(0.5)}, {}]),
    "default": (
        "17 tanh kernel_regularizer=l2 bias_regularizer=l1, 2 bias_regularizer=l1",
        [{"kernel_regularizer": "l2", "bias_regularizer": "l1"}, {"bias_regularizer": "l1"}],
    ),
    "all": (
        "17 tanh kernel_regularizer=l2(0.02) bias_regularizer=l1(0.01), 2 kernel_regularizer=l1(0.002)",
        [{"kernel_regularizer": L2(0.02), "bias_regularizer": L1(0.01)}, {"kernel_regularizer": L1(0.002)}],
    ),
}


def losses_of(rules, weights, x, y, validation):
    model = keras.Sequential([keras.Input((FEATURES,))])
    for units, activation, rule in zip((17, 2), ("tanh", None), rules):
        model.add(keras.layers.Dense(units, activation=activation, **rule))
    model.set_weights(weights)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    history = model.fit(x, y, batch_size=BATCH, shuffle=False, validation_data=validation, verbose=0).history
    return [history["loss"][0], history["val_loss"][0], model.evaluate(*validation, batch_size=7, verbose=0)]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "penalties.h5"
    generator = np.random.default_rng(12)

    def numbers(*shape):
        return generator.uniform(-1, 1, shape).astype(np.float32)

    x, y, validation = numbers(40, FEATURES), numbers(40, 2), (numbers(21, FEATURES), numbers(21, 2))
    weights = [numbers(FEATURES, 17), numbers(17), numbers(17, 2), numbers(2)]
    with h5py.File(path, "w") as file:
        values = {"x": x, "y": y, "validation/x": validation[0], "validation/y": validation[1]}
        values |= {f"variables/{i}": weight for i, weight in enumerate(weights)}
        for name, value in values.items():
            file.create_dataset(name, data=value.astype("<f4"), track_times=False)
        for name, (layers, rules) in CASES.items():
            found = losses_of(rules, weights, x, y, validation)
            file.create_dataset(f"{name}/losses", data=np.array(found, "<f8"), track_times=False)
            file[name].attrs["layers"] = np.bytes_(layers)
            print(f"{name:8} {found}")


if __name__ == "__main__":
    main()

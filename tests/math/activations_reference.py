"""Records the activations of Keras, layers with settings too, and their derivatives.

    python activations_reference.py [FILE]     writes activations_reference.txt (default: beside this file)

An activation at a time, the file holds

    activation NAME [MAX_VALUE SLOPE THRESHOLD, or one setting and two zeros]
    points COUNT
    Z VALUE DERIVATIVE        COUNT lines; float32, shortest decimals

Points where JAX overflows or gives NaN are left out; it takes denormals for 0, so there are none.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import keras
import numpy as np

HERE = Path(__file__).resolve().parent
NAMES = "leaky_relu elu selu gelu silu softplus softsign hard_sigmoid mish exponential".split()
WITH_SETTINGS = {
    "leaky_relu 0.3 0 0": keras.layers.LeakyReLU(0.3),
    "elu 0.5 0 0": keras.layers.ELU(0.5),
    "elu 0 0 0": keras.layers.ELU(0.0),
    "relu 6 0 0": keras.layers.ReLU(6.0),
    "relu inf 0 0.5": keras.layers.ReLU(threshold=0.5),
    "relu inf 0.1 0.5": keras.layers.ReLU(negative_slope=0.1, threshold=0.5),
    "relu 2 0.1 0.5": keras.layers.ReLU(2.0, 0.1, 0.5),
    "relu 1 0.3 1.5": keras.layers.ReLU(1.0, 0.3, 1.5),
}
EDGES = [0.0, -0.0, 1e-30, -1e-30, 1e-7, -1e-7, 1e-4, -1e-4, 20, -20, 88, -88, 1e4, -1e4]


def main():
    points = np.array(EDGES + list(np.random.default_rng(3).normal(0, 3, 112)), np.float32)
    with open(sys.argv[1] if len(sys.argv) > 1 else HERE / "activations_reference.txt", "w") as out:
        for name, function in ({name: keras.activations.get(name) for name in NAMES} | WITH_SETTINGS).items():
            values = np.asarray(function(points))
            slopes = np.asarray(jax.vmap(jax.grad(function))(points))
            finite = np.isfinite(values) & np.isfinite(slopes)
            print(f"activation {name}\npoints {finite.sum()}", file=out)
            for z, a, slope in zip(points[finite], values[finite], slopes[finite]):
                print(*(np.format_float_scientific(v, trim="-") for v in (z, a, slope)), file=out)


main()

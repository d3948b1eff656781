#!/usr/bin/env python3
"""Records Keras' losses and their gradients, for test_loss_formulas.c.

    KERAS_BACKEND=jax losses_reference.py OUT.txt

Lines of the file:

    case LOSS | ACTIVATION | OUTPUTS     of --loss, of the last layer, and how many outputs
    x ... y ... value d ...              one row: outputs before the activation, targets, loss, its gradient by x

Where Lockstep's crossentropies are not clipped and Keras' are, x stays where the clipping is not met and float32 has all
digits of 1 - p. Keras has no smoothing of sparse targets, which is categorical_crossentropy's of the same classes, and no
quantile, which is written out here. Where a slope jumps Keras has half of both; no such place is recorded.
"""
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax
import jax.numpy as jnp
import keras
import numpy as np

ROWS = 90
SPECIAL = np.array([0.0, -0.0, 1e-40, -1e-40, 1e-45, 2.0**-100, -(2.0**-126), 0.75, -0.75, 2e-7, 0.5, -0.5], np.float32)
LARGE = np.array([88, -88, 1e4, -1e4, 103.5, -103.5, 20, -20, 333, -333, 2500, -4000], np.float32)


def quantile(tau):
    tau = np.array(tau, np.float32)
    return lambda y, p: jnp.mean(jnp.maximum(tau * (y - p), (tau - 1) * (y - p)), axis=-1)


L = keras.losses
# loss, activation, outputs, kind of targets, widest x, Keras'
CASES = [
    ("mean_squared_error", "linear", 1, "value", 4, L.mean_squared_error),
    ("mean_absolute_error", "linear", 1, "value", 4, L.mean_absolute_error),
    ("huber", "linear", 1, "value", 4, L.huber),
    ("huber delta=0.3", "linear", 3, "value", 4, lambda y, p: L.huber(y, p, delta=0.3)),
    ("log_cosh", "linear", 1, "value", 4, L.log_cosh),
    ("mean_absolute_percentage_error", "linear", 1, "far from 0", 4, L.mean_absolute_percentage_error),
    ("mean_squared_logarithmic_error", "linear", 1, "from 0", 4, L.mean_squared_logarithmic_error),
    ("poisson", "softplus", 1, "from 0", 4, L.poisson),
    ("kl_divergence", "softmax", 5, "distribution", 3, L.kl_divergence),
    ("hinge", "linear", 1, "yes or no", 4, L.hinge),
    ("hinge", "tanh", 3, "yes or no", 2, L.hinge),
    ("squared_hinge", "linear", 1, "yes or no", 4, L.squared_hinge),
    ("quantile tau=0.9", "linear", 1, "value", 4, quantile([0.9])),
    ("quantile tau=0.1,0.5,0.9", "linear", 3, "value", 4, quantile([0.1, 0.5, 0.9])),
    ("binary_crossentropy", "sigmoid", 1, "chance", 1, L.binary_crossentropy),
    ("binary_crossentropy label_smoothing=0.1", "sigmoid", 3, "yes or no", 1,
     lambda y, p: L.binary_crossentropy(y, p, label_smoothing=0.1)),
    ("binary_crossentropy from_logits=true", "linear", 1, "chance", 4,
     lambda y, p: L.binary_crossentropy(y, p, from_logits=True)),
    ("categorical_crossentropy label_smoothing=0.1", "softmax", 5, "class", 2,
     lambda y, p: L.categorical_crossentropy(y, p, label_smoothing=0.1)),
    ("categorical_crossentropy from_logits=true", "linear", 5, "distribution", 4,
     lambda y, p: L.categorical_crossentropy(y, p, from_logits=True)),
    ("sparse_categorical_crossentropy from_logits=true", "linear", 5, "class", 4,
     lambda y, p: L.sparse_categorical_crossentropy(jnp.argmax(y, -1), p, from_logits=True)),
    ("sparse_categorical_crossentropy label_smoothing=0.2", "softmax", 5, "class", 2,
     lambda y, p: L.categorical_crossentropy(y, p, label_smoothing=0.2)),
    ("binary_focal_crossentropy", "sigmoid", 1, "yes or no", 1, L.binary_focal_crossentropy),
    ("binary_focal_crossentropy apply_class_balancing=true alpha=0.3 gamma=1.5", "sigmoid", 3, "yes or no", 1,
     lambda y, p: L.binary_focal_crossentropy(y, p, apply_class_balancing=True, alpha=0.3, gamma=1.5)),
    ("binary_focal_crossentropy from_logits=true label_smoothing=0.1", "linear", 1, "yes or no", 1,
     lambda y, p: L.binary_focal_crossentropy(y, p, from_logits=True, label_smoothing=0.1)),
]
UNBOUNDED = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "hinge", "quantile")


def targets(kind, shape, random):
    if kind == "yes or no":
        return random.integers(0, 2, shape)
    if kind == "class":
        return np.eye(shape[1])[random.integers(0, shape[1], shape[0])]
    if kind == "distribution":
        y = random.random(shape)
        return y / y.sum(1, keepdims=True)
    if kind in ("chance", "from 0"):
        return random.random(shape) * (1 if kind == "chance" else 3)
    return random.uniform(-4, 4, shape) if kind == "value" else random.choice([-1, 1], shape) * random.uniform(0.5, 4, shape)


def main():
    random = np.random.default_rng(13)
    with open(sys.argv[1], "w") as out:
        for text, activation, outputs, kind, widest, loss in CASES:
            rows = ROWS // outputs
            x = random.uniform(-widest, widest, (rows, outputs)).astype(np.float32)
            x[: len(SPECIAL) // outputs] = SPECIAL[: len(SPECIAL) // outputs * outputs].reshape(-1, outputs)
            y = targets(kind, (rows, outputs), random).astype(np.float32)
            if text.startswith("quantile"):
                y[:] = y[:, :1]
            if activation == "linear" and text.split()[0] in UNBOUNDED:
                x = np.vstack([x, LARGE[: len(LARGE) // outputs * outputs].reshape(-1, outputs)])
                y = np.vstack([y, y[: len(LARGE) // outputs]])
            act = keras.activations.get(activation)

            def one(z, target):
                return jnp.sum(loss(target[None], act(z[None])))

            value, gradient = jax.vmap(jax.value_and_grad(one))(jnp.asarray(x), jnp.asarray(y))
            print(f"case {text} | {activation} | {outputs}", file=out)
            for r in range(len(x)):
                numbers = [*x[r], *y[r], np.asarray(value)[r], *np.asarray(gradient)[r]]
                print(*(np.format_float_scientific(v, trim="-") for v in numbers), file=out)


main()

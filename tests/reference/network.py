"""A dense network and its training in plain numpy: the independent reference.

Written from the project's arithmetic contract and Keras' documentation, not from the C code, and in float64, where the
order of sums does not matter at the accuracy compared. `dtype=numpy.float32` runs the same lines in single precision:
how far that strays is what rounding alone does to a job.
"""

import re
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "data"))
import philox  # noqa: E402

ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")
FUSED = {"binary_crossentropy": "sigmoid", "sparse_categorical_crossentropy": "softmax"}


def parse_regularizer(text):
    """ "l2(0.01)" -> (0.0, 0.01); "l1_l2(l1=0.1 l2=0.2)" -> (0.1, 0.2); "" -> (0.0, 0.0)"""
    name, _, arguments = text.rstrip(")").partition("(")
    numbers = [float(word.split("=")[-1]) for word in arguments.split()]
    return {"": (0.0, 0.0), "l1": (*numbers, 0.0), "l2": (0.0, *numbers), "l1_l2": tuple(numbers)}[name]


def parse_layers(text):
    """ "64 relu, dropout 0.2, 1" -> [("dense", 64, "relu", none), ("dropout", 0.2), ("dense", 1, "linear", none)], where
    none = [(0.0, 0.0), (0.0, 0.0)] are l1 and l2 of kernel and bias"""
    layers = []
    for entry in text.split(","):
        words = re.findall(r"[^\s(]+(?:\([^)]*\))?", entry)
        rules = dict(word.split("=", 1) for word in words if "=" in word)
        words = [word for word in words if "=" not in word]
        if words[0] == "dropout":
            layers.append(("dropout", float(words[1])))
        else:
            activation = words[1] if len(words) > 1 else "linear"
            if activation not in ACTIVATIONS or not re.fullmatch(r"\d+", words[0]):
                raise ValueError(f"layers: '{entry.strip()}' is not understood")
            penalties = [parse_regularizer(rules.pop(f"{which}_regularizer", "")) for which in ("kernel", "bias")]
            if rules:
                raise ValueError(f"layers: {rules} is not part of the reference")
            layers.append(("dense", int(words[0]), activation, penalties))
    return layers


def glorot_uniform(seed, position, inputs, outputs):
    """float32 (inputs, outputs): row = input, unit = output, layer = position in the list of layers."""
    limit = np.float32(np.sqrt(6.0 / (inputs + outputs)))
    word = philox.words(seed, philox.INITIALIZER, outputs, range(inputs), layer=position)
    return (philox.uniform(word) * np.float32(2) - np.float32(1)) * limit


def activate(name, z):
    if name == "relu":
        return np.maximum(z, 0)
    if name == "sigmoid":
        return 1 / (1 + np.exp(-z))
    if name == "tanh":
        return np.tanh(z)
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return z


def activation_gradient(name, a, d):
    """d = gradient of the outputs a -> gradient of z, where a = f(z)."""
    if name == "relu":
        return np.where(a > 0, d, 0)
    if name == "sigmoid":
        return d * a * (1 - a)
    if name == "tanh":
        return d * (1 - a * a)
    if name == "softmax":
        return a * (d - (d * a).sum(axis=1, keepdims=True))
    return d


def loss_and_gradient(loss, activation, z, a, y):
    """Value of every row, its gradient, and whether that is the gradient of z (fused pairs) or of a (the others)."""
    outputs = a.shape[1]
    fused = FUSED.get(loss) == activation
    if loss == "mse":
        return np.mean((a - y) ** 2, axis=1), 2 * (a - y) / outputs, False
    if loss == "binary_crossentropy" and fused:
        value = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
        return value.mean(axis=1), (a - y) / outputs, True
    if loss == "sparse_categorical_crossentropy" and fused:
        rows = np.arange(len(y))
        high = z.max(axis=1)
        value = high + np.log(np.exp(z - high[:, None]).sum(axis=1)) - z[rows, y]
        gradient = a.copy()
        gradient[rows, y] -= 1
        return value, gradient, True
    raise ValueError(f"loss '{loss}' after '{activation}' is not part of the reference")


def step_bounds(rows, batch):
    """T_0 .. T_S with S = ceil(N/batch), T_s = floor(s*N/S): with one shard, step s takes rows T_s .. T_(s+1)-1."""
    steps = -(-rows // batch)
    return [s * rows // steps for s in range(steps + 1)]


class Adam:
    """Keras' Adam: epsilon is added outside the bias correction."""

    def __init__(self, weights, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.rate, self.beta_1, self.beta_2, self.epsilon = rate, beta_1, beta_2, epsilon
        self.steps = 0
        self.m = [np.zeros_like(w) for w in weights]
        self.v = [np.zeros_like(w) for w in weights]

    def update(self, weights, gradients):
        self.steps += 1
        a = self.rate * np.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps)
        for w, g, m, v in zip(weights, gradients, self.m, self.v):
            kind = w.dtype.type
            m += (g - m) * kind(1 - self.beta_1)
            v += (g * g - v) * kind(1 - self.beta_2)
            w -= m * kind(a) / (np.sqrt(v) + kind(self.epsilon))


class Network:
    """Layers, weights and optimizer. `weights` alternates kernel (inputs, outputs) and bias (outputs); Keras' names."""

    def __init__(self, layers, features, loss, seed=0, rate=0.001, dtype=np.float64):
        self.layers, self.loss, self.seed, self.dtype = parse_layers(layers), loss, seed, dtype
        self.weights, self.names, self.penalties = [], [], []
        inputs = features
        for position, layer in enumerate(self.layers):
            if layer[0] == "dense":
                number = len(self.weights) // 2
                name = f"dense_{number}" if number else "dense"
                self.weights.append(glorot_uniform(seed, position, inputs, layer[1]).astype(dtype))
                self.weights.append(np.zeros(layer[1], dtype))
                self.names += [f"{name}/kernel", f"{name}/bias"]
                self.penalties += layer[3]
                inputs = layer[1]
        self.optimizer = Adam(self.weights, rate)

    def forward(self, x, rows, epoch):
        """x (n, features) of dataset rows `rows`; returns what the backward pass needs, one entry a layer, and z."""
        trace, z, index = [], None, 0
        for position, layer in enumerate(self.layers):
            if layer[0] == "dense":
                z = x @ self.weights[index] + self.weights[index + 1]
                a = activate(layer[2], z)
                trace.append((x, a))
                index += 2
            else:
                # A unit is kept when its word reaches floor(rate * 2^32), and scaled by float(1 / (1 - rate)).
                word = philox.words(self.seed, philox.DROPOUT, x.shape[1], rows, layer=position, epoch=epoch)
                scale = np.where(word >= np.uint32(layer[1] * 2.0**32), np.float32(1 / (1 - layer[1])), 0)
                a = x * scale.astype(self.dtype)
                trace.append((scale.astype(self.dtype), a))
            x = a
        return trace, z

    def penalty(self):
        """l1 * sum(abs(w)) + l2 * sum(w * w) over the weights."""
        return sum(
            l1 * float(np.abs(w).sum(dtype=np.float64)) + l2 * float((w.astype(np.float64) ** 2).sum())
            for w, (l1, l2) in zip(self.weights, self.penalties)
        )

    def step(self, x, y, rows, epoch, weight=None):
        """One training step; returns the sum of the rows' losses before it, to which each row adds the penalty. Weights
        (n) scale losses and gradients of the rows."""
        penalty = self.penalty()
        trace, z = self.forward(x.astype(self.dtype), rows, epoch)
        last = self.layers[-1][2]
        value, d, fused = loss_and_gradient(self.loss, last, z, trace[-1][1], y)
        if weight is not None:
            value, d = value * weight, d * weight[:, None].astype(self.dtype)
        gradients = [None] * len(self.weights)
        index = len(self.weights)
        for number in reversed(range(len(self.layers))):
            layer, (before, after) = self.layers[number], trace[number]
            if layer[0] == "dropout":
                d = d * before
                continue
            if not (fused and number == len(self.layers) - 1):
                d = activation_gradient(layer[2], after, d)
            index -= 2
            gradients[index] = before.T @ d / self.dtype(len(x))
            gradients[index + 1] = d.sum(axis=0) / self.dtype(len(x))
            d = d @ self.weights[index].T
        for gradient, w, (l1, l2) in zip(gradients, self.weights, self.penalties):
            gradient += self.dtype(2 * l2) * w + self.dtype(l1) * np.sign(w)
        self.optimizer.update(self.weights, gradients)
        return float(value.astype(np.float64).sum()) + len(x) * penalty

    def epoch(self, x, y, batch, epoch, weight=None):
        """One epoch in the dataset's order; returns the mean loss over its rows as they were trained."""
        bounds = step_bounds(len(x), batch)
        total = 0.0
        for first, end in zip(bounds[:-1], bounds[1:]):
            part = None if weight is None else weight[first:end]
            total += self.step(x[first:end], y[first:end], np.arange(first, end), epoch, part)
        return total / len(x)

"""The benchmark's workloads W1-W5 and those of the command line, the targets, and what a step of them costs on paper.

Standard library only: the drivers and the frameworks' programs both import it.
"""

import re
from dataclasses import dataclass, replace

PANEL = 16  # outputs side by side in a weight panel (src/math/kernels.h)

# What every framework here computes by the same formula; Lockstep's words.
ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus")
# Last activation of Lockstep, and the targets that make_workload makes for it.
LOSSES = {
    "mse": ("", "mse"),
    "mae": ("", "mse"),
    "huber": ("", "mse"),
    "softmax": ("softmax", "softmax"),
    "binary": ("sigmoid", "binary"),
}
EPOCH_FLOPS = 5e9  # of a timed training of a net of the command line, at least
LOCKSTEP_FLOPS = 1e11  # Lockstep's, whose time is the median of its epochs


@dataclass(frozen=True)
class Workload:
    name: str
    rows: int
    layers: tuple  # features, hidden units ..., outputs
    loss: str  # mse, mae, huber (delta 1): linear output; softmax: integer labels; binary: sigmoid output
    batch: int
    epochs: int  # of one timed training
    lockstep_epochs: int  # that Lockstep is timed over, after one that is not
    target: float  # the best peer's time over Lockstep's, 1 process
    target_ranks: float = 0  # PyTorch DDP's over Lockstep's, 2 ranks x 1 thread; 0: none
    target_bfloat16: float = 0  # the best peer's in bfloat16 over Lockstep's, on a CPU with the instruction
    target_own: float = 0  # Lockstep's in float32 over its own in bfloat16, on such a CPU
    activation: str = "relu"  # of the hidden layers

    @property
    def weights(self):
        return sum(a * b for a, b in zip(self.layers, self.layers[1:]))

    @property
    def parameters(self):
        return self.weights + sum(self.layers[1:])

    @property
    def block(self):
        """Floats of the parameters as they are stored, with the lanes that fill up the last panels."""
        return sum(-(-b // PANEL) * PANEL * (a + 1) for a, b in zip(self.layers, self.layers[1:]))

    @property
    def flops_per_sample(self):
        """Forward 2, weight gradient 2, input gradient 2 a weight; the first layer needs no input gradient."""
        return 6 * self.weights - 2 * self.layers[0] * self.layers[1]

    @property
    def steps(self):
        """Of an epoch."""
        return -(-self.rows // self.batch)

    @property
    def optimizer_bytes(self):
        """That Adam moves in a step: reads g, w, m, v; writes w, m, v."""
        return 7 * 4 * self.block

    def exchange_bytes(self, ranks):
        """That a rank sends in a step (halving): its part of the sums, then of the weights."""
        return 2 * 4 * self.block * (ranks - 1) // ranks

    @property
    def barriers(self):
        """Of a step whose layers are finished one after the other: forward, input gradient and weight gradient of each
        layer (no input gradient of the first), then the optimizer."""
        return 3 * (len(self.layers) - 1)

    @property
    def targets(self):
        """What make_workload calls the kind of y."""
        return LOSSES[self.loss][1]

    @property
    def lockstep_layers(self):
        """As in --layers."""
        hidden = [f"{units} {self.activation}" for units in self.layers[1:-1]]
        return ", ".join([*hidden, f"{self.layers[-1]} {LOSSES[self.loss][0]}".strip()])

    def sized(self, rows):
        """The same work on fewer rows; a name of its own, since the data differ."""
        if rows >= self.rows:
            return self
        if NET_NAME.fullmatch(self.name):
            return net(self.layers, self.loss, rows, self.batch, self.activation)
        return replace(self, name=f"{self.name}-{rows}", rows=rows)

    def quick(self):
        """Just enough to see that everything works."""
        return replace(self.sized(2 * self.batch + 5), epochs=1, lockstep_epochs=1)


WORKLOADS = {
    w.name: w
    for w in (
        Workload("W1", 100, (10, 64, 1), "mse", 32, 100, 400, target=7),
        Workload("W2", 60_000, (784, 512, 512, 10), "softmax", 128, 1, 3, 1.7, 3.5, 1.6),
        Workload("W3", 8_192, (1024, 4096, 4096, 1000), "softmax", 256, 1, 2, 1.35, 1.6, 1.3, 1.6),
        Workload("W4", 100_000, (28, 64, 64, 64, 1), "binary", 64, 1, 10, target=2.5),
        Workload("W5", 1_000_000, (28, 300, 300, 300, 300, 1), "binary", 1024, 1, 2, 1.4, 1.8, 1.2, 1.6),
    )
}

LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


# 64-512-512-5_relu_softmax_50000x100: everything that makes up a net of the command line.
NET_NAME = re.compile(r"(\d+(?:-\d+)+)_([a-z]+)_([a-z]+)_(\d+)x(\d+)")


def net(layers, loss, rows, batch, activation="relu"):
    """A workload without a target. layers: numbers, or text such as 64-512-512-5. ValueError where it cannot be."""
    if isinstance(layers, str):
        if not re.fullmatch(r"\d+(-\d+)+", layers):
            raise ValueError(f"'{layers}' is no net; one is 64-512-512-5: features, hidden units, outputs")
        layers = tuple(map(int, layers.split("-")))
    if min(layers) < 1 or rows < 1 or batch < 1:
        raise ValueError("layers, rows and batch are numbers from 1")
    if batch > rows:
        raise ValueError(f"a batch of {batch} is more than all {rows} rows")
    if loss not in LOSSES:
        raise ValueError(f"loss '{loss}' is not among {', '.join(LOSSES)}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation '{activation}' is not among {', '.join(ACTIVATIONS)}")
    if loss == "softmax" and layers[-1] < 2:
        raise ValueError("softmax needs two outputs or more")
    name = f"{'-'.join(map(str, layers))}_{activation}_{loss}_{rows}x{batch}"
    made = Workload(name, rows, layers, loss, batch, 1, 2, target=0, activation=activation)
    epoch = made.flops_per_sample * rows
    return replace(
        made,
        epochs=min(100, max(1, -(-int(EPOCH_FLOPS) // epoch))),
        lockstep_epochs=min(400, max(2, round(LOCKSTEP_FLOPS / epoch))),
    )


def by_name(name):
    """Of "W2", of "W2-133" (W2 on 133 rows), or of a net of the command line."""
    if found := NET_NAME.fullmatch(name):
        layers, activation, loss, rows, batch = found.groups()
        return net(layers, loss, int(rows), int(batch), activation)
    base, _, rows = name.partition("-")
    return WORKLOADS[base].sized(int(rows)) if rows else WORKLOADS[base]

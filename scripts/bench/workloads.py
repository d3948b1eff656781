"""The benchmark's workloads W1-W5, the issue's targets, and what a step of them costs on paper.

Standard library only: the drivers and the frameworks' programs both import it.
"""

from dataclasses import dataclass, replace

PANEL = 16  # outputs side by side in a weight panel (src/math/kernels.h)


@dataclass(frozen=True)
class Workload:
    name: str
    rows: int
    layers: tuple  # features, hidden units ..., outputs; hidden layers are relu
    loss: str  # mse: linear output; softmax: integer labels; binary: sigmoid output
    batch: int
    epochs: int  # of one timed training
    lockstep_epochs: int  # that Lockstep is timed over, after one that is not
    target: float  # the best peer's time over Lockstep's, 1 process
    target_ranks: float = 0  # PyTorch DDP's over Lockstep's, 2 ranks x 1 thread; 0: none

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

    def sized(self, rows):
        """The same work on fewer rows; a name of its own, since the data differ."""
        return self if rows >= self.rows else replace(self, name=f"{self.name}-{rows}", rows=rows)

    def quick(self):
        """Just enough to see that everything works."""
        return replace(self.sized(2 * self.batch + 5), epochs=1, lockstep_epochs=1)


WORKLOADS = {
    w.name: w
    for w in (
        Workload("W1", 100, (10, 64, 1), "mse", 32, 100, 400, target=12),
        Workload("W2", 60_000, (784, 512, 512, 10), "softmax", 128, 1, 3, target=1.45, target_ranks=3.5),
        Workload("W3", 8_192, (1024, 4096, 4096, 1000), "softmax", 256, 1, 2, target=1.3, target_ranks=1.6),
        Workload("W4", 100_000, (28, 64, 64, 64, 1), "binary", 64, 1, 10, target=2.5),
        Workload("W5", 1_000_000, (28, 300, 300, 300, 300, 1), "binary", 1024, 1, 2, target=1.35, target_ranks=1.8),
    )
}

LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def by_name(name):
    """Of "W2", or of "W2-133": W2 on 133 rows."""
    base, _, rows = name.partition("-")
    return WORKLOADS[base].sized(int(rows)) if rows else WORKLOADS[base]

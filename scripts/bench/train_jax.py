"""JAX with optax: one compiled step, or with --scan an epoch as one compiled lax.scan; buffers are donated. In bfloat16
the operands of all three products of a layer are rounded, sums are float32; with --mixed activations and deltas are
bfloat16 too, as in a Dense layer of Flax with that dtype. See serve.py."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

import serve
from workloads import BETA_1, BETA_2, EPSILON, LEARNING_RATE

args = serve.arguments(__doc__, scan=dict(action="store_true"), mixed=dict(action="store_true"))
work = args.workload
x, y = map(jnp.asarray, serve.load(args))
glorot = jax.nn.initializers.glorot_uniform()
keys = jax.random.split(jax.random.key(1), len(work.layers))
parameters = [(glorot(k, (a, b)), jnp.zeros(b)) for k, a, b in zip(keys, work.layers, work.layers[1:])]
optimizer = optax.adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
state = parameters, optimizer.init(parameters)


LOSSES = {
    "mse": lambda out, targets: jnp.mean((out - targets) ** 2),
    "mae": lambda out, targets: jnp.mean(jnp.abs(out - targets)),
    "huber": lambda out, targets: optax.huber_loss(out, targets).mean(),
    "softmax": lambda out, targets: optax.softmax_cross_entropy_with_integer_labels(out, targets).mean(),
    "binary": lambda out, targets: optax.sigmoid_binary_cross_entropy(out, targets).mean(),
}
activation = partial(jax.nn.gelu, approximate=False) if work.activation == "gelu" else getattr(jax.nn, work.activation)


def narrow_product(a, b):
    return jnp.matmul(a.astype(jnp.bfloat16), b.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


@jax.custom_vjp
def narrow(rows, weights):
    return narrow_product(rows, weights)


# Derived by JAX itself, the gradients' products would take float32 deltas.
narrow.defvjp(
    lambda rows, weights: (narrow_product(rows, weights), (rows, weights)),
    lambda kept, deltas: (narrow_product(deltas, kept[1].T), narrow_product(kept[0].T, deltas)),
)
product = narrow if args.precision == "bfloat16" and not args.mixed else jnp.matmul


def loss_of(parameters, rows, targets):
    if args.mixed:
        parameters, rows = jax.tree.map(lambda a: a.astype(jnp.bfloat16), (parameters, rows))
    for weights, bias in parameters[:-1]:
        rows = activation(product(rows, weights) + bias)
    weights, bias = parameters[-1]
    return LOSSES[work.loss]((product(rows, weights) + bias).astype(jnp.float32), targets)


def update(state, x, y, index):
    parameters, slots = state
    loss, gradients = jax.value_and_grad(loss_of)(parameters, x[index], y[index])
    updates, slots = optimizer.update(gradients, slots, parameters)
    return (optax.apply_updates(parameters, updates), slots), loss


step = partial(jax.jit, donate_argnums=0)(update)


@partial(jax.jit, donate_argnums=0)
def scan_steps(state, x, y, index):
    return jax.lax.scan(lambda s, i: update(s, x, y, i), state, index)


def train(rows, epochs):
    """The loss is an epoch's mean with --scan, else that of the last whole batch."""
    global state
    random = np.random.default_rng(1)
    for _ in range(epochs):
        order = random.permutation(rows).astype(np.int32)
        whole = rows - rows % work.batch
        if args.scan and whole:
            state, losses = scan_steps(state, x, y, order[:whole].reshape(-1, work.batch))
            loss = losses.mean()
        for i in range(whole if args.scan else 0, rows, work.batch):
            state, last = step(state, x, y, order[i : i + work.batch])
            if i < whole or not whole:
                loss = last
    jax.block_until_ready(state)
    return loss


# A scan is compiled for its length, so its first call is as long as the others.
serve.serve(args, f"jax {jax.__version__}", train, warm_rows=work.rows if args.scan else 0)

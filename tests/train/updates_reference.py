#!/usr/bin/env python3
"""Records what Keras' optimizers do with given gradients, for test_updates.c.

    KERAS_BACKEND=jax updates_reference.py OUT.txt

A net of 3 features and dense layers of 5 and 2 units; number(step, i) below gives the initial values (step 99) and ten
gradients of its variables, i counting their elements in Keras' order. Lines of the file:

    case WORDS | EMA | LAYERS of --optimizer, --ema and --layers; the last two may be left out
    weight V v v v ...        variable V after the ten steps
    slot K V v v v ...        slot K of it, in the order in which Keras stores slots
    number v                  Nadam's product, which is the last variable
"""
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np

SHAPES = [(3, 5), (5,), (5, 2), (2,)]
STEPS = 10

OPTIMIZERS = [
    "sgd", "sgd momentum=0.9", "sgd momentum=0.9 nesterov=true",
    "rmsprop", "rmsprop momentum=0.5", "rmsprop centered=true", "rmsprop rho=0.8 momentum=0.5 centered=true",
    "adam", "adam amsgrad=true", "adam beta_1=0.8 beta_2=0.95 epsilon=1e-5", "adamw", "adamw amsgrad=true",
    "adagrad", "adagrad initial_accumulator_value=0.5 epsilon=1e-3", "nadam", "lamb",
]
AROUND = [
    "", "clipvalue=0.2", "clipnorm=0.5", "global_clipnorm=0.7", "weight_decay=0.1", "gradient_accumulation_steps=3",
    "gradient_accumulation_steps=2 clipnorm=0.4 weight_decay=0.2 | momentum=0.9", "clipvalue=0.3 | momentum=0.5",
]
# The layers' regularizers and constraints, and the same for Keras: (l1, l2) and a constraint by variable.
LAYERS = {
    "5 kernel_regularizer=l2(0.05) bias_regularizer=l1(0.02), 2 kernel_regularizer=l1_l2(l1=0.01,l2=0.02)":
        ([(0, 0.05), (0.02, 0), (0.01, 0.02), (0, 0)], [None] * 4),
    "5 kernel_constraint=max_norm(0.6) bias_constraint=max_norm(0.5), 2 kernel_constraint=non_neg "
    "bias_constraint=non_neg":
        ([(0, 0)] * 4, [keras.constraints.MaxNorm(0.6), keras.constraints.MaxNorm(0.5), keras.constraints.NonNeg(),
                        keras.constraints.NonNeg()]),
    "5 kernel_constraint=non_neg, 2 kernel_regularizer=l1(0.05) bias_constraint=non_neg":
        ([(0, 0), (0, 0), (0.05, 0), (0, 0)],
         [keras.constraints.NonNeg(), None, None, keras.constraints.NonNeg()]),
}
WITH_LAYERS = ["sgd momentum=0.9", "adam", "adam global_clipnorm=0.7", "lamb", "adagrad weight_decay=0.1",
               "adam gradient_accumulation_steps=3", "sgd clipnorm=0.5 gradient_accumulation_steps=2"]
CLASSES = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "adagrad": "Adagrad",
           "nadam": "Nadam", "lamb": "Lamb"}


def rate_of(words):
    """Keras has the powers of beta in float32, where 1 - 0.999^t is off by up to 1.3e-5: small steps, so that this stays
    below what is compared."""
    return 0.05 if words.startswith(("sgd", "rmsprop", "adagrad")) else 0.002


def number(step, i):
    word = ((i * 7919 + step * 104729 + 12345) * 2654435761) % 2**32
    return ((word >> 16) / 32768.0 - 1.0) * 0.5


def values(step):
    out, i = [], 0
    for shape in SHAPES:
        n = int(np.prod(shape))
        out.append(np.array([number(step, i + k) for k in range(n)], np.float32).reshape(shape))
        i += n
    return out


def optimizer_of(words, ema):
    name, *settings = words.split()
    config = {}
    for setting in settings:
        key, value = setting.split("=")
        config[key] = True if value == "true" else int(value) if key.endswith("steps") else float(value)
    config["learning_rate"] = rate_of(words)
    if ema:
        config.update(use_ema=True, ema_momentum=float(ema.split("=")[1]))
    return getattr(keras.optimizers, CLASSES[name])(**config)


def line(what, array):
    return what + " " + " ".join(repr(float(np.float32(v))) for v in np.asarray(array).ravel()) + "\n"


def record(words, ema, layers, out):
    optimizer = optimizer_of(words, ema)
    regularizers, constraints = LAYERS.get(layers, ([(0, 0)] * 4, [None] * 4))
    variables = [keras.Variable(v, name=f"v{k}") for k, v in enumerate(values(99))]
    for variable, constraint in zip(variables, constraints):
        variable.constraint = constraint
    optimizer.build(variables)
    for step in range(STEPS):
        penalties = [2 * l2 * v.numpy() + l1 * np.sign(v.numpy()) for (l1, l2), v in zip(regularizers, variables)]
        gradients = [np.float32(g + p) for g, p in zip(values(step), penalties)]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    out.write(f"case {words} learning_rate={rate_of(words)}")
    out.write((" | " + ema if ema or layers else "") + (" | " + layers if layers else "") + "\n")
    for k, variable in enumerate(variables):
        out.write(line(f"weight {k}", variable.numpy()))
    slots = {}
    for variable in optimizer.variables[2:]:
        if variable.shape == ():
            out.write(line("number", variable.numpy()))
            continue
        k, name = variable.path.split("/")[-1].split("_", 1)
        slots.setdefault(name, []).append((int(k[1:]), variable.numpy()))
    for place, name in enumerate(slots):
        for k, value in slots[name]:
            out.write(line(f"slot {place} {k}", value))


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"# keras {keras.__version__} {keras.backend.backend()}, by updates_reference.py\n")
        for name in OPTIMIZERS:
            for around in AROUND:
                words, _, ema = around.partition("|")
                if "weight_decay" in words and name.startswith("adamw"):
                    words = words.replace("weight_decay=0.1", "weight_decay=0.3")
                record(" ".join((name + " " + words).split()), ema.strip(), "", out)
        for words in WITH_LAYERS:
            for layers in LAYERS:
                record(words, "", layers, out)


main()

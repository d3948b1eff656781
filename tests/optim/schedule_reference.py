"""Records the rates of Keras' schedules over 10,000 steps.

    python schedule_reference.py [FILE]     writes schedule_reference.txt (default: beside this file)

A schedule at a time, the file holds

    schedule NAME KEY=VALUE ...     as --schedule takes it
    points COUNT
    STEP RATE                       COUNT lines; float32, shortest decimals

Every 17th step is there, and those around the places where something changes.
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
STEPS = 10000
STRIDE = 17

# Keras' class, its arguments, and steps around which every step is recorded.
SCHEDULES = [
    ("cosine_decay", "CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10000}, [10000]),
    ("cosine_decay", "CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 7001, "alpha": 0.05}, [7001]),
    (
        "cosine_decay",
        "CosineDecay",
        {"initial_learning_rate": 0.001, "decay_steps": 6000, "warmup_target": 0.01, "warmup_steps": 1500, "alpha": 0.1},
        [1500, 7500],
    ),
    (
        "cosine_decay_restarts",
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 700},
        [700, 2100, 4900],
    ),
    (
        "cosine_decay_restarts",
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.01, "first_decay_steps": 1300, "t_mul": 1.0, "m_mul": 0.7, "alpha": 0.1},
        [1300, 2600, 9100],
    ),
    (
        "cosine_decay_restarts",
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.5, "first_decay_steps": 1000, "t_mul": 1.5, "m_mul": 0.9},
        [1000, 2500, 4750, 8125],
    ),
    (
        "exponential_decay",
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.96},
        [100],
    ),
    (
        "exponential_decay",
        "ExponentialDecay",
        {"initial_learning_rate": 0.02, "decay_steps": 999, "decay_rate": 0.5, "staircase": True},
        [999, 1998, 9990],
    ),
    (
        "piecewise_constant_decay",
        "PiecewiseConstantDecay",
        {"boundaries": [1000, 1001, 7000], "values": [0.1, 0.05, 0.2, 0.001]},
        [1000, 7000],
    ),
    ("piecewise_constant_decay", "PiecewiseConstantDecay", {"boundaries": [5000], "values": [1.0, 0.0]}, [5000]),
    ("polynomial_decay", "PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8000}, [8000]),
    (
        "polynomial_decay",
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 3000, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
        [3000, 6000, 9000],
    ),
    (
        "polynomial_decay",
        "PolynomialDecay",
        {"initial_learning_rate": 0.0, "decay_steps": 9000, "end_learning_rate": 0.3, "power": 2.5},
        [9000],
    ),
    (
        "inverse_time_decay",
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 500, "decay_rate": 0.5},
        [500],
    ),
    (
        "inverse_time_decay",
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 770, "decay_rate": 2.0, "staircase": True},
        [770, 1540, 9240],
    ),
]


def recorded_steps(edges):
    around = {edge + offset for edge in [0, *edges, STEPS] for offset in (-2, -1, 0, 1, 2)}
    return np.array(sorted(step for step in around | set(range(0, STEPS, STRIDE)) if step >= 0), np.int32)


def rates_of(class_name, arguments, steps):
    schedule = getattr(keras.optimizers.schedules, class_name)(**arguments)
    return np.asarray(jax.vmap(schedule)(steps), np.float32)


def word(value):
    if isinstance(value, list):
        return ",".join(word(v) for v in value)
    return str(value).lower() if isinstance(value, bool) else np.format_float_positional(value, trim="-")


def record(path):
    with open(path, "w", encoding="ascii") as file:
        for name, class_name, arguments, edges in SCHEDULES:
            steps = recorded_steps(edges)
            rates = rates_of(class_name, arguments, steps)
            settings = "".join(f" {key}={word(value)}" for key, value in arguments.items())
            file.write(f"schedule {name}{settings}\npoints {len(steps)}\n")
            file.writelines(f"{step} {rate!s}\n" for step, rate in zip(steps, rates))


if __name__ == "__main__":
    record(sys.argv[1] if len(sys.argv) > 1 else HERE / "schedule_reference.txt")

"""Records what Keras' EarlyStopping and ReduceLROnPlateau do with 200 random sequences of a metric.

    KERAS_BACKEND=jax python callbacks_reference.py [FILE]      writes callbacks_reference.txt (default: beside this file)

Both callbacks of Keras are driven alone, each over the whole sequence (early stopping until it stops), on a stand-in for
the model; the plateau's optimizer is Keras' own. To run them together, take the rates up to the stop. The file holds, a
sequence at a time, one line each, words after the line's name separated by one space:

    sequence NUMBER EPOCHS DIFFERS
    early KEY=VALUE ...             settings of early stopping, Keras' words, all of them; no baseline: the word is missing
    plateau KEY=VALUE ...           settings of the plateau, the same monitor and mode
    rate RATE                       the rate of the first epoch
    values VALUE ...                the metric after each epoch, shortest decimals, or nan
    stop STOP BEST                  epochs count from 1; STOP 0: it ran to the end; BEST 0: no epoch was ever the best
    rates RATE ...                  the rate after each epoch's callbacks, which the next epoch has (float32 in Keras)

and, only where DIFFERS is 1,

    guarded_stop STOP BEST
    guarded_rates RATE ...

These are the same callbacks with one rule more, that a NaN is never better. In Keras a NaN never compares better, but
the first value that is watched becomes the best without being compared; if it is a NaN, nothing is ever better again.
With the rule the first number is the best (with restore_best_weights Keras keeps the first watched epoch's weights
until there is a better one, so that BEST may still be that of a NaN). Where DIFFERS is 0 the rule changes nothing.

Values are multiples of 1/16 and no min_delta but 0 and 1/16 is within 1e-5 of a multiple of it, so that comparisons
come out the same in float32 (Keras) and float64. Rates stay above 1e-30, and no reduced rate meets min_lr within
rounding unless it was set to it.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

HERE = Path(__file__).resolve().parent
SEQUENCES = 200
SEED = 12


class Model:
    """What the callbacks ask of a model."""

    def __init__(self, rate):
        self.optimizer = keras.optimizers.SGD(rate)
        self.stop_training = False

    def get_weights(self):
        return []

    def set_weights(self, weights):
        pass


def never_better(callback_class):
    """The callback with the rule that a NaN is never better."""

    class Guarded(callback_class):
        def _is_improvement(self, monitor_value, reference_value):
            if np.isnan(monitor_value):
                return False
            return super()._is_improvement(monitor_value, reference_value)

    return Guarded


def run_early_stopping(callback_class, settings, values):
    """Epoch of the stop and best epoch, from 1."""
    callback = callback_class(**settings)
    callback.set_model(Model(0.1))
    callback.on_train_begin()
    stop = 0
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {settings["monitor"]: value})
        if callback.model.stop_training:
            stop = epoch + 1
            break
    callback.on_train_end()
    none = callback.best is None and callback.best_weights is None
    return stop, 0 if none else callback.best_epoch + 1


def run_plateau(callback_class, settings, values, rate):
    """Rates after every epoch."""
    callback = callback_class(**settings)
    callback.set_model(Model(rate))
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {settings["monitor"]: value})
        rates.append(np.float32(keras.ops.convert_to_numpy(callback.model.optimizer.learning_rate)))
    return rates


def draw_values(rng, direction):
    """A metric that improves, stays, turns and now and then is a NaN."""
    value = int(rng.integers(8, 40))
    values = []
    for _ in range(int(rng.integers(3, 25))):
        kind = rng.random()
        if kind < 0.45:
            value -= direction * int(rng.integers(1, 4))  # better
        elif kind < 0.7:
            value += direction * int(rng.integers(1, 4))  # worse
        values.append(value / 16)  # or the same again
    share = rng.choice([0, 0, 0.1, 0.3])
    values = [float("nan") if rng.random() < share else v for v in values]
    if rng.random() < 0.1:
        values[0] = float("nan")
    return values


def draw_settings(rng):
    maximum = bool(rng.random() < 0.4)
    monitor = "val_accuracy" if maximum else "val_loss"
    mode = "max" if maximum else str(rng.choice(["min", "auto"]))
    delta = [0.0, 0.0, 0.0001, 0.05, 0.0625, 0.1]
    early = {
        "monitor": monitor,
        "min_delta": float(rng.choice(delta)),
        "patience": int(rng.choice([0, 0, 1, 2, 3, 5])),
        "mode": mode,
        "baseline": float(rng.integers(4, 40) / 16) if rng.random() < 0.3 else None,
        "restore_best_weights": bool(rng.random() < 0.5),
        "start_from_epoch": int(rng.choice([0, 0, 0, 1, 3, 30])),
    }
    plateau = {
        "monitor": monitor,
        "factor": float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.9])),
        "patience": int(rng.choice([0, 1, 1, 2, 4])),
        "min_delta": float(rng.choice(delta)),
        "mode": mode,
        "cooldown": int(rng.choice([0, 0, 1, 2, 3])),
        "min_lr": float(rng.choice([0.0, 0.0, 0.0007, 0.003, 0.2])),
    }
    return early, plateau, -1 if maximum else 1


def word(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_settings(file, name, settings):
    file.write(name + "".join(f" {key}={word(value)}" for key, value in settings.items() if value is not None) + "\n")


def write_results(file, prefix, stop, rates):
    file.write(f"{prefix}stop {stop[0]} {stop[1]}\n")
    file.write(f"{prefix}rates {' '.join(str(rate) for rate in rates)}\n")


def record(path):
    rng = np.random.default_rng(SEED)
    with open(path, "w", encoding="ascii") as file:
        for number in range(SEQUENCES):
            early, plateau, direction = draw_settings(rng)
            rate = float(rng.choice([0.1, 0.01, 0.001, 0.25]))
            values = draw_values(rng, direction)
            results = []
            for make in (lambda c: c, never_better):
                stop = run_early_stopping(make(keras.callbacks.EarlyStopping), early, values)
                results.append((stop, run_plateau(make(keras.callbacks.ReduceLROnPlateau), plateau, values, rate)))
            differs = results[0] != results[1]
            file.write(f"sequence {number} {len(values)} {int(differs)}\n")
            write_settings(file, "early", early)
            write_settings(file, "plateau", plateau)
            file.write(f"rate {rate!r}\n")
            file.write(f"values {' '.join(repr(v) for v in values)}\n")
            write_results(file, "", *results[0])
            if differs:
                write_results(file, "guarded_", *results[1])


if __name__ == "__main__":
    record(sys.argv[1] if len(sys.argv) > 1 else HERE / "callbacks_reference.txt")

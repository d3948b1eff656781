"""Opens a model file of ours with Keras and checks that Keras finds in it what we put there.

    python check_run.py FILE.weights.h5 DATA.h5 PREDICTION.h5 [--info INFO.json] [--part test] [--tolerance 1e-6] [--batch-size 32]

PREDICTION.h5 is the output of `lockstep predict` for the same part of DATA.h5. Checked are: load_model finds
the initializers, regularizers and constraints that the file keeps in our words, and predicts the same; load_weights restores the same weights and the optimizer's state (/optimizer/vars) from the same file; training
goes on from there. Prints one line a check and "N passed, N failed"; exit status 0 when none failed.
"""

import argparse
import json
import logging
import os
import re
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras remarks on the HDF5 format at every load
results = []


def check(passed, text):
    results.append(bool(passed))
    print(f"{'ok  ' if passed else 'FAIL'} {text}")
    return bool(passed)


def largest_difference(a, b):
    """max |a - b|; infinite when shapes differ or a value is not finite on either side."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    return np.abs(a - b).max() if a.size else 0.0


def read_part(path, part, model):
    """x, less the model file's offsets, and y (or None) of group `part`, or of the root where there is no such group."""
    with h5py.File(model) as file:
        offset = file["lockstep/offset"][:] if "lockstep/offset" in file else 0
    with h5py.File(path) as file:
        group = file[part] if part in file else file
        if "x" not in group:
            sys.exit(f"{path}: no dataset x in /{part} or in the root")
        return (group["x"][:] - offset).astype(np.float32), group["y"][:] if "y" in group else None


def targets_for(model, y):
    """y as the model's loss wants it."""
    if "sparse" in str(model.loss):
        return y.astype(np.int32).ravel()
    units = model.output_shape[-1]
    if y.ndim == 1 and units > 1:
        return keras.utils.to_categorical(y.astype(np.int64), units)
    return y.reshape(len(y), -1).astype(np.float32)


def check_prediction(model, x, path, tolerance):
    with h5py.File(path) as file:
        ours = file["prediction"][:]
    keras_prediction = model.predict(x, verbose=0, batch_size=1024)
    if not check(keras_prediction.shape == ours.shape, f"shape: Keras {keras_prediction.shape}, ours {ours.shape}"):
        return
    scale = np.abs(keras_prediction).max()
    ratio = largest_difference(keras_prediction, ours) / (scale if scale > 0 else 1)
    check(ratio <= tolerance, f"prediction: largest difference {ratio:.2e} of {scale:.6g}, allowed {tolerance:.0e}")


def check_summary(model, path):
    """What `lockstep info --json` says of layers and parameters against Keras' own count. Keras lists no input layer of
    a Sequential model, which has one input."""
    with open(path) as file:
        info = json.load(file)["model"]
    listed = [layer for layer in info["layers"] if layer["class"] != "InputLayer"]
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for key, ours, theirs in (
        ("names", [layer["name"] for layer in listed], [layer.name for layer in layers]),
        ("classes", [layer["class"] for layer in listed], [type(layer).__name__ for layer in layers]),
        ("shapes", [layer["output_shape"] for layer in listed], [list(layer.output.shape) for layer in layers]),
        ("parameters", [layer["trainable_parameters"] + layer["other_parameters"] for layer in listed],
         [layer.count_params() for layer in layers]),
        ("trainable", info["trainable_parameters"], sum(int(np.prod(w.shape)) for w in model.trainable_weights)),
        ("others", info["other_parameters"], sum(int(np.prod(w.shape)) for w in model.non_trainable_weights
                                                 if "seed" not in w.name)),
    ):
        check(ours == theirs, f"info: {key} {ours}, Keras {theirs}")


RULES = {"L1": "l1", "L2": "l2", "L1L2": "l1_l2", "MaxNorm": "max_norm", "NonNeg": "non_neg"}
DEFAULTS = {"kernel_initializer": "GlorotUniform", "bias_initializer": "Zeros"}


def rule_of(layer, key):
    """A rule of Keras' as --layers writes it: "l1_l2(l1=1e-05 l2=0.0001)", "he_normal"; None: nothing or the default."""
    thing = getattr(layer, key)
    name = type(thing).__name__
    if thing is None or name == DEFAULTS.get(key):
        return None
    config = {key: value for key, value in thing.get_config().items() if key not in ("axis", "seed") and value is not None}
    word = RULES.get(name) or re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()
    return word, [np.float32(value) for value in config.values()]


def check_rules(model, path):
    """Initializers, regularizers and constraints against the layer list that the file keeps in our words."""
    with h5py.File(path) as file:
        text = file["lockstep"].attrs["layers"]
    text = text.decode() if isinstance(text, bytes) else text
    entries = [entry for entry in re.split(r",\s*(?![^(]*\))", text) if entry[0].isdigit()]
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    check(len(dense) == len(entries), f"layers: {len(dense)} dense in Keras, {len(entries)} in '{text}'")
    for layer, entry in zip(dense, entries):
        words = dict(word.split("=", 1) for word in re.findall(r"\w+=[^\s(]+(?:\([^)]*\))?", entry))
        for key in (*DEFAULTS, "kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint"):
            found = rule_of(layer, key)
            if key in words or found:
                name, _, arguments = words.get(key, "none").partition("(")
                wanted = name, [np.float32(a.split("=")[-1]) for a in arguments.rstrip(")").split()]
                check(found == wanted, f"{layer.name}: {key} is {found}, written as {words.get(key)}")


def check_state(model, path):
    """load_weights on a model whose weights and optimizer were changed first, so that nothing is right by chance."""
    before = [w.copy() for w in model.get_weights()]
    moving = [variable for variable in model.non_trainable_variables if variable.name.startswith("moving_")]
    for variable in model.trainable_variables + moving:
        variable.assign(np.full(variable.shape, 0.5, np.float32))
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    after = model.get_weights()
    worst = max(largest_difference(a, b) for a, b in zip(before, after))
    check(worst == 0, f"weights: load_model and load_weights differ by {worst:.2e} over {len(after)} variables")

    with h5py.File(path) as file:
        if not check("optimizer/vars" in file, "optimizer: the file has /optimizer/vars"):
            return
        stored = {int(name): dataset[()] for name, dataset in file["optimizer/vars"].items()}
    variables = model.optimizer.variables
    if not check(
        sorted(stored) == list(range(len(variables))),
        f"optimizer: {len(stored)} variables in the file, {len(variables)} in Keras' {type(model.optimizer).__name__}",
    ):
        return
    iteration = int(model.optimizer.iterations.numpy())
    check(iteration == int(stored[0]) > 0, f"optimizer: iteration {iteration}, in the file {int(stored[0])}")
    worst = max(largest_difference(v.numpy(), stored[i]) for i, v in enumerate(variables))
    check(worst == 0, f"optimizer: {len(variables)} variables differ by at most {worst:.2e}")
    least = min((np.abs(stored[i]).max() for i in range(2, len(variables))), default=1.0)
    check(least > 0, f"optimizer: no moment tensor is all zero, the smallest reaches {least:.2e}")


def check_fit(model, x, y):
    weights = [w.numpy() for w in model.trainable_variables]
    iteration = int(model.optimizer.iterations.numpy())
    history = model.fit(x, targets_for(model, y), batch_size=len(x), epochs=1, shuffle=False, verbose=0)
    loss = history.history["loss"][0]
    check(np.isfinite(loss), f"fit: loss of one more batch of {len(x)} rows {loss:.6g}")
    found = int(model.optimizer.iterations.numpy())
    check(found == iteration + 1, f"fit: iteration {found}, expected {iteration + 1}")
    moved = max(largest_difference(a, b.numpy()) for a, b in zip(weights, model.trainable_variables))
    check(0 < moved < np.inf, f"fit: weights moved by at most {moved:.2e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("prediction")
    parser.add_argument("--info", help="what `lockstep info RUN --json` says of the run")
    parser.add_argument("--part", default="test", help="predicted group of DATA.h5; the root if missing")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    parser.add_argument("--batch-size", type=int, default=32)
    arguments = parser.parse_args()

    x, y = read_part(arguments.data, arguments.part, arguments.model)
    try:
        model = keras.models.load_model(arguments.model)
        check(True, f"load_model: {[layer.name for layer in model.layers]}, loss {model.loss}")
        check_rules(model, arguments.model)
        if arguments.info:
            check_summary(model, arguments.info)
        check_prediction(model, x, arguments.prediction, arguments.tolerance)
        check_state(model, arguments.model)
        if y is not None:
            check_fit(model, x[: arguments.batch_size], y[: arguments.batch_size])
    except Exception as error:  # whatever Keras refuses is a finding about the file, not a crash of this script
        check(False, f"{type(error).__name__}: {error}")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

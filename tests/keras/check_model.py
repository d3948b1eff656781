"""Opens an example model of test_modelfile with Keras, and checks that it is the model that was written.

    test_modelfile DIRECTORY
    python check_model.py DIRECTORY/NAME.weights.h5 DIRECTORY/NAME.prediction.h5

The prediction file holds rows /x, what Lockstep predicts for them, and, as attributes, what the model must be. Checked are:
layers, loss, metrics and optimizer as load_model gives them; predictions against Lockstep's and against numpy; metrics
against numpy; Adam's state as load_weights restores it; one step of training; and the same model without optimizer
(NAME.plain.h5). Prints one line a check; exit status 1 when one failed.
"""

import logging
import math
import os
import sys
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras calls every .h5 file legacy
failures = 0


def check(passed, text):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {text}")


def check_equal(found, expected, what):
    check(found == expected, f"{what}: {found!r}" + ("" if found == expected else f", expected {expected!r}"))


def check_close(found, expected, tolerance, what):
    """Largest difference, in units of the largest value expected."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if found.shape != expected.shape:
        return check(False, f"{what}: shape {found.shape}, expected {expected.shape}")
    scale = np.abs(expected).max() or 1.0
    worst = np.abs(found - expected).max() / scale
    check(worst <= tolerance, f"{what}: differs by {worst:.1e} of {scale:.4g}, allowed {tolerance:.0e}")


ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "silu": lambda z: z / (1 + np.exp(-z)),
    "gelu": lambda z: z * (1 + np.vectorize(math.erf)(z / np.sqrt(2))) / 2,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True),
}


def layer_with_numpy(layer, tensors, a):
    if isinstance(layer, keras.layers.Normalization):
        scale = np.maximum(np.sqrt(tensors[1]), 1e-7)
        return tensors[0] + a * scale if layer.invert else (a - tensors[0]) / scale
    if isinstance(layer, keras.layers.Rescaling):
        return a * np.asarray(layer.scale, np.float64)
    if isinstance(layer, keras.layers.Dense):
        a = a @ tensors[0] + (tensors[1] if layer.use_bias else 0)
    if isinstance(layer, keras.layers.LayerNormalization):
        a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + layer.epsilon)
        a = a * tensors.pop(0) if layer.scale else a
        return a + tensors.pop(0) if layer.center else a
    return ACTIVATIONS[layer.activation.__name__](a) if hasattr(layer, "activation") else a


def predict_with_numpy(file, model, x):
    """The network in float64, from the tensors under /layers."""
    a = x.astype(np.float64)
    outputs = {id(model.inputs[0]): a}
    for layer in layers_of(model):
        path = f"layers/{layer.name}/vars"
        tensors = [file[f"{path}/{i}"][()].astype(np.float64) for i in range(len(file[path]))] if path in file else []
        if isinstance(layer, keras.layers.Add):
            a = sum(outputs[id(tensor)] for tensor in layer.input)
        else:
            a = layer_with_numpy(layer, tensors, a)
        outputs[id(layer.output)] = a
    return a


def layers_of(model):
    """Each reads the one before it, and an Add what it names too; a Functional model lists its input as well."""
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def make_targets(loss, prediction):
    """Targets that are sometimes right and sometimes wrong, of the kind the loss takes."""
    rows, outputs = prediction.shape
    generator = np.random.default_rng(5)
    if loss in ("sparse_categorical_crossentropy", "categorical_crossentropy"):
        label = np.where(generator.random(rows) < 0.5, prediction.argmax(1), generator.integers(0, outputs, rows))
        return label.astype(np.int32) if loss.startswith("sparse") else np.eye(outputs, dtype=np.float32)[label]
    if loss == "binary_crossentropy":
        return generator.integers(0, 2, prediction.shape).astype(np.float32)
    return (prediction + generator.normal(0, 1, prediction.shape)).astype(np.float32)


def metric_with_numpy(name, loss, y, p):
    if name == "accuracy":
        if loss == "binary_crossentropy":
            return ((p > 0.5) == (y > 0.5)).mean()
        return (p.argmax(1) == (y if y.ndim == 1 else y.argmax(1))).mean()
    if name == "r2":
        return (1 - ((y - p) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)).mean()
    return np.abs(y - p).mean() if name == "mae" else ((y - p) ** 2).mean()


KERAS_NAMES = {"accuracy": "accuracy", "mae": "mean_absolute_error", "mse": "mean_squared_error", "r2": "r2_score"}
LOSSES_AS_METRICS = {"mean_squared_error": "mse", "mean_absolute_error": "mae"}


def check_scores(model, facts, x, y, prediction):
    scores = model.evaluate(x, y, batch_size=len(x), verbose=0, return_dict=True)
    names = [name for name in facts["metrics"].split(",") if name]
    check_equal(sorted(scores), sorted(["loss"] + [KERAS_NAMES[name] for name in names]), "evaluate reports")
    p = prediction.astype(np.float64)
    for name in names:
        tolerance = 1e-4 if name == "r2" else 1e-5  # Keras sums r2 in float32, and subtracts two near numbers
        check_close(scores[KERAS_NAMES[name]], metric_with_numpy(name, facts["loss"], y, p), tolerance, f"evaluate: {name}")
    if facts["loss"] in LOSSES_AS_METRICS:
        expected = metric_with_numpy(LOSSES_AS_METRICS[facts["loss"]], facts["loss"], y, p)
        check_close(scores["loss"], expected, 1e-5, "evaluate: loss")


def slot_pattern(slot, variable, shape):
    """The values that test_modelfile wrote into m (slot 0) and v (slot 1)."""
    row, column = np.indices(shape) if len(shape) == 2 else (0, np.arange(shape[0]))
    number = (variable * 4096 + row * 64 + column + 1).astype(np.float64)
    return np.where(column % 2, -number, number) * 2.0**-20 if slot == 0 else number * 2.0**-28


def check_optimizer(model, path, facts):
    """The recipe for going on in Keras. Weights are spoilt first, so that nothing is right by chance."""
    before = model.get_weights()
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.5, np.float32))
    model.optimizer.build(model.trainable_variables)
    model.load_weights(path)
    check(all(np.array_equal(a, b) for a, b in zip(before, model.get_weights())), "load_weights: the same weights")
    optimizer = model.optimizer
    check_equal(type(optimizer).__name__, "Adam", "optimizer")
    check_equal(int(optimizer.iterations.numpy()), int(facts["iteration"]), "iteration")
    check_equal(float(optimizer.learning_rate.numpy()), float(np.float32(facts["learning_rate"])), "learning rate")
    for name in ("beta_1", "beta_2", "epsilon"):
        check_equal(float(getattr(optimizer, name)), float(facts[name]), name)
    variables = optimizer.variables
    check_equal(len(variables), 2 + 2 * len(model.trainable_variables), "optimizer variables")
    wrong = []
    for i, variable in enumerate(model.trainable_variables):
        for slot in range(2):
            found = variables[2 + 2 * i + slot]
            expected = slot_pattern(slot, i, tuple(variable.shape))
            named = variable.path.replace("/", "_") in found.path and ("momentum", "velocity")[slot] in found.path
            if not named or not np.array_equal(found.numpy(), expected):
                wrong.append(found.path)
    check_equal(wrong, [], "moments that are not those of their variable")


def check_step(model, x, y):
    before = [variable.numpy() for variable in model.trainable_variables]
    iteration = int(model.optimizer.iterations.numpy())
    loss = model.fit(x, y, batch_size=len(x), epochs=1, verbose=0).history["loss"][0]
    check(np.isfinite(loss), f"one step: loss {loss:.6g}")
    check_equal(int(model.optimizer.iterations.numpy()), iteration + 1, "one step: iteration")
    after = [variable.numpy() for variable in model.trainable_variables]
    moved = [np.isfinite(b).all() and (a != b).any() for a, b in zip(before, after)]
    check(all(moved), f"one step: {sum(moved)} of {len(moved)} variables moved")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, prediction_path = sys.argv[1:]
    with h5py.File(prediction_path) as file:
        x, prediction, facts = file["x"][:], file["prediction"][:], dict(file.attrs)
    y = make_targets(facts["loss"], prediction)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # how Keras says that it skipped something
        model = keras.models.load_model(path)
        check_equal(",".join(layer.name for layer in layers_of(model)), facts["layers"], "layers")
        check_equal(str(model.loss if isinstance(model.loss, str) else model.loss.__name__), facts["loss"], "loss")
        check_close(model.predict(x, verbose=0), prediction, 1e-6, "prediction of Keras")
        with h5py.File(path) as file:
            check_close(prediction, predict_with_numpy(file, model, x), 1e-6, "prediction of Lockstep, by numpy")
        check_scores(model, facts, x, y, prediction)
        check_optimizer(model, path, facts)
        check_step(model, x, y)
        if y.ndim == 2 and y.shape[1] == 1:
            loss = keras.models.load_model(path).fit(x, y[:, 0], verbose=0).history["loss"][0]
            check(np.isfinite(loss), f"fit with targets as a vector: loss {loss:.6g}")

        plain = keras.models.load_model(path.replace(".weights.h5", ".plain.h5"))
        check_close(plain.predict(x, verbose=0), prediction, 1e-6, "without optimizer: prediction")
        plain.fit(x, y, verbose=0)
        check_equal(int(plain.optimizer.iterations.numpy()), -(-len(x) // 32), "without optimizer: steps of an epoch")
    print(f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes the files of the check of Keras files, with the Keras that runs it: tf.keras 2.15 or Keras 3.

    KERAS_BACKEND=jax python make_keras.py FOLDER [NAME ...]

A folder for each case of keras_cases.py, called k2-NAME or k3-NAME, with model.keras, deflated.keras (the same, its
members deflated), model.h5, model.weights.h5 and model.json beside it, data.h5 (x and y), and expected.npz: the
`prediction` of the saved model, and after ten further steps without shuffling the `loss` of these and the variables v0,
v1, ... in the order of model.weights. facts.json says what there is. Prints a line for each.
"""

import json
import os
import sys
import warnings
import zipfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import h5py  # noqa: E402
import keras  # noqa: E402
import keras_cases as cases  # noqa: E402
import numpy as np  # noqa: E402


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member), zipfile.ZIP_DEFLATED)


def epoch(model, case, x, y):
    """Ten steps; the mean loss of their rows."""
    if not case.get("by_steps"):
        return model.fit(x, y, batch_size=cases.BATCH, epochs=1, shuffle=False, verbose=0).history["loss"][0]
    losses = []
    for first in range(0, len(x), cases.BATCH):  # with train_on_batch, where fit ends with other weights
        made = model.train_on_batch(x[first : first + cases.BATCH], y[first : first + cases.BATCH])
        losses.append(np.mean(made if np.ndim(made) == 0 else made[0]))
        model.reset_metrics()
    return float(np.mean(losses))


def is_idle(optimizer):
    """Keras 2's SGD has arrays for its momentum where there is none."""
    return cases.GENERATION == 2 and type(optimizer).__name__ == "SGD" and optimizer.get_config()["momentum"] == 0


def make(case, folder):
    keras.utils.set_random_seed(7)
    x, y = cases.data(case["kind"])
    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"], file["y"] = x, y
    model = case["build"]()
    eager = case.get("eager", False) and cases.GENERATION == 2
    model.compile(optimizer=case["optimizer"](), loss=case["loss"], metrics=case["metrics"], run_eagerly=eager)
    epoch(model, case, x, y)
    model.save(folder / "model.keras")
    deflate(folder / "model.keras", folder / "deflated.keras")
    model.save(folder / "model.h5")
    model.save_weights(folder / "model.weights.h5")
    (folder / "model.json").write_text(model.to_json())
    prediction = model.predict(x, verbose=0)
    random = case.get("random", False)
    loss = np.nan if random else epoch(model, case, x, y)
    found = getattr(model.optimizer, "variables", [])
    arrays = [np.asarray(v) for v in (found() if callable(found) and not isinstance(found, list) else found)]
    legacy = case.get("legacy", False)  # whose arrays have another order, and of which .keras has none
    slots = [] if random or legacy or is_idle(model.optimizer) else [a for a in arrays if a.ndim > 0]
    variables = {f"v{i}": np.asarray(v) for i, v in enumerate(model.get_weights())}
    variables.update({f"s{i}": slot for i, slot in enumerate(slots)})
    np.savez(folder / "expected.npz", prediction=prediction, loss=loss, **variables)
    facts = {
        "keras": keras.__version__, "batch": cases.BATCH, "slots": len(slots), "refused": case.get("refused"),
        "trained_from": [] if random else ["model.h5"] if legacy else ["model.keras", "model.h5"],
        "variables": [v.path if hasattr(v, "path") else v.name for v in model.weights],
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))
    print(f"{folder.name}: {len(model.layers)} layers, loss {loss:.6g}", flush=True)


def main():
    if len(sys.argv) < 2:
        sys.exit("FOLDER [NAME ...]")
    warnings.simplefilter("ignore")
    for case in cases.CASES:
        if not sys.argv[2:] or case["name"] in sys.argv[2:]:
            make(case, Path(sys.argv[1]) / f"k{cases.GENERATION}-{case['name']}")


if __name__ == "__main__":
    main()

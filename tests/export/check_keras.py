"""Exports networks of every layer kind and activation as .keras and .json, and has Keras 3 predict with them.

    python check_keras.py PROGRAM [NAME ...]

What load_model opens predicts what Lockstep does, to 1e-6 of the largest, and Keras saves and opens it again. The .json
alone gives the same layers, and takes the weights of the .keras file. Networks with offsets are refused. Prints one line a check; exit status 1 when one failed.
"""

import json
import os
import sys
import warnings
import zipfile

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import cases  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402


def look(case):
    if "dates" in case.kind:
        said = case.refused(".keras")
        cases.check(said and "in float64" in said and "--normalization off" in said, f"{case.name}: refused: {said}")
        return
    path = case.export(".keras")
    with zipfile.ZipFile(path) as archive:
        whole = archive.testzip() is None and all(m.compress_type == zipfile.ZIP_STORED for m in archive.infolist())
        cases.check(whole, f"{case.name}: {archive.namelist()}")
        facts = json.loads(archive.read("metadata.json"))
    cases.check(cases.facts_are_right(facts, case), f"{case.name}: metadata: {facts}")
    complete = np.isfinite(case.x).all(1)
    x, case.prediction = case.x[complete].astype(np.float32), case.prediction[complete]
    model = keras.models.load_model(path)
    found = model.predict(x, verbose=0)
    cases.check_close(f"{case.name}: load_model", found, case)
    again = case.run_folder / "again.keras"
    model.save(again)
    same = np.array_equal(keras.models.load_model(again).predict(x, verbose=0), found)
    cases.check(same, f"{case.name}: saved by Keras and opened again")
    config = case.export(".json").read_text()
    made = keras.models.model_from_json(config)
    made.load_weights(path)
    cases.check(np.array_equal(made.predict(x, verbose=0), found), f"{case.name}: model_from_json")
    names = [[type(layer).__name__ for layer in m.layers] for m in (model, made)]
    cases.check(names[0] == names[1], f"{case.name}: {names[1]}")
    if case.kind == "values":
        bare = keras.models.load_model(case.export(".keras", "--normalization", "off"))
        kinds = [type(layer).__name__ for layer in bare.layers]
        cases.check("Normalization" not in kinds, f"{case.name}: without normalization: {kinds}")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # how Keras says that it skipped something
        sys.exit(cases.through(look))

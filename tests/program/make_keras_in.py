"""Makes the files of keras_in.sh, with the Keras that runs it, tf.keras 2.15 or Keras 3, into the folder keras_in:

    python make_keras_in.py PROGRAM

Each model with what Keras predicts for the rows of data.h5 (NAME.csv), and where it is compiled its loss on them
(losses.csv). `own` are Lockstep's models, opened by Keras, trained there and saved again, by Keras 3 only.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent / "keras_in"
GENERATION = 3 if int(keras.__version__.split(".")[0]) >= 3 else 2
L = keras.layers


def data():
    random = np.random.default_rng(5)
    x = random.normal(size=(48, 3)).astype(np.float32)
    z = np.tanh(x @ random.normal(size=(3, 3)))
    return x, z[:, :2].astype(np.float32), np.argmax(z, 1).astype(np.int32)


def deflate(path):
    with zipfile.ZipFile(path) as old:
        members = [(m.filename, old.read(m)) for m in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members:
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def record(name, model, x, y):
    np.savetxt(HERE / f"{name}.csv", model.predict(x, verbose=0), fmt="%.9g")
    if y is not None:
        loss = model.evaluate(x, y, batch_size=len(x), verbose=0)
        with open(HERE / "losses.csv", "a") as losses:
            losses.write(f"{name} {np.ravel(loss)[0]:.9g}\n")


def plain():
    return keras.Sequential([keras.Input((3,)), L.Dense(5, "relu", name="first"), L.Dense(3, "softmax")])


def deep(x):
    normalization = L.Normalization()
    normalization.adapt(x)
    inner = keras.Sequential(
        [keras.Input((3,)), L.Dense(5, "tanh"), L.BatchNormalization(), L.Dropout(0.1), L.Dense(4)], name="inner"
    )
    outer = [keras.Input((3,)), L.Rescaling(0.5, offset=-0.25), normalization, inner, L.LayerNormalization()]
    return keras.Sequential([*outer, L.Dense(2), L.Rescaling(3.0, offset=1.0)])


def line():
    at = keras.Input((3,))
    first = L.Dense(4, "relu")(at)
    return keras.Model(at, L.Dense(2)(L.Add()([first, L.Dense(4)(first)])))


def main():
    program = sys.argv[1]
    keras.utils.set_random_seed(11)
    x, y, labels = data()
    HERE.mkdir(exist_ok=True)
    if GENERATION == 3:
        (HERE / "losses.csv").write_text("")
        with h5py.File(HERE / "data.h5", "w") as file:
            file["x"], file["y"], file["labels"] = x, y, labels
    k = f"k{GENERATION}-"

    model = plain()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, epochs=2, verbose=0)
    model.save(HERE / f"{k}plain.keras")
    model.save(HERE / f"{k}plain.h5")
    record(f"{k}plain", model, x, labels)

    model = deep(x)
    model.compile("adam", "mean_squared_error", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0)
    model.save(HERE / f"{k}deep.keras")
    deflate(HERE / f"{k}deep.keras")
    record(f"{k}deep", model, x, y)

    model = line()
    if GENERATION == 3:
        model.save_weights(HERE / f"{k}line.weights.h5")
    else:
        model.save_weights(HERE / f"{k}line.weights.h5", save_format="h5")
    (HERE / f"{k}line.json").write_text(model.to_json())
    model.save(HERE / f"{k}line.keras")
    deflate(HERE / f"{k}line.keras")
    record(f"{k}line", model, x, None)

    if GENERATION == 2:
        return
    model.compile("adam", "cosine_similarity")
    model.save(HERE / "k3-odd.keras")
    deflate(HERE / "k3-odd.keras")
    convolution = keras.Sequential([keras.Input((6, 1)), L.Conv1D(2, 3), L.Flatten(), L.Dense(1)])
    (HERE / "k3-convolution.json").write_text(convolution.to_json())
    with tempfile.TemporaryDirectory() as work:
        call = [program, "train", HERE / "data.h5", "--layers", "4 relu, 2", "--normalize", "standard", "--epochs", "2"]
        call += ["--normalize-targets", "on", "--output", f"{work}/run", "--quiet"]
        subprocess.run(call, check=True)
        subprocess.run([program, "export", f"{work}/run", f"{work}/own.keras", "--quiet"], check=True)
        model = keras.models.load_model(f"{work}/own.keras", compile=False)
        model.compile("adam", "mean_squared_error")
        model.fit(x, y, epochs=2, verbose=0)
        model.save(HERE / "k3-own.keras")
        deflate(HERE / "k3-own.keras")
        model.save(HERE / "k3-own.h5")
        record("k3-own", model, x, y)


main()

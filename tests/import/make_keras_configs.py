#!/usr/bin/env python3
"""Configurations as Keras really writes them, for test_keras_model: a line of JSON each, to standard output.

    make_keras_configs.py >keras3.jsonl      with Keras 3 (KERAS_BACKEND=jax)
    make_keras_configs.py >keras2.jsonl      with tf.keras of TensorFlow 2.15
    make_keras_configs.py normalized nested residual models_in_a_line >keras213.jsonl
                                             the same with Keras 2.13.1 on PYTHONPATH, and 2.14.0

Each line has the model's name, the version, what model.to_json() gives, and where its variables lie in files of both kinds:
"saved", the datasets in the .keras file's weights, and "legacy", how many each layer has in an .h5 file.
"""
import io
import json
import os
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    import tensorflow as tf
    from keras import __version__ as version

    keras = tf.keras
except ImportError:
    import keras

    version = keras.__version__
import h5py

THREE = version.startswith("3")
layers, Model, Input = keras.layers, keras.Model, keras.Input
Dense, Activation, Dropout = layers.Dense, layers.Activation, layers.Dropout


def sequential(*parts, shape=(4,)):
    return keras.Sequential([Input(shape), *parts])


def rules():
    l1l2 = keras.regularizers.L1L2(1e-3, 2e-3)
    return sequential(
        Dense(8, activation="relu", kernel_regularizer=l1l2, bias_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(3),
              bias_constraint="non_neg"),
        Dense(8, kernel_initializer="he_normal", bias_initializer=keras.initializers.Constant(0.1)),
        Dense(8, use_bias=False, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal"),
              kernel_regularizer="l1"),
        Dense(2, kernel_initializer="orthogonal"))


def activations():
    return sequential(
        Dense(8), layers.LeakyReLU(0.1), Dense(8), layers.LeakyReLU(), Dense(8, activation="leaky_relu"), layers.ELU(0.5),
        layers.ELU(), layers.ReLU(), layers.ReLU(negative_slope=0.25), Dense(8, activation=layers.LeakyReLU(0.05)),
        Dense(8, activation=keras.activations.swish), Activation("gelu"), Activation("linear"), Dense(3), layers.Softmax())


def normalized():
    return sequential(
        layers.BatchNormalization(momentum=0.9, epsilon=1e-4), Dense(8), layers.BatchNormalization(center=False), Dropout(0.25),
        layers.LayerNormalization(epsilon=1e-5), layers.GaussianNoise(0.5), layers.LayerNormalization(scale=False, center=False),
        Dense(1))


def maps():
    return sequential(
        layers.Rescaling([1.0, 2.0, 3.0, 4.0], offset=0.5), layers.Normalization(), Dense(3),
        layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 9.0, 16.0], invert=True), layers.Rescaling(2.0))


def pictures():
    return sequential(layers.Rescaling(1 / 255), layers.Normalization(axis=None), layers.Flatten(), Dense(3), shape=(5, 5, 2))


def reshaped():
    return sequential(layers.Reshape((2, 2)), layers.Reshape((-1,)), Dense(3))


def nested():
    inner = keras.Sequential([Input((4,)), Dense(3, name="foo"), layers.BatchNormalization(), Dense(3)], name="encoder")
    x = Input((3,))
    functional = Model(x, Dense(5, activation="tanh")(x))
    deepest = sequential(keras.Sequential([Input((5,)), Dense(5)]), shape=(5,))
    return sequential(Dense(4), inner, functional, deepest, Dense(1))


def line():
    x = Input((4,))
    y = layers.Normalization()(x)
    y = Dropout(0.1)(Dense(6, activation="relu")(y))
    return Model(x, Dense(2, name="end")(y))


def residual():
    """Branches behind one another, in one another with one beginning, and with one end."""
    x = Input((4,))
    y = layers.Add()([x, Dense(4)(Dense(7, activation="relu")(x))])
    y = layers.LeakyReLU(0.2)(y)
    inner = layers.Add()([Dense(4)(y), y])
    y = layers.Add()([y, Dense(4)(inner)])
    between = Dense(4)(y)
    y = y + layers.add([between, Dense(4)(between)])
    return Model(x, Dense(1)(y))


def models_in_a_line():
    x = Input((4,))
    inner = Input((6,))
    block = Model(inner, layers.Add()([inner, Dense(6)(inner)]), name="block")
    y = sequential(Dense(6))(x)
    return Model(x, Dense(1)(block(y)))


def named_ends():
    x = Input((4,))
    return Model({"a": x}, {"b": Dense(1)(x)})


def unbuilt():
    return keras.Sequential([Dense(4), Dense(3)])


def built():
    model = keras.Sequential([Dense(4), Dense(3)])
    model.build((None, 7))
    return model


def frozen():
    return sequential(Dense(4, trainable=False), Dense(3, dtype="mixed_bfloat16"), Dense(1, dtype="float64"))


# ---- refused ----


def convolution():
    return sequential(layers.Conv2D(4, 3), layers.Flatten(), Dense(1), shape=(8, 8, 1))


def two_inputs():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    return Model([a, b], Dense(1)(layers.Add()([a, b])))


def two_outputs():
    x = Input((4,))
    return Model(x, [Dense(1)(x), Dense(2)(x)])


def shared():
    x = Input((4,))
    dense = Dense(4)
    return Model(x, Dense(1)(dense(dense(x))))


def branches():
    x = Input((4,))
    return Model(x, Dense(1)(layers.Add()([Dense(3)(x), Dense(3)(x)])))


def joined():
    x = Input((4,))
    return Model(x, Dense(1)(layers.Concatenate()([x, Dense(3)(x)])))


def three_added():
    x = Input((4,))
    y = Dense(4)(x)
    return Model(x, Dense(1)(layers.Add()([x, y, Dense(4)(y)])))


def always_training():
    x = Input((4,))
    return Model(x, Dense(1)(Dropout(0.5)(x, training=True)))


def constant_added():
    x = Input((4,))
    return Model(x, Dense(1)(x) + 1.0)


def activity():
    return sequential(Dense(2, activity_regularizer="l2"))


def lora():
    model = sequential(Dense(2))
    model.layers[0].enable_lora(2)
    return model


def quantized():
    model = sequential(Dense(2))
    model.quantize("int8")
    return model


BOTH = [rules, activations, normalized, maps, pictures, reshaped, nested, line, residual, models_in_a_line, named_ends, unbuilt, built,
        frozen, convolution, two_inputs, two_outputs, shared, branches, joined, three_added, always_training, constant_added, activity]
ONLY_THREE = [lora, quantized]
WITHOUT_FILES = {"unbuilt", "lora", "quantized"}


def places(model):
    """(datasets in a .keras file, {layer: how many} of an .h5 file)"""
    saved = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.keras")
        model.save(path)
        weights = h5py.File(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")), "r")
        weights.visititems(lambda name, item: saved.append(name) if isinstance(item, h5py.Dataset) and name[0] != "o" else None)
        path = os.path.join(folder, "m.h5")
        model.save(path)
        with h5py.File(path, "r") as file:
            group = file["model_weights"]
            names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["layer_names"]]
            legacy = {name: len(group[name].attrs["weight_names"]) for name in names}
    return sorted(saved), {name: count for name, count in legacy.items() if count}


for make in BOTH + (ONLY_THREE if THREE else []):
    if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
        continue
    keras.backend.clear_session()
    model = make()
    saved, legacy = ([], {}) if make.__name__ in WITHOUT_FILES else places(model)
    record = {"name": make.__name__, "version": version, "saved": saved, "legacy": legacy, "config": json.loads(model.to_json())}
    print(json.dumps(record, separators=(",", ":")))
    print(f"{make.__name__}", file=sys.stderr)

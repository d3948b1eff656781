"""Records the weight trajectories of the reference, and compares it with Keras.

    python train_reference.py record [DIRECTORY]   writes tutorial.h5, classes.h5 ... (default: beside this file)
    python train_reference.py verify               prints how far Keras and rounding are from the reference

A recorded file holds the job's options as attributes, the weights of every epoch as float32 (epochs, shape...), the
initial weights under /initial, the epochs' mean losses as float64 and, unless attribute `data` names a file of data/,
the generated data under /data. test_reference.c trains the same job and compares.
"""

import os
import sys
from pathlib import Path

import h5py
import numpy as np

import network
from network import Network, philox

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data"
SEED = 0

# What every job has in common, by the names of the program's options.
COMMON = {
    "seed": str(SEED),
    "shuffle": "off",
    "shards": "1",
    "normalize": "none",
    "batch-size": "32",
    "optimizer": "adam",
}
JOBS = {
    "tutorial": {"layers": "64 relu, 1", "loss": "mse", "epochs": "100", "learning-rate": "0.001"},
    "classes": {
        "layers": "16 tanh, 12 sigmoid, 3 softmax",
        "loss": "sparse_categorical_crossentropy",
        "epochs": "20",
        "learning-rate": "0.003",
    },
    "binary": {
        "layers": "24 relu, dropout 0.25, 8 relu, 1 sigmoid",
        "loss": "binary_crossentropy",
        "epochs": "20",
        "learning-rate": "0.003",
    },
    "sample_weights": {
        "layers": "16 tanh, 3 softmax",
        "loss": "sparse_categorical_crossentropy",
        "epochs": "20",
        "learning-rate": "0.003",
        "sample-weights": "/data/weight",
    },
    "class_weights": {
        "layers": "16 tanh, 8 relu, 1 sigmoid",
        "loss": "binary_crossentropy",
        "epochs": "20",
        "learning-rate": "0.003",
        "class-weights": "0=0.75, 1=3",
    },
    "regularized": {
        "layers": "16 tanh kernel_regularizer=l2(0.01) bias_regularizer=l2(0.005), "
        "12 sigmoid kernel_regularizer=l1_l2(l1=0.0001 l2=0.003) bias_regularizer=l2(0.01), "
        "3 softmax kernel_regularizer=l1(0.0005)",
        "loss": "sparse_categorical_crossentropy",
        "epochs": "20",
        "learning-rate": "0.003",
    },
}


def job_weights(name, x, y):
    """float32 (N,), or None."""
    if name == "sample_weights":
        return (x[:, 3] * 4).astype(np.float32) * (x[:, 4] > 0.2)
    if name == "class_weights":
        return np.where(y[:, 0] > 0.5, np.float32(3), np.float32(0.75))
    return None


def job_data(name):
    """x float32 (N, F) and y: float32 (N, outputs) or int32 (N,)."""
    if name == "tutorial":
        with h5py.File(DATA / "tutorial.h5") as file:
            return file["x"][:], file["y"][:]
    rows, features = 150, 7
    value = philox.uniform(philox.words(SEED + 1, philox.DATA, features + 1, range(rows)))
    x = value[:, :features]
    if name in ("classes", "sample_weights", "regularized"):
        return x, ((x[:, 0] + x[:, 1] > 1).astype(np.int32) + (x[:, 2] > 0.5)).astype(np.int32)
    return x, (x[:, :1] + x[:, 1:2] + value[:, features:] > 1.5).astype(np.float32)


def train(name, dtype=np.float64, layers=None):
    """Trains a job; returns the network, and per epoch the weights and the loss."""
    job = COMMON | JOBS[name]
    x, y = job_data(name)
    rate = float(job["learning-rate"])
    net = Network(layers or job["layers"], x.shape[1], job["loss"], int(job["seed"]), rate, dtype)
    initial = [w.copy() for w in net.weights]
    weight = job_weights(name, x, y)
    weights, losses = [], []
    for epoch in range(int(job["epochs"])):
        losses.append(net.epoch(x, y, int(job["batch-size"]), epoch, weight))
        weights.append([w.copy() for w in net.weights])
    return net, initial, weights, losses


def record(directory):
    for name, job in JOBS.items():
        net, initial, weights, losses = train(name)
        path = Path(directory) / f"{name}.h5"
        packed = {"compression": "gzip", "compression_opts": 9, "shuffle": True, "track_times": False}
        with h5py.File(path, "w") as file:
            for key, value in (COMMON | job).items():
                file.attrs[key] = np.bytes_(value)
            file.attrs["source"] = np.bytes_("tests/reference/train_reference.py record")
            if name == "tutorial":
                file.attrs["data"] = np.bytes_("tutorial.h5")
            else:
                for key, value in zip("xy", job_data(name)):
                    file.create_dataset(f"data/{key}", data=value, **packed)
            if "sample-weights" in job:
                file.create_dataset("data/weight", data=job_weights(name, *job_data(name)), **packed)
            for i, tensor in enumerate(net.names):
                every = np.stack([w[i] for w in weights]).astype("<f4")
                # One chunk a tensor: neighbouring epochs share their high bytes, and a reader's chunk cache keeps it.
                file.create_dataset(tensor, data=every, chunks=every.shape, **packed)
                file.create_dataset(f"initial/{tensor}", data=initial[i].astype("<f4"), track_times=False)
            file.create_dataset("loss", data=np.array(losses, "<f8"), track_times=False)
        print(f"{path}: loss {losses[0]:.6f} -> {losses[-1]:.6f}, {path.stat().st_size} bytes")


def train_keras(keras, name, layers, initial, floatx):
    """The same job in Keras, from the reference's initial weights, with its row ranges; per epoch weights and loss."""
    import jax

    job = COMMON | JOBS[name]
    x, y = job_data(name)
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)  # layers take this one, which set_floatx leaves as it was
    model = keras.Sequential([keras.Input((x.shape[1],))])
    for layer in network.parse_layers(layers):
        # keras.ops.tanh narrows float64 to float32 on this backend.
        activation = jax.numpy.tanh if layer[2] == "tanh" else layer[2]
        kernel, bias = (keras.regularizers.L1L2(*penalty) if any(penalty) else None for penalty in layer[3])
        model.add(
            keras.layers.Dense(layer[1], activation=activation, kernel_regularizer=kernel, bias_regularizer=bias)
        )
    model.set_weights([w.astype(floatx) for w in initial])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=float(job["learning-rate"])), loss=job["loss"])
    x = x.astype(floatx)
    # Keras turns class weights into sample weights before it trains; a model of one sigmoid takes (N,) of them.
    weight = job_weights(name, x.astype(np.float32), y)
    bounds = network.step_bounds(len(x), int(job["batch-size"]))
    weights, losses = [], []
    for _ in range(int(job["epochs"])):
        total = 0.0
        for first, end in zip(bounds[:-1], bounds[1:]):
            model.reset_metrics()
            part = {} if weight is None else {"sample_weight": weight[first:end].astype(floatx)}
            if "class-weights" in job:
                part = {"class_weight": {0: 0.75, 1: 3}}
            total += float(model.train_on_batch(x[first:end], y[first:end], **part)) * (end - first)
        weights.append([np.array(w) for w in model.get_weights()])
        losses.append(total / len(x))
    return weights, losses


def distance(weights, reference, tensor):
    """Largest ||w - w_ref|| / ||w_ref|| of a tensor over the epochs, and the epoch (from 1)."""
    ratios = [
        np.linalg.norm(w[tensor].astype(np.float64) - r[tensor]) / np.linalg.norm(r[tensor])
        for w, r in zip(weights, reference)
    ]
    return max(ratios), 1 + int(np.argmax(ratios))


def verify():
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import keras

    bad = 0
    for name, job in JOBS.items():
        # Keras cannot be given the contract's dropout masks: both sides leave dropout out.
        layers = ", ".join(e.strip() for e in job["layers"].split(",") if "dropout" not in e)
        net, initial, reference, losses = train(name, layers=layers)
        runs = {
            "keras float64": train_keras(keras, name, layers, initial, "float64"),
            "keras float32": train_keras(keras, name, layers, initial, "float32"),
            "numpy float32": train(name, np.float32, layers)[2:],
        }
        if layers != job["layers"]:
            dropout = train(name)
            runs["numpy float32, dropout"] = train(name, np.float32)[2:]
        for title, (weights, found) in runs.items():
            base, base_losses = (dropout[2], dropout[3]) if "dropout" in title else (reference, losses)
            for i, tensor in enumerate(net.names):
                ratio, epoch = distance(weights, base, i)
                print(f"{name:9} {title:23} {tensor:15} {ratio:.2e} (largest of the epochs, at {epoch})")
                bad += title == "keras float64" and not ratio < 1e-9
            ratio = max(abs(a - b) / b for a, b in zip(found, base_losses))
            print(f"{name:9} {title:23} {'loss':15} {ratio:.2e}")
            bad += title == "keras float64" and not ratio < 1e-6  # Keras returns some of its losses as float32
    print(f"verify: {bad} differences between the reference and Keras in float64")
    return bad


def main():
    philox.check()
    if sys.argv[1:2] == ["record"] and len(sys.argv) <= 3:
        record(sys.argv[2] if len(sys.argv) == 3 else HERE)
        return 0
    if sys.argv[1:] == ["verify"]:
        return 1 if verify() else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

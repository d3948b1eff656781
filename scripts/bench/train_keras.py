"""Keras 3, model.fit; KERAS_BACKEND says on what. See serve.py."""

import os

import serve
from workloads import BETA_1, BETA_2, EPSILON, LEARNING_RATE

args = serve.arguments(__doc__)
work = args.workload
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
backend = os.environ["KERAS_BACKEND"]
if backend == "tensorflow":
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(args.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(args.threads)
elif backend == "torch":
    import torch

    torch.set_num_threads(args.threads)
import keras  # noqa: E402

LAST = {
    "mse": ("linear", "mean_squared_error"),
    "softmax": ("softmax", "sparse_categorical_crossentropy"),
    "binary": ("sigmoid", "binary_crossentropy"),
}
activation, loss = LAST[work.loss]
keras.utils.set_random_seed(1)
x, y = serve.load(args)
model = keras.Sequential(
    [keras.Input((work.layers[0],))]
    + [keras.layers.Dense(units, activation="relu") for units in work.layers[1:-1]]
    + [keras.layers.Dense(work.layers[-1], activation=activation)]
)
model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON), loss=loss)


def train(rows, epochs):
    fit = model.fit(x[:rows], y[:rows], epochs=epochs, batch_size=work.batch, verbose=0)
    return fit.history["loss"][-1]


serve.serve(args, f"keras {keras.__version__} on {backend}", train)

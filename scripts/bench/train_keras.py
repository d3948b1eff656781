"""Keras 3, model.fit; KERAS_BACKEND says on what. See serve.py."""

import os

import serve
from workloads import BETA_1, BETA_2, EPSILON, LEARNING_RATE

args = serve.arguments(__doc__, steps=dict(type=int, default=1, help="that one call of the backend makes"))
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
    "mae": ("linear", "mean_absolute_error"),
    "huber": ("linear", "huber"),
    "softmax": ("softmax", "sparse_categorical_crossentropy"),
    "binary": ("sigmoid", "binary_crossentropy"),
}
activation, loss = LAST[work.loss]
keras.utils.set_random_seed(1)
if args.precision == "bfloat16":
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
x, y = serve.load(args)
model = keras.Sequential(
    [keras.Input((work.layers[0],))]
    + [keras.layers.Dense(units, activation=work.activation) for units in work.layers[1:-1]]
    + [keras.layers.Dense(work.layers[-1]), keras.layers.Activation(activation, dtype="float32")]
)
model.compile(
    optimizer=keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON),
    loss=loss,
    jit_compile="auto" if backend == "torch" else True,
    steps_per_execution=args.steps,
)


def train(rows, epochs):
    fit = model.fit(x[:rows], y[:rows], epochs=epochs, batch_size=work.batch, verbose=0)
    return fit.history["loss"][-1]


serve.serve(args, f"keras {keras.__version__} on {backend}", train)

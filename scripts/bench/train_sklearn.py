"""scikit-learn's MLPClassifier or MLPRegressor with Adam. See serve.py."""

import warnings

import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

import serve
from workloads import BETA_1, BETA_2, EPSILON, LEARNING_RATE

args = serve.arguments(__doc__)
work = args.workload
ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}
if work.loss in ("mae", "huber") or work.activation not in ACTIVATIONS:
    raise SystemExit(f"scikit-learn has no {work.loss} with {work.activation}")
warnings.filterwarnings("ignore")  # that max_iter is reached is meant
x, y = serve.load(args)
if y.ndim == 2 and y.shape[1] == 1:
    y = y[:, 0]
if work.loss == "binary":
    y = y.astype("int32")


def train(rows, epochs):
    """Begins anew each time."""
    kind = MLPRegressor if work.loss == "mse" else MLPClassifier
    model = kind(
        hidden_layer_sizes=work.layers[1:-1],
        activation=ACTIVATIONS[work.activation],
        alpha=0.0,
        batch_size=min(work.batch, rows),
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10**9,
        learning_rate_init=LEARNING_RATE,
        beta_1=BETA_1,
        beta_2=BETA_2,
        epsilon=EPSILON,
        random_state=1,
    )
    return model.fit(x[:rows], y[:rows]).loss_


serve.serve(args, f"scikit-learn {sklearn.__version__}", train)

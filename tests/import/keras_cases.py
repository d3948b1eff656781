"""The models of the check of Keras files: each a name, how it is built, its optimizer, loss, metrics and data. The same
for tf.keras 2.15 and Keras 3, whose module is `keras`; where a generation has none of a thing, the case is not its.
"""

import keras
import numpy as np

GENERATION = 3 if int(keras.__version__.split(".")[0]) >= 3 else 2
ROWS, FEATURES, BATCH = 320, 6, 32  # ten steps an epoch

L = keras.layers
O = keras.optimizers
S = keras.optimizers.schedules
LOSS = keras.losses


def data(kind):
    random = np.random.default_rng(29)
    x = random.normal(size=(ROWS, FEATURES)).astype(np.float32)
    z = np.tanh(x @ random.normal(size=(FEATURES, 3))) + 0.1 * random.normal(size=(ROWS, 3))
    if kind == "values":
        y = z[:, :2]
    elif kind == "amounts":
        y = np.exp(z[:, :2])
    elif kind == "labels":
        y = np.argmax(z, 1)
    elif kind == "one-hot":
        y = np.eye(3)[np.argmax(z, 1)]
    elif kind == "answers":
        y = z[:, :1] > 0
    else:
        raise ValueError(kind)
    return x, y.astype(np.int32 if kind == "labels" else np.float32)


def leaky(slope):
    return L.LeakyReLU(slope) if GENERATION == 3 else L.LeakyReLU(alpha=slope)


def sequential(*layers, inputs=FEATURES):
    return keras.Sequential([keras.Input((inputs,)), *layers])


def plain(last=2, activation=None, hidden="relu"):
    return lambda: sequential(L.Dense(16, activation=hidden), L.Dense(last, activation=activation))


def dense_activations(*names):
    return lambda: sequential(*[L.Dense(10, activation=a) for a in names], L.Dense(2))


def layer_activations(make):
    def build():
        layers = []
        for activation in make():
            layers += [L.Dense(10), activation]
        return sequential(*layers, L.Dense(2))

    return build


def functional():
    given = keras.Input((FEATURES,), name="given")
    h = L.Dense(12, activation="tanh", name="first")(given)
    h = L.Activation("relu", name="bent")(h)
    return keras.Model(given, L.Dense(2, name="last")(h), name="line")


def residual():
    given = keras.Input((FEATURES,))
    h = L.Dense(8, activation="relu")(given)
    r = L.Dense(12, activation="tanh")(h)
    r = L.Dense(8)(r)
    h = L.Activation("relu")(L.Add()([h, r]))
    r = L.Dense(8)(h)
    h = L.Add()([r, h])
    return keras.Model(given, L.Dense(2)(h))


def nested():
    encoder = keras.Sequential([L.Dense(12, activation="relu"), L.Dense(4, activation="tanh")], name="encoder")
    decoder = keras.Sequential([L.Dense(12, activation="relu"), L.Dense(2)], name="decoder")
    return sequential(encoder, L.Dense(5, activation="elu"), decoder)


def nested_functional():
    given = keras.Input((FEATURES,))
    inner_input = keras.Input((8,))
    inner = keras.Model(inner_input, L.Dense(4)(L.LayerNormalization()(inner_input)), name="inner")
    h = inner(L.Dense(8, activation="relu")(given))
    return keras.Model(given, L.Dense(2)(h))


def normalization():
    x, _ = data("values")
    layer = L.Normalization()
    layer.adapt(x * 3 + 1)
    return sequential(layer, L.Dense(16, activation="relu"), L.Dense(2))


def normalization_told():
    return sequential(
        L.Normalization(mean=[0.1, 0, -1, 0.5, 2, 0], variance=[1, 4, 0.5, 2, 1, 9]), L.Dense(16, activation="relu"), L.Dense(2)
    )


def rescaling():
    return sequential(L.Rescaling(0.25, offset=-0.5), L.Dense(16, activation="relu"), L.Dense(2))


def layer_normalization():
    return sequential(
        L.Dense(12),
        L.LayerNormalization(),
        L.Activation("relu"),
        L.Dense(12),
        L.LayerNormalization(epsilon=0.01, center=False),
        L.Dense(12, activation="tanh"),
        L.LayerNormalization(scale=False),
        L.Dense(2),
    )


def batch_normalization():
    return sequential(
        L.BatchNormalization(),
        L.Dense(12, activation="relu"),
        L.BatchNormalization(momentum=0.8, epsilon=0.01, center=False),
        L.Dense(12, activation="tanh"),
        L.BatchNormalization(scale=False),
        L.Dense(2),
    )


def dropout():
    noise = L.GaussianNoise(0.1)
    return sequential(L.Dense(16, activation="relu"), L.Dropout(0.3), L.Dense(16, activation="tanh"), noise, L.Dense(2))


def flatten():
    return sequential(L.Flatten(), L.Dense(16, activation="relu"), L.Flatten(), L.Dense(2))


def no_bias():
    return sequential(L.Dense(16, activation="relu", use_bias=False), L.Dense(2, use_bias=False))


def regularized():
    return sequential(
        L.Dense(
            16, activation="tanh", kernel_regularizer=keras.regularizers.L1L2(l1=1e-3, l2=1e-2), bias_regularizer="l2",
            kernel_initializer="he_normal", bias_initializer=keras.initializers.Constant(0.1),
        ),
        L.Dense(16, activation="tanh", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        L.Dense(2),
    )


def frozen():
    model = sequential(L.Dense(16, activation="relu"), L.Dense(8, activation="tanh"), L.Dense(2))
    model.layers[0].trainable = False
    return model


def hidden_layers():
    """Bare activation layers of all kinds with settings of their own."""
    return [L.ReLU(), leaky(0.3), L.ELU(alpha=0.7), L.Softmax()]


def more_hidden_layers():
    return [L.Activation("gelu"), L.Activation("softsign"), L.Activation("swish"), leaky(0.05)]


# Name, builder, optimizer, loss, metrics, kind of data, what else: generations; "predict": no further steps, as they are
# random; "steps": with train_on_batch, as fit ends otherwise.
CASES = []


def case(name, build, optimizer, loss="mean_squared_error", metrics=(), kind="values", only=None, **more):
    if only in (None, GENERATION):
        CASES.append(dict(name=name, build=build, optimizer=optimizer, loss=loss, metrics=list(metrics), kind=kind, **more))


case("sequential", plain(), lambda: "adam", "mse", ["mae"])
case("functional", functional, lambda: O.Adam(0.01), LOSS.MeanSquaredError(), [keras.metrics.MeanAbsoluteError()])
case("residual", residual, lambda: O.Adam(0.003, beta_1=0.8, beta_2=0.99, epsilon=1e-5), "mae")
case("nested", nested, lambda: O.Adam(0.01))
case("nested-functional", nested_functional, lambda: O.SGD(0.05, momentum=0.9))
case("normalization", normalization, lambda: O.RMSprop(0.002))
# in a graph tf.keras 2.15's Nadam takes a step's share of its momentum once for each variable
case("normalization-told", normalization_told, lambda: O.Nadam(0.002), eager=True)
case("rescaling", rescaling, lambda: O.Adagrad(0.05))
case("layer-normalization", layer_normalization, lambda: O.AdamW(0.003, weight_decay=0.01))
case("batch-normalization", batch_normalization, lambda: O.SGD(0.02))
case("dropout", dropout, lambda: O.Adam(0.01), random=True)
case("flatten", flatten, lambda: O.Adam(0.01))
case("no-bias", no_bias, lambda: O.Adam(0.01))
case("regularized", regularized, lambda: O.SGD(0.01, momentum=0.5))
case("frozen", frozen, lambda: O.Adam(0.01), refused="not trained there")

case("dense-1", dense_activations("linear", "relu", "sigmoid", "tanh"), lambda: O.Adam(0.01))
case("dense-2", dense_activations("softmax", "elu", "selu", "gelu"), lambda: O.Adam(0.01))
case("dense-3", dense_activations("swish", "softplus", "softsign"), lambda: O.Adam(0.003))
case("dense-4", dense_activations("exponential", "sigmoid", "tanh"), lambda: O.Adam(0.003))
case("dense-5", dense_activations("leaky_relu", "mish", "tanh"), lambda: O.Adam(0.01), only=3)
case("dense-6", dense_activations("hard_sigmoid", "tanh"), lambda: O.Adam(0.01), only=3)  # Keras 2 had another
case("layers-1", layer_activations(hidden_layers), lambda: O.Adam(0.01))
case("layers-2", layer_activations(more_hidden_layers), lambda: O.Adam(0.01))

case("sgd-nesterov", plain(), lambda: O.SGD(0.02, momentum=0.9, nesterov=True))
case("rmsprop-all", plain(), lambda: O.RMSprop(0.001, rho=0.8, momentum=0.5, centered=True, epsilon=1e-4))
case("amsgrad", plain(), lambda: O.Adam(0.01, amsgrad=True))
case("lamb", plain(), lambda: O.Lamb(0.01), only=3)
case("clipnorm", plain(), lambda: O.Adam(0.01, clipnorm=0.05))
case("global-clipnorm", plain(), lambda: O.SGD(0.1, global_clipnorm=0.1))
case("clipvalue", plain(), lambda: O.SGD(0.1, momentum=0.9, clipvalue=0.02))
case("weight-decay", plain(), lambda: O.Nadam(0.01, weight_decay=0.02), eager=True)
case("ema", plain(), lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.9), by_steps=True)
case("ema-sgd", plain(), lambda: O.SGD(0.01, momentum=0.5, use_ema=True, ema_momentum=0.9), by_steps=True)
case("accumulation", plain(), lambda: O.Adam(0.01, gradient_accumulation_steps=4), only=3)

case("cosine", plain(), lambda: O.Adam(S.CosineDecay(0.01, 40, alpha=0.1)))
case("cosine-warmup", plain(), lambda: O.SGD(S.CosineDecay(0.0, 20, warmup_target=0.05, warmup_steps=15)))
case("restarts", plain(), lambda: O.Adam(S.CosineDecayRestarts(0.01, 8, t_mul=1.5, m_mul=0.9)))
case("exponential", plain(), lambda: O.RMSprop(S.ExponentialDecay(0.01, 7, 0.8, staircase=True)))
case("piecewise", plain(), lambda: O.SGD(S.PiecewiseConstantDecay([5, 15], [0.1, 0.05, 0.01]), momentum=0.9))
case("polynomial", plain(), lambda: O.Adagrad(S.PolynomialDecay(0.1, 30, 0.001, power=2.0)))
case("inverse-time", plain(), lambda: O.Nadam(S.InverseTimeDecay(0.01, 5, 0.3)), eager=True)

# Keras 3.15 does not save the delta of a Huber loss
case("huber", plain(), lambda: O.Adam(0.01), LOSS.Huber(delta=0.3 if GENERATION == 2 else 1.0), ["mse", "mape"])
case("log-cosh", plain(), lambda: O.Adam(0.01), LOSS.LogCosh(), [keras.metrics.RootMeanSquaredError()])
case("mape", plain(), lambda: O.Adam(0.01), "mape", kind="amounts")
case("msle", plain(activation="softplus"), lambda: O.Adam(0.01), "msle", kind="amounts")
case("poisson", plain(activation="exponential"), lambda: O.Adam(0.003), "poisson", kind="amounts")
case("sparse", plain(3, "softmax"), lambda: O.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"], "labels")
case(
    "sparse-logits", plain(3), lambda: O.Adam(0.01), LOSS.SparseCategoricalCrossentropy(from_logits=True),
    ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=2)], "labels",
)
case("categorical", plain(3, "softmax"), lambda: O.SGD(0.1), "categorical_crossentropy", ["acc"], "one-hot")
case(
    "smoothed", plain(3), lambda: O.SGD(0.1), LOSS.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    ["accuracy"], "one-hot",
)
case("kld", plain(3, "softmax"), lambda: O.Adam(0.01), "kl_divergence", (), "one-hot")
case(
    "binary", plain(1, "sigmoid"), lambda: O.Adam(0.01), "binary_crossentropy",
    ["accuracy", keras.metrics.Precision(), keras.metrics.Recall()], "answers",
)
case(
    "binary-logits", plain(1), lambda: O.Adam(0.01), LOSS.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    [keras.metrics.BinaryAccuracy(threshold=0.0)], "answers",
)
case(
    "focal", plain(1, "sigmoid"), lambda: O.Adam(0.01),
    LOSS.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.4, gamma=1.5), ["accuracy"], "answers",
)
case("hinge", plain(1, "tanh"), lambda: O.Adam(0.01), "hinge", (), "answers")
case("squared-hinge", plain(1), lambda: O.Adam(0.01), LOSS.SquaredHinge(), (), "answers")

if GENERATION == 2:
    legacy = O.legacy
    case("legacy-adam", plain(), lambda: legacy.Adam(0.01, decay=0.05), legacy=True)
    case("legacy-amsgrad", plain(), lambda: legacy.Adam(0.01, amsgrad=True), legacy=True)
    case("legacy-sgd", plain(), lambda: legacy.SGD(0.05, momentum=0.9, nesterov=True, clipvalue=0.5), legacy=True)
    case("legacy-rmsprop", plain(), lambda: legacy.RMSprop(0.002, momentum=0.3, centered=True), legacy=True)
    case("legacy-adagrad", plain(), lambda: legacy.Adagrad(0.05), legacy=True)

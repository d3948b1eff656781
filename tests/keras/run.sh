#!/usr/bin/env bash
# What the program trained and predicted, opened by Keras: a classifier with dropout, one with regularizers and
# constraints, one with batch normalisation, a net of every activation, with settings too, and every initializer, and regressions with
# normalised targets: of usual numbers, and of units and dates that float32 has no room for.
#
#   run.sh PYTHON          an interpreter with the packages of scripts/requirements.txt. Environment: LOCKSTEP, LOCKSTEP_DATA
set -euo pipefail
: "${LOCKSTEP:?the program to test}" "${LOCKSTEP_DATA:?folder of the data files}"
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# through DATA OPTIONS...: train, predict the test part, look with Keras
through() {
    local data=$1
    [ -f "$data" ] || data=$LOCKSTEP_DATA/$1
    shift
    "$LOCKSTEP" train "$data" --output "$work/run" --overwrite "$@" 2>/dev/null
    "$LOCKSTEP" predict "$work/run" "$data" --output "$work/prediction.h5" --overwrite 2>/dev/null
    "$LOCKSTEP" info "$work/run" --json >"$work/info.json"
    "$python" "$here/check_run.py" "$work/run/model.weights.h5" "$data" "$work/prediction.h5" --info "$work/info.json"
}
python=$1
through digits.h5 --layers "64 relu, dropout 0.2, 10 softmax" --normalize standard --epochs 3
rules="32 relu kernel_regularizer=l1_l2(1e-5, 1e-4) bias_regularizer=none kernel_constraint=max_norm(3)"
rules+=", 17 tanh kernel_constraint=non_neg bias_constraint=max_norm kernel_regularizer=none, dropout 0.1"
rules+=", 10 softmax kernel_regularizer=l1(0.001)"
through digits.h5 --layers "$rules" --bias-regularizer "l2(0.5)" --epochs 2
every="12 leaky_relu kernel_initializer=he_uniform, 12 elu kernel_initializer=he_normal, 12 selu kernel_initializer=lecun_normal"
every+=", 12 gelu kernel_initializer=lecun_uniform bias_initializer=ones, 12 swish kernel_initializer=glorot_normal"
every+=", 12 softplus kernel_initializer=random_normal(stddev=0.3) bias_initializer=constant(0.1)"
every+=", 12 softsign kernel_initializer=truncated_normal(0, 0.4), 12 mish kernel_initializer=random_uniform(-0.5, 0.5)"
every+=", 12 hard_sigmoid bias_initializer=zeros, 12 exponential kernel_initializer=constant(0.02) bias_initializer=he_normal"
every+=", 12 leaky_relu(0.3), 12 elu(0.5), relu(max_value=1 negative_slope=0.1), 12 relu(max_value=2)"
through digits.h5 --layers "$every, 10 softmax kernel_initializer=zeros" --normalize standard --epochs 2
through digits.h5 --layers "batch_normalization, 64, batch_normalization momentum=0.9, relu, dropout 0.2, 32 tanh, \
batch_normalization epsilon=0.01 center=off scale=off, 10 softmax" --epochs 3
through concrete.h5 --layers "32 tanh, 16 sigmoid, 1" --normalize minmax --normalize-targets --epochs 3
"$python" - "$work/units.h5" <<'END'
import sys, h5py, numpy
random = numpy.random.default_rng(3)
x = random.normal(size=(600, 4))
y = numpy.stack([x[:, 0] + x[:, 1] * x[:, 2], x[:, 3]], 1) * [1e-12, 1e17]
x = x * [1e-9, 50, 1e20, 1] + [0, 2459000.5, 0, 3]
with h5py.File(sys.argv[1], "w") as file:
    for part, rows in (("train", slice(0, 500)), ("test", slice(500, 600))):
        file[f"{part}/x"], file[f"{part}/y"] = x[rows], y[rows]
END
through "$work/units.h5" --layers "16 tanh, 2" --normalize standard --normalize-targets --epochs 3

#!/usr/bin/env bash
# What the program trained and predicted, opened by Keras: a classifier with dropout, and a regression with normalised targets.
#
#   run.sh PYTHON          an interpreter with the packages of scripts/requirements.txt. Environment: LOCKSTEP, LOCKSTEP_DATA
set -euo pipefail
: "${LOCKSTEP:?the program to test}" "${LOCKSTEP_DATA:?folder of the data files}"
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# through DATA OPTIONS...: train, predict the test part, look with Keras
through() {
    local data=$LOCKSTEP_DATA/$1
    shift
    "$LOCKSTEP" train "$data" --output "$work/run" --overwrite "$@" 2>/dev/null
    "$LOCKSTEP" predict "$work/run" "$data" --output "$work/prediction.h5" --overwrite 2>/dev/null
    "$python" "$here/check_run.py" "$work/run/model.weights.h5" "$data" "$work/prediction.h5"
}
python=$1
through digits.h5 --layers "64 relu, dropout 0.2, 10 softmax" --normalize standard --epochs 3
through concrete.h5 --layers "32 tanh, 16 sigmoid, 1" --normalize minmax --normalize-targets --epochs 3

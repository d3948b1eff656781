#!/usr/bin/env bash
# Optimizers, clipping, penalties, constraints, callbacks, kinds of layers and settings of activations under the contract: one
# hash a recipe, however ranks divide it and in whatever pieces it was trained. The nets' slices would cut blocks: 17 units, 65 inputs.
#
#   toolbox.sh [--all] [--tables "avx512 portable ..."] [--combined "2x1 3x2 ..."] [--record]
#
# --all tries every optimizer with every kind of clipping on every split and scheme (6 minutes); without it each gets one
# of these in turn. --combined trains only the recipes that combine everything, on these splits. --record prints the
# lines of toolbox.sha256 instead.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
all=no record=no tables= combined=no
pieces="0x1 0x2 1x3 2x2 3x1 4x1 5x1 8x1"
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=yes; shift ;;
    --record) record=yes; shift ;;
    --combined) combined=yes pieces=$2; shift 2 ;;
    --tables) tables=$2; shift 2 ;;
    *) echo "toolbox.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
cd "$work"
data=$LOCKSTEP_DATA/digits.h5

# hash DIRECTORY: of all that a recipe decides
hash() {
    (cd "$1" && cat model.weights.h5 log.csv $(ls best.weights.h5 2>/dev/null) | sha256sum | cut -d' ' -f1)
}

# verdict NAME DIRECTORY: compared with what is recorded
verdict() {
    local found=none
    [ "$code" != 0 ] || found=$(hash "$2")
    [ "$code" = 0 ] || found="code $code, $(error_lines)"
    if [ $record = yes ]; then
        echo "$found  ${1%% on *}"
    else
        check "$1" "$found" "$(sed -n "s|^\([0-9a-f]*\)  ${1%% on *}\$|\1|p" "$here/toolbox.sha256")"
    fi
}

# ---- every optimizer with every kind of clipping ----
optimizers=("sgd" "sgd momentum=0.9 nesterov=true" "rmsprop" "rmsprop momentum=0.5 centered=true" "adam" "adam amsgrad=true"
    "adamw" "adagrad" "nadam" "lamb")
clippings=("" " clipvalue=0.001" " clipnorm=0.05" " global_clipnorm=0.1")
splits=("1 auto" "2 halving" "2 doubling" "2 direct" "3 direct" "4 halving" "4 doubling" "4 direct" "8 halving" "8 doubling"
    "8 direct")
turn=0
[ $combined = no ] || optimizers=()
for optimizer in "${optimizers[@]}"; do
    for clipping in "${clippings[@]}"; do
        chosen=("${splits[@]}")
        if [ $record = yes ]; then
            chosen=("1 auto")
        elif [ $all = no ]; then
            chosen=("${splits[turn % ${#splits[@]}]}")
            turn=$((turn + 4))
        fi
        for split in "${chosen[@]}"; do
            rm -rf run
            job "${split% *}" train "$data" --layers "65 relu, 17 tanh, 10 softmax" --optimizer "$optimizer$clipping" --epochs 1 \
                --reduction "${split#* }" --output run
            verdict "$optimizer$clipping on $split" run
        done
    done
done

# ---- all of it at once ----
# Lengths, accumulation, averages, penalties, both kinds of constraints, decay, a warm-up, early stopping that restores.
everything=("$data" --layers "65 relu kernel_regularizer=l2(1e-4) kernel_constraint=max_norm(1.5), dropout 0.1, \
17 tanh bias_regularizer=l1(1e-3) bias_constraint=non_neg, 10 softmax kernel_regularizer=l1_l2(l1=1e-5 l2=1e-5)"
    --normalize standard --validation-split 0.2 --optimizer "lamb clipnorm=0.5 weight_decay=0.01 gradient_accumulation_steps=3"
    --ema momentum=0.95 --schedule "cosine_decay decay_epochs=5 warmup_epochs=1.5 warmup_target=0.02" --learning-rate 0.001
    --early-stopping "monitor=val_accuracy patience=2 min_delta=0.02 restore_best_weights=true" --epochs 9 --log-every 20 --seed 3)
# Elementwise only, so on the fused path: a plateau with a cooldown, clipping by value, decay, both penalties.
fused=("$data" --layers "33 relu kernel_regularizer=l1(1e-4) kernel_constraint=non_neg, 17 tanh, 10 softmax"
    --kernel-regularizer "l2(1e-4)" --normalize minmax --validation-split 0.2 --optimizer "sgd learning_rate=0.5 momentum=0.9
nesterov=true clipvalue=0.02 weight_decay=1e-4" --ema on --epochs 10 --seed 4 --early-stopping "patience=4 min_delta=0.01"
    --reduce-lr-on-plateau "monitor=val_accuracy factor=0.3 patience=1 min_delta=0.03 cooldown=2 min_lr=0.01")
fused=("${fused[@]//$'\n'/ }")
# Batches normalised: what ranks exchange within a pass, and statistics that are no slice's; the best epoch's too.
batches=("$data" --layers "33, batch_normalization, relu, dropout 0.1, residual(33, batch_normalization momentum=0.9, relu), \
17 tanh, batch_normalization center=off epsilon=0.01, 10 softmax" --normalize standard --validation-split 0.2 --optimizer "adam
clipnorm=0.5 gradient_accumulation_steps=2" --ema momentum=0.95 --epochs 8 --seed 5 --early-stopping "monitor=val_accuracy
patience=2 min_delta=0.02 restore_best_weights=true")
batches=("${batches[@]//$'\n'/ }")

# Every kind of layers that mixes no rows; on the fused path, and where lengths are needed, of vectors too.
kinds="dropout 0.1, gaussian_noise 0.2, 65 relu, residual(layer_normalization, relu, gaussian_noise 0.1, 33 tanh, \
residual(layer_normalization scale=off, 33), 65), gelu, layer_normalization center=off epsilon=0.01, 17, softmax, 10 softmax"
layers=("$data" --layers "$kinds" --normalize standard --epochs 4 --seed 5)
lengths=("$data" --layers "$kinds kernel_constraint=max_norm(2)" --kernel-regularizer "l2(1e-4)" --normalize standard
    --optimizer "lamb clipnorm=0.3 weight_decay=0.01 learning_rate=0.01" --ema on --epochs 4 --seed 6)

# Activations with settings, within dense layers, as layers and behind a branch.
settings=("$data" --layers "65 relu(max_value=1.5), residual(33 leaky_relu(0.05), relu(0.8, 0.1, 0.2), 65) elu(alpha=0.5), \
17 relu(negative_slope=0.3), leaky_relu(0), 10 softmax" --normalize standard --epochs 2 --seed 7)

# one_of NAME SPLIT [OPTIONS...]: one of them, from the start or resumed
one_of() {
    local -n arguments=$1
    job "${2%x*}" train "${arguments[@]}" --threads "${2#*x}" --output run "${@:3}"
}

turn=0
for recipe in everything fused layers lengths batches settings; do
    [ $record = no ] || pieces=0x1
    for split in $pieces; do
        # in the suite every recipe takes every other split, the next one those that are left
        turn=$((turn + 1))
        [ "$all$combined$record" != nonono ] || [ $((turn % 2)) = 0 ] || continue
        rm -rf run
        one_of $recipe "$split"
        verdict "$recipe on $split" run
    done
    turn=$((turn + 1))
    for table in $tables; do
        rm -rf run
        one_of $recipe "${pieces##* }" --kernels "$table"
        if [[ $(error_lines) == *"this CPU lacks"* ]]; then
            echo "$table kernels: not on this CPU, left out"
        else
            verdict "$recipe on $table kernels" run
        fi
    done
done
[ $record = no ] || exit 0

# ---- stopped wherever it hurts ----
# stopped RECIPE STEP:SPLIT... LAST: killed in front of each of these steps, resumed by the next split
stopped() {
    chain one_of "$@"
    verdict "$1 on ${*: -1}, after $(($# - 2)) kills" run
}
if [ $combined = no ] && has_faults; then
    # 36 steps an epoch: in the warm-up and between two updates, and behind the best epoch, in patience; in a cooldown
    stopped everything 20:2x1 55:3x1 240:0x2 4x1
    stopped fused 100:3x1 130:2x1 270:4x1 0x1
    stopped layers 30:0x2 80:4x1 3x1
    stopped lengths 50:2x1 90:3x1 4x1
    stopped batches 20:2x1 55:3x1 130:0x2 4x1
fi
finish

#!/usr/bin/env bash
# Training with products in bfloat16 under the contract: one hash a recipe, however ranks and threads divide it, whatever the
# CPU multiplies with, streamed, and killed and resumed; and what is said of it.
#
#   bfloat16.sh [--splits "0x1 2x1 ..."] [--tables "avx512 portable ..."] [--record]
#
# Splits are RANKSxTHREADS, without those of ranks no launcher is needed. --record prints the lines of bfloat16.sha256 instead.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
splits="0x1 0x2 2x2 3x1 4x2 5x1" record=no tables=
while [ $# -gt 0 ]; do
    case $1 in
    --splits) splits=$2; shift 2 ;;
    --tables) tables=$2; shift 2 ;;
    --record) record=yes splits=0x1; shift ;;
    *) echo "bfloat16.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
cd "$work"

# ---- one hash, however the work is divided ----
# Shards of odd numbers of rows, inner indexes of odd lengths, slices that cut blocks; a last batch with fewer rows than shards.
plain=("$LOCKSTEP_DATA/digits.h5" --layers "65 relu, 17 tanh, 10 softmax" --batch-size 113 --epochs 2 --shuffle-window 32)
# Rows that are mixed: statistics over ranks, noise, branches; updates that need lengths; weights of the best epoch.
mixed=("$LOCKSTEP_DATA/digits.h5" --layers "33, batch_normalization, relu, dropout 0.1, residual(33 gelu, gaussian_noise 0.1, \
33, layer_normalization), 17 silu, 10 softmax" --normalize standard --validation-split 0.2 --batch-size 77 --epochs 4 --seed 5
    --optimizer "adamw clipnorm=0.5 gradient_accumulation_steps=2" --ema momentum=0.95 --kernel-regularizer "l2(1e-4)"
    --early-stopping "monitor=val_accuracy patience=2 restore_best_weights=true")
# One output, which has a kernel of its own, and a step's lengths of layers.
values=("$LOCKSTEP_DATA/concrete.h5" --layers "50 relu, 33 selu kernel_constraint=max_norm(2), 1" --normalize standard
    --normalize-targets --optimizer lamb --loss huber --batch-size 37 --shards 16 --epochs 5 --seed 3)

# train RECIPE SPLIT OPTIONS...: into run
train() {
    local -n arguments=$1
    job "${2%x*}" train "${arguments[@]}" --precision bfloat16 --threads "${2#*x}" --output run "${@:3}"
}

verdict() { # RECIPE HOW: of ./run
    local found="code $code, $(error_lines)"
    [ "$code" != 0 ] || found=$(cat run/model.weights.h5 run/log.csv $(ls run/best.weights.h5 2>/dev/null) | sha256sum | cut -d' ' -f1)
    if [ $record = yes ]; then
        echo "$found  $1"
    else
        check "$1 $2" "$found" "$(sed -n "s|^\([0-9a-f]*\)  $1\$|\1|p" "$here/bfloat16.sha256")"
    fi
}

for recipe in plain mixed values; do
    for split in $splits; do
        train $recipe "$split" --overwrite
        verdict $recipe "on $split"
    done
    for table in $tables; do
        train $recipe "${splits##* }" --kernels "$table" --overwrite
        if [[ $(error_lines) == *"this CPU lacks"* ]]; then
            echo "$table kernels: not on this CPU, left out"
        else
            verdict $recipe "on $table kernels"
        fi
    done
done
[ $record = no ] || exit 0
train plain 0x2 --memory 250kB --overwrite
check_contains "rows that do not fit" "$(<err)" "rows stream"
verdict plain "streamed"

# ---- stopped wherever it hurts ----
# stopped RECIPE STEP:SPLIT... LAST: killed in front of each of these steps, resumed by the next split
stopped() {
    chain train "$@"
    verdict "$1" "on ${*: -1}, after $(($# - 2)) kills"
}
if [[ $splits == *[1-9]x* ]] && has_faults; then
    stopped plain 5:2x1 17:0x2 3x1
    stopped mixed 7:3x1 30:0x1 2x2
fi

# ---- what is said, and what stays float32 ----
train plain 0x1 --epochs 1 --overwrite
expected="no instruction for bfloat16"
! grep -qw avx512_bf16 /proc/cpuinfo || expected="by this CPU"
[ -n "${LOCKSTEP_EMULATOR:-}" ] || check_contains "whether the CPU has the instruction" "$(grep ^precision: err)" "$expected"
check "run.json names it" "$(grep -c '"precision": "bfloat16"' run/run.json)" 2
job 0 info run
check_contains "info names it" "$(<out)" "bfloat16"
error "a resume in another precision" 0 2 "precision" "bfloat16" "float32" -- train "${plain[@]}" --epochs 3 --precision float32 \
    --output run --resume
job 0 evaluate run
check "evaluate says no more than for float32" "$code $(grep -c bfloat16 out err | tr '\n' ' ')" "0 out:0 err:0 "
half=$(digest run/model.weights.h5)
job 0 train "${plain[@]}" --epochs 1 --output run --overwrite
plain32=$(digest run/model.weights.h5)
check "float32 is something else" "$([ "$half" = "$plain32" ] || echo other)" other
job 0 train "${plain[@]}" --epochs 1 --precision float32 --output run --overwrite
check "and the default" "$(digest run/model.weights.h5)" "$plain32"
error "another name" 0 2 "precision" "float16" "float32 or bfloat16" -- train "${plain[@]}" --precision float16 --output run --overwrite
finish

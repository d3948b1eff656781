#!/usr/bin/env bash
# Gradients and weights that travel beside the passes (--reduction buckets, what auto takes over several hosts): the same
# bytes as without, in whatever pieces it was trained, and whatever looks at the weights in the middle of it.
#
#   overlap.sh [--splits "2x1 4x2 ..."]
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
splits="2x1 2x3 4x1 8x1"
if [ "${1:-}" = --splits ]; then
    splits=$2
fi
cd "$work"
data=$LOCKSTEP_DATA/digits.h5

# hash DIRECTORY: of all that a recipe decides, the state to go on with among it
hash() {
    (cd "$1" && cat model.weights.h5 log.csv $(ls best.weights.h5 2>/dev/null) $(ls checkpoints/step-* | tail -n 1) |
        sha256sum | cut -d' ' -f1)
}

# train RECIPE SPLIT OPTIONS...: into ./run
train() {
    local line
    case $1 in
    plain) line=(--layers "300 relu, 256 relu, 10 softmax" --batch-size 128) ;;
    kinds)
        line=(--layers "96 relu, layer_normalization, dropout 0.2, 180 gelu, 180 tanh, 10 softmax" --batch-size 200
            --optimizer nadam --ema momentum=0.9 --validation-split 0.2 --early-stopping "patience=1 restore_best_weights=true")
        ;;
    steps)
        line=(--layers "300 relu, 200 relu, 10 softmax" --batch-size 128 --check-every 2 --log-every 5 --checkpoint-every "4 steps"
            --optimizer "adamw weight_decay=0.01 clipvalue=0.01 gradient_accumulation_steps=3")
        ;;
    half) line=(--layers "300 relu, 200 relu, 10 softmax" --batch-size 128 --precision bfloat16) ;;
    esac
    job "${2%x*}" train "$data" "${line[@]}" --epochs 3 --seed 5 --threads "${2#*x}" --output run "${@:3}"
}

for recipe in plain kinds steps half; do
    rm -rf run
    train $recipe 0x1
    check "$recipe alone" "$code" 0
    expected=$(hash run)
    for split in $splits; do
        rm -rf run
        train $recipe "$split" --reduction buckets
        check "$recipe on $split: code" "$code $(error_lines)" "0 "
        check "$recipe on $split" "$(hash run)" "$expected"
    done
done

# What auto takes when ranks are on several hosts, placed host by host or in turn.
if has_faults; then
    rm -rf run
    train plain 0x1
    expected=$(hash run)
    for hosts in a,a,b,b a,b,a,b a,b,c,d; do
        rm -rf run
        LOCKSTEP_FAULT_HOSTS=$hosts train plain 4x1
        check "hosts $hosts" "$code $(hash run)" "0 $expected"
    done
fi

# Killed in the middle, and gone on with by ranks that sum in another way.
if has_faults; then
    rm -rf run
    train plain 0x1
    expected=$(hash run)
    scheme() { train "$1" "$2" --reduction "$([ "${2%x*}" = 3 ] && echo direct || echo buckets)" "${@:3}"; }
    chain scheme plain 5:2x1 12:4x1 20:3x1 25:2x2 4x1
    check "killed and resumed between schemes" "$(hash run)" "$expected"
fi

# A loss that is no number: seen by all ranks before any weight has changed.
rm -rf run
train plain 0x1 --learning-rate 1000 --optimizer sgd
alone="$code $(error_lines)"
rm -rf run
train plain 4x1 --learning-rate 1000 --optimizer sgd --reduction buckets
check "a loss that is no number" "$code $(error_lines)" "$alone"
check_contains "a loss that is no number: the error" "$alone" "is not a finite number"

# A rank that fails in the middle.
if has_faults; then
    rm -rf run
    LOCKSTEP_FAULT=step:1:error:4 train plain 2x1 --reduction buckets
    check "a rank that fails: code" "$code" 3
    check "a rank that fails: one line" "$(error_lines | wc -l)" 1
fi

error "buckets for three ranks" 3 2 "--reduction buckets needs a power of two of ranks" -- \
    train "$data" --layers "20 relu, 10 softmax" --reduction buckets --output other
error "buckets with lengths" 2 2 "--reduction buckets needs" "use auto" -- \
    train "$data" --layers "20 relu, 10 softmax" --optimizer "adam clipnorm=1" --reduction buckets --output other
job 0 train "$data" --layers "20 relu, 10 softmax" --epochs 1 --reduction buckets --output other
check "buckets alone" "$code" 0

finish

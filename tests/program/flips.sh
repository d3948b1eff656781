#!/usr/bin/env bash
# One bit of one rank's weights or optimizer slots flips between two steps, in every scheme of reduction: the run ends and
# names that rank, and what it has saved before goes on to the right weights. Where all ranks of a host work on the same
# weights, a rank's are those that it owns. "apart": as if the ranks were on several hosts, and had copies.
#
#   flips.sh [COUNT [SEED]]      33 1
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
count=${1:-33}
RANDOM=${2:-1}
cd "$work"
has_faults || { echo "SKIPPED: no fault points in this build"; exit 77; }
data=$LOCKSTEP_DATA/digits.h5
steps=24 # of two epochs, 12 each
found=0

# train OPTIMIZER RANKS SCHEME OPTIONS...: into ./run
train() {
    local scheme=()
    [ "$3" = none ] || scheme=(--reduction "$3")
    # shellcheck disable=SC2086
    job "$2" train "$data" --layers "96 relu, 10 softmax" --batch-size 128 --shards 8 --epochs 2 --threads 1 --normalize standard \
        --validation-split 0.1 --checkpoint-every "5 steps" --optimizer "$1" "${scheme[@]}" --output run "${@:4}"
}

hash() { cat run/model.weights.h5 run/log.csv | sha256sum | cut -d' ' -f1; }

optimizers=(adam "sgd momentum=0.9" "adamw weight_decay=0.01" "rmsprop" "lamb" "adagrad")
splits=("0 none" "2 halving" "4 halving" "2 halving apart" "4 halving apart" "2 doubling" "2 direct" "3 direct" "6 grouped" "2 buckets"
    "4 buckets")
declare -A expected
for ((i = 0; i < count; i++)); do
    optimizer=${optimizers[RANDOM % ${#optimizers[@]}]}
    read -r ranks scheme apart <<<"${splits[i % ${#splits[@]}]}"
    [ "$scheme/$optimizer" != buckets/lamb ] || optimizer=adam
    if [ -z "${expected[$optimizer]:-}" ]; then
        rm -rf run
        train "$optimizer" 0 none
        check "$optimizer: code" "$code" 0
        expected[$optimizer]=$(hash)
    fi
    rank=$((ranks > 0 ? RANDOM % ranks : 0))
    flip=$((RANDOM % 4)):$(((RANDOM << 15) + RANDOM)):$((RANDOM % 32))
    at=$((2 + RANDOM % (steps + 5))) # those behind the last step are looks before something is saved
    name="flip $i: $optimizer, $ranks $scheme $apart, rank $rank, passage $at, $flip"
    rm -rf run
    LOCKSTEP_FAULT=flip:$rank:error:$at LOCKSTEP_FAULT_FLIP=$flip LOCKSTEP_FAULT_HOSTS=${apart:+a,b,c,d} \
        train "$optimizer" "$ranks" "$scheme"
    if [ "$code" = 0 ]; then
        check "$name: not found, but the weights are right" "$(hash)" "${expected[$optimizer]}"
        continue
    fi
    found=$((found + 1))
    check "$name: code" "$code" 5
    check "$name: said once" "$(error_lines | grep -c 'changed in memory by themselves')" 1
    [ "$ranks" = 0 ] || check "$name: the rank" "$(error_lines | grep -o 'rank [0-9]*' | head -n 1)" "rank $rank"
    if [ -d run/checkpoints ] && [ -n "$(ls run/checkpoints)" ]; then
        train "$optimizer" "$ranks" "$scheme" --resume
        check "$name: gone on" "$code $(hash)" "0 ${expected[$optimizer]}"
    fi
done
echo "$count flips: $found found, $((count - found)) without effect"
check "most are found" "$((found * 2 > count))" 1
finish

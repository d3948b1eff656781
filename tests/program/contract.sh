#!/usr/bin/env bash
# The contract: one SHA-256 of model.weights.h5, log.csv and the last checkpoint per recipe, and of best.weights.h5 where there
# are validation rows, whatever the split. Trains three recipes on each
# split and kernel table and compares with contract.sha256.
#
#   contract.sh [--splits "1x1 3x2 ..."] [--kernels "auto portable ..."] [--record]
#
# A split is RANKSxTHREADS; ranks 0 means without a launcher. Tables that this CPU lacks are left out, saying so. --record
# prints the lines of contract.sha256 instead, from the first split.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
splits="0x1 0x2"
for ranks in 1 2 3 4 5 7 8 16; do
    for threads in 1 2 3 4; do
        splits="$splits ${ranks}x$threads"
    done
done
splits="$splits 6x1 6x2 12x1" # groups of three
tables=auto
record=no
while [ $# -gt 0 ]; do
    case $1 in
    --splits) splits=$2; shift 2 ;;
    --kernels) tables=$2; shift 2 ;;
    --record) record=yes; shift ;;
    *) echo "contract.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done

# train RECIPE SPLIT TABLE: into $work/run. 16 shards, so that up to 16 ranks can share them; at most 60 steps.
train() {
    local arguments=()
    case $1 in
    digits)
        arguments=("$LOCKSTEP_DATA/digits.h5" --layers "64 relu, 10 softmax" --normalize standard --epochs 5 --batch-size 128)
        ;;
    dropout)
        arguments=("$LOCKSTEP_DATA/digits.h5" --layers "256 relu, dropout 0.2, 128 tanh, dropout 0.1, 10 softmax"
            --normalize minmax --epochs 3 --batch-size 128 --shuffle-window 32 --seed 7 --log-every 5)
        ;;
    regression)
        arguments=("$LOCKSTEP_DATA/concrete.h5" --layers "96 sigmoid, 33 relu, 1" --normalize standard --normalize-targets
            --validation-split 0.21 --epochs 5 --batch-size 100 --metrics "mae,mse,r2")
        ;;
    esac
    rm -rf "$work/run"
    # the recorded checkpoints are without what a report collects: report.sh compares those that have it
    job "${2%x*}" train "${arguments[@]}" --report off --shards 16 --threads "${2#*x}" --kernels "$3" --output "$work/run"
}

# The tables among $tables that run here.
present=()
for table in $tables; do
    job 0 train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --epochs 0 --kernels "$table" --output "$work/probe" --overwrite
    if [ "$code" = 0 ]; then
        present+=("$table")
    elif [[ $(error_lines) == *"this CPU lacks"* ]]; then
        echo "$table kernels: not on this CPU, left out"
    else
        cat "$work/err"
        exit 1
    fi
done

if [ ${#present[@]} -eq 0 ]; then
    bad "kernel tables" "none of them here" "one of: $tables"
    finish
fi

for recipe in digits dropout regression; do
    for split in $splits; do
        for table in "${present[@]}"; do
            train "$recipe" "$split" "$table"
            if [ "$code" != 0 ]; then
                bad "$recipe on $split with $table kernels" "code $code, $(error_lines)" "code 0"
                continue
            fi
            mv "$work"/run/checkpoints/step-*.h5 "$work/run/checkpoint"
            for file in model.weights.h5 log.csv checkpoint best.weights.h5; do
                found=$([ ! -e "$work/run/$file" ] || digest "$work/run/$file") # nothing recorded: nothing there
                [ -n "$found" ] || [ $record = no ] || continue
                if [ $record = yes ]; then
                    echo "$found  $recipe/$file"
                    continue
                fi
                expected=$(awk -v name="$recipe/$file" '$2 == name { print $1 }' "$(dirname "$0")/contract.sha256")
                check "$recipe/$file on $split with $table kernels" "$found" "$expected"
            done
            [ $record = no ] || break 2
        done
    done
done
[ $record = yes ] || finish

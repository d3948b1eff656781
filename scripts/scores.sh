#!/usr/bin/env bash
# Test-part scores, mean of seeds 0, 1, 2, at the settings of a plain MLP in scikit-learn (data/README.md).
#
#   scripts/scores.sh [PROGRAM [DATA_FOLDER [OPTIONS of train]]]       default: build/src/cli/lockstep data
#
# As in scripts/scores.sh build/src/cli/lockstep data --precision bfloat16. Data sets that are not in the folder are left
# out. Fails when a score is below its bound.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-build/src/cli/lockstep}
data=${2:-data}
options=("${@:3}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# score FILE METRIC BOUND OPTIONS...
score() {
    local file=$1 metric=$2 bound=$3 values=()
    shift 3
    if [ ! -f "$data/$file.h5" ]; then
        echo "$file: not in $data, left out"
        return
    fi
    for seed in 0 1 2; do
        "$program" train "$data/$file.h5" --normalize standard --seed $seed --output "$work/run" --overwrite "$@" \
            "${options[@]}" 2>"$work/log"
        values+=("$(sed -n "s/^test part.* test_$metric \([-0-9.]*\).*/\1/p" "$work/log")")
    done
    printf '%s\n' "${values[@]}" | awk -v name="$file" -v metric="$metric" -v bound="$bound" '
        { sum += $1; list = list " " $1 }
        END { mean = sum / NR; printf "%-14s %-9s mean %.4f (%s ), bound %s: %s\n", name, metric, mean, list, bound, (mean >= bound ? "ok" : "BELOW")
              exit (mean < bound) }' || failed=1
}

score digits accuracy 0.969 --layers "64 relu, 10 softmax" --epochs 30 --batch-size 32
score letter accuracy 0.915 --layers "128 relu, 26 softmax" --epochs 20 --batch-size 64
score census_income accuracy 0.933 --layers "32 relu, 1 sigmoid" --epochs 5 --batch-size 128
score concrete r2 0.89 --normalize-targets --layers "64 relu, 1" --epochs 200 --batch-size 32
score diamonds r2 0.97 --normalize-targets --layers "64 relu, 32 relu, 1" --epochs 10 --batch-size 128
exit $failed

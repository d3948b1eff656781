#!/usr/bin/env bash
# Learns the strength of concrete with five nets, and compares them with the mean of their predictions. README.md explains it.
#   run.sh [FOLDER]      FOLDER is for what it writes; LAUNCH="mpirun -n 2" trains on two ranks
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-concrete-output}
mkdir -p "$output"
cd "$output"

lockstep convert "$here/concrete.csv" concrete.h5 --target compressive_strength --test-split 0.2 --overwrite

seeds=(1 2 3 4 5)
for seed in "${seeds[@]}"; do
    # shellcheck disable=SC2086 # LAUNCH is a command with its options
    ${LAUNCH:-} lockstep train concrete.h5 --layers "64 relu, 64 relu, 1" --normalize standard --normalize-targets \
        --validation-split 0.15 --validation-method random --metrics "rmse, r2" --batch-size 32 --epochs 200 --learning-rate 0.003 \
        --early-stopping "patience=30 restore_best_weights=true" --seed "$seed" --output "run-$seed" --overwrite --quiet
    lockstep predict "run-$seed" concrete.h5 --output "$seed.csv" --overwrite --quiet
done

# The table's last column is the truth; predictions have the number of their row in it, from 0.
awk -F , '
    function error(sum) { return sqrt(sum / rows) }
    FNR == 1 { file++; next }
    file == 1 { truth[FNR - 2] = $NF; next }
    { mean[$1] += $2; one[file - 1] += ($2 - truth[$1]) ^ 2; rows += file == 2 }
    END {
        nets = file - 1
        print "row,compressive_strength" >"ensemble.csv"
        for (row = 0; row in truth; row++) {
            if (!(row in mean))
                continue
            print row "," mean[row] / nets >"ensemble.csv"
            all += (mean[row] / nets - truth[row]) ^ 2
        }
        for (i = 1; i <= nets; i++)
            printf "net %d     rmse %.2f MPa\n", i, error(one[i])
        printf "their mean rmse %.2f MPa\n", error(all)
    }' "$here/concrete.csv" "${seeds[@]/%/.csv}"

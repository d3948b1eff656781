#!/usr/bin/env bash
# Learns the species of penguins from a CSV file, and predicts those of new ones. README.md explains the steps.
#   run.sh [FOLDER]      FOLDER is for what it writes; LAUNCH="mpirun -n 2" trains on two ranks
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-penguins-output}
mkdir -p "$output"
cd "$output"

lockstep convert "$here/penguins.csv" penguins.h5 --target species --ignore year --test-split 0.2 --test-method stratified --overwrite
lockstep info penguins.h5

# shellcheck disable=SC2086 # LAUNCH is a command with its options
${LAUNCH:-} lockstep train penguins.h5 --layers "16 relu, 3 softmax" --missing mean --normalize standard \
    --validation-split 0.2 --validation-method stratified --metrics "accuracy, auc" --batch-size 16 --epochs 200 \
    --early-stopping "patience=20 restore_best_weights=true" --output run --overwrite

lockstep evaluate run penguins.h5 --metrics "accuracy, precision, recall, confusion_matrix"

# Penguins that nobody has named yet: columns in another order, some values missing.
cat >new.csv <<'END'
sex,body_mass_g,flipper_length_mm,bill_depth_mm,bill_length_mm,island
female,4950,218,15.0,47.5,Biscoe
male,,195,18.9,49.0,Dream
NA,3700,191,NA,38.8,Torgersen
END
lockstep predict run new.csv --output predictions.csv --overwrite
cat predictions.csv

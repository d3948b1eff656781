#!/usr/bin/env bash
# Keras' models in: files of both generations, as Keras saved them (keras_in, made by make_keras_in.py), predict what Keras
# predicted, on 1 and 3 ranks; they are evaluated, described, trained further, exported and taken as architectures; what cannot
# be used is refused with the documented code, and says what would do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"
cp "$here"/keras_in/* .
chmod u+w ./*

# far_from FILE: how far predictions are from Keras', by the largest of Keras'; "near" up to 1e-6.
far_from() {
    print_data p.h5 prediction | paste -d' ' - "$1" | awk '{
        for (i = 1; i <= NF / 2; i++) {
            d = $i - $(i + NF / 2); d = d < 0 ? -d : d; m = $(i + NF / 2) < 0 ? -$(i + NF / 2) : $(i + NF / 2)
            far = d > far ? d : far; most = m > most ? m : most
        }
    } END { print NR == 48 && far <= 1e-6 * most ? "near" : "far: " far " of " most ", rows " NR }'
}

# predicts RANKS FILE CSV [OPTION ...]
predicts() {
    local ranks=$1 file=$2 csv=$3
    shift 3
    job "$ranks" predict "$file" data.h5 --x x --part all --output p.h5 --overwrite "$@"
    check "$file predicts on $ranks ranks" "$code $(error_lines)" "0 "
    check "$file $* on $ranks ranks: what Keras predicts" "$(far_from "$csv")" near
}

job 1 predict k3-deep.keras data.h5 --x x --part all --output p.h5
if grep -q "built without zlib" err; then
    echo "SKIPPED: deflated files, for which this build has no zlib"
    exit 77
fi

# ---- predictions ----
for ranks in 1 3; do
    for generation in k2 k3; do
        predicts $ranks $generation-plain.keras $generation-plain.csv
        predicts $ranks $generation-deep.keras $generation-deep.csv
        predicts $ranks $generation-line.weights.h5 $generation-line.csv --model $generation-line.json
    done
done
for generation in k2 k3; do
    predicts 1 $generation-plain.h5 $generation-plain.csv
    predicts 1 $generation-line.keras $generation-line.csv
    predicts 1 $generation-line.weights.h5 $generation-line.csv --layers "4 relu, residual(4), 2"
    predicts 1 $generation-line.weights.h5 $generation-line.csv --model $generation-line.keras
done
predicts 1 k3-own.keras k3-own.csv
predicts 1 k3-own.h5 k3-own.csv
check_contains "what was opened is said" "$(<err)" "k3-own.h5: a Keras 3.15.1 model, 4 layers, compiled with adam"
check "a file of Keras' needs no seal" "$(grep -c seal err)" 0
mv k3-plain.keras named.h5
predicts 1 named.h5 k3-plain.csv
mv named.h5 k3-plain.keras

# ---- evaluate ----
while read -r name loss; do
    y=y
    [[ $name == *plain ]] && y=labels
    job 1 evaluate "$name.keras" data.h5 --x x --y $y --part all
    check "$name is evaluated" "$code $(error_lines)" "0 "
    found=$(awk '$1 == "loss" { print $2 }' out)
    # the loss of scaled targets is that of what the last layer but the scaling gives
    [[ $name == *plain ]] || continue
    check "$name: Keras' loss" "$(awk -v a="$found" -v b="$loss" 'BEGIN { d = a - b; print (d < 0 ? -d : d) < 1e-5 * b ? "same" : a " " b }')" same
    check_contains "$name: its metric" "$(<out)" accuracy
done <losses.csv
job 1 evaluate k3-line.keras data.h5 --x x --y y --part all
check "not compiled: the loss is chosen" "$code $(awk 'NR == 1 { print $1 }' out)" "0 loss"
job 1 evaluate k3-line.keras data.h5 --x x --y y --part all --loss mae
cp out mae
check "a loss of one's own" "$code $(awk '$1 == "loss" { l = $2 } $1 == "mae" && !m { m = $2 } END { print l == m }' mae)" "0 1"
job 1 evaluate k3-odd.keras data.h5 --x x --y y --part all
check "a loss that is not there" "$code $(grep -c 'error: .*name another with --loss' err)" "2 1"
check_contains "which one it is" "$(<err)" "cosine_similarity"
job 1 evaluate k3-odd.keras data.h5 --x x --y y --part all --loss mse
check "--loss is the cure" "$code $(error_lines)" "0 "
predicts 1 k3-odd.keras k3-line.csv

# ---- info ----
job 0 info k3-deep.keras
check_contains "info" "$(<out)" "k3-deep.keras: a Keras 3.15.1 model, 9 layers, compiled with adam"
check_contains "its optimizer" "$(<out)" "--optimizer \"adam learning_rate=0.001"
check "no word of seals" "$(grep -c seal out)" 0
job 0 info k3-line.keras
check_contains "not compiled" "$(<out)" "none: not compiled"
job 0 info k2-line.weights.h5 --model k2-line.json
check_contains "weights with their layers" "$(<out)" "residual(4)"
job 0 info k3-odd.keras --json
check_contains "as JSON" "$(<out)" '"file": "a Keras 3.15.1 model, 4 layers, compiled with adam"'
check_contains "no loss" "$(<out)" '"loss": null'

# ---- training ----
job 1 train data.h5 --x x --y y --init k3-deep.keras --epochs 2 --output deep
check "Keras' model goes on" "$code $(error_lines)" "0 "
job 3 train data.h5 --x x --y y --init k3-deep.keras --init-optimizer --epochs 2 --output three
check "with its optimizer, on 3 ranks" "$code $(error_lines)" "0 "
job 1 train data.h5 --x x --y y --init k3-deep.keras --init-optimizer --epochs 2 --output one
check "the same on 1 rank" "$code $(digest one/model.weights.h5)" "0 $(digest three/model.weights.h5)"
check "Keras' four steps are behind it" "$(print_data "$(ls one/checkpoints/*.h5 | tail -n 1)" optimizer/vars/0)" 8
job 1 train data.h5 --x x --y y --init k3-line.weights.h5 --model k3-line.json --epochs 1 --output weights
check "weights with a configuration begin" "$code $(error_lines)" "0 "
job 1 train data.h5 --x x --y y --model k3-line.json --epochs 2 --output drawn
check "an architecture" "$code $(error_lines)" "0 "
job 1 train data.h5 --x x --y y --layers "4 relu, residual(4), 2" --epochs 2 --output said
check "it is that of --layers" "$code $(digest drawn/model.weights.h5)" "0 $(digest said/model.weights.h5)"
rm k3-line.json
job 1 train --output drawn --resume --epochs 3
check "which goes on without the file" "$code $(error_lines)" "0 "
cp "$here/keras_in/k3-line.json" .
job 1 train data.h5 --x x --y y --model k3-line.json --layers 2 --output both
check "one of the two" "$code" 2
check_contains "which is said" "$(<err)" "--model and --layers both say the layers"
check "nothing is begun" "$([ -e both ] || echo none)" none
job 1 train data.h5 --x x --y y --init deep --model k3-line.json --output both
check "a run has its layers" "$code" 2

# ---- export, and back ----
for file in k3-deep.keras k2-plain.h5; do
    job 0 export $file back.keras --overwrite
    check "$file is exported" "$code $(error_lines)" "0 "
    predicts 1 back.keras "${file%.*}.csv"
done

# ---- refused ----
refused() { # CODE TEXT WORD...
    local expected=$1 text=$2
    shift 2
    job 1 "$@"
    check "$*: code" "$code" "$expected"
    check_contains "$*: why" "$(<err)" "$text"
}
to=(--x x --output r.h5)
refused 2 "k3-line.weights.h5: holds variables and says nothing of layers" predict k3-line.weights.h5 data.h5 "${to[@]}"
refused 2 "leave --layers out" predict k3-plain.keras data.h5 "${to[@]}" --layers 3
refused 3 "its kernel" predict k3-line.weights.h5 data.h5 "${to[@]}" --layers "5 relu, residual(5), 2"
refused 3 "layer 1 'conv1d' (Conv1D)" train data.h5 --x x --y y --model k3-convolution.json --output r
refused 3 "is JSON, which has no weights" predict k3-line.json data.h5 "${to[@]}"
head -c 3000 k3-deep.keras >cut.keras
refused 3 "cut.keras: is no whole zip archive" predict cut.keras data.h5 "${to[@]}"
head -c 9000 k3-plain.h5 >cut.h5
refused 3 "cut.h5" predict cut.h5 data.h5 "${to[@]}"
{ head -c 4000 k3-deep.keras; printf X; tail -c +4002 k3-deep.keras; } >bent.keras
refused 3 "bent.keras: model.weights.h5" predict bent.keras data.h5 "${to[@]}"
check "nothing was written" "$(ls r.h5 r 2>/dev/null)" ""
check "nothing is left" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lockstep-kept-*')" ""
finish

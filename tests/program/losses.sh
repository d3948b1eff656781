#!/usr/bin/env bash
# Losses: one hash a recipe on every split and table, and resumed; what predictions, classes and run.json make of them; and
# what is refused.
#
#   losses.sh [--tables "avx512 portable ..."] [--record]      --record prints the lines of losses.sha256 instead
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
record=no tables=
while [ $# -gt 0 ]; do
    case $1 in
    --record) record=yes; shift ;;
    --tables) tables=$2; shift 2 ;;
    *) echo "losses.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
make_data "$work/data"
cd "$work"
digits=$LOCKSTEP_DATA/digits.h5 concrete=$LOCKSTEP_DATA/concrete.h5 d=data/labels.h5

# ---- one hash, however the work is divided ----
verdict() { # NAME: of ./run
    local found
    found=$(cat run/model.weights.h5 run/log.csv | sha256sum | cut -d' ' -f1)
    [ "$code" = 0 ] || found="code $code, $(error_lines)"
    if [ $record = yes ]; then
        echo "$found  ${1%% on *}"
    else
        check "$1" "$found" "$(sed -n "s|^\([0-9a-f]*\)  ${1%% on *}\$|\1|p" "$here/losses.sha256")"
    fi
}
# recipe LOSS DATA LAYERS OPTIONS...
recipe() {
    local loss=$1 ranks table all=(train "$2" --layers "$3" --loss "$1" "${@:4}" --batch-size 96 --overwrite)
    for ranks in 0 2 3 4; do
        job $ranks "${all[@]}" --epochs 2 --output run --threads $((ranks % 2 + 1))
        verdict "$loss on $ranks"
        [ $record = no ] || return 0
    done
    for table in $tables; do
        job 0 "${all[@]}" --epochs 2 --output run --kernels "$table"
        [[ $(error_lines) == *"this CPU lacks"* ]] || verdict "$loss on $table kernels"
    done
    job 3 "${all[@]}" --epochs 1 --output run
    job 2 "${all[@]:0:$((${#all[@]} - 1))}" --epochs 2 --output run --resume
    verdict "$loss on 3, then 2"
}
values=(--normalize standard --seed 2)
recipe "huber delta=0.5" "$concrete" "17 relu, 1" "${values[@]}" --normalize-targets
recipe "log_cosh" "$concrete" "33 tanh, 1" "${values[@]}" --normalize-targets
recipe "poisson" "$concrete" "17 relu, 1 exponential" "${values[@]}"
recipe "quantile tau=0.1,0.5,0.9" "$concrete" "17 relu, 3" "${values[@]}" --normalize-targets
recipe "sparse_categorical_crossentropy from_logits=true label_smoothing=0.1" "$digits" "17 relu, 10" --normalize standard
recipe "binary_focal_crossentropy apply_class_balancing=true gamma=1.5" "$d" "17 relu, 1 sigmoid" --x /x --y /sign
recipe "squared_hinge" "$d" "17 relu, 3" --x /x --y /signs
[ $record = no ] || exit 0

# ---- recipes and files have the loss in one spelling ----
few=(--epochs 1 --batch-size 64 --output run --overwrite)
job 0 train "$concrete" --layers "4 relu, 1" --loss "Huber delta=0.50" "${few[@]}"
job 0 train "$concrete" --layers "4 relu, 1" --loss "huber delta=0.5" --epochs 2 --batch-size 64 --output run --resume
check "a resume in another spelling" "$code" 0
job 0 info run
check_contains "info has the settings" "$(cat out)" "huber delta=0.5"
error "a resume with another setting" 0 2 "huber delta=0.5" -- train "$concrete" --layers "4 relu, 1" --loss huber --epochs 2 \
    --batch-size 64 --output run --resume
job 0 train "$concrete" --init run --epochs 1 --output from --overwrite
check_contains "--init takes the loss with its settings" "$(cat err)" "loss: huber delta=0.5"

# ---- outputs and classes ----
job 0 train $d --x /x --y /sign --layers "8 relu, 1" --loss "binary_crossentropy from_logits=true" "${few[@]}"
logits_log=$(digest run/log.csv)
job 0 predict run $d --x /x --output logits.csv --overwrite
job 0 train $d --x /x --y /sign --layers "8 relu, 1 sigmoid" --loss binary_crossentropy "${few[@]}"
check "logits train as a sigmoid does" "$logits_log" "$(digest run/log.csv)"
job 0 predict run $d --x /x --output chances.csv --overwrite
check "logits are scores" "$(head -n 1 logits.csv)" "row,class,score_1"
check "chances are probabilities" "$(head -n 1 chances.csv)" "row,class,probability_1"
check "and the classes are the same" "$(tail -n +2 logits.csv | cut -d, -f2 | sha256sum)" \
    "$(tail -n +2 chances.csv | cut -d, -f2 | sha256sum)"
job 0 train $d --x /x --y /sign --layers "8 relu, 1" --loss hinge "${few[@]}"
job 2 predict run $d --x /x --output hinge.csv --overwrite
check "a hinge says yes above 0" "$(awk -F, 'NR > 1 && ($2 == 1) != ($3 > 0)' hinge.csv | wc -l)" 0
job 0 train "$concrete" --layers "8 relu, 3" --loss "quantile tau=0.1,0.5,0.9" "${few[@]}"
job 0 predict run "$concrete" --output taus.csv --overwrite
check "each has its tau" "$(head -n 1 taus.csv)" "row,prediction_tau0.1,prediction_tau0.5,prediction_tau0.9"
check "several quantiles have no metrics" "$(head -n 1 run/log.csv)" "epoch,step,loss,learning_rate"
job 3 evaluate run "$concrete"
check "and are evaluated" "$code $(awk '{ print $1 }' out)" "0 loss"

printf 'a,b,low,high\n' >two.csv
for i in {1..40}; do echo "$i,$((i * 37 % 11)),$((i % 5)),$((20 + i % 5))"; done >>two.csv
job 0 convert two.csv two.h5 --target low,high
job 0 train two.h5 --layers "4" --loss "quantile(tau=[0.1,0.9])" --normalize-targets "${few[@]}"
job 0 predict run two.h5 --output taus.csv --overwrite
check "all taus of one target, then of the next" "$(head -n 1 taus.csv)" \
    "row,low_tau0.1,low_tau0.9,high_tau0.1,high_tau0.9"

# ---- what is refused ----
values=(train "$concrete" --output none --epochs 1 --layers)
error "a crossentropy on linear outputs" 0 2 "'10 softmax' in --layers" \
    '--loss "sparse_categorical_crossentropy from_logits=true"' -- train "$digits" --layers "10" \
    --loss sparse_categorical_crossentropy --output none
error "logits behind a softmax" 0 2 "'10 linear' in --layers, or leave from_logits=true out" -- train "$digits" \
    --layers "10 softmax" --loss "sparse_categorical_crossentropy from_logits=true" --output none
error "a wrong setting" 0 2 "did you mean 'delta'?" "expected delta" -- "${values[@]}" "1" --loss "huber detla=1"
error "a setting of another loss" 0 2 "takes no settings; leave 'delta=1' out" -- "${values[@]}" "1" --loss "mse delta=1"
error "taus and outputs" 2 3 "2 taus of 1 target column" "make 2 outputs, the last layer has 3 units" -- "${values[@]}" "3" \
    --loss "quantile tau=0.1,0.9"
error "metrics of quantiles" 0 2 "leave --metrics out" -- "${values[@]}" "2" --loss "quantile tau=0.1,0.9" --metrics mae
error "counts that are scaled" 0 2 "poisson takes its targets as they are" -- "${values[@]}" "1 exponential" --loss poisson \
    --normalize-targets
error "counts below 0" 3 3 "/sign_number row " "is -1; poisson takes targets from 0 up" -- train $d --x /x --y /sign_number \
    --layers "1 exponential" --loss poisson --output none
error "three answers" 0 3 "3 different labels (0, 1, 2), the last layer is a single output for 2" -- train $d --x /x --y /y \
    --layers "1" --loss hinge --output none
error "no answers" 0 3 "hinge takes two labels, or 0 and 1, as targets" -- "${values[@]}" "1" --loss hinge
error "one class out of one" 0 2 "one sigmoid output, and the loss kl_divergence" "'2 softmax', or with '1 sigmoid'" -- "${values[@]}" \
    "1 sigmoid" --loss kld
error "one softmax output" 0 2 "one softmax output" "--loss binary_crossentropy" -- "${values[@]}" "1 softmax"
error "outputs below 0" 2 5 "as '1 exponential' or '1 softplus'" -- "${values[@]}" "1" --loss poisson
finish

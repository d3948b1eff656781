#!/usr/bin/env bash
# Metrics that count and rank: one hash of log, model and checkpoints whatever the split, gone on with in mid-epoch; what evaluate
# makes of a rare class, by class, as JSON, by another threshold; and what is refused.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
census=$LOCKSTEP_DATA/census_income.h5

# train RANKS DIRECTORY OPTIONS...
train() {
    local ranks=$1 directory=$2
    shift 2
    job "$ranks" train "$LOCKSTEP_DATA/digits.h5" --layers "24 relu, 10 softmax" --normalize standard --epochs 2 --batch-size 128 \
        --validation-split 0.2 --log-every 3 --output "$directory" "$@"
}
counts="accuracy, TopKCategoricalAccuracy k=3, precision, recall average=weighted, F1Score, confusion_matrix"
counted=(--metrics "$counts, AUC, pr_auc, log_loss, brier")
# What a run found, without what the clock and the split say.
found() {
    sed -n '/^  "train": {/,/^  "best": {/p' "$1/run.json" | sha256sum
}

# ---- one hash ----
train 0 whole "${counted[@]}"
check "without a launcher" "$code" 0
expected="$(digests whole) $(found whole)"
for split in 1x3 2x1 3x2 4x1; do
    train "${split%x*}" run --overwrite --threads "${split#*x}" "${counted[@]}"
    check "$split" "$code $(digests run) $(found run)" "0 $expected"
done
check "the log's columns" "$(head -n 1 whole/log.csv | cut -d, -f1-13)" \
    "epoch,step,loss,accuracy,top_k_categorical_accuracy,precision,recall,f1_score,auc,pr_auc,log_loss,brier,val_loss"
check "areas of rows being trained on stay empty" "$(cut -d, -f9,10 whole/log.csv | sort -u | tr '\n' ' ')" ", auc,pr_auc "
check_contains "run.json has the classes" "$(sed -n '/"test": {/,/^  }/p' whole/run.json)" '"per_class": ['
check_contains "and which was taken for which" "$(sed -n '/"test": {/,/^  }/p' whole/run.json)" '"confusion_matrix": ['
job 2 evaluate whole "$LOCKSTEP_DATA/digits.h5" --part validation --validation-split 0.2
check "evaluate's areas are the last of the log" "$(awk '$1 == "auc" || $1 == "pr_auc" { printf "%s ", $2 }' out)" \
    "$(tail -n 1 whole/log.csv | cut -d, -f19,20 | tr , ' ') "

# ---- in mid-epoch ----
if has_faults; then
    LOCKSTEP_FAULT="step:0:kill:5" train 2 chain --checkpoint-every "2 steps" "${counted[@]}"
    check "the first leg is killed" "$((code != 0))" 1
    LOCKSTEP_FAULT="step:1:kill:6" train 3 chain --checkpoint-every "3 steps" --resume "${counted[@]}"
    check "the second leg is killed" "$((code != 0))" 1
    train 4 chain --resume "${counted[@]}"
    check "gone on with on three splits" "$code $(digests chain)" "0 $(digests whole)"
fi

# ---- a rare class ----
job 0 train "$census" --layers "1 sigmoid" --normalize standard --batch-size 512 --output rare
check_contains "a remark at the start" "$(cat err)" 'consider --metrics "accuracy, auc, pr_auc, recall"'
check_contains "the base rate beside the result" "$(cat err)" "(always the most frequent class: 0.9162)"
words=(--metrics "accuracy, auc, pr_auc, precision, recall, confusion_matrix")
job 0 evaluate rare "$census" "${words[@]}" --json
cp out alone.json
for ranks in 2 3; do
    job "$ranks" evaluate rare "$census" "${words[@]}" --json --memory 1MB
    check "evaluate on $ranks ranks, with little memory" "$code $(cmp out alone.json && echo same)" "0 same"
done
check "the keys" "$(grep -o '^  "[a-z_]*"' alone.json | tr -d ' \n')" \
    '"rows""loss""accuracy""auc""pr_auc""precision""recall""base_rate""per_class""confusion_matrix"'
check "the counts add up" "$(sed -n '/"confusion_matrix"/,$p' alone.json | tr -c '0-9\n' ' ' | awk '{ for (i = 1; i <= NF; i++) s += $i }
    END { print s }')" 20000
job 0 evaluate rare "$census" "${words[@]}"
cp out half
check "base_rate is a line" "$(awk '$1 == "base_rate" { print $2 }' half)" 0.9162
job 0 evaluate rare "$census" "${words[@]}" --threshold 0.1
check "a lower threshold finds more" "$(awk '$1 == "recall" && FNR < 10 { print $2 }' half out | sort -g | tail -n 1)" \
    "$(awk '$1 == "recall" && FNR < 10 { print $2 }' out)"
check "and ranks the same" "$(grep ^auc out)" "$(grep ^auc half)"
check "no line is wider than a screen" "$(awk 'length > 80' out | wc -l)" 0

# ---- what is remarked ----
job 0 evaluate rare "$census" --metrics "precision, recall" --threshold 0.9999
check_contains "of one output it is the yes" "$(cat err)" "class '1': no row is given it, so its precision is 0"
job 0 evaluate rare "$census" --metrics recall --threshold 0.9999
check_lacks "only with a precision" "$(cat err)" "its precision is 0"

# ---- names that are told apart ----
echo a,b,kind >iris.csv
for i in {0..59}; do
    kinds=(Iris-versicolor Iris-virginica "Îris-sétosa")
    echo "$((i % 3)),$((i % 7)),${kinds[i % 3]}"
done >>iris.csv
job 0 convert iris.csv iris.h5 --target kind
job 0 train iris.h5 --layers "3 softmax" --batch-size 16 --epochs 1 --output iris
job 0 evaluate iris iris.h5 --metrics confusion_matrix
check "whole names above the columns" "$(sed -n '/^rows of each class/{n;p}' out)" \
    "                Iris-versicolor  Iris-virginica     Îris-sétosa"
check "and as wide in characters as the numbers" "$(sed -n '/^rows/,$ { /^Îris/ { s/Î/I/; s/é/e/; p; } }' out | awk '{ print length }')" 63

# ---- many classes, few of which have a value ----
for rows in 50 3; do
    echo a,b,kind >$rows.csv
    for ((i = 0; i < rows; i++)); do echo "$i,$((i % 7)),$((i % 25))"; done >>$rows.csv
    job 0 convert $rows.csv $rows.h5 --target kind
done
job 0 train 50.h5 --layers "25 softmax" --batch-size 16 --epochs 1 --output many
job 0 evaluate many 50.h5 --metrics auc
check "of many classes the worst" "$(tail -n 1 out)" "and 5 more classes; these have the worst auc, --json has all"
job 0 evaluate many 3.h5 --metrics auc
check "without those that have none" "$(tail -n 1 out)" "and 22 more classes that have no auc, --json has all"

# ---- watched ----
train 0 watched --metrics "f1_score, auc" --early-stopping "monitor=val_auc patience=1"
check "early stopping by an area" "$code" 0
check_contains "more of it is better" "$(cat err)" "the best one: val_auc"
errors "an area of rows being trained on" 2 "this run logs no 'auc' to monitor" "val_auc" -- \
    train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --validation-split 0.2 --metrics auc --early-stopping "monitor=auc" --output refused

# ---- a model's own threshold ----
job 0 train "$census" --x /train/x --y /train/y --layers "1 sigmoid" --normalize standard --batch-size 512 --class-weights balanced \
    --validation-split 0.2 --metrics "accuracy, auc, recall threshold=0.7" --output own
check "areas beside class weights" "$code" 0
check_contains "the base rate beside the last validation" "$(cat err)" "(always the most frequent class: 0.9150)"
check_contains "and in run.json" "$(sed -n '/^  "validation": {/,/^  }/p' own/run.json)" '"base_rate": 0.915,'
job 0 evaluate own "$census" --metrics "confusion_matrix threshold=0.7"
given=$(awk '/was|were given/ { inside = 1 } inside && $1 ~ /^[01]$/ && NF == 3 { yes += $3 } END { print yes }' out)
job 0 predict own "$census" --output own.csv
check "predict says yes as evaluate does" "$(cut -d, -f2 own.csv | grep -c '^1$')" "$given"
job 0 predict own "$census" --output own.h5
check "into HDF5 too" "$("$(dirname "$LOCKSTEP_MAKE_DATA")/print_data" own.h5 /class | grep -c '^1')" "$given"
errors "two thresholds" 2 "--threshold 0.3 and threshold=0.4 in --metrics" -- evaluate own "$census" --threshold 0.3 --metrics "f1 threshold=0.4"
errors "a threshold of nothing" 2 "none of the metrics evaluated has a threshold" "accuracy, precision, recall" -- \
    evaluate own "$census" --threshold 0.3 --metrics auc

# ---- validation rows of one class ----
awk -v OFS=, 'BEGIN { print "a,b,kind"; for (i = 0; i < 200; i++) print i % 7, i % 11, i < 160 && i % 2 ? "yes" : "no" }' >one.csv
job 0 convert one.csv one.h5 --target kind
odd=(one.h5 --layers "1 sigmoid" --validation-split 0.2 --metrics "accuracy, auc" --epochs 5 --batch-size 64)
job 0 train "${odd[@]}" --early-stopping "monitor=val_auc patience=2 restore_best_weights=true" \
    --reduce-lr-on-plateau "monitor=val_auc patience=1" --output odd
check "one class in validation" "$code $(grep -c 'no area under a curve' err)" "0 1"
check_contains "no epoch is the best" "$(cat err)" "it is of epoch 2, the last; none is the best: val_auc was not a number in any"
check_lacks "none is said to be" "$(cat err)" "was best in epoch"
check_contains "the plateau says why" "$(cat err)" "which never is better: the learning rate is now"
job 0 train "${odd[@]}" --reduce-lr-on-plateau "monitor=val_auc patience=1" --epochs 2 --output last
check "the last epoch's weights stay" "$(digest odd/model.weights.h5)" "$(digest last/model.weights.h5)"

# ---- refused ----
errors "no such metric" 2 "no metric is called 'recal'" "did you mean 'recall'" -- \
    train "$census" --layers "1 sigmoid" --metrics recal --output refused
errors "classes of a loss of values" 2 "auc needs classes" "--loss binary_crossentropy with sigmoid" -- \
    train "$census" --layers "1 sigmoid" --loss mse --metrics auc --output refused
errors "a metric that is only monitored" 2 "add auc to --metrics" -- \
    train "$census" --layers "1 sigmoid" --validation-split 0.2 --early-stopping monitor=val_auc --output refused
errors "areas with weights of the rows evaluated" 2 "rank rows that all count the same" "/test/weight" -- \
    evaluate rare "$census" --metrics auc --sample-weights /test/weight
errors "a threshold for softmax" 2 "--threshold" "yes or no" -- evaluate whole "$LOCKSTEP_DATA/digits.h5" --threshold 0.3
errors "metrics of a model's kind" 2 "mae needs targets as numbers" -- evaluate whole "$LOCKSTEP_DATA/digits.h5" --metrics mae
finish

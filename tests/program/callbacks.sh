#!/usr/bin/env bash
# Early stopping, the plateau, best weights, validation every N epochs and time limits: what they leave in the run's
# directory, the same bytes on every split and from every checkpoint, what they say and refuse.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
digits=$LOCKSTEP_DATA/digits.h5
cd "$work"

# train SPLIT DIRECTORY OPTIONS...: 23 steps an epoch; a rate that overshoots makes for an early stop.
train() {
    local split=$1 directory=$2
    shift 2
    job "${split%x*}" train "$digits" --layers "32 relu, 10 softmax" --normalize standard --validation-data test \
        --batch-size 64 --shards 8 --learning-rate 0.02 --threads "${split#*x}" --output "$directory" "$@"
}

# Model, best model and log.
all_digests() { # DIRECTORY
    echo "$(digests "$1") best $(digest "$1/best.weights.h5")"
}

# column NAME EPOCH: of run/log.csv.
column() {
    awk -F, -v name="$1" -v epoch="$2" \
        'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } NR > 1 && $1 == epoch { print $c }' run/log.csv
}

last_epoch() { # DIRECTORY
    tail -n 1 "$1/log.csv" | cut -d, -f1
}

# ---- refused before training ----
train_wrong() { # NAME WORDS -- OPTIONS...
    error "$1" 0 2 "$2" -- train "$digits" --layers "10 softmax" --output refused "${@:4}"
    check "$1: nothing was made" "$([ -e refused ] && echo there)" ""
}
train_wrong "no validation rows" "--validation-split 0.2, or write monitor=loss" -- --early-stopping on
train_wrong "not in the log" "logs no 'val_auc' to monitor; it has loss, accuracy, val_loss, val_accuracy" -- \
    --validation-data test --early-stopping "monitor=val_auc"
train_wrong "no such setting" "did you mean 'patience'?" -- --reduce-lr-on-plateau "patince=3 monitor=loss"
train_wrong "a factor of 1" "factor=1; expected a number from 0 to" -- --reduce-lr-on-plateau "factor=1 monitor=loss"
train_wrong "a mode" "mode=down; expected one of auto|min|max" -- --early-stopping "mode=down monitor=loss"
train_wrong "plateau and schedule" "both set the learning rate" -- --reduce-lr-on-plateau "monitor=loss" \
    --schedule "cosine_decay decay_steps=100"
train_wrong "time" "expected a time such as" -- --time-limit "3 epochs"
train_wrong "validation-freq" "expected a whole number from 1" -- --validation-freq 0

# ---- one run, unbroken, on several splits ----
early="patience=4 restore_best_weights=false"
plateau="patience=1 cooldown=2 factor=0.5 min_delta=0"
train 0x1 run --epochs 60 --early-stopping "$early" --reduce-lr-on-plateau "$plateau" --checkpoint-every "5 steps" --keep 1000
check "early stopping: code" "$code $(error_lines)" "0 "
said=$(<"$work/err")
expected=$(all_digests run)
stopped=$(last_epoch run)
best=$((stopped - 4))
check "stops before the last epoch" "$((stopped < 60 && best >= 1))" 1
check_contains "says so" "$said" "early stopping after epoch $stopped: val_loss was best in epoch $best"
check_contains "says whose the model is" "$said" "it is of epoch $stopped; the best one was $best: val_loss "
check_contains "says how to take the other" "$said" "lockstep evaluate run/best.weights.h5 ..."
check "the best is the smallest in the log" \
    "$(awk -F, 'NR > 1 && (least == "" || $5 + 0 < least) { least = $5 + 0; epoch = $1 } END { print epoch }' run/log.csv)" "$best"
check "run.json tells the best" "$(grep -A 3 '"best": {' run/run.json | tr -d ' \n' | cut -d, -f1,2)" "\"best\":{\"epoch\":$best,\"monitor\":\"val_loss\""
job 0 info "run/checkpoints/$(printf 'step-%012d.h5' $((23 * stopped)))"
check "info of a checkpoint tells the best" "$(grep -c "^  best        epoch $best, " "$work/out")" 1
job 0 info run
check "info tells the files" "$(grep -c 'run/best.weights.h5: model of the best epoch, whole' "$work/out")" 1
job 0 evaluate run/best.weights.h5 "$digits" --part test
check "the best scores as in the log" "$(awk '$1 == "loss" { printf "%.5f", $2 }' "$work/out")" "$(printf '%.5f' "$(column val_loss "$best")")"
rates=$(cut -d, -f7 run/log.csv | tail -n +2 | uniq | tr '\n' ' ')
check_contains "the rate is halved" "$rates" "0.02 0.01 0.005 "
cp run/log.csv whole.csv

for split in 2x1 3x2 4x1; do
    train $split other --epochs 60 --early-stopping "$early" --reduce-lr-on-plateau "$plateau" --overwrite \
        --reduction "$([ $split = 3x2 ] && echo direct || echo halving)"
    check "the same on $split" "$(all_digests other)" "$expected"
done

# The model is what as many epochs without early stopping give; the best file, what training up to there gives.
train 0x1 other --epochs "$stopped" --reduce-lr-on-plateau "$plateau" --overwrite
check "without early stopping" "$(digests other)" "$(digests run)"
train 0x1 other --epochs "$best" --reduce-lr-on-plateau "$plateau" --overwrite
check "the best file is the model of its epoch" "$(digest run/best.weights.h5)" "$(digest other/model.weights.h5)"
check_contains "the last is the best" "$(<"$work/err")" "it is of epoch $best, the last and the best one: val_loss "

# ---- gone on with from any checkpoint, in mid-patience and mid-cooldown ----
# copy_until STEP: run as it was killed behind that checkpoint.
copy_until() {
    local file
    rm -rf broken
    cp -R run broken
    rm broken/best.weights.h5 broken/model.weights.h5
    for file in broken/checkpoints/*.h5; do
        [[ ! $file > broken/checkpoints/$(printf 'step-%012d.h5' "$1") ]] || rm "$file"
    done
}
i=0
splits=(3x1 0x2 4x1 2x1)
for step in 5 $((23 * best - 23)) $((23 * best)) $((23 * best + 5)) $((23 * best + 25)) $((23 * best + 50)) $((23 * best + 75)) $((23 * stopped - 1)); do
    copy_until "$step"
    train "${splits[i++ % 4]}" broken --epochs 60 --early-stopping "$early" --reduce-lr-on-plateau "$plateau" --resume
    check "gone on with from step $step" "$code $(all_digests broken)" "0 $expected"
done

# ---- a run that early stopping ended is finished ----
cp -R run done
for epochs in 60 90; do
    train 2x1 done --epochs $epochs --early-stopping "$early" --reduce-lr-on-plateau "$plateau" --resume
    check "finished, --epochs $epochs" "$code $(all_digests done)" "0 $expected"
    check_contains "finished, --epochs $epochs: says why" "$(<"$work/err")" \
        "done is finished: --early-stopping has ended it after epoch $stopped of $epochs"
done
error "other settings" 0 2 "was made with 'early-stopping = monitor=val_loss min_delta=0 patience=4" -- train "$digits" \
    --layers "32 relu, 10 softmax" --normalize standard --validation-data test --batch-size 64 --shards 8 --learning-rate 0.02 \
    --output done --epochs 60 --early-stopping "patience=5" --reduce-lr-on-plateau "$plateau" --resume
train 0x1 done --epochs 0 --overwrite
check "--overwrite takes the old best away" "$([ -e done/best.weights.h5 ] && echo there)" ""

# ---- restored ----
restore="patience=4 restore_best_weights=true"
train 3x1 restored --epochs 60 --early-stopping "$restore" --reduce-lr-on-plateau "$plateau"
check "restored: model and best" "$(digest restored/model.weights.h5) $(digest restored/best.weights.h5)" \
    "$(digest run/best.weights.h5) $(digest run/best.weights.h5)"
check "restored: the log is the same" "$(digest restored/log.csv)" "$(digest run/log.csv)"
check_contains "restored: says so" "$(<"$work/err")" "it is of epoch $best, the best one: val_loss "
check_contains "restored: says how to take the other" "$(<"$work/err")" \
    "lockstep evaluate restored/checkpoints/$(printf 'step-%012d.h5' $((23 * stopped))) ..."
check_contains "restored: the test part is scored with it" "$(<"$work/err")" \
    "$(printf 'test_loss %.4f' "$(column val_loss "$best")")"
train 0x1 restored --epochs 60 --early-stopping "$restore" --reduce-lr-on-plateau "$plateau" --resume
check "restored: finished" "$code $(digest restored/model.weights.h5)" "0 $(digest run/best.weights.h5)"
train 0x1 restored --epochs $((best + 2)) --early-stopping "$restore" --reduce-lr-on-plateau "$plateau" --overwrite
check "restored though nothing stopped" "$(last_epoch restored) $(digest restored/model.weights.h5)" \
    "$((best + 2)) $(digest run/best.weights.h5)"
train 2x1 restored --epochs 60 --early-stopping "$restore" --reduce-lr-on-plateau "$plateau" --resume
check "and gone on with from there" "$(digest restored/log.csv) $(digest restored/model.weights.h5)" \
    "$(digest run/log.csv) $(digest run/best.weights.h5)"

# ---- validation every N epochs ----
train 0x1 run --epochs 60 --early-stopping "patience=1" --validation-freq 3 --overwrite
check "validation-freq: rows with validation" \
    "$(awk -F, 'NR > 1 && ($1 % 3 == 0) != ($5 != "") { print "epoch " $1 }' run/log.csv)" ""
stopped=$(last_epoch run)
check "validation-freq: stops only where it validates" "$((stopped % 3)) $((stopped > 3 && stopped < 60))" "0 1"
check_contains "validation-freq: patience counts these" "$(<"$work/err")" "val_loss was best in epoch $((stopped - 3))"
expected=$(all_digests run)
train 3x1 other --epochs 60 --early-stopping "patience=1" --validation-freq 3 --overwrite
check "validation-freq: on 3 ranks" "$(all_digests other)" "$expected"

# ---- time limits ----
train 0x1 run --epochs 8 --overwrite
expected=$(all_digests run)
rm -rf limited
export SLURM_JOB_END_TIME=$(($(date +%s) + 5)) # less than what is kept back for saving
train 3x1 limited --epochs 8
check "the job's end: code" "$((code != 0))" 1
check_contains "the job's end: says so" "$(<"$work/err")" \
    "the time limit (--time-limit auto, SLURM_JOB_END_TIME) ends training after step 1; state saved, go on with --resume"
check "the job's end: saved" "$(ls limited/checkpoints)" "step-000000000001.h5"
train 0x1 limited --epochs 8 --resume
check "the job's end: code 75" "$code" 75
train 0x1 limited --epochs 8 --resume --time-limit off
check "without a limit" "$code $(all_digests limited)" "0 $expected"
export SLURM_JOB_END_TIME=$(($(date +%s) - 5))
train 0x1 limited --epochs 8 --overwrite
check "a time that is over" "$code $(all_digests limited)" "0 $expected"
check_contains "a time that is over: says so" "$(<"$work/err")" "warning: SLURM_JOB_END_TIME is '"
unset SLURM_JOB_END_TIME
train 0x1 limited --epochs 100000000 --overwrite --time-limit "0.5 s"
check "a limit of one's own" "$code" 75
check_contains "a limit of one's own: says so" "$(<"$work/err")" "the time limit (--time-limit 0.5 s) ends training after step "
check "a limit of one's own: run.json" "$(grep -c '"state": "stopped"' limited/run.json)" 1
finish

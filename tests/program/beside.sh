#!/usr/bin/env bash
# Checkpoints that are written beside training (--checkpoint-async): the bytes of those that all ranks wait for; steps go on while a
# slow disk takes one; whatever ends a run or a rank in the middle of one loses nothing; where there is no room for them.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
data=$LOCKSTEP_DATA/digits.h5

# What a recipe decides: all checkpoints, models, and the log.
everything() { # DIRECTORY
    (cd "$1" && cat checkpoints/step-*.h5 $(ls best.weights.h5 2>/dev/null) model.weights.h5 log.csv | sha256sum | cut -c1-64)
}

# The steps of the checkpoints, and how many temporary files there are beside them (the room kept for the model is none).
listed() { # DIRECTORY
    find "$1/checkpoints" -name 'step-*.h5' -printf '%f\n' | sort | sed 's/step-0*\([0-9]*\).h5/\1/' | tr '\n' ' '
    find "$1" -name '.*.tmp.*' ! -name '.reserve.*' | wc -l
}

# ---- the same bytes ----

# train RANKS RECIPE OPTIONS...: into ./run. Checkpoints in the middle of epochs and at their end, some while the one before is
# written.
train() {
    local line
    case $2 in
    plain) line=(--layers "300 relu, 256 relu, 10 softmax" --early-stopping "patience=1 min_delta=0.2" --validation-split 0.2) ;;
    kinds)
        line=(--layers "300, batch_normalization, relu, dropout 0.2, 256 tanh, 10 softmax" --validation-data test --metrics "accuracy, f1_score"
            --optimizer "nadam" --ema momentum=0.9 --reduce-lr-on-plateau patience=1)
        ;;
    half) line=(--layers "300 relu, 200 relu, 10 softmax" --precision bfloat16 --optimizer "adam amsgrad=true") ;;
    esac
    rm -rf run
    job "$1" train "$data" "${line[@]}" --batch-size 128 --epochs 3 --seed 3 --threads 1 --checkpoint-every "3 steps" --keep 100 \
        --log-every 5 --output run "${@:3}"
}

declare -A splits=([plain]="0:auto 2:halving 3:direct 4:buckets" [kinds]="0:auto 2:auto 3:auto 4:doubling" [half]="2:buckets 4:halving")
for recipe in plain kinds half; do
    train 0 $recipe --checkpoint-async off
    check "$recipe, all wait: code" "$code $(grep -c 'beside training' "$work/err")" "0 0"
    expected=$(everything run)
    for split in ${splits[$recipe]}; do
        train "${split%:*}" $recipe --checkpoint-async on --reduction "${split#*:}" --verbose
        check "$recipe beside on $split: code" "$code $(error_lines)" "0 "
        check_contains "$recipe beside on $split: says so" "$(<"$work/err")" " beside training, which waited "
        check "$recipe beside on $split" "$(everything run)" "$expected"
    done
done

# ---- where there is room ----

large() { # OPTIONS...: a state of 27 MiB
    rm -rf run
    job 0 train "$data" --layers "1500 relu, 1500 relu, 10 softmax" --limit-rows 32 --epochs 2 --checkpoint-every "1 epochs" --verbose --output run "$@"
}
for options in "" "--memory 100MB" "--memory 45MB --checkpoint-async on"; do
    # shellcheck disable=SC2086 # words of their own
    large $options
    check "room, ${options:-auto}: beside" "$code $(grep -c '^ *copy ' "$work/err") $(grep -c 'beside training, which waited' "$work/err")" "0 1 2"
done
large --memory 45MB
check "too little room: all wait" "$code $(grep -c '^ *copy ' "$work/err") $(grep -c 'beside training, which waited' "$work/err")" "0 0 0"
check_contains "too little room: says so" "$(<"$work/err")" "a copy of the state, 27.2 MiB more, is beyond --memory (42.9 MiB): all ranks wait for checkpoints"
job 0 info run --memory 45MB
check_contains "info: too little room" "$(<"$work/out")" "is beyond --memory (42.9 MiB)"
large --checkpoint-async off
check "off: all wait" "$code $(grep -c '^ *copy ' "$work/err")" "0 0"
job 0 info run/model.weights.h5 --memory 1GB --json
check "info: room" "$(tr -d ' \n' <"$work/out" | grep -o '"copy":[0-9]*')" '"copy":28551360'
train 0 plain --verbose
check "a small state: all wait" "$code $(grep -c '^ *copy \|beside training' "$work/err")" "0 0"

has_faults || finish

# ---- the disk is slow ----

# 2000 steps; a file has 21 pieces, of which those of the second take 0.3 s each.
steady() { # RANKS OPTIONS...
    job "$1" train "$data" --layers "600 relu, 600 relu, 10 softmax" --limit-rows 64 --batch-size 16 --shards 4 --epochs 500 --threads 1 \
        --checkpoint-every "200 steps" --log-every 1 --hang-timeout 120 --output run --checkpoint-async on "${@:2}"
}
rm -rf run
steady 0
undisturbed=$(digests run)

rows() {
    wc -l <run/log.csv
}

is_writing() {
    compgen -G "run/checkpoints/.step-000000000400.h5.tmp.*"
}

goes_on() {
    [ "$(rows)" -ge $((begun + 20)) ]
}

# begin RANKS: in the background, until the second checkpoint is being written and steps have gone on meanwhile.
begin() {
    rm -rf run
    LOCKSTEP_FAULT=piece:0:slow:22 steady "$1" &
    job=$!
    wait_until is_writing || bad "$1 ranks: second checkpoint begins" "$(<"$work/err")" "its temporary file"
    begun=$(rows)
    wait_until goes_on || bad "$1 ranks: steps go on" "$(rows)" "$((begun + 20)) rows"
    check "$1 ranks: steps go on while the disk is slow" "$(is_writing >/dev/null && echo "$(listed run)")" "200 1"
}

for ranks in 0 3; do
    begin $ranks
    mapfile -t ids < <(leftovers)
    kill -9 "${ids[@]}" 2>/dev/null || true
    wait $job || true
    wait_until nobody || bad "killed: nobody is left" "$(leftovers)" ""
    check "killed in the middle of a file, $ranks ranks: what is left" "$(listed run)" "200 1"
    steady 2 --resume
    check_contains "killed, $ranks ranks: goes on from there" "$(<"$work/err")" "resuming from run/checkpoints/step-000000000200.h5"
    check "killed, $ranks ranks: goes on" "$code $(digests run)" "0 $undisturbed"
done
for ranks in 0 3; do
    begin $ranks
    while read -r id _; do kill -TERM "$id"; break; done < <(rank_processes)
    wait $job || true
    check_contains "stopped in the middle of a file, $ranks ranks: says so" "$(<"$work/err")" "; state saved, go on with --resume"
    stop=$(sed -n 's/.*stopped on request after step \([0-9]*\);.*/\1/p' "$work/err")
    check "stopped, $ranks ranks: both files are whole" "$(listed run)" "$([ "$stop" -gt 600 ] && echo "200 400 600 $stop 0" || echo "200 400 $stop 0")"
    steady 2 --resume
    check "stopped, $ranks ranks: goes on" "$code $(digests run)" "0 $undisturbed"
done

# ---- failures in the middle of one ----

train 0 kinds
undisturbed=$(digests run)
later="; training goes on and the next checkpoint tries again"
# fault TEXT CODE: injects it on 3 ranks; the run goes on to its end afterwards, if it has not come to it.
fault() {
    local found
    export LOCKSTEP_FAULT=$1
    train 3 kinds --checkpoint-async on --hang-timeout "${3:-120}"
    unset LOCKSTEP_FAULT
    cp "$work/err" "$work/said"
    found=$code
    [ "$2" != fails ] || [ "$code" = 0 ] || [ "$code" = 124 ] || found=fails
    check "$1: code" "$found" "$2"
    check "$1: nobody is left" "$(wait_until nobody || leftovers)" ""
    job 0 info run
    check "$1: checkpoints are whole" "$code $(grep -c ': checkpoint, whole$' "$work/out" || true)" "0 $(find run/checkpoints -name 'step-*.h5' | wc -l)"
    [ "$2" = 0 ] || job 2 train --resume --output run --checkpoint-async on
    check "$1: comes to the end" "$code $(digests run)" "0 $undisturbed"
    check "$1: no temporary file" "$(listed run | grep -o '[0-9]*$')" 0
}
for point in piece:0:output:70 sealed-hash:0:output:2 sealed-sync:0:output:3 sealed-rename:0:output:2; do
    fault $point 0
    check_contains "$point: warns" "$(<"$work/said")" "warning: injected fault at ${point%%:*}$later"
    check "$point: warns once" "$(grep -c 'training goes on' "$work/said")" 1
done
fault checkpoint:2:output:2 0
check_contains "checkpoint:2:output:2: warns" "$(<"$work/said")" "warning: rank 2 ($(uname -n)): injected fault at checkpoint$later"
fault piece:0:memory:70 1
check "piece:0:memory:70: one line" "$(sed -n 's/.*lockstep: error: //p' "$work/said")" "injected fault at piece"
fault piece:0:kill:70 fails
fault sealed-rename:0:kill:3 fails
fault exchange:2:kill:400 fails
fault exchange:0:error:320 6
fault piece:0:hang:70 6 8 # the next checkpoint waits for this one, and is no hang of the others
check_contains "piece:0:hang:70: names the rank" "$(<"$work/said")" "; rank 0 on $(uname -n) may hang"

# A loss that is no number: what was being written is whole before the run ends.
rm -rf run
LOCKSTEP_FAULT=sealed-hash:0:slow job 2 train "$data" --layers "300 relu, 256 relu, 10 softmax" --batch-size 128 --optimizer sgd --learning-rate 1000 \
    --checkpoint-every "1 steps" --output run --checkpoint-async on --threads 1
step=$(sed -n 's/.*is not a finite number in epoch 1, step \([0-9]*\);.*/\1/p' "$work/err")
check "a loss that is no number: the last file is whole" "$code $(listed run | sed 's/.* \([0-9]* [0-9]*\)$/\1/')" "5 $((step - 1)) 0"
finish

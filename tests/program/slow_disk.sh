#!/usr/bin/env bash
# A disk so slow that one file takes longer than the hang timeout: nobody calls that a hang while it moves on, in writing, hashing
# and reading, and the files are the same; a disk that stands still is one.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }
timeout=4 # a piece takes 0.3 s, and each of these files at least 25 of them

train() { # RANKS OPTIONS...
    job "$1" train "$LOCKSTEP_DATA/digits.h5" --layers "1500 relu, 1500 relu, 10 softmax" --batch-size 1347 --shards 4 --threads 1 \
        --hang-timeout $timeout --output "$work/run" "${@:2}"
}

train 0 --epochs 2 --checkpoint-every never
expected=$(digests "$work/run")
for point in piece sealed-hash; do
    rm -rf "$work/run"
    export LOCKSTEP_FAULT=$point:0:slow
    train 3 --epochs 1 --checkpoint-every never
    check "$point is slow: code" "$code $(error_lines)" "0 "
    check "$point is slow: says how long it took" "$(sed -n 's/, [0-9.]* MiB in [0-9.]* s$//p' "$work/err")" \
        "checkpoint: $work/run/checkpoints/step-000000000002.h5"
    unset LOCKSTEP_FAULT
done
LOCKSTEP_FAULT=piece-read:0:slow train 2 --epochs 2 --resume
check "piece-read is slow: code" "$code $(error_lines) $(grep -c '^resuming from' "$work/err")" "0  1"
check "piece-read is slow: goes on" "$(digests "$work/run")" "$expected"
LOCKSTEP_FAULT=piece:0:hang:20 train 3 --epochs 1 --overwrite
check "a disk that stands still: code" "$code" 6
check_contains "a disk that stands still: names the rank" "$(error_lines)" "; rank 0 on $(uname -n) may hang"
finish

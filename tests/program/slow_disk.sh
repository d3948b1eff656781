#!/usr/bin/env bash
# A disk so slow that one file, or one call of the system, takes longer than the hang timeout: nobody calls that a hang while it
# moves on, in writing, hashing and reading, and the files are the same; a disk that stands still is one. Jobs that sleep do so
# side by side.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }
# A piece takes 0.3 s, and each of the large files has at least 28 of them; a call takes 5 s. On a busy machine a piece may take
# seconds more.
whole_file=8 one_call=4

# large NAME RANKS OPTIONS...: trains into $work/NAME.run
large() {
    beside "$1" "$2" train "$LOCKSTEP_DATA/digits.h5" --layers "1600 relu, 1600 relu, 10 softmax" --batch-size 1347 --shards 4 \
        --threads 1 --hang-timeout $whole_file --output "$work/$1.run" "${@:3}"
}
# small NAME OPTIONS...: the same with files of a piece each, and more of them
small() {
    beside "$1" 2 train "$LOCKSTEP_DATA/digits.h5" --layers "16 relu, 10 softmax" --batch-size 128 --epochs 1 --keep 2 \
        --checkpoint-every "4 steps" --threads 1 --hang-timeout $one_call --output "$work/$1.run" "${@:2}"
}

# ---- many pieces, each slow ----
large whole 0 --epochs 2 --checkpoint-every never
large begun 2 --epochs 1 --checkpoint-every never
small quick
for name in whole begun quick; do
    came_of $name
    check "a quick disk, $name: code" "$code" 0
done
for point in piece sealed-hash; do
    LOCKSTEP_FAULT=$point:0:slow large $point 3 --epochs 1 --checkpoint-every never
done
mv "$work/begun.run" "$work/piece-read.run"
LOCKSTEP_FAULT=piece-read:0:slow large piece-read 2 --epochs 2 --resume
for point in piece sealed-hash; do
    came_of $point
    check "$point is slow: code" "$code $(error_lines)" "0 "
    check "$point is slow: says how long it took" "$(sed -n 's/, [0-9.]* MiB in [0-9.]* s$//p' "$work/err")" \
        "checkpoint: $work/$point.run/checkpoints/step-000000000002.h5"
done
came_of piece-read
check "piece-read is slow: code" "$code $(error_lines) $(grep -c '^resuming from' "$work/err")" "0  1"
check "piece-read is slow: goes on" "$(digests "$work/piece-read.run")" "$(digests "$work/whole.run")"

# ---- a single call that takes 5 s: of log.csv, its directory and its row, and the oldest of three checkpoints ----
LOCKSTEP_FAULT=disk-sync:0:sleep:1 small disk-sync
LOCKSTEP_FAULT=disk-sync:0:sleep:5 small disk-sync-log
LOCKSTEP_FAULT=disk-rename:0:sleep:1 small disk-rename
LOCKSTEP_FAULT=disk-write:0:sleep:1 small disk-write
LOCKSTEP_FAULT=disk-remove:0:sleep:1 small disk-remove
LOCKSTEP_FAULT=piece:0:hang:15 large hang 3 --epochs 1
for call in disk-sync disk-sync-log disk-rename disk-write disk-remove; do
    came_of $call
    check "$call is slow: code" "$code $(error_lines)" "0 "
    check "$call is slow: the files" "$(digests "$work/$call.run") $(ls "$work/$call.run/checkpoints")" \
        "$(digests "$work/quick.run") $(ls "$work/quick.run/checkpoints")"
done
came_of hang
check "a disk that stands still: code" "$code" 6
check_contains "a disk that stands still: names the rank" "$(error_lines)" "; rank 0 on $(uname -n) may hang"
finish

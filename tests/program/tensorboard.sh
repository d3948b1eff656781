#!/usr/bin/env bash
# --tensorboard: event files whose values are those of log.csv, gone on with and done again, and no part of the run: the same
# bytes without them, and none is lost for them.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
print_events() {
    "${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/print_events" "$@" | sort
}
# train RANKS OPTIONS...
train() {
    job "$1" train "$LOCKSTEP_DATA/digits.h5" --layers "16 relu, 10 softmax" --metrics "accuracy, auc" --normalize minmax --batch-size 128 \
        --validation-split 0.2 --output run --threads 1 --quiet "${@:2}"
}
files() { # DIR: how many there are of each part
    echo "$(find "$1/train" -name 'events.out.tfevents.*.v2' | wc -l) $(find "$1/validation" -name 'events.out.tfevents.*.v2' | wc -l)"
}
same() { # NAME
    check "$1: code" "$code" 0
    print_events --log run/log.csv >expected
    print_events board/digits >found || true
    check "$1: values of log.csv" "$(diff found expected && wc -l <found)" "$(wc -l <expected)"
}

train 2 --epochs 2
plain=$(digests run)
rm -r run
train 2 --epochs 2 --tensorboard board/digits
same "two epochs"
check "two epochs: lines" "$(wc -l <found)" $((2 * (3 + 2 * 3))) # auc is validation's only
check "two epochs: the run's files" "$(digests run)" "$plain"
check "two epochs: event files" "$(files board/digits)" "1 1"
cp -r run earlier

train 0 --epochs 4 --log-every 4 --resume
same "gone on with"
check "gone on with: event files" "$(files board/digits)" "2 2"
going=$(digest run/model.weights.h5)
train 0 --epochs 4 --resume
check "finished: event files" "$code $(files board/digits)" "0 2 2"

rm -r run
mv earlier run
train 2 --epochs 3 --resume
same "done again"
check "done again: event files" "$(files board/digits)" "3 3"
train 0 --epochs 4 --log-every 4 --resume --tensorboard off
check "off" "$code $(files board/digits) $(digest run/model.weights.h5)" "0 3 3 $going"

train 0 --epochs 1 --overwrite --tensorboard board/digits
same "another run in the same place"

# ---- refused before anything is changed ----
kept=$(digests run)
recipe=(train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --output run --overwrite)
: >file
errors "a file" 4 "--tensorboard: file is no directory" -- "${recipe[@]}" --tensorboard file
errors "below a file" 4 "--tensorboard: file is no directory" -- "${recipe[@]}" --tensorboard file/board
errors "empty" 2 "'tensorboard' is empty; expected a directory" -- "${recipe[@]}" --tensorboard ""
errors "not to be written" 4 "--tensorboard: /proc/board" -- "${recipe[@]}" --tensorboard /proc/board
check "refused: the run there" "$(digests run)" "$kept"
rm -r board
errors "a run is there" 4 "holds a run already" -- "${recipe[@]:0:6}" --tensorboard board
check "a run is there: no event files" "$(find board -type f | wc -l)" 0

# ---- no room for a while, and to the end ----
if has_faults; then
    for epochs in 4 2; do
        rm -r run board
        LOCKSTEP_FAULT=events:0:output:5 train 2 --epochs $epochs --tensorboard board/digits
        warned=$(grep -c "warning: injected fault at events" "$work/err" || true)
        if [ $epochs = 4 ]; then
            same "no room for an epoch"
            check "no room for an epoch: warns once" "$warned $(grep -c 'wait in memory' "$work/err")" "1 1"
        fi
    done
    check "room again: the run's files" "$code $(digests run)" "0 $plain"
fi
finish

#!/usr/bin/env bash
# Resuming: a run that is killed and gone on with, each time on another split, ends with the bits of an unbroken one.
#
#   resume.sh [--kills N] [--seed S]
#
# First a chain of resumes with kills at chosen steps, then N (default 3) runs that are killed by SIGKILL at random moments,
# up to five times each, and resumed until they are done.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
kills=3
RANDOM=1
while [ $# -gt 0 ]; do
    case $1 in
    --kills) kills=$2; shift 2 ;;
    --seed) RANDOM=$2; shift 2 ;;
    *) echo "resume.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

# train SPLIT DIRECTORY OPTIONS...: one leg.
train() {
    local split=$1 directory=$2
    shift 2
    job "${split%x*}" train "$LOCKSTEP_DATA/digits.h5" --layers "256 relu, dropout 0.2, 128 tanh, 10 softmax" \
        --normalize standard --batch-size 128 --shards 16 --validation-data test --log-every 5 --threads "${split#*x}" \
        --output "$directory" "$@"
}

# ---- a chain of resumes ----
train 1x2 "$work/whole" --epochs 6
expected=$(digests "$work/whole")
LOCKSTEP_FAULT="step:1:kill:11" train 2x1 "$work/chain" --epochs 6 --checkpoint-every "4 steps"
check "the first leg is killed" "$((code != 0))" 1
LOCKSTEP_FAULT="step:2:kill:15" train 3x2 "$work/chain" --epochs 6 --checkpoint-every "7 steps" --resume
check "the second leg is killed" "$((code != 0))" 1
train 0x4 "$work/chain" --epochs 3 --checkpoint-every "1 epochs" --resume
check "the third leg ends after 3 epochs" "$(tail -n 1 "$work/chain/log.csv" | cut -d, -f1)" 3
train 5x1 "$work/chain" --epochs 6 --resume
check "the chain's model and log" "$(digests "$work/chain")" "$expected"
rm -rf "$work/chain"
train 16x1 "$work/chain" --epochs 2
train 1x3 "$work/chain" --epochs 6 --resume
check "epochs grown from 2 to 6" "$(digests "$work/chain")" "$expected"
train 18x1 "$work/chain" --epochs 7 --resume
check "more ranks than shards go on with a warning" "$code $(grep -c 'have no shard' "$work/err")" "0 1"

# ---- kills at random moments ----
# One process of the job at random, launcher or rank, or all of them.
kill_some() {
    local victims
    mapfile -t victims < <(leftovers)
    [ ${#victims[@]} -gt 0 ] || return 0
    if [ $((RANDOM % 3)) = 0 ]; then
        kill -9 "${victims[@]}" 2>/dev/null || true
    else
        kill -9 "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null || true
    fi
}

end_what_is_left() {
    local victims
    while mapfile -t victims < <(leftovers) && [ ${#victims[@]} -gt 0 ]; do
        kill -9 "${victims[@]}" 2>/dev/null || true
        sleep 0.02
    done
}

epochs=200
train 2x1 "$work/long" --epochs $epochs
expected=$(digests "$work/long")
splits=(0x1 1x2 2x1 3x1 2x2 4x1)
killed=0
for ((i = 0; i < kills; i++)); do
    rm -rf "$work/killed"
    for ((leg = 0; leg < 6; leg++)); do
        split=${splits[RANDOM % ${#splits[@]}]}
        if [ $leg = 5 ]; then
            train "$split" "$work/killed" --epochs $epochs --resume
            break
        fi
        { train "$split" "$work/killed" --epochs $epochs --checkpoint-every "20 steps" --resume; exit "$code"; } 2>/dev/null &
        leg_id=$! # the next process substitution sets $! anew
        sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
        kill_some
        code=0
        wait $leg_id || code=$?
        end_what_is_left
        [ "$code" != 0 ] || break
        killed=$((killed + 1))
    done
    check "model and log of run $i after kills" "$(digests "$work/killed")" "$expected"
done
echo "$killed legs ended by SIGKILL in $kills runs"
finish

#!/usr/bin/env bash
# A rank that fails alone, at every fault point (base/fault.h): the job ends within seconds with the documented code, an
# agreed failure is one line that names the rank, the checkpoints are whole, and the run goes on from them on another split
# to the bits of an undisturbed one.
#
#   faults.sh [--full] [--seed S]
#
# By default every point fails once with an error on rank 0 and on the last rank, and once in one other way; --full takes
# every way on both ranks.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
full=no
RANDOM=1
while [ $# -gt 0 ]; do
    case $1 in
    --full) full=yes; shift ;;
    --seed) RANDOM=$2; shift 2 ;;
    *) echo "faults.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

# 3 epochs of 12 steps; checkpoints after steps 7, 14, 21, 28, 35 and at the end.
train() { # RANKS DIRECTORY OPTIONS...
    local ranks=$1 directory=$2
    shift 2
    job "$ranks" train "$LOCKSTEP_DATA/digits.h5" --layers "64 relu, dropout 0.2, 10 softmax" --normalize standard \
        --validation-data test --batch-size 128 --shards 16 --epochs 3 --checkpoint-every "7 steps" --threads 1 \
        --output "$directory" "$@"
}

train 0 "$work/whole"
undisturbed=$(digests "$work/whole")
splits=(0 1 2 4 5)

# The state that a failed job left must be whole and go on to the undisturbed end.
check_what_is_left() { # NAME
    if compgen -G "$work/run/checkpoints/step-*.h5" >/dev/null; then
        job 0 info "$work/run"
        check "$1: checkpoints are whole" "$code $(grep -c 'damaged\|shorter' "$work/out" || true)" "0 0"
    fi
    train "${splits[RANDOM % ${#splits[@]}]}" "$work/run" --resume
    check "$1: goes on" "$code $(if [ "$code" = 0 ]; then digests "$work/run"; else error_lines; fi)" "0 $undisturbed"
    check "$1: no temporary files" "$(find "$work/run" -name '.*tmp*' | wc -l)" 0
}

# fault POINT RANK WAY COUNT EXPECTED [COMMAND]: injects it into `train` or another command on 3 ranks.
fault() {
    local point=$1 rank=$2 way=$3 count=$4 expected=$5 command=${6:-train} name="$1 on rank $2, $3" start=$SECONDS line
    export LOCKSTEP_FAULT="$point:$rank:$way:$count"
    case $command in
    train)
        rm -rf "$work/run"
        train 3 "$work/run" --hang-timeout 3
        ;;
    resume)
        rm -rf "$work/run"
        LOCKSTEP_FAULT="" train 2 "$work/run" --epochs 1
        train 3 "$work/run" --hang-timeout 3 --resume
        ;;
    evaluate) job 3 evaluate "$work/whole" "$LOCKSTEP_DATA/digits.h5" --hang-timeout 3 ;;
    predict) job 3 predict "$work/whole" "$LOCKSTEP_DATA/digits.h5" --hang-timeout 3 --overwrite --output "$work/predicted.h5" ;;
    esac
    unset LOCKSTEP_FAULT
    line=$(error_lines)
    if [ "$expected" = fails ]; then
        check "$name: fails" "$([ "$code" != 0 ] && [ "$code" != 124 ] && echo yes || echo "code $code")" yes
    else
        check "$name: code" "$code" "$expected"
    fi
    case $expected in
    1 | 3 | 4)
        check "$name: one line" "$(error_lines | wc -l)" 1
        check_contains "$name: says where" "$line" "injected fault at $point"
        [ "$rank" = 0 ] || check_contains "$name: names the rank" "$line" "rank $rank ("
        ;;
    6) check_contains "$name: names the rank" "$line" "rank $rank" ;;
    esac
    check "$name: within 20 seconds" "$([ $((SECONDS - start)) -le 20 ] && echo yes || echo $((SECONDS - start)))" yes
    case $command in train | resume) check_what_is_left "$name" ;; esac
}

declare -A code_of=([error]=3 [memory]=1 [output]=4 [exit]=fails [kill]=fails [hang]=6)

# everywhere POINT COUNT [COMMAND]: a point that all ranks pass.
everywhere() {
    local way rank ways=(memory exit kill hang)
    for rank in 0 2; do
        fault "$1" $rank error "$2" 3 "${3:-train}"
    done
    if [ $full = yes ]; then
        for way in "${ways[@]}"; do
            for rank in 0 2; do
                fault "$1" $rank "$way" "$2" "${code_of[$way]}" "${3:-train}"
            done
        done
    else
        way=${ways[RANDOM % 4]}
        fault "$1" $((RANDOM % 2 * 2)) "$way" "$2" "${code_of[$way]}" "${3:-train}"
    fi
}

# Before training.
everywhere open 1
everywhere statistics 1
everywhere model 1
everywhere load 1
everywhere reduction 1
everywhere evaluate 1
fault output 0 output 1 4
# In the middle of it.
everywhere step 20
everywhere checkpoint 2
fault log 0 output 2 4
fault log 0 kill 2 fails
fault exchange 2 kill 60 fails
# On resuming, and in the other commands.
everywhere resume 1 resume
everywhere evaluate 1 evaluate
everywhere predict 1 predict
# Writing a file: what fails in the middle of the run is a warning, and the next checkpoint tries again; at the end it counts.
for point in sealed-write sealed-sync sealed-rename; do
    fault $point 0 output 2 0
    check_contains "$point in the middle: warns" "$(cat "$work/err")" "lockstep"
    fault $point 0 output 6 4
    fault $point 0 kill 3 fails
    [ $full = no ] || fault $point 0 exit 1 fails
done
finish

#!/usr/bin/env bash
# A rank that fails alone, at every fault point (base/fault.h): the job ends soon with the documented code and
# leaves no process, an agreed failure is one line that names the rank, the checkpoints are whole, and the run goes on from
# the newest of them on another split to the bits of an undisturbed one.
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
limit=120
enough=$((2 * limit)) # the hang timeout, where nobody hangs: a rank that is told of nothing and waits it out is code 124
impatience=8 # where one does; the others have a quarter of it to find out which
patience=$enough
host=$(uname -n)

# 3 epochs of 12 steps; checkpoints after steps 7, 14, 21, 28, 35 and at the end. Each epoch is the best so far, so that the
# best's file is written anew behind the checkpoints of steps 14, 28 and 36: ten files with the model.
train() { # RANKS DIRECTORY OPTIONS...
    local ranks=$1 directory=$2
    shift 2
    job "$ranks" train "$LOCKSTEP_DATA/digits.h5" --layers "64 relu, dropout 0.2, 10 softmax" --normalize standard \
        --validation-data test --batch-size 128 --shards 16 --epochs 3 --checkpoint-every "7 steps" --threads 1 \
        --output "$directory" "$@"
}

evaluate() {
    job 3 evaluate "$work/whole" "$LOCKSTEP_DATA/digits.h5" --hang-timeout $patience
}

predict() {
    job 3 predict "$work/whole" "$LOCKSTEP_DATA/digits.h5" --hang-timeout $patience --overwrite --output "$work/predicted.h5"
}

# With a model to begin with.
begin() {
    job 3 train "$LOCKSTEP_DATA/digits.h5" --init "$work/whole" --hang-timeout $patience --overwrite --output "$work/begun"
}

# With rows to be looked for, and chosen.
choose() {
    job 3 train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --missing drop --validation-split 0.2 \
        --validation-method stratified --hang-timeout $patience --overwrite --output "$work/chosen"
}

# Rows that a thread of each rank reads.
stream() {
    job 3 train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --batch-size 128 --shards 16 --shuffle-window 16 --epochs 3 \
        --memory 60kB --hang-timeout $patience --overwrite --output "$work/streamed"
}

# With layers whose ranks exchange sums within the pass.
batches() {
    job 3 train "$LOCKSTEP_DATA/digits.h5" --layers "64, batch_normalization, relu, 32, batch_normalization, 10 softmax" \
        --batch-size 128 --shards 16 --epochs 3 --hang-timeout $patience --overwrite --output "$work/batched"
}

train 0 "$work/whole"
undisturbed=$(digests "$work/whole")
fastest=$(sed -n 's/^[0-9]* ranks.*, kernels //p' "$work/err")
evaluate
scores=$(<"$work/out")
predict
predictions=$(digest "$work/predicted.h5")
splits=(0 1 2 4 5)
exercised= # the points that have failed

# The steps of the newest checkpoint in $work/run, or none.
newest() {
    local last
    last=$(find "$work/run/checkpoints" -name 'step-*.h5' 2>/dev/null | sort | tail -n 1 || true)
    [[ $last =~ step-0*([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo none
}

# How many temporary files are in $work/run, but for the room kept for the model, which a killed run leaves.
temporaries() {
    { find "$work/run" -name '.*.tmp.*' ! -name '.reserve.*' 2>/dev/null || true; } | wc -l
}

# The state that a failed job left must be whole and go on to the undisturbed end.
check_what_is_left() { # NAME NEWEST (steps of the newest checkpoint, none, or some)
    local name=$1 expected=$2 found
    found=$(newest)
    if [ "$expected" = some ]; then
        check "$name: has a checkpoint" "$([ "$found" != none ] && echo yes)" yes
    else
        check "$name: newest checkpoint" "$found" "$expected"
    fi
    [ -e "$work/run" ] || [ $full = yes ] || return 0 # it failed before it made anything: what follows is a new run
    if [ "$found" != none ]; then
        job 0 info "$work/run"
        check "$name: checkpoints are whole" "$code $(grep -c ': checkpoint, whole$' "$work/out" || true)" \
            "0 $(find "$work/run/checkpoints" -name 'step-*.h5' | wc -l)"
    fi
    train "${splits[RANDOM % ${#splits[@]}]}" "$work/run" --resume
    check "$name: goes on" "$code $(if [ "$code" = 0 ]; then digests "$work/run"; else error_lines; fi)" "0 $undisturbed"
    [ "$found" = none ] || check_contains "$name: goes on from there" "$(<"$work/err")" "$(printf 'step-%012d.h5' "$found")"
    check "$name: no temporary files" "$(temporaries)" 0
}

# fault POINT RANK WAY COUNT EXPECTED NEWEST [COMMAND]: injects it into `train` or another command on 3 ranks. EXPECTED is the
# code, or fails when the launcher chooses one. Leaves what the job said in $said.
fault() {
    local point=$1 rank=$2 way=$3 count=$4 expected=$5 newest=$6 command=${7:-train} name line temporary
    name="$command: $point $count on rank $rank, $way"
    rm -rf "$work/run"
    [ "$command" != resume ] || train 2 "$work/run" --epochs 1
    [ "$way" != hang ] || patience=$impatience
    export LOCKSTEP_FAULT="$point:$rank:$way:$count"
    exercised+=" $point "
    case $command in
    train) train 3 "$work/run" --hang-timeout $patience ;;
    resume) train 3 "$work/run" --hang-timeout $patience --resume ;;
    *) $command ;;
    esac
    unset LOCKSTEP_FAULT
    patience=$enough
    said=$(<"$work/err")
    line=$(error_lines)
    if [ "$expected" = fails ]; then
        check "$name: fails" "$([ "$code" != 0 ] && [ "$code" != 124 ] && echo yes || echo "code $code")" yes
    else
        check "$name: code" "$code" "$expected"
    fi
    case $expected in
    1 | 3 | 4)
        # compared as a whole: there are no other lines, and rank 0 is not named
        line=${line%; the model is saved: *}
        check "$name: one line" "$line" "$([ "$rank" = 0 ] || echo "rank $rank ($host): ")injected fault at $point"
        ;;
    6)
        if [ "$way" = hang ]; then
            check_contains "$name: names the rank" "$line" "; rank $rank on $host may hang"
            check "$name: once" "$(wc -l <<<"$line")" 1
        fi
        ;;
    esac
    check "$name: nobody is left" "$(wait_until nobody || leftovers)" ""
    case $command in
    train | resume)
        temporary=$(temporaries)
        case $point:$way in
        sealed-*:kill | sealed-*:exit | sealed-*:hang) check "$name: was writing" "$temporary" 1 ;;
        *:error | *:memory | *:output) check "$name: cleaned up" "$temporary" 0 ;;
        esac
        check_what_is_left "$name" "$newest"
        ;;
    evaluate)
        evaluate
        check "$name: the next one succeeds" "$code $(<"$work/out")" "0 $scores"
        ;;
    predict)
        check "$name: the older file is untouched" "$(digest "$work/predicted.h5")" "$predictions"
        case $way in
        error | memory | output) check "$name: cleaned up" "$(compgen -G "$work/.predicted.h5.tmp.*" || true)" "" ;;
        *) check "$name: left a temporary file, at most" "$([ "$(find "$work" -name '.predicted.h5.tmp.*' | wc -l)" -le 1 ] && echo yes)" yes ;;
        esac
        rm -f "$work/predicted.h5"
        predict
        check "$name: the next one succeeds" "$code $(digest "$work/predicted.h5")" "0 $predictions"
        check "$name: no temporary files" "$(compgen -G "$work/.predicted.h5.tmp.*" || true)" ""
        ;;
    esac
}

declare -A code_of=([error]=3 [memory]=1 [output]=4 [exit]=fails [kill]=fails [hang]=6)

# everywhere POINT COUNT NEWEST [COMMAND]: a point that all ranks pass. Failing output is here a failure like others; where it
# is not, the point has lines of its own below.
everywhere() {
    local point=$1 count=$2 newest=$3 command=${4:-train} way rank ways=(memory output exit kill hang)
    case $point in checkpoint | resume) ways=(memory exit kill hang) ;; esac
    for rank in 0 2; do
        fault "$point" $rank error "$count" 3 "$newest" "$command"
    done
    if [ $full = yes ]; then
        for way in "${ways[@]}"; do
            for rank in 0 2; do
                fault "$point" $rank "$way" "$count" "${code_of[$way]}" "$newest" "$command"
            done
        done
    else
        way=${ways[RANDOM % ${#ways[@]}]}
        fault "$point" $((RANDOM % 2 * 2)) "$way" "$count" "${code_of[$way]}" "$newest" "$command"
    fi
}

# at_root POINT COUNT NEWEST WAYS...: a point that only rank 0 passes.
at_root() {
    local point=$1 count=$2 newest=$3 way
    shift 3
    for way in "$@"; do
        fault "$point" 0 "$way" "$count" "${code_of[$way]}" "$newest"
    done
}

if [ $full = yes ]; then all=(error memory output exit kill hang); else all=(output); fi

# Kernels that fail their self-test on one rank: it takes the next table, and the bits are the same. Other ways to fail there
# are failures like others.
for rank in 0 2; do
    fault selftest $rank error 1 0 36
    from=$([ $rank = 0 ] || echo "rank $rank ($host): ")
    if [ "$fastest" = portable ]; then
        check_lacks "selftest on rank $rank: nothing to test" "$said" "self-test"
    else
        check "selftest on rank $rank: warns once" "$(grep -c '^lockstep: warning: .*kernels fail their self-test' <<<"$said")" 1
        check_contains "selftest on rank $rank: says so" "$said" "warning: ${from}kernels fail their self-test: "
    fi
done
fault selftest 2 kill 1 fails none
LOCKSTEP_FAULT="selftest:0:error:1" job 0 evaluate "$work/whole" "$LOCKSTEP_DATA/digits.h5" --kernels avx2
if grep -q 'kernels .avx2.: no such' "$work/err"; then
    echo "SKIPPED: this processor has no avx2 kernels to fall back from"
else
    check "selftest of the kernels asked for: falls back" "$code $(<"$work/out")" "0 $scores"
    check_contains "selftest of the kernels asked for: warns" "$(<"$work/err")" "avx2 (injected fault at selftest); using portable"
fi
# Memory; of the other allocations there is tests/train/test_memory_mpi.c.
fault memory 2 memory 13 1 none
fault memory 0 memory 60 1 none
# Before training.
everywhere open 1 none
everywhere missing 1 none choose
everywhere split 1 none choose
everywhere classes 1 none
everywhere statistics 1 none
everywhere model 1 none
everywhere load 1 none
everywhere stream 20 none stream
fault initial 0 error 1 3 none begin
fault initial 0 kill 1 fails none begin
everywhere threads 1 none
everywhere reduction 1 none
fault share 2 error 1 0 36 # no memory to share: messages do, between it and the others
fault share 0 hang 1 6 none
check_contains "share, hang: what others wait for" "$said" "(shared memory)"
everywhere evaluate 1 none
everywhere testpart 1 none
at_root output 1 none "${all[@]}"
at_root card 1 none "${all[@]}"
# In the middle of it.
everywhere step 20 14
everywhere checkpoint 2 7
at_root log 2 21 "${all[@]}"
[ $full = yes ] || at_root log 2 21 kill
# A row that cannot be written waits for the next.
fault log-write 0 output 3 0 36
check_contains "log-write: warns" "$said" "warning: injected fault at log-write; its rows wait in memory"
# At its end: whatever keeps rank 0 from telling of it, all hear of that, and wait for nobody.
at_root card 2 36 error memory output
# Messages, of which a rank takes part in some 700: while setting up, and in training. A message that fails is not agreed on.
fault exchange 2 kill 30 fails none
fault exchange 0 kill 320 fails some
fault exchange 2 error 300 6 some
# While rank 0 writes the second checkpoint.
fault exchange 2 kill 355 fails 7
fault exchange 2 hang 355 6 7
# Within a pass: eight of a step's messages, number 244 among them.
fault exchange 2 hang 244 6 none batches
check_contains "exchange 244: within a pass" "$said" "(sums of a batch)"
fault exchange 0 kill 247 fails none batches
fault exchange 2 error 245 6 none batches
if [ $full = yes ]; then
    for rank in 0 2; do
        for way in exit kill hang; do
            fault exchange $rank $way 30 "${code_of[$way]}" none
            fault exchange $rank $way 320 "${code_of[$way]}" some
            fault exchange $rank $way 355 "${code_of[$way]}" some
        done
        fault exchange $rank error 30 6 none
    done
fi
# On resuming, and in the other commands.
everywhere resume 1 12 resume
everywhere evaluate 1 none evaluate
everywhere predict 1 none predict
if [ $full = yes ]; then
    for command in evaluate predict; do
        everywhere open 1 none $command
        everywhere model 1 none $command
    done
fi
# A checkpoint that cannot be read: the one before it serves.
fault resume 2 output 1 0 36 resume
check_contains "resume, output: warns" "$said" "warning: checkpoint skipped: rank 2 ($host): injected fault at resume"
check_contains "resume, output: takes the one before" "$said" "resuming from $work/run/checkpoints/step-000000000007.h5"
# A checkpoint that cannot be written: in the middle of the run a warning, and the next one tries again; at the end it counts.
later="; training goes on and the next checkpoint tries again"
fault checkpoint 2 output 2 0 36
check_contains "checkpoint in the middle: warns" "$said" "warning: rank 2 ($host): injected fault at checkpoint$later"
fault checkpoint 2 output 3 0 36
check_contains "best's file in the middle: warns" "$said" "warning: rank 2 ($host): injected fault at checkpoint$later"
fault checkpoint 2 output 8 4 35
# In the middle of a file, of which ranks hand over what they own: weights, slots, and those of the best epoch in the second.
for piece in 2 7 24 34; do
    fault piece 0 output $piece 0 36
    check_contains "piece $piece: warns" "$said" "warning: injected fault at piece$later"
done
at_root piece 30 7 kill
[ $full = no ] || at_root piece 30 7 error memory exit hang
[ $full = no ] || fault piece 2 output 1 0 36 # no such rank writes
fault sealed-hash 0 output 2 0 36
check_contains "sealed-hash in the middle: warns" "$said" "warning: injected fault at sealed-hash$later"
# A file that cannot be read any more, while it is looked through, and when parts of it have taken their places.
for piece in 3 9 15 22; do
    fault piece-read 0 output $piece 0 36 resume
    check_contains "resume, piece $piece: warns" "$said" "warning: checkpoint skipped: injected fault at piece-read"
    check_contains "resume, piece $piece: takes the one before" "$said" "resuming from $work/run/checkpoints/step-000000000007.h5"
done
fault piece-read 0 memory 22 1 12 resume
fault piece-read 0 kill 22 fails 12 resume
for point in sealed-write sealed-sync sealed-rename; do
    fault $point 0 output 2 0 36
    check_contains "$point in the middle: warns" "$said" "warning: injected fault at $point$later"
    at_root $point 8 35 output # the last checkpoint
    [ $full$point = nosealed-sync ] || at_root $point 10 36 output # the model
    at_root $point 3 14 kill
    [ $full = no ] || at_root $point 3 14 error memory exit hang
    [ $full = no ] || at_root $point 1 none kill exit hang
done
for point in report report-page; do # a run is done without them
    fault $point 0 output 1 0 36
    check_contains "$point: warns" "$said" "warning: there is no report: injected fault at $point"
    fault $point 0 kill 1 fails 36
done
# The list above is complete: every point in the source has failed, those of convert and export, which have no ranks, in theirs,
# that of offsets, which this data has not, in offsets.sh, those of a disk that is only slow in slow_disk.sh,
# bits that flip in flips.sh, TensorBoard's files in tensorboard.sh, requests to stop while data is read in interrupt.sh.
points=$(grep -rhoE 'ls_fault\("[^"]+"\)' "$(dirname "$0")/../../src" --include='*.c' | cut -d'"' -f2 | sort -u)
check "some points were found in src" "$([ -n "$points" ] && echo yes)" yes
for point in $points; do
    [[ $exercised == *" $point "* ]] || grep -qi "fault=$point:" "$(dirname "$0")"/{convert,export,flips,interrupt,offsets,slow_disk,tensorboard}.sh ||
        bad "fault point $point of src" "no test of it" "one in faults.sh or another of these scripts"
done
ok "fault points exercised" "$(wc -w <<<"$points")"
finish

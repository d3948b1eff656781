#!/usr/bin/env bash
# Signals and suspended ranks: a stop saves the state and ends with code 75, going on gives the bits of an unbroken run; a
# rank that is stopped by SIGSTOP does not hang the job; a full disk costs a checkpoint, not the run.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

epochs=400 # of 12 steps, some 0.3 ms each
pause=step:0:sleep:100 # five seconds, or until a signal comes: so it comes before the run's end
arguments=(train "$LOCKSTEP_DATA/digits.h5" --layers "256 relu, dropout 0.2, 128 tanh, 10 softmax" --normalize standard
    --batch-size 128 --shards 16 --epochs "$epochs" --checkpoint-every "200 steps")
job 2 "${arguments[@]}" --output "$work/whole"
unbroken=$(digests "$work/whole")

# start RANKS OPTIONS...: a new run into $work/run in the background; $pid is the launcher's, or the program's without one.
# It has a process group of its own: a background job of a script ignores SIGINT from birth otherwise.
start() {
    local ranks=$1 launch=()
    shift
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    launched=${#launch[@]}
    rm -rf "$work/run"
    set -m
    LOCKSTEP_FAULT=${fault:-$pause} LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" "${arguments[@]}" --output "$work/run" "$@" >"$work/out" 2>"$work/err" </dev/null &
    set +m
    pid=$!
}

begin() { # the same, and it trains
    start "$@"
    wait_until has_rows || bad "begins" "$(<"$work/err")" "rows in log.csv"
}

has_rows() {
    [ "$(wc -l <"$work/run/log.csv")" -gt 3 ]
}

is_in_epoch() { # NUMBER: the rows of all earlier ones are there
    [ "$(wc -l <"$work/run/log.csv")" -ge "$1" ]
}

# Waits for the job's end, which must come within a minute (how fast a busy machine is, is no matter here); leaves the code in
# $code.
end() { # NAME
    (sleep 60 && kill -9 "$pid") >/dev/null 2>&1 &
    local guard=$!
    code=0
    wait "$pid" 2>/dev/null || code=$?
    check "$1: ends by itself" "$(kill -0 "$guard" 2>/dev/null && echo yes)" yes
    kill "$guard" 2>/dev/null || true
}

# Whether the process sleeps, and goes on sleeping: one that only lacks a core is runnable, and does not count.
stands_still() { # PROCESS
    local i state
    for ((i = 0; i < 20; i++)); do
        read -r _ _ state _ <"/proc/$1/stat"
        [ "$state" = S ] || return 1
        sleep 0.02
    done
}

# Whether the process has taken all signals sent to it.
has_no_signals() { # PROCESS
    ! grep -E '^(SigPnd|ShdPnd):.*[1-9a-f]' "/proc/$1/status"
}

# Whether a line of what the job says begins with these words.
says() { # WORDS
    grep -q "^$1" "$work/err"
}

answers() { # LINE: how often the job has answered a signal, and with this
    echo "$(grep -c '^lockstep: s' "$work/err") $(grep -cx "lockstep: $1" "$work/err")"
}

check_stopped() { # NAME RANKS ANSWER: RANKS of the resuming job
    local name=$1 ranks=$2 answer=$3 last
    end "$name"
    check "$name: code" "$([ "$launched" = 0 ] && echo "$code" || launcher_code 75)" 75
    check "$name: answers" "$(answers "$answer")" "1 1"
    check_contains "$name: says so" "$(<"$work/err")" "; state saved, go on with --resume"
    check "$name: is no error" "$(error_lines | wc -l)" 0
    check_contains "$name: run.json says so" "$(<"$work/run/run.json")" '"state": "stopped"'
    last=$(sed -n 's/.*stopped on request after step \([0-9]*\);.*/\1/p' "$work/err")
    check "$name: before the end" "$([ "$last" -lt $((epochs * 12)) ] && echo yes)" yes
    job "$ranks" "${arguments[@]}" --output "$work/run" --resume
    check_contains "$name: goes on from there" "$(<"$work/err")" "$(printf 'resuming from %s/checkpoints/step-%012d.h5' "$work/run" "$last")"
    check "$name: goes on elsewhere" "$code $(digests "$work/run")" "0 $unbroken"
}

for signal in USR1 TERM HUP XCPU; do # as a scheduler, a terminal that has gone, and the limit of processor time
    answer="saving; again to abort"
    [ $signal = TERM ] || answer=saving
    begin 0
    kill -$signal "$pid"
    check_stopped "SIG$signal" 3 "$answer"
done
signal=USR2
! is_hydra || signal=USR1
begin 2 --threads 1
kill -$signal "$pid"
check_stopped "SIG$signal to mpirun" 0 saving
begin 0
kill -INT "$pid"
check_stopped SIGINT 3 "saving; again to abort"

# The launcher of a single process is killed: nobody is left to end it, so it stops by itself, with its state saved.
begin 1
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
check "mpirun killed: the process ends" "$(wait_until nobody || leftovers)" ""
check_contains "mpirun killed: run.json says so" "$(<"$work/run/run.json")" '"state": "stopped"'
job 2 "${arguments[@]}" --output "$work/run" --resume
check "mpirun killed: goes on" "$code $(grep -c 'resuming from' "$work/err") $(digests "$work/run")" "0 1 $unbroken"
# A shell in a launcher's environment may end before what it has started in the background.
rm -rf "$work/run"
LOCKSTEP_TEST=$work OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0 LOCKSTEP_FAULT=$pause \
    bash -c 'log=$1; shift; "$@" >/dev/null 2>&1 </dev/null & until [ "$(wc -l <"$log")" -gt 3 ]; do sleep 0.02; done' sh \
    "$work/run/log.csv" "$LOCKSTEP" "${arguments[@]}" --output "$work/run" 2>/dev/null
check "a shell that ends: the process goes on" "$(wait_until nobody || leftovers) $(digests "$work/run")" " $unbroken"

# A stop whose state cannot be saved does not say 75, which would promise it.
fault=checkpoint:0:output begin 0 --checkpoint-every never --epochs 40000
kill -USR1 "$pid"
end "SIGUSR1 without a disk"
check "SIGUSR1 without a disk: code" "$code" 4
check "SIGUSR1 without a disk: says why" "$(error_lines)" "injected fault at checkpoint"

# The same signal once more, after the three seconds in which it would count as the same wish, while a step hangs: Ctrl-C ends
# it at once, SIGTERM when nothing is being saved.
later() { # SIGNAL
    fault=step:0:hang:500 begin 0 --threads 1
    wait_until is_in_epoch 42 # of 12 steps, so step 500 is one of its
    wait_until stands_still "$pid"
    asked=$SECONDS
    kill "-$1" "$pid"
    wait_until has_no_signals "$pid"
    [ $((SECONDS - asked)) -gt 1 ] || kill "-$1" "$pid" # as a terminal and a launcher, or two, send it: one wish
    wait_until has_no_signals "$pid"
    sleep 3.1
    check "SIG$1 twice at once in a step that hangs: waits" "$(stands_still "$pid" 2>/dev/null && echo yes)" yes
    kill "-$1" "$pid" || true
    end "SIG$1 later"
    check "SIG$1 later: answers once" "$(answers "saving; again to abort")" "1 1"
    check "SIG$1 later: code" "$code $(tail -n 1 "$work/err")" "$2"
    job 2 "${arguments[@]}" --output "$work/run" --resume
    check "SIG$1 later: goes on from a checkpoint" "$code $(grep -c 'resuming from' "$work/err") $(digests "$work/run")" "0 1 $unbroken"
}
later INT "130 lockstep: aborted"
later TERM "143 lockstep: aborted, since nothing is being saved"

# A SIGTERM more while a save goes on slowly: it is waited for, through more than one look at it.
fault=sealed-write:0:drip begin 0 --checkpoint-every never
kill -TERM "$pid"
wait_until compgen -G "$work/run/checkpoints/.*.tmp.*" || bad "SIGTERM in a save: saves" "$(<"$work/err")" "a temporary file"
sleep 3.1
kill -TERM "$pid"
check_stopped "SIGTERM in a save" 2 "saving; again to abort"

# Before training begins: nothing is made, and the same line starts again.
fault=load:0:sleep start 0
wait_until says "train: "
wait_until stands_still "$pid"
kill -TERM "$pid"
end "SIGTERM before training"
check "SIGTERM before training: code" "$code" 75
check_contains "SIGTERM before training: says so" "$(tail -n 1 "$work/err")" "stopped on request before training began; nothing was changed"
check "SIGTERM before training: leaves nothing" "$(ls "$work/run" 2>&1)" "ls: cannot access '$work/run': No such file or directory"

# While data is read, between two pieces of it, of which each takes a while; a second time, it does not wait for the next.
"${LOCKSTEP_MAKE_DATA:?the program make_data}" "$work/long.h5" 400000 64
all=("${arguments[@]}")
arguments=(train "$work/long.h5" --layers "1 sigmoid")
fault=halt:0:slow start 0
wait_until says "train: "
kill -TERM "$pid"
end "SIGTERM while data is read"
check "SIGTERM while data is read: code" "$code" 75
check "SIGTERM while data is read: answers" "$(answers "stopping; again to abort")" "1 1"
check_contains "SIGTERM while data is read: says so" "$(tail -n 1 "$work/err")" "stopped on request before training began; nothing was changed"
fault=halt:0:hang start 0
wait_until says "1 rank x "
wait_until stands_still "$pid"
kill -TERM "$pid"
sleep 3.1
kill -TERM "$pid"
end "SIGTERM twice while data is read"
check "SIGTERM twice while data is read: code" "$code $(tail -n 1 "$work/err")" "143 lockstep: aborted"
arguments=("${all[@]}")

# A terminal that has gone, under nohup.
trap '' HUP
begin 0 --epochs 40
trap - HUP
kill -HUP "$pid"
end "SIGHUP under nohup"
check "SIGHUP under nohup: goes on" "$code $(answers saving)" "0 0 0"

# A rank that stands still before MPI is up: the others end, and say which process it is.
cat >"$work/still.sh" <<'END'
[ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" = 0 ] || { echo $$ >"$LOCKSTEP_TEST/still"; kill -STOP $$; }
exec "$@"
END
code=0
LOCKSTEP_TEST=$work timeout -k 2 120 "$mpiexec" -n 2 bash "$work/still.sh" "$LOCKSTEP" "${arguments[@]}" --output "$work/still_run" --hang-timeout 2 \
    >"$work/out" 2>"$work/err" </dev/null || code=$?
kill -KILL "$(<"$work/still")" 2>/dev/null || true
check "SIGSTOP before MPI is up: code" "$code" 6
check_contains "SIGSTOP before MPI is up: says who" "$(error_lines)" "process $(<"$work/still") on this host is stopped"

# While the model is written (the second file, behind the last checkpoint): there is nothing more to stop.
"${LOCKSTEP_MAKE_DATA:?the program make_data}" "$work/tiny.h5" 64 8
all=("${arguments[@]}")
arguments=(train "$work/tiny.h5" --layers "1 sigmoid" --checkpoint-every never)
fault=sealed-write:0:sleep:2 start 0
wait_until compgen -G "$work/run/.model.weights.h5.tmp.*"
wait_until stands_still "$pid"
kill -TERM "$pid"
end "SIGTERM while the model is written"
check "SIGTERM while the model is written: is done all the same" "$code $(tail -n 1 "$work/err")" "0 model in $work/run/model.weights.h5"
arguments=("${all[@]}")

# A rank that stands still: the others say for whom they waited.
fault=step:1:sleep:100 begin 3 --threads 1 --hang-timeout 8 # of which a quarter is for finding out whom all wait for
stopped=$(rank_processes | sed -n 's/ 1$//p')
if [ -n "$stopped" ]; then
    kill -STOP "$stopped"
    end "SIGSTOP of rank 1"
    check "SIGSTOP of rank 1: code" "$code" 6
    check_contains "SIGSTOP of rank 1: names it" "$(error_lines)" "; rank 1 on $(uname -n) may hang"
    check "SIGSTOP of rank 1: nobody is left" "$(wait_until nobody || leftovers)" ""
    job 0 "${arguments[@]}" --output "$work/run" --resume
    check "SIGSTOP of rank 1: goes on elsewhere" "$code $(digests "$work/run")" "0 $unbroken"
else
    echo "SKIPPED: the ranks of this launcher cannot be told apart"
    kill "$pid"
    end "SIGTERM to the launcher"
fi

# Commands that only read the run: they stop as well, and leave nothing.
small() { # COMMAND ARGUMENTS...: slow enough to be interrupted, and in the background like the runs above
    set -m
    LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" "$1" "$work/wide" "$work/rows.h5" --kernels portable --threads 1 "${@:2}" \
        >"$work/out" 2>"$work/err" </dev/null &
    set +m
    pid=$!
}
has_begun() { # it has opened the data, and predict its file
    grep -q ', kernels portable' "$work/err" && { [ "$command" = evaluate ] || compgen -G "$work/.predicted.h5.tmp.*"; }
}
"$LOCKSTEP_MAKE_DATA" "$work/few.h5" 64 512
"$LOCKSTEP_MAKE_DATA" "$work/rows.h5" 32768 512
job 0 train "$work/few.h5" --layers "1024 relu, 1024 relu, 1 sigmoid" --output "$work/wide"
for command in evaluate predict; do
    options=()
    [ $command = evaluate ] || options=(--output "$work/predicted.h5")
    for signal in TERM INT USR1; do
        launch=() ranks=1
        [ $signal != USR1 ] || launch=("$mpiexec" -n 2) ranks=2
        name="SIG$signal in $command"
        small $command "${options[@]}"
        { wait_until has_begun && wait_until listen $ranks; } || bad "$name: begins" "$(<"$work/err")" "ranks that listen to signals"
        kill -$signal "$pid"
        end "$name"
        check "$name: code" "$([ $ranks = 1 ] && echo "$code" || launcher_code 75)" 75
        check_contains "$name: says so" "$(<"$work/err")" "stopped on request before all rows were"
        check_contains "$name: answers" "$(<"$work/err")" "lockstep: stopping"
        check "$name: is no error, and no result" "$(error_lines)$(<"$work/out")" ""
        check "$name: leaves nothing" "$(find "$work" -name '*predicted*')" ""
    done
done
# Killed, predict leaves its file, and the next one removes it.
launch=()
small predict --output "$work/predicted.h5"
wait_until has_begun || bad "predict killed: begins" "$(<"$work/err")" "the file it writes"
kill -9 "$pid"
end "predict killed"
check "predict killed: leaves its temporary file" "$(find "$work" -name '*predicted*' | wc -l)" 1
job 0 predict "$work/wide" "$work/few.h5" --output "$work/predicted.h5"
check "predict killed: the next one removes it" "$code $(find "$work" -name '*predicted*')" "0 $work/predicted.h5"

# A disk that fills up: the oldest checkpoints give way, and the run comes to its end.
mkdir "$work/small"
if mount -t tmpfs -o size=1500k tmpfs "$work/small" 2>/dev/null; then
    trap 'umount -l "$work/small" || true; clean_up' EXIT
    job 2 "${arguments[@]}" --epochs 20 --checkpoint-every "20 steps" --keep 9 --output "$work/small/run"
    check "full disk: code" "$code" 0
    check_contains "full disk: says so" "$(<"$work/err")" "warning: no room: $work/small/run/checkpoints/step-"
    check "full disk: no temporary files" "$(find "$work/small/run" -name '.*.tmp.*' | wc -l)" 0
    job 0 info "$work/small/run"
    kept=$(find "$work/small/run/checkpoints" -name 'step-*.h5' | wc -l)
    check "full disk: has checkpoints" "$([ "$kept" -gt 0 ] && echo yes)" yes
    check "full disk: they are whole" "$code $(grep -c ': checkpoint, whole$' "$work/out" || true)" "0 $kept"
    cp -r "$work/small/run" "$work/moved"
    job 3 "${arguments[@]}" --output "$work/moved" --resume
    check "full disk: goes on elsewhere" "$code $(grep -c 'resuming from' "$work/err") $(digests "$work/moved")" "0 1 $unbroken"
else
    echo "SKIPPED: no file system can be mounted here, so no disk was filled"
fi
finish

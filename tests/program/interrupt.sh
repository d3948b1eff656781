#!/usr/bin/env bash
# Signals and suspended ranks: a stop saves the state and ends with code 75, going on gives the bits of an unbroken run; a
# rank that is stopped by SIGSTOP does not hang the job; a full disk costs a checkpoint, not the run.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

epochs=400 # of 12 steps, some 0.3 ms each
arguments=(train "$LOCKSTEP_DATA/digits.h5" --layers "256 relu, dropout 0.2, 128 tanh, 10 softmax" --normalize standard
    --batch-size 128 --shards 16 --epochs "$epochs" --checkpoint-every "200 steps")
job 2 "${arguments[@]}" --output "$work/whole"
unbroken=$(digests "$work/whole")

# begin RANKS DIRECTORY OPTIONS...: in the background; $pid is the launcher's, or the program's without one.
begin() {
    local ranks=$1 directory=$2 launch=()
    shift 2
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" "${arguments[@]}" --output "$directory" "$@" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    wait_until has_rows "$directory"
}

has_rows() { # DIRECTORY
    [ "$(wc -l <"$1/log.csv")" -gt 3 ]
}

end() { # leaves the code in $code
    code=0
    wait "$pid" 2>/dev/null || code=$?
}

for signal in USR1 USR2 TERM INT; do
    rm -rf "$work/run"
    # a background job of a script ignores SIGINT from birth unless it has a process group of its own
    set -m
    begin 0 "$work/run"
    set +m
    kill -$signal "$pid"
    end
    check "SIG$signal: code" "$code" 75
    check_contains "SIG$signal: says so" "$(cat "$work/err")" "state saved"
    check "SIG$signal: is no error" "$(error_lines | wc -l)" 0
    job 3 "${arguments[@]}" --output "$work/run" --resume
    check "SIG$signal: goes on elsewhere" "$code $(digests "$work/run")" "0 $unbroken"
done

rm -rf "$work/run"
begin 2 "$work/run" --threads 1
kill -USR1 "$pid"
end
check "SIGUSR1 to mpirun: code" "$code" 75
job 0 "${arguments[@]}" --output "$work/run" --resume
check "SIGUSR1 to mpirun: goes on elsewhere" "$code $(digests "$work/run")" "0 $unbroken"

# Twice Ctrl-C, the first while a step hangs: the second ends it at once.
rm -rf "$work/run"
set -m
LOCKSTEP_FAULT="step:0:hang:100" begin 0 "$work/run"
set +m
sleep 0.3
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
end
check "SIGINT twice: code" "$code" 130

# A rank that stands still: the others say for whom they waited.
rm -rf "$work/run"
begin 3 "$work/run" --threads 1 --hang-timeout 2
mapfile -t ranks < <(for id in $(leftovers); do
    tr '\0' '\n' <"/proc/$id/environ" 2>/dev/null | sed -n "s/^OMPI_COMM_WORLD_RANK=/$id /p"
done | sort -k 2 -n)
stopped=
for line in "${ranks[@]}"; do
    [ "${line#* }" != 1 ] || stopped=${line% *}
done
if [ -n "$stopped" ]; then
    kill -STOP "$stopped"
    end
    check "SIGSTOP of rank 1: code" "$code" 6
    check_contains "SIGSTOP of rank 1: names it" "$(cat "$work/err")" "rank 1"
    kill -KILL "$stopped" 2>/dev/null || true
else
    echo "SKIPPED: the ranks of this launcher cannot be told apart"
    kill "$pid"
    end
fi

# A disk that fills up: the checkpoints on it stay whole, training goes on, and the end says that it could not be saved.
mkdir "$work/small"
if mount -t tmpfs -o size=1500k tmpfs "$work/small" 2>/dev/null; then
    trap 'umount "$work/small"; clean_up' EXIT
    job 2 "${arguments[@]}" --epochs 20 --checkpoint-every "20 steps" --keep 9 --output "$work/small/run"
    check "full disk: code" "$code" 4
    check_contains "full disk: warned before" "$(cat "$work/err")" "the next checkpoint tries again"
    check_contains "full disk: says so" "$(error_lines)" "No space left"
    job 0 info "$work/small/run"
    check "full disk: checkpoints are whole" "$code $(grep -c 'checkpoint, whole' "$work/out" | sed 's/[1-9][0-9]*/some/')" "0 some"
    cp -r "$work/small/run" "$work/moved"
    job 3 "${arguments[@]}" --output "$work/moved" --resume
    check "full disk: goes on elsewhere" "$code $(digests "$work/moved")" "0 $unbroken"
else
    echo "SKIPPED: no file system can be mounted here, so no disk was filled"
fi
finish

#!/usr/bin/env bash
# --on-preempt wait: a run that a signal has stopped stays, with its state saved and its directory free, until it is killed or
# another signal comes; it uses no CPU. One that its time limit ends goes at once.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

cd "$work"
"$LOCKSTEP_MAKE_DATA" few.h5 64 8
arguments=(train few.h5 --layers "8 relu, 1 sigmoid" --epochs 200)
waiting="waiting to be killed (--on-preempt wait); a signal ends it sooner, with code 75"
job 0 "${arguments[@]}" --output whole
unbroken=$(digests whole)

# begin RANKS OPTIONS...: a new run in the background that sleeps in front of a step, until a signal comes.
begin() {
    local ranks=$1 launch=()
    shift
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    rm -rf run
    LOCKSTEP_FAULT=${fault:-step:0:sleep:100} LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" "${arguments[@]}" \
        --output run --on-preempt wait "$@" >out 2>err </dev/null &
    pid=$!
    wait_until listen $((ranks > 0 ? ranks : 1)) || bad "begins" "$(<err)" "ranks that listen"
    [ -n "${fault:-}" ] || wait_until has_rows || bad "begins" "$(<err)" "rows in log.csv"
}

has_rows() {
    [ "$(wc -l <run/log.csv)" -gt 3 ]
}

says() { # LINE
    grep -qxF "$1" err
}

end() {
    code=0
    wait "$pid" 2>/dev/null || code=$?
}

ticks() { # of the CPU that all ranks have used
    local id
    for id in $(rank_processes | cut -d ' ' -f 1); do
        cut -d ' ' -f 14,15 "/proc/$id/stat"
    done | awk '{ sum += $1 + $2 } END { print sum + 0 }'
}

# check_waits NAME RANKS: they are there, as long as nobody comes, and the run can go on elsewhere.
check_waits() {
    local before
    wait_until says "$waiting" || bad "$1: says so" "$(<err)" "$waiting"
    sleep 0.2
    before=$(ticks)
    check_contains "$1: run.json says so" "$(<run/run.json)" '"state": "stopped"'
    cp -r run copy
    job 0 "${arguments[@]}" --output copy --resume
    check "$1: what is saved goes on to the same end" "$code $(digests copy)" "0 $unbroken"
    rm -r copy
    sleep 3.1
    check "$1: all ranks are there" "$(rank_processes | wc -l)" "$2"
    check "$1: use no CPU" "$(($(ticks) - before <= 2))" 1
}

for ranks in 0 2; do
    begin $ranks
    kill -USR1 "$pid"
    check_waits "$ranks ranks" $((ranks > 0 ? ranks : 1))
    kill -USR1 "$pid"
    end
    check "$ranks ranks: another signal" "$code" 75
done
begin 2
kill -TERM "$(rank_processes | tail -n 1 | cut -d ' ' -f 1)"
check_waits "only rank 1 has the signal" 2
for id in $(rank_processes | cut -d ' ' -f 1); do kill -TERM "$id"; done
end
check "only rank 1 has the signal: another to both" "$code" 75

# While it waits, nobody holds the directory.
begin 0
kill -TERM "$pid"
wait_until says "$waiting" || bad "directory: says so" "$(<err)" "$waiting"
kill -TERM "$pid" # the same wish, as when two launchers send it
job 0 "${arguments[@]}" --output run --resume
check "directory: is free" "$code $(digests run)" "0 $unbroken"
check "directory: the first process is still there" "$(kill -0 "$pid" && echo yes)" yes
kill -KILL "$pid"
end
check "directory: killed" "$code" 137

fault=load:0:sleep begin 0
kill -TERM "$pid"
wait_until says "$waiting" || bad "before training: says so" "$(<err)" "$waiting"
check_contains "before training: says so" "$(<err)" "stopped on request before training began"
kill -KILL "$pid"
end

job 0 "${arguments[@]}" --epochs 100000000 --output limited --on-preempt wait --time-limit "0.5 s"
check "time limit: exits" "$code" 75
check_lacks "time limit: does not wait" "$(<err)" "waiting"
job 0 "${arguments[@]}" --output other --on-preempt stay
check "another word" "$code $(error_lines)" "2 option 'on-preempt' is 'stay'; expected exit or wait"
finish

#!/usr/bin/env bash
# The scripts of scripts/slurm in a Slurm of their own (cluster.sh): what becomes of jobs that finish, fail, are stopped by a
# signal or their time limit, cancelled, preempted, tasks of an array, and of those that depend on them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
# shellcheck source=tests/slurm/cluster.sh
. "$here/cluster.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }
scripts=$(cd "$here/../../scripts/slurm" && pwd)

export LOCKSTEP_TEST=$work # known by it, nothing is left running whatever happens
trap 'cluster_stop; clean_up' EXIT
cluster_start "$work/slurm" || exit
cluster_has_mpi "$("$LOCKSTEP" --version)" || exit

cd "$work"
mkdir bin
ln -s "$LOCKSTEP" bin/lockstep
PATH=$work/bin:$PATH
"$LOCKSTEP_MAKE_DATA" few.h5 64 8
recipe=(few.h5 --layers "8 relu, 1 sigmoid" --epochs 200) # of two steps
job 0 train "${recipe[@]}" --output whole
unbroken=$(digests whole)
pause=step:0:sleep:250 # five seconds or until a signal comes; what is left after it has no such step

# Ranks that do not find each other are told how to.
code=0
said=$(srun --ntasks 2 --mpi=none lockstep train "${recipe[@]}" --output apart 2>&1) || code=$?
check "without PMI: code" "$code" 2
check_contains "without PMI: says what to use" "$said" "they would all train alone. Use 'srun --mpi=$SLURM_MPI_TYPE lockstep ...'"
check "without PMI: trains nothing" "$(ls -d apart 2>/dev/null || true)" ""

# submit NAME OPTIONS... SCRIPT ARGUMENTS...: two ranks; prints the job's number.
submit() {
    sbatch --parsable --ntasks 2 --job-name "$1" --output "$1.out" "${@:2}"
}

trains() { # RUN
    [ "$(wc -l <"$1/log.csv")" -gt 3 ]
}

is_loading() { # NAME
    grep -q '^train: ' "$1.out"
}

# check_job NAME JOB STATE CODE RESTARTS, when it is over.
check_job() {
    local before=$failed
    wait_for "$2" COMPLETED FAILED CANCELLED TIMEOUT NODE_FAIL || true
    check "$1: state, code, restarts" "$(state "$2") $(job_word "$2" ExitCode) $(job_word "$2" Restarts)" "$3 $4 $5"
    [ "$failed" = "$before" ] || { tail -n 30 "$1.out" && tell_cluster; }
}

check_resumed() { # NAME
    check "$1: bits" "$(digests "$1")" "$unbroken"
    check "$1: went on" "$(grep -c 'resuming from' "$1.out")" 1
}

# ---- all at once ----

finished=$(submit finished --time 10 "$scripts/train.sbatch" "${recipe[@]}" --output finished)
failed_job=$(submit failed --time 10 "$scripts/train.sbatch" none.h5 --layers "1 sigmoid" --output failed)
after_finished=$(sbatch --parsable --output after.out --dependency "afterok:$finished" --wrap 'echo ran')
after_failed=$(sbatch --parsable --output never.out --dependency "afterok:$failed_job" --wrap 'echo ran')
usr1=$(LOCKSTEP_FAULT=$pause submit usr1 --time 10 "$scripts/train.sbatch" "${recipe[@]}" --output usr1)
after_usr1=$(sbatch --parsable --output after_usr1.out --dependency "afterok:$usr1" --wrap 'grep finished usr1/run.json')
until_true "$patience" trains usr1 || bad "usr1: trains" "$(cat usr1.out)" "rows in log.csv"
scancel --signal=USR1 "$usr1" || true
cancelled=$(LOCKSTEP_FAULT=$pause submit cancelled --time 10 "$scripts/train.sbatch" "${recipe[@]}" --output cancelled)
until_true "$patience" trains cancelled || bad "cancelled: trains" "$(cat cancelled.out)" "rows in log.csv"
scancel "$cancelled" || true
early=$(LOCKSTEP_FAULT=load:0:sleep submit early --time 10 "$scripts/train.sbatch" "${recipe[@]}" --output early)
until_true "$patience" is_loading early || bad "early: loads" "$(cat early.out)" "a line about the data"
scancel --signal=USR1 "$early" || true
# A minute less the minute that --time-limit auto leaves for saving: one step a start. Slurm's own signal would come at once.
short=(few.h5 --layers "1 sigmoid" --batch-size 22 --epochs 1) # three steps
limited=$(submit limited --time 1 --signal=USR1@5 "$scripts/train.sbatch" "${short[@]}" --output limited)
printf '%s\n' '--seed 1' "--layers '4 relu, 1 sigmoid' --seed %n" '--seed=3' >lines
array=$(LOCKSTEP_FAULT=$pause submit array --array 1-3 --time 10 --output 'array-%a.out' "$scripts/array.sbatch" lines \
    "${recipe[@]}" --output array-%n)
until_true "$patience" trains array-2 || bad "array: trains" "$(cat array-*.out)" "rows in log.csv"
scancel --signal=USR1 "${array}_2" || true

# The script of one's own in README.md, with fewer CPUs.
ln -s "$LOCKSTEP_DATA/digits.h5" data.h5
for name in own own_cancelled; do
    awk '/^#!\/bin\/bash/ { on = 1 } /^```/ { on = 0 } on' "$here/../../README.md" |
        sed "s/--ntasks=8 --cpus-per-task=4/--ntasks=2 --cpus-per-task=1/; s/--output run/--output $name/; s/--mpi=pmix/--mpi=$SLURM_MPI_TYPE/" >$name.sh
    LOCKSTEP_FAULT=step:0:sleep:120 sbatch --parsable --output "$name.out" --time 10 $name.sh >$name.job
    until_true "$patience" trains $name || bad "$name: trains" "$(cat $name.out)" "rows in log.csv"
    signals=(--signal=USR1)
    [ $name = own ] || signals=()
    scancel "${signals[@]}" "$(<$name.job)" || true
done

check_job finished "$finished" COMPLETED 0:0 0
check "finished: bits" "$(digests finished)" "$unbroken"
check_job failed "$failed_job" FAILED 3:0 0
check_job after "$after_finished" COMPLETED 0:0 0
check_job usr1 "$usr1" COMPLETED 0:0 1
check_resumed usr1
check_job after_usr1 "$after_usr1" COMPLETED 0:0 0
wait_for "$cancelled" CANCELLED COMPLETED FAILED || true
check "cancelled: state, restarts" "$(state "$cancelled") $(job_word "$cancelled" Restarts)" "CANCELLED 0" # the code is chance
check_contains "cancelled: is saved" "$(<cancelled/run.json)" '"state": "stopped"'
job 0 train "${recipe[@]}" --output cancelled --resume
check "cancelled: goes on elsewhere" "$code $(digests cancelled)" "0 $unbroken"
check_job early "$early" COMPLETED 0:0 1
check_contains "early: says so" "$(<early.out)" "stopped on request before training began; nothing was changed"
check "early: bits" "$(digests early)" "$unbroken"
check_job limited "$limited" COMPLETED 0:0 2
check "limited: by --time-limit auto, after each step" \
    "$(sed -n 's/.*(--time-limit auto, SLURM_JOB_END_TIME) ends training after step \([0-9]*\);.*/\1/p' limited.out | paste -sd ' ')" "1 2"
job 0 train "${short[@]}" --output short
check "limited: bits" "$(digests limited)" "$(digests short)"
for task in 1 2 3; do
    check_job "array-$task" "${array}_$task" COMPLETED 0:0 $((task == 2))
done
check "array: tasks have their options" "$(for n in 1 2 3; do grep -o -m 1 '"seed": "[0-9]*"' "array-$n/run.json" | head -n 1; done | paste -sd ' ')" \
    '"seed": "1" "seed": "2" "seed": "3"'
check_contains "array: quoted words" "$(<array-2/run.json)" '"layers": "4 relu, 1 sigmoid"'
check_job own "$(<own.job)" COMPLETED 0:0 1
wait_for "$(<own_cancelled.job)" CANCELLED COMPLETED FAILED || true
check "own_cancelled: state, restarts" "$(state "$(<own_cancelled.job)") $(job_word "$(<own_cancelled.job)" Restarts)" "CANCELLED 0"
check "after failure: never" "$(state "$after_failed") $(job_word "$after_failed" Reason) $(ls never.out 2>/dev/null || true)" \
    "PENDING DependencyNeverSatisfied "
scancel "$after_failed" || true

# ---- preempted by a job that needs the whole node ----

preempted=$(LOCKSTEP_FAULT=$pause submit preempted --time 10 "$scripts/train.sbatch" "${recipe[@]}" --output preempted)
stays=$(LOCKSTEP_FAULT=$pause submit stays --time 10 "$scripts/preempt.sbatch" "${recipe[@]}" --output stays)
for name in preempted stays; do
    until_true "$patience" trains $name || bad "$name: trains" "$(cat $name.out)" "rows in log.csv"
done
urgent=$(sbatch --parsable --partition high --ntasks 6 --output urgent.out --wrap 'true')
check_job urgent "$urgent" COMPLETED 0:0 0
check_job preempted "$preempted" COMPLETED 0:0 1
check_resumed preempted
check "preempted: requeued itself" "$(grep -c 'goes back into the queue' preempted.out)" 1
check_job stays "$stays" COMPLETED 0:0 1
check_resumed stays
check_contains "stays: waited" "$(<stays.out)" "waiting to be killed (--on-preempt wait)"
check "stays: Slurm requeued it" "$(grep -c 'goes back into the queue' stays.out)" 0

cluster_stop
unset LOCKSTEP_TEST
check "nothing is left running" "$(leftovers)" ""
finish

#!/usr/bin/env bash
# The scripts of scripts/slurm without Slurm: what they start, and what they make of its exit code, with stand-ins for srun,
# squeue and scontrol.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/../program/lib.sh"
scripts=$(cd "$(dirname "$0")/../../scripts/slurm" && pwd)

for script in array preempt; do
    check "$script.sbatch ends as train.sbatch" "$(sed -n '/^# ---- from here/,$p' "$scripts/$script.sbatch" | sha256sum)" \
        "$(sed -n '/^# ---- from here/,$p' "$scripts/train.sbatch" | sha256sum)"
done

cd "$work"
mkdir bin
PATH=$work/bin:$PATH
stand_in() { # NAME, with its lines on standard input
    { echo '#!/bin/bash' && cat; } >"bin/$1"
    chmod +x "bin/$1"
}
# srun makes the checkpoint $MAKES and ends with $CODE; squeue says $STATE, and when the job's time ends.
stand_in srun <<'END'
printf '%s\n' "$@" >words
env >environment
[ -z "$MAKES" ] || { mkdir -p run/checkpoints && : >"run/checkpoints/$MAKES"; }
exit "$CODE"
END
stand_in squeue <<'END'
echo "$*" >>asked
case $* in
*%T) echo "$STATE" ;;
*%e) date -d "+$LEFT seconds" +%Y-%m-%dT%H:%M:%S ;;
esac
END
stand_in scontrol <<'END'
echo "$*" >>requeued
exit "${REFUSES:-0}"
END

# script NAME ARGUMENTS...: leaves $code and what was said in $said.
script() {
    rm -f words environment asked requeued
    code=0
    said=$(CODE=${CODE:-0} STATE=${STATE-RUNNING} LEFT=${LEFT:-36000} MAKES=${MAKES:-} SLURM_JOB_ID=12 \
        SLURM_ARRAY_JOB_ID=${ARRAY:+10} SLURM_ARRAY_TASK_ID=${ARRAY:-} SLURM_CPUS_PER_TASK=${CPUS:-} \
        bash "$scripts/$1.sbatch" "${@:2}" 2>&1 >/dev/null) || code=$?
}

outcome() {
    echo "$code $(cat requeued 2>/dev/null || true)"
}

train=(d.h5 --layers "8 relu, 1 linear" --output run)
for CODE in 0 1 2 3 4 5 6 130 137; do
    script train "${train[@]}"
    check "code $CODE" "$(outcome)" "$CODE "
done
for CODE in 75 138 143; do
    for script in train preempt; do
        script $script "${train[@]}"
        check "$script.sbatch, code $CODE: requeued" "$(outcome)" "75 requeue 12"
    done
done
CODE=75
ARRAY=3
script array - "${train[@]}"
check "task of an array: it alone is requeued" "$(outcome) $(sort -u asked | grep -c -- '--job 10_3')" "75 requeue 10_3 2"
ARRAY=
for STATE in CANCELLED COMPLETING PREEMPTED ""; do
    script train "${train[@]}"
    check "state '$STATE': not requeued" "$(outcome)" "75 "
done
STATE=RUNNING
LEFT=100
script train "${train[@]}"
check "no time left and no step done: not requeued" "$(outcome) $said" \
    "75  lockstep.sbatch: the time was over before a step was done; expected a longer --time"
MAKES=step-000000000007.h5 script train "${train[@]}"
check "no time left, but a step done: requeued" "$(outcome)" "75 requeue 12"
script train "${train[@]}"
check "no time left and no further step: not requeued" "$(outcome)" "75 "
MAKES=step-000000000008.h5 script train d.h5 "--output=run"
check "the other spelling of --output" "$(outcome)" "75 requeue 12"
LEFT=x script train "${train[@]}"
check "no time limit: requeued" "$(outcome)" "75 requeue 12"
LEFT=36000
REFUSES=1
export REFUSES
script train "${train[@]}"
check "requeueing is refused: the code tells" "$code" 75
unset REFUSES
CODE=0

script train d.h5 --layers "1 linear"
check "no --output" "$code $said $(cat words 2>/dev/null)" \
    "2 lockstep.sbatch: no --output; expected the run's directory, where its next start finds it "
CPUS=4
script train "${train[@]}"
check "what srun is told" "$(paste -sd '|' words)" \
    "--kill-on-bad-exit=0|--wait=60|lockstep|train|d.h5|--layers|8 relu, 1 linear|--output|run|--resume"
check "threads, CPUs and PMI" "$(grep -E '^(OMP_NUM_THREADS|SRUN_CPUS_PER_TASK|SLURM_MPI_TYPE)=' environment | sort | paste -sd ' ')" \
    "OMP_NUM_THREADS=4 SLURM_MPI_TYPE=pmix SRUN_CPUS_PER_TASK=4"
check "the end of the job's time" \
    "$(($(sed -n 's/^SLURM_JOB_END_TIME=//p' environment) - $(date +%s) > 35900))" 1
SLURM_JOB_END_TIME=77 SLURM_MPI_TYPE=pmi2 script train "${train[@]}"
check "what is set stays" "$(grep -E '^SLURM_(JOB_END_TIME|MPI_TYPE)=' environment | sort | paste -sd ' ')" \
    "SLURM_JOB_END_TIME=77 SLURM_MPI_TYPE=pmi2"
script preempt "${train[@]}"
check "preempt.sbatch waits" "$(sed -n '5,6p' words | paste -sd ' ')" "--on-preempt wait"

printf '%s\n' '--seed 1' "--layers '4 relu, 1 linear' --name \"a b\"" '' >lines
ARRAY=2
script array lines d.h5 --output run-%n --seed=%n
check "array.sbatch: a line's words, and %n" "$(sed -n '5,$p' words | paste -sd '|')" \
    "d.h5|--output|run-2|--seed=2|--layers|4 relu, 1 linear|--name|a b|--resume"
ARRAY=3
script array lines d.h5 --output run-%n
check "array.sbatch: an empty line" "$code $(sed -n '5,$p' words | paste -sd '|')" "0 d.h5|--output|run-3|--resume"
ARRAY=4
script array lines d.h5 --output run-%n
check "array.sbatch: a line too few" "$code $said" "2 array.sbatch: lines has no line 4; expected one for each task of --array"
ARRAY=
script array lines d.h5 --output run-%n
check "array.sbatch: without --array" "$code $said" \
    "2 array.sbatch: no task of an array; expected sbatch --array 1-N array.sbatch FILE DATA ..."

if command -v shellcheck >/dev/null; then
    check "shellcheck" "$(shellcheck "$scripts"/*.sbatch)" ""
fi
finish

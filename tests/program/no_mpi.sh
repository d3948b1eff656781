#!/usr/bin/env bash
# A build without MPI: works alone, and says so when a launcher started several of it. Launchers are known by their
# environment variables, so none is needed here.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
train=(train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --epochs 1 --output "$work/run" --overwrite)

job 0 "${train[@]}"
check "training alone" "$code" 0
check_contains "run.json" "$(cat "$work/run/run.json")" '"mpi": "none"'
OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0 job 0 "${train[@]}"
check "training as the only process of a launcher" "$code" 0

OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=0 \
    error "first of three" 0 2 "mpirun" "3 processes" "built without MPI" "Start it without a launcher" -- "${train[@]}"
OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=1 job 0 "${train[@]}"
check "second of three" "$code '$(cat "$work/err")'" "2 ''"
SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0 error "srun" 0 2 "srun started 4" "built without MPI" -- "${train[@]}"
PMIX_RANK=0 error "unknown number" 0 2 "does not say how many" "built without MPI" -- "${train[@]}"
finish

#!/usr/bin/env bash
# Resuming: a run that is killed and gone on with, each time on another split, ends with the bits of an unbroken one.
#
#   resume.sh [--kills N] [--seed S]
#
# First a chain of resumes with kills at chosen steps (needs a build with fault points), then N (default 3) runs that are
# killed by SIGKILL at random moments and resumed until they are done. Environment: LOCKSTEP, LOCKSTEP_DATA, MPIEXEC.
set -euo pipefail
: "${LOCKSTEP:?the program to test}" "${LOCKSTEP_DATA:?folder of the data files}"
mpiexec=${MPIEXEC:-mpirun}
kills=3
RANDOM=1
while [ $# -gt 0 ]; do
    case $1 in
    --kills) kills=$2; shift 2 ;;
    --seed) RANDOM=$2; shift 2 ;;
    *) echo "resume.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
export OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # NAME FOUND EXPECTED
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: found $2, expected $3"
    fi
}

digests() { # of model and log in a run's directory
    sha256sum <"$1/model.weights.h5" | cut -c1-64 | tr '\n' ' '
    sha256sum <"$1/log.csv" | cut -c1-64
}

# train SPLIT DIRECTORY [OPTIONS]: one leg; its exit code is returned, its output is in $work/out
train() {
    local ranks=${1%x*} threads=${1#*x} directory=$2 launch=()
    shift 2
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    local code=0
    "${launch[@]}" "$LOCKSTEP" train "$LOCKSTEP_DATA/digits.h5" --layers "256 relu, dropout 0.2, 128 tanh, 10 softmax" \
        --normalize standard --batch-size 128 --shards 16 --validation-data test --log-every 5 --threads "$threads" \
        --output "$directory" "$@" >"$work/out" 2>&1 || code=$?
    return $code
}

# ---- a chain of resumes ----
train 1x2 "$work/whole" --epochs 6
expected=$(digests "$work/whole")
code=0
LOCKSTEP_FAULT="step:1:kill:11" train 2x1 "$work/chain" --epochs 6 --checkpoint-every "4 steps" || code=$?
check "the first leg is killed" "$([ $code -ne 0 ] && echo yes)" yes
code=0
LOCKSTEP_FAULT="step:2:kill:15" train 3x2 "$work/chain" --epochs 6 --checkpoint-every "7 steps" --resume || code=$?
check "the second leg is killed" "$([ $code -ne 0 ] && echo yes)" yes
train 0x4 "$work/chain" --epochs 3 --checkpoint-every "1 epochs" --resume
check "the third leg ends after 3 epochs" "$(tail -n 1 "$work/chain/log.csv" | cut -d, -f1)" 3
train 5x1 "$work/chain" --epochs 6 --resume
check "the chain's model and log" "$(digests "$work/chain")" "$expected"
rm -rf "$work/chain"
train 16x1 "$work/chain" --epochs 2
train 1x3 "$work/chain" --epochs 6 --resume
check "epochs grown from 2 to 6" "$(digests "$work/chain")" "$expected"
train 18x1 "$work/chain" --epochs 7 --resume
check "more ranks than shards go on with a warning" "$(grep -c 'have no shard' "$work/out")" 1

# ---- kills at random moments ----
# One process of the job at random, or the launcher, or all of them; what is left of the job is then ended too.
kill_one() {
    local victims
    mapfile -t victims < <(pgrep -f -- "--output $work/killed" || true)
    [ ${#victims[@]} -gt 0 ] || return 0
    if [ $((RANDOM % 3)) = 0 ]; then
        kill -9 "${victims[@]}" 2>/dev/null || true
    else
        kill -9 "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null || true
    fi
}

epochs=200
train 2x1 "$work/long" --epochs $epochs
expected=$(digests "$work/long")
splits=(0x1 1x2 2x1 3x1 2x2 4x1)
killed=0
for ((i = 0; i < kills; i++)); do
    rm -rf "$work/killed"
    for ((leg = 0; leg < 200; leg++)); do
        { train "${splits[RANDOM % ${#splits[@]}]}" "$work/killed" --epochs $epochs --checkpoint-every "20 steps" --resume; } 2>/dev/null &
        job=$!
        if [ $leg -lt 4 ]; then
            sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
            kill_one
        fi
        code=0
        wait $job || code=$?
        pkill -9 -f -- "--output $work/killed" || true
        while pgrep -f -- "--output $work/killed" >/dev/null; do sleep 0.05; done
        [ $code -ne 0 ] || break
        killed=$((killed + 1))
        [ $leg -lt 4 ] || { cat "$work/out"; break; }
    done
    check "model and log of run $i after kills" "$(digests "$work/killed")" "$expected"
done
echo "$killed legs ended by SIGKILL in $kills runs"
echo "$passed passed, $failed failed"
[ $failed = 0 ]

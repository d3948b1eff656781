#!/usr/bin/env bash
# The contract: one SHA-256 of model.weights.h5 and log.csv per recipe, whatever the split. Trains three recipes on each
# split and kernel table and compares with contract.sha256.
#
#   contract.sh [--splits "1x1 3x2 ..."] [--kernels "auto portable ..."] [--record]
#
# A split is RANKSxTHREADS; ranks 0 means without a launcher. Tables that this CPU lacks are left out, saying so. Environment: LOCKSTEP (program), LOCKSTEP_DATA (folder with
# digits.h5 and concrete.h5), MPIEXEC (default mpirun). --record prints the lines of contract.sha256 for the first split.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${LOCKSTEP:?the program to test}" "${LOCKSTEP_DATA:?folder of the data files}"
mpiexec=${MPIEXEC:-mpirun}
splits="0x1 0x2"
for ranks in 1 2 3 4 5 7 8 16; do
    for threads in 1 2 3 4; do
        splits="$splits ${ranks}x$threads"
    done
done
tables=auto
record=no
while [ $# -gt 0 ]; do
    case $1 in
    --splits) splits=$2; shift 2 ;;
    --kernels) tables=$2; shift 2 ;;
    --record) record=yes; shift ;;
    *) echo "contract.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done

# Many ranks on few cores: sleeping waits, or the stacked splits take minutes.
export OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Name, then data and options. 16 shards, so that up to 16 ranks can share them; at most 60 steps.
recipe_arguments() {
    case $1 in
    digits) echo "$LOCKSTEP_DATA/digits.h5|--layers|64 relu, 10 softmax|--normalize|standard|--epochs|5|--batch-size|128|--shards|16" ;;
    dropout) echo "$LOCKSTEP_DATA/digits.h5|--layers|256 relu, dropout 0.2, 128 tanh, dropout 0.1, 10 softmax|--normalize|minmax|--epochs|3|--batch-size|128|--shards|16|--shuffle-window|32|--seed|7|--log-every|5" ;;
    regression) echo "$LOCKSTEP_DATA/concrete.h5|--layers|96 sigmoid, 33 relu, 1|--normalize|standard|--normalize-targets|--validation-split|0.21|--epochs|5|--batch-size|100|--shards|16|--metrics|mae,mse,r2" ;;
    esac
}

# run RECIPE SPLIT TABLE: trains into $work/run
run() {
    local ranks=${2%x*} threads=${2#*x} arguments
    IFS='|' read -r -a arguments <<<"$(recipe_arguments "$1")"
    local launch=()
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    rm -rf "$work/run"
    if ! "${launch[@]}" "$LOCKSTEP" train "${arguments[@]}" --threads "$threads" --kernels "$3" --output "$work/run" >"$work/out" 2>&1; then
        echo "FAILED to run: $1 on $2 with $3 kernels"
        tail -n 5 "$work/out"
        return 1
    fi
}

digest() {
    sha256sum <"$1" | cut -d' ' -f1
}

# The tables among $tables that run here.
for table in $tables; do
    if [ "$table" = auto ] || "$LOCKSTEP" train "$LOCKSTEP_DATA/digits.h5" --layers "10 softmax" --epochs 0 --kernels "$table" \
        --output "$work/probe" --overwrite >"$work/out" 2>&1; then
        present="${present:-} $table"
    elif grep -q "this CPU lacks" "$work/out"; then
        echo "$table kernels: not on this CPU, left out"
    else
        cat "$work/out"
        exit 1
    fi
done
tables=$present

passed=0 failed=0
for recipe in digits dropout regression; do
    for split in $splits; do
        for table in $tables; do
            if ! run "$recipe" "$split" "$table"; then
                failed=$((failed + 1))
                continue
            fi
            for file in model.weights.h5 log.csv; do
                found=$(digest "$work/run/$file")
                if [ $record = yes ]; then
                    echo "$found  $recipe/$file"
                    continue
                fi
                expected=$(awk -v name="$recipe/$file" '$2 == name { print $1 }' "$here/contract.sha256")
                if [ "$found" = "$expected" ]; then
                    passed=$((passed + 1))
                else
                    failed=$((failed + 1))
                    echo "FAILED $recipe/$file on $split with $table kernels: found $found, expected $expected"
                fi
            done
            [ $record = no ] || break 2
        done
    done
done
[ $record = yes ] && exit 0
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

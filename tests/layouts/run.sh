#!/usr/bin/env bash
# The same values in every layout, type and filter: two epochs on 1, 2 and 3 ranks give the bits of the plain float32 file;
# what cannot or must not be read is refused with a message that says why and what to do.
#
#   run.sh PYTHON [--all] [--only PATTERN] [--ranks "1 2 3"]
#
# PYTHON has h5py and NumPy. Without --all a dozen layouts on 1 and 3 ranks, and all refusals (the whole matrix takes some
# minutes). Environment as for tests/program/lib.sh: LOCKSTEP, LOCKSTEP_DATA, MPIEXEC.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
python=${1:?an interpreter with h5py and NumPy}
shift
short=--short only='*' ranks="0 3"
while [ $# -gt 0 ]; do
    case $1 in
    --all) short='' ranks="0 2 3" ;;
    --only) only=$2 && shift ;;
    --ranks) ranks=$2 && shift ;;
    *) echo "run.sh: unknown option $1" >&2 && exit 2 ;;
    esac
    shift
done
if ! "$python" -c 'import h5py, numpy' 2>/dev/null; then
    echo "SKIPPED: $python has no h5py"
    exit 77
fi
"$python" "$here/make_layouts.py" "$work/d" $short
cd "$work/d"

# trained RANKS ARGUMENTS...: leaves the digests of model and log in $found, or what went wrong
trained() {
    local n=$1
    shift
    rm -rf run
    job "$n" train "$@" --layers "5 relu, 3 softmax" --normalize standard --epochs 2 --batch-size 16 --checkpoint-every never --output run
    found="code $code: $(error_lines)"
    [ "$code" != 0 ] || found=$(digests run)
}

# named_apart: the same, of a model that knows the names of its columns: what it has learnt.
named_apart() {
    [[ $found != model* ]] || found=$(learnt run)
}

declare -A expected named
while IFS=$'\t' read -r -a line; do
    # shellcheck disable=SC2053
    [[ ${line[0]} == $only ]] || continue
    reference=${line[1]}
    if [ -z "${expected[$reference]:-}" ]; then
        trained 0 "$reference"
        expected[$reference]=$found
        named_apart
        named[$reference]=$found
        found=${expected[$reference]}
        check_contains "$reference" "$found" "model"
    fi
    for n in $ranks; do
        trained "$n" "${line[@]:2}"
        wanted=${expected[$reference]}
        case ${line[0]} in columns-*) named_apart && wanted=${named[$reference]} ;; esac
        check "${line[0]} ($n ranks)" "$found" "$wanted"
    done
done <cases.txt

while IFS=$'\t' read -r -a line; do
    # shellcheck disable=SC2053
    [[ ${line[0]} == $only ]] || continue
    IFS='|' read -r -a words <<<"${line[1]}"
    code=3
    case ${line[0]} in axis | column-none | no-data-for-item) code=2 ;; esac
    error "refused: ${line[0]}" 0 "$code" "${words[@]}" -- train "${line[@]:2}" --layers "5 relu, 3 softmax" --output never
done <refused.txt

# several files give no name for the output
error "no output for several files" 0 2 "--output is needed" "part-*.h5" -- train 'part-*.h5' --layers "5 relu, 3 softmax"
error "no output for files in --x" 0 2 "--output is needed" -- train --x features.h5:/values --y targets.h5:/kind --layers "5 relu, 3 softmax"

# locks: none is asked for; where the environment wants them, a refused one is explained
if command -v flock >/dev/null; then
    flock -x reference.h5 "$LOCKSTEP" train reference.h5 --layers "5 relu, 3 softmax" --normalize standard --epochs 2 --batch-size 16 \
        --checkpoint-every never --output locked 2>"$work/err" || true
    check "a locked file is read" "$(digests locked)" "${expected[reference.h5]:-$(digests locked)}"
    code=0
    flock -x reference.h5 env HDF5_USE_FILE_LOCKING=TRUE "$LOCKSTEP" train reference.h5 --layers "5 relu, 3 softmax" --output never \
        2>"$work/err" || code=$?
    check "a refused lock" "$code" 3
    check_contains "a refused lock" "$(error_lines)" "HDF5_USE_FILE_LOCKING=FALSE"
fi
finish

#!/usr/bin/env bash
# The same values in every layout, type and filter: two epochs on 1, 2 and 3 ranks give the bits of the plain float32 file;
# what cannot or must not be read is refused with a message that says why and what to do. Identifiers beside
# the features come back in predictions.
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
# identifiers beside the features come back in predictions: texts of both kinds, numbers beyond float64, the rows last or not, one
# or several files; what is not one value a row does not, nor a dataset `row` that convert has not written
"$python" - <<'END'
import h5py
import numpy as np

x = np.random.default_rng(3).random((9, 4)).astype("f4")
for name, first in ("mon.h5", 0), ("tue.h5", 9):
    with h5py.File(name, "w") as f:
        f["d/x"], f["d/y"], f["turned"] = x, x[:, 0], x.T
        f["id"] = f["d/id_name"] = np.array(["n%d, \u00e9" % (first + i) for i in range(9)], dtype=object)
        f["d/id_code"] = np.array(["c%d" % (first + i) for i in range(9)], dtype="S8")
        f["d/id_number"] = np.arange(first, first + 9) + 2**62
        f["d/id_other"], f["d/id_real"], f["d/row"] = np.arange(10), x[:, 0], np.arange(9) // 3
    if first == 9:
        with h5py.File(name, "a") as f:
            del f["d/id_code"]
END
job 0 train mon.h5 --x /d/x --y /d/y --layers "1" --output ids
job 2 predict ids mon.h5 --x /d/x --output ids.csv
check "identifiers of every kind" "$code $(sed -n '1p;2p;$p' ids.csv | cut -d, -f1-5 | paste -sd' ')" \
    '0 row,code,name,number,real 0,c0,"n0, é",4611686018427387904 8,c8,"n8, é",4611686018427387912'
job 0 predict ids mon.h5,tue.h5 --x '/d/x[0:4]' --output both.csv
check_contains "those that another file lacks" "$(<"$work/err")" "identifiers 'code' are left out: tue.h5 has no id_code beside /d/x"
check "are left out" "$code $(sed -n '1p;11p;$p' both.csv | cut -d, -f1-4 | paste -sd' ')" \
    '0 row,name,number,real 9,"n9, é",4611686018427387913 17,"n17, é",4611686018427387921'
job 0 predict ids mon.h5 --x /turned --samples-axis last --output turned.csv
check "rows on the last axis" "$code $(sed -n '1p;$p' turned.csv | cut -d, -f1-3 | paste -sd' ')" '0 row,id,prediction 8,"n8, é"'
job 0 predict ids mon.h5 --x /d/x --output ids.h5
check "in HDF5 as they were" "$("$python" -c 'import h5py; f = h5py.File("ids.h5"); print(f["id_number"][8], f["id_code"].asstr()[8], f["id_name"].asstr()[8])')" \
    "4611686018427387912 c8 n8, é"
finish

#!/usr/bin/env bash
# Odd files as real people have them (make_real.py says which): converted, trained on for two epochs on 1, 2 and 3 ranks with
# the same bits and a score within bounds, described, or refused with words that help.
#
#   run.sh PYTHON [--debian FOLDER] [--packages FOLDER] [--only PATTERN] [--ranks "1 2 3"] [--sweep] [--short]
#
# PYTHON has h5py and NumPy; cases that need more packages than it has are left out, and counted. --sweep: every file of data
# that its packages carry as well (sweep.py). --short: what
# h5py and NumPy alone make, without a launcher and on 3 ranks. Environment as for tests/program/lib.sh: LOCKSTEP, LOCKSTEP_DATA, MPIEXEC.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
python=${1:?an interpreter with h5py and NumPy}
shift
only='*' ranks="1 2 3" sweep=no folders=()
while [ $# -gt 0 ]; do
    case $1 in
    --debian | --packages) folders+=("$1" "$2") && shift ;;
    --only) only=$2 && shift ;;
    --ranks) ranks=$2 && shift ;;
    --sweep) sweep=yes ;;
    --short) folders+=(--short) ranks="0 3" ;;
    *) echo "run.sh: unknown option $1" >&2 && exit 2 ;;
    esac
    shift
done
if ! "$python" -c 'import h5py, numpy' 2>/dev/null; then
    echo "SKIPPED: $python has no h5py"
    exit 77
fi
LOCKSTEP=$(realpath "$LOCKSTEP")
export LOCKSTEP
"$python" "$here/make_real.py" "$work/d" "${folders[@]}"

# said NAME TEXT WORDS: the text has all the words, which | separates.
said() {
    local word words
    IFS='|' read -r -a words <<<"$3"
    for word in "${words[@]}"; do
        [[ $2 == *"$word"* ]] || { bad "$1" "'$2'" "'$word' in it" && return; }
    done
    ok "$1" "'$3'"
}

# score FILE METRIC: the metric's last value in a log.
score() {
    awk -F, -v metric="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == metric) at = i } { last = $at } END { print at ? last : "none" }' "$1"
}

# trained NAME METRIC:LEAST:MOST ARGUMENTS...
trained() {
    local name=$1 metric least most n first='' found
    IFS=: read -r metric least most <<<"$2"
    shift 2
    for n in $ranks; do
        rm -rf run
        job "$n" train "$@" --epochs 2 --checkpoint-every never --output run
        [ "$code" = 0 ] || { bad "$name ($n ranks)" "code $code, $(error_lines)" "code 0" && return; }
        first=${first:-$(digests run)}
        check "$name ($n ranks)" "$(digests run)" "$first"
    done
    found=$(score run/log.csv "$metric")
    if awk -v f="$found" -v a="$least" -v b="$most" 'BEGIN { exit !(f != "none" && f + 0 >= a && f + 0 <= b) }'; then
        ok "$name: $metric" "$found"
    else
        bad "$name: $metric" "$found" "$least to $most"
    fi
}

cd "$work/d"
while IFS=$'\t' read -r -a line; do
    name=${line[1]}
    # shellcheck disable=SC2053
    [[ $name == $only ]] || continue
    case ${line[0]} in
    convert | info | said)
        [ "${line[0]}" = said ] || line=("${line[@]:0:3}" "${line[0]}" "${line[@]:3}")
        job 0 "${line[@]:3}"
        if [ "$code" = 0 ]; then said "$name" "$(cat "$work/out" "$work/err")" "${line[2]}"; else bad "$name" "code $code, $(error_lines)" "code 0"; fi
        ;;
    train) trained "$name" "${line[@]:2}" ;;
    refused)
        IFS='|' read -r -a words <<<"${line[2]}"
        error "refused: $name" 0 "${words[0]}" "${words[@]:1}" -- "${line[@]:3}"
        ;;
    cure)
        code=0
        "${line[@]:3}" >"$work/out" 2>"$work/err" </dev/null || code=$?
        check "cure: $name" "$code" 0
        ;;
    esac
done <cases.txt

if [ "$sweep" = yes ]; then
    code=0
    "$python" "$here/sweep.py" "$LOCKSTEP" >"$work/out" 2>"$work/err" || code=$?
    grep '^WRONG' "$work/out" || true
    check "sweep: $(tail -n 1 "$work/out")" "$code" 0
fi
while read -r line; do
    echo "SKIPPED $line"
done <skipped.txt
echo "$(wc -l <skipped.txt) of the makers of files skipped"
finish

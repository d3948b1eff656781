#!/usr/bin/env bash
# Rows that do not fit into memory stream from the file, with the bits of a run that holds them: on every number of ranks, with
# rows chosen at random, when stopped in the middle of an epoch and gone on with, in evaluate and predict. And what is said
# when not even the open windows fit.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"

data=$work/data.h5
"${emulator[@]}" "${LOCKSTEP_MAKE_DATA:?the program make_data}" "$data" 40000 28

# train RANKS DIRECTORY OPTIONS...
train() {
    local ranks=$1 directory=$2
    shift 2
    job "$ranks" train "$data" --layers "16 relu, dropout 0.1, 1 sigmoid" --normalize standard --batch-size 256 \
        --shuffle-window 64 --validation-split 0.25 --epochs 2 --threads 1 --output "$directory" "$@"
}

# checkpoint DIRECTORY: the newest one's bytes.
checkpoint() {
    digest "$(find "$1/checkpoints" -name 'step-*.h5' | sort | tail -n 1)"
}

for method in tail random; do
    train 1 "$work/$method" --validation-method $method
    check_lacks "$method: all rows are held" "$(<"$work/err")" "rows stream"
    expected="$(digests "$work/$method") $(checkpoint "$work/$method")"
    for ranks in 1 2 3; do
        train $ranks "$work/streamed" --validation-method $method --memory 250kB --overwrite
        name="$method rows on $ranks ranks"
        check "$name: same bits" "$code $(digests "$work/streamed") $(checkpoint "$work/streamed")" "0 $expected"
        check "$name: says so once" "$(grep -c '^rows stream from the file: .* of data, .* of memory a rank, windows of 64 rows$' \
            "$work/err")" 1
    done
done
check "run.json has the limit" "$(sed -n 's/^ *"memory": \([0-9]*\),$/\1/p' "$work/streamed/run.json")" 250000
# loading RUN: of its run.json, "all rows are held" or "some rows are held", and whether its seconds lie within the setting up.
loading() {
    tr -d ' \n' <"$work/$1/run.json" | sed -n 's/.*"setup_seconds":\([^,]*\),.*"loading":{"seconds":\([^,]*\),"bytes":\([0-9]*\),"held_bytes":\([0-9]*\)}.*/\1 \2 \3 \4/p' |
        awk '{ print ($4 == $3 ? "all" : $4 < $3 ? "some" : "too many") " rows are held, " ($2 > 0 && $2 < $1 ? "timed" : "not timed") }'
}
check "run.json tells of streamed rows" "$(loading streamed)" "some rows are held, timed"
check "run.json tells of rows in memory" "$(loading tail)" "all rows are held, timed"
check "run.json says where it comes from" "$(sed -n 's/^ *"memory_from": "\(.*\)",$/\1/p' "$work/streamed/run.json")" "--memory"
check_contains "run.json of a run without it" "$(<"$work/tail/run.json")" '"memory_from": "half of '

# In memory first and streamed then, on another split, and the other way round.
for memory in "auto 250kB" "250kB auto"; do
    rm -rf "$work/chain"
    train 2 "$work/chain" --memory "${memory% *}" --epochs 1 --checkpoint-every "50 steps"
    rm "$(find "$work/chain/checkpoints" -name 'step-*.h5' | sort | tail -n 1)"
    train 3 "$work/chain" --memory "${memory#* }" --resume
    check_contains "resumed with $memory: in the middle of an epoch" "$(<"$work/err")" "step-000000000100.h5"
    check "resumed with $memory: same bits" "$code $(digests "$work/chain")" "0 $(digests "$work/tail")"
done

# Other commands, whose rows go through memory piece by piece.
job 1 evaluate "$work/tail" "$data"
expected=$(<"$work/out")
job 1 predict "$work/tail" "$data" --output "$work/held.h5"
for ranks in 1 3; do
    job $ranks evaluate "$work/tail" "$data" --memory 100kB
    check "evaluate on $ranks ranks" "$code $(<"$work/out")" "0 $expected"
    job $ranks predict "$work/tail" "$data" --memory 100kB --output "$work/pieces.h5" --overwrite
    check "predict on $ranks ranks" "$code $(digest "$work/pieces.h5")" "0 $(digest "$work/held.h5")"
done

# Limits that cannot be kept, and sizes that are none.
few=(train "$data" --layers "1 sigmoid" --batch-size 256 --shuffle-window 64 --output "$work/none")
error "too little" 1 2 "--memory: a rank may hold 97.7 KiB" "--shuffle-window " "part of the recipe" -- "${few[@]}" --memory 100kB
fits=$(sed -n 's/.*--shuffle-window \([0-9]*\);.*/\1/p' "$work/err")
job 1 train "$data" --layers "1 sigmoid" --batch-size 256 --shuffle-window "${fits:-0}" --output "$work/fits" --memory 100kB
check "the window it names fits" "$code" 0
errors "far too little" 2 "no --shuffle-window is small enough" -- "${few[@]}" --memory 1kB
error "no size" 0 2 "'8 apples': expected a size such as 8GB or 512MiB" -- "${few[@]}" --memory "8 apples"
finish

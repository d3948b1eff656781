#!/usr/bin/env bash
# The test part, which is looked at before the first step as the validation part is, and never hides a finished model; and
# rows sorted by class, of which a tail or a limit leaves whole classes out.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

make() { # FILE PART...
    "${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/make_named" "$@"
}
recipe=(--layers "4 relu, 3 softmax" --epochs 2 --batch-size 32 --checkpoint-every never)
refused() { # NAME WORDS... -- FILE OPTIONS...: before anything is written, alone and on 3 ranks
    local name=$1 words=()
    shift
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    errors "$name" 3 "${words[@]}" !"epoch" -- train "$@" "${recipe[@]}" --output refused
    check "$name: nothing is begun" "$(ls refused 2>/dev/null; grep -c 'epoch 1' err)" 0
}

# ---- looked at first ----
train=train:0:300:abc:plain
make nan.h5 $train test:300:200:abc:plain:nan=150
refused "a missing value" "nan.h5:/test/x row 150, column 0 is nan" "1 value in 1 of the 200 rows" -- nan.h5
make class.h5 $train test:300:200:abc:plain:label=150
refused "an unknown class" "class.h5:/test/y row 150 (counted from 0) is 7, expected a class number from 0 to 2" -- class.h5
refused "while rows stream" "row 150 (counted from 0) is 7" -- class.h5 --memory 4KiB --shuffle-window 8
make plus.h5 train:0:300:abc:plain:plus=1 test:300:200:abc:plain:plus=1:label=150
refused "a label that training did not have" "plus.h5:/test/y row 150 (counted from 0) is 7, which is none of the 3 labels" -- plus.h5
make narrow.h5 $train test:300:200:ab:plain
refused "other features" "has 3 features" "narrow.h5:/test/x has 2" -- narrow.h5
make whole.h5 $train test:300:200:abc:plain
job 0 train whole.h5 "${recipe[@]}" --output whole
check_contains "a part that is good" "$code $(<err)" "test part, 200 rows"
rm -rf run && job 0 train nan.h5 "${recipe[@]}" --missing drop --output run
check_contains "a part without its missing values" "$code $(<err)" "test part, 199 rows"

# ---- no rows ----
make empty.h5 $train test:0:0:abc:plain
for n in 0 3; do
    rm -rf run && job "$n" train empty.h5 "${recipe[@]}" --output run
    check_contains "an empty part ($n ranks)" "$code $(<err)" "lockstep: warning: empty.h5:/test/x has no rows; there is no test part"
    check "does not count" "$(digests run)" "$(digests whole)"
done
error "but it cannot be scored" 0 3 "empty.h5:/test/x" "empty" -- evaluate run empty.h5
job 0 evaluate run empty.h5 --part train
check "as another part can" "$code" 0
job 0 info empty.h5
check_contains "info describes the rest" "$code $(<out)" "train: 300 rows"

# ---- gone at the end ----
cp whole.h5 lost.h5
if has_faults; then
    for n in 0 3; do
        rm -rf run
        LOCKSTEP_FAULT="evaluate:0:error:1" job "$n" train lost.h5 "${recipe[@]}" --output run
        check "a part that is gone at the end ($n ranks)" "$code $(digests run) $(grep -o '"state": "[a-z]*"' run/run.json)" \
            "0 $(digests whole) \"state\": \"finished\""
        check_contains "is said, with the model" "$(<err)" "lockstep: warning: the test part is not scored: "
        check_contains "and how to score it" "$(<err)" "score it with: lockstep evaluate run"
    done
fi

# ---- sorted rows ----
make sorted.h5 :0:300:abc:plain:sorted
make named.h5 :0:300:abc:sorted:classes=ant,bee,cat
make ones.h5 :0:300:abc:plain:sorted:plus=1
make fives.h5 :0:300:abc:plain:sorted:plus=5
absent() { # NAME FOUND ARGUMENTS...
    local name=$1 found=$2
    shift 2
    rm -rf run && job 0 train "$@" --epochs 1 --checkpoint-every never --output run
    check_contains "$name" "$code $(<err)" "0 "
    check_contains "$name" "$(grep warning err)" "$found"
}
# A tail that holds one class only, though every class has training rows; not said of rows in any order, or stratified.
for how in "sorted.h5 --validation-split 0.2" "mixed.h5 --validation-split 0.2" "sorted.h5 --validation-split 0.2 --validation-method stratified"; do
    [ -e mixed.h5 ] || make mixed.h5 :0:300:abc:plain
    read -r -a arguments <<<"$how"
    job 0 train "${arguments[@]}" "${recipe[@]}" --output tail --overwrite
    check "classes in the tail: $how" "$code $(grep -c 'the last 60, hold 1 of the 3 classes' err)" "0 $([ "$how" = "sorted.h5 --validation-split 0.2" ] && echo 1 || echo 0)"
done
absent "a tail with a class of its own" "class 2 of 3 is in no training row, and cannot be learnt; --validation-split 0.4 leaves the last rows out: where rows are sorted by class, give --validation-method stratified" \
    sorted.h5 --layers "4 relu, 3 softmax" --validation-split 0.4
absent "by its name" "class cat of 3 is in no training row" named.h5 --layers "4 relu, 3 softmax" --validation-split 0.4
absent "a limit" "classes 1, 2 of 3 are in no training row, and cannot be learnt; --limit-rows 50 takes the first rows only" \
    sorted.h5 --layers "4 relu, 3 softmax" --limit-rows 50
absent "a layer that is too wide" "classes 3, 4, 5, 6, 7, 8, 9, 10 and 9 more of 20 are in no training row, and cannot be learnt" \
    sorted.h5 --layers "4 relu, 20 softmax"
rm -rf run && job 3 train sorted.h5 "${recipe[@]}" --validation-split 0.4 --validation-method stratified --output run
check_lacks "the way out" "$code $(<err)" "in no training row"
error "labels that do not fit then" 0 3 "fives.h5:/y holds 2 different labels (5, 6), the last layer has 3 units" \
    "--validation-method stratified" -- train fives.h5 --layers "3 softmax" --validation-split 0.4 --output no
error "labels that seem to fit" 0 3 "ones.h5:/y row 200 (counted from 0) is 3" -- train ones.h5 --layers "3 softmax" --validation-split 0.4 --output no
check_contains "are warned of" "$(<err)" "class 0 of 3 is in no training row, and cannot be learnt; --validation-split 0.4"
finish

#!/usr/bin/env bash
# Class labels of any name and type: trained as the class numbers they stand for, on 1, 2 and 3 ranks; told back by predict.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work"
d=data/labels.h5
net=(--layers "8 relu, 3 softmax" --epochs 2 --batch-size 64)
two=(--layers "8 relu, 1 sigmoid" --epochs 2 --batch-size 64)

job 0 train $d --x /x --y /y "${net[@]}" --output plain
check_lacks "class numbers are not mapped" "$(cat err)" "labels of"
plain=$(digest plain/log.csv)
for labels in shifted names; do
    on_all "labels /$labels" $d --x /x --y /$labels "${net[@]}"
    check "/$labels train as class numbers do" "$(digest run/log.csv)" "$plain"
    mv run $labels
done
check_contains "the mapping is said" "$said" "labels.h5:/names: -5000000000, 7, 100 become classes 0 to 2"
on_all "labels as floats" $d --x /x --y /number "${net[@]}"
check "floats that are class numbers make the same model" "$(digests run)" "$(digests plain)"
on_all "labels as floats, loss given" $d --x /x --y /number "${net[@]}" --loss sparse_categorical_crossentropy
check "with the loss given too" "$(digest run/log.csv)" "$plain"

job 0 train $d --x /x --y /bit "${two[@]}" --output bit
bit=$(digest bit/log.csv)
for labels in sign sign_number; do
    on_all "labels /$labels" $d --x /x --y /$labels "${two[@]}" --metrics "accuracy,r2"
    job 0 train $d --x /x --y /bit "${two[@]}" --metrics "accuracy,r2" --output r2 --overwrite
    check "/$labels train as 0 and 1 do" "$(digest run/log.csv)" "$(digest r2/log.csv)"
    rm -rf $labels
    mv run $labels
done
job 0 train $d --x /x --y /sign "${two[@]}" --output run --overwrite
check "signs with the default metrics" "$(digest run/log.csv)" "$bit"
job 0 train $d --x /x --y /chance "${two[@]}" --output chance
check "probabilities are taken as they are" "$code $(grep -c 'labels of' err)" "0 0"

# ---- several sigmoids ----
three=(--layers "8 relu, 3 sigmoid" --loss binary_crossentropy --metrics "accuracy,r2" --epochs 2 --batch-size 64)
job 0 train $d --x /x --y /bits "${three[@]}" --output bits
check "0 and 1 in several columns are not mapped" "$code $(grep -c 'labels of' err)" "0 0"
for labels in signs sign_numbers; do
    on_all "labels /$labels" $d --x /x --y /$labels "${three[@]}"
    check "/$labels train as 0 and 1 do" "$(digest run/log.csv)" "$(digest bits/log.csv)"
done
check_contains "the mapping is said" "$said" "labels.h5:/sign_numbers: -1, 1 become classes 0 to 1"
job 0 evaluate bits $d --x /x --y /bits
scores=$(cat out)
job 3 evaluate run $d --x /x --y /signs
check "evaluate with several columns of signs" "$(cat out)" "$scores"
error "another value in them" 0 3 "/three row 500, column 0 is 2, expected -1 or 1" -- evaluate run $d --x /x --y /three
error "three values" 0 3 "targets from 0 to 1" -- train $d --x /x --y /three "${three[@]}"
job 0 train $d --x /x --y /signs "${three[@]}" --epochs 3 --output run --resume
check "resumed with them" "$code" 0

# ---- several files: a row is told by its file and its number there ----
error "a label too many" 0 3 "classes.h5:/y and 1 more files holds 4" "The rarest is 3, 1 time, first in data/label_high.h5:/y row 123 (" \
    -- train data/classes.h5,data/label_high.h5 "${net[@]}"
errors "no whole number" 3 "odd_label.h5:/number row 7 (counted from 0) is 0.5" -- train $d,data/odd_label.h5 --x /x --y /number "${net[@]}"
error "nan among classes to share out" 0 3 "odd_label.h5:/sign_number row 9 is nan" -- train $d,data/odd_label.h5 --x /x --y /sign_number \
    "${two[@]}" --validation-split 0.2 --validation-method stratified

# ---- evaluate and predict ----
job 0 evaluate plain $d --x /x --y /y
scores=$(cat out)
for labels in shifted names; do
    for ranks in 0 3; do
        job $ranks evaluate $labels $d --x /x --y /$labels
        check "evaluate on $ranks ranks with /$labels" "$(cat out)" "$scores"
    done
done
job 0 predict plain $d --x /x --output plain.h5
job 3 predict names $d --x /x --output names.h5
expected=$(print_data plain.h5 /class | sed 's/^0$/-5000000000/; s/^1$/7/; s/^2$/100/')
check "classes are predicted by their labels" "$(print_data names.h5 /class | sort | uniq -c)" "$(sort <<<"$expected" | uniq -c)"
check "row by row" "$(print_data names.h5 /class | sha256sum)" "$(sha256sum <<<"$expected")"
check "probabilities are the same" "$(print_data names.h5 /prediction | sha256sum)" "$(print_data plain.h5 /prediction | sha256sum)"
job 0 predict sign $d --x /x --output sign.h5
check "two labels of a sigmoid" "$(print_data sign.h5 /class | sort -u | tr '\n' ' ')" "$(print_data sign.h5 /prediction | awk '{ print ($1 > 0.5 ? 1 : -1) }' | sort -u | tr '\n' ' ')"
check_contains "run.json tells the labels" "$(tr -d ' \n' <names/run.json)" '"classes":[-5000000000,7,100]'
job 0 info names
check_contains "info tells the labels" "$(cat out)" "-5000000000, 7, 100 are classes 0 to 2"
job 2 train $d --x /x --y /names "${net[@]}" --epochs 3 --output names --resume
check "labels go on with a resumed run" "$code" 0
job 0 train $d --x /x --y /y "${net[@]}" --epochs 3 --output plain --resume
check "with the bits of class numbers" "$(digest names/log.csv)" "$(digest plain/log.csv)"

# ---- what cannot be ----
errors "a label that was not trained" 3 "/y row 0" "none of the 3 labels that the model was trained with (-5000000000 to 100)" -- evaluate names $d --x /x --y /y
errors "a label that only validation has" 3 "/late row 750" "is 9" "(1 to 3)" -- train $d --x /x --y /late "${net[@]}" --validation-split 0.25
errors "more labels than units" 3 "!rank" "3 different labels (1, 2, 3), the last layer has 2 units" "'3 softmax'" \
    -- train $d --x /x --y /shifted --layers "8 relu, 2 softmax"
error "fewer labels than units" 0 3 "3 different labels (-5000000000, 7, 100), the last layer has 5 units" "'3 softmax'" \
    -- train $d --x /x --y /names --layers "8 relu, 5 softmax"
error "three labels for a sigmoid" 0 3 "3 different labels (0, 1, 2), the last layer is a single sigmoid for 2" -- train $d --x /x --y /y "${two[@]}"
errors "values instead of classes" 3 "!rank" "more than 1024 different labels" "linear layer" -- train data/many_labels.h5 "${net[@]}"
errors "labels that float64 does not tell apart" 3 "!rank" "/far row 2 (counted from 0) is a label of 2^53 or beyond" \
    "number the classes from 0" -- train $d --x /x --y /far --layers "8 relu, 2 softmax"
error "for a sigmoid too" 0 3 "/far row 2 (counted from 0) is a label of 2^53 or beyond" -- train $d --x /x --y /far "${two[@]}"
printf '%s\n' a,y 1,9007199254740991 2,9007199254740992 3,9007199254740993 >far.csv
job 0 convert far.csv far.h5 --target y
check_contains "in a table" "$(cat err)" "warning: far.csv line 3: the target is 2^53 or beyond, where whole numbers that differ become one"
error "which is no table of classes" 0 3 "is a label of 2^53 or beyond" -- train far.h5 --layers "2 softmax"
printf '%s\n' a,y 1,9007199254740990 2,-9007199254740991 3,9007199254740991 >near.csv
job 0 convert near.csv near.h5 --target y
check_lacks "below it they are told apart" "$(cat err)" "2^53"
check "as they are" "$(print_data near.h5 /train/y | tr '\n' ' ')" "9007199254740990 -9007199254740991 9007199254740991 "
job 0 train near.h5 --layers "3 softmax" --epochs 1 --output near
check_contains "and become classes" "$(cat err)" "-9007199254740991, 9007199254740990, 9007199254740991 become classes 0 to 2"
error "many labels, but countable" 0 3 "1000 different labels (0, 3, 6, 9, 12, 15, 18, 21, ... 2997)" -- train $d --x /x --y /count "${net[@]}"
finish

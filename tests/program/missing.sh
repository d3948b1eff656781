#!/usr/bin/env bash
# Missing values and constant columns: the same on 1, 2 and 3 ranks, and the same as training on a file that holds just these
# rows and values.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work"
d=data
net=(--layers "8 relu, dropout 0.1, 3 softmax" --epochs 2 --batch-size 64)
plain=(--layers "8 relu, 3 softmax" --epochs 2 --batch-size 64 --no-shuffle)

# ---- missing values ----
on_all "missing drop" $d/missing.h5 "${net[@]}" --missing drop
check_contains "dropped rows are counted" "$said" "train: 28 of 1000 rows have missing values and are dropped"
through_layout "rows dropped from a layout" "$(digests run)" $d/missing.h5 "${net[@]}" --missing drop
on_all "missing mean" $d/missing.h5 "${net[@]}" --missing mean
check_contains "what is filled is said" "$said" "missing values: 30 of the training rows' 6000, in 6 of 6 columns, are filled with the column's mean"
cp -r run mean
through_layout "values filled in a layout" "$(digests mean)" $d/missing.h5 "${net[@]}" --missing mean
on_all "missing zero" $d/missing.h5 "${net[@]}" --missing zero
cp -r run zero
check_contains "zeros are said" "$said" "are filled with 0"
on_all "missing mean, normalised, with validation" $d/missing.h5 "${net[@]}" --missing mean --normalize standard \
    --validation-split 0.3 --validation-method random
check_contains "the means are those of the training rows" "$said" "of the training rows' 4200"

# same NAME A B ARGUMENTS: the log of training on A is that on B with these arguments.
same() {
    local name=$1 a=$2 b=$3
    shift 3
    job 0 train "$a" "${plain[@]}" --output a --overwrite
    job 0 train "$b" "${plain[@]}" "$@" --output b --overwrite
    check "$name" "$(digest b/log.csv)" "$(digest a/log.csv)"
}
same "dropping is like a file without those rows" $d/missing_dropped.h5 $d/missing.h5 --missing drop
check "and the model learns the same" "$(learnt b)" "$(learnt a)"
same "means are like a file that holds them" $d/missing_mean.h5 $d/missing.h5 --missing mean
same "zeros are like a file that holds them" $d/missing_zero.h5 $d/missing.h5 --missing zero
job 0 info mean
check_contains "the model tells its means" "$(cat out)" "missing values: mean"
for how in mean zero; do
    for ranks in 0 3; do
        job $ranks predict $how $d/missing.h5 --output p.h5 --overwrite
        predicted=$(print_data p.h5 /prediction)
        job $ranks predict $how $d/missing_$how.h5 --output p.h5 --overwrite
        check "predictions with $how on $ranks ranks" "$(print_data p.h5 /prediction | sha256sum)" "$(sha256sum <<<"$predicted")"
    done
    job 3 evaluate $how $d/missing.h5
    scores=$(cat out)
    job 0 evaluate $how $d/missing_$how.h5
    check "scores with $how" "$(cat out)" "$scores"
done
job 0 evaluate run $d/missing.h5 --missing drop
check_contains "evaluate drops rows" "$(cat err)" "evaluated 972 rows"
message="missing.h5:/x row 5, column 0 is inf or too large for float32; 30 values in 28 of the 1000 rows are missing or infinite"
errors "missing values by default" 3 "!rank" "$message" "--missing drop" -- train $d/missing.h5 "${net[@]}"
errors "missing values in the second file" 3 "missing.h5:/x row 5, column 0 is inf" "in 28 of the 2000 rows" \
    -- train "$d/classes.h5,$d/missing.h5" "${net[@]}" --output never
cp $d/missing.h5 $d/more.h5
on_all "missing values in two files" "$d/missing.h5,$d/more.h5" "${net[@]}" --missing drop
check_contains "are dropped from both" "$said" "train: 56 of 2000 rows have missing values and are dropped"
job 0 train $d/classes.h5 "${net[@]}" --output classes
errors "missing values in evaluate" 3 "!rank" "$message" -- evaluate classes $d/missing.h5
errors "missing values in predict" 3 "!rank" "$message" -- predict classes $d/missing.h5
errors "missing values in the validation part" 3 "!rank" "$message" -- train $d/classes.h5 "${net[@]}" --validation-data $d/missing.h5
errors "missing targets" 3 "nan_target.h5:/y row 20, column 1 is nan; 1 value in 1 of the 1000 rows" "--missing drop" '!mean' \
    -- train $d/nan_target.h5 --layers "4, 2"
on_all "missing targets are dropped" $d/nan_target.h5 --layers "4, 2" --missing drop
check_contains "rows without target are counted" "$said" "1 of 1000 rows"
# Predictions need no targets: rows without are predicted too, of HDF5 files and of tables.
job 0 train $d/nan_target.h5 --layers "4, 2" --epochs 1 --missing drop --output values
for ranks in 0 2; do
    job $ranks predict values $d/nan_target.h5 --missing drop --output p.h5 --overwrite
    check_contains "rows without a target are predicted on $ranks ranks" "$(cat err)" "predicted 1000 rows"
done
printf 'a,b,t\n1,2,3\n2,3,5\n3,5,8\n' >known.csv
printf 'a,b,t\n1,2,\n2,,5\n3,5,\n4,5,9\n' >unknown.csv
job 0 convert known.csv known.h5 --target t
job 0 train known.h5 --layers "2, 1" --epochs 1 --output sums
job 0 predict sums unknown.csv --missing drop --output p.csv
check "rows of a table without a target are predicted" "$(cut -d, -f1 p.csv | xargs)" "row 0 2 3"
job 0 evaluate sums unknown.csv --missing drop
check_contains "and are not scored" "$(cat err)" "evaluated 1 rows"
errors "missing features alone are told of in predict" 3 "column 'b' is nan; 1 value in 1 of the 4 rows" -- predict sums unknown.csv --output never.csv
errors "missing choice" 2 "'missing' is 'average'" "error, drop, mean or zero" -- train $d/classes.h5 "${net[@]}" --missing average

# Going on fills in what the first leg did.
job 2 train $d/missing.h5 "${net[@]}" --missing mean --epochs 1 --output legs
job 3 train $d/missing.h5 "${net[@]}" --missing mean --output legs --resume
check "filled, stopped and gone on" "$(digests legs)" "$(digests mean)"
error "resume with another policy" 0 2 "'missing = mean'" "'missing = zero'" -- train $d/missing.h5 "${net[@]}" --missing zero \
    --epochs 3 --output legs --resume

# ---- constant columns ----
job 0 train $d/constant.h5 "${net[@]}" --normalize standard --output constant
check_contains "constant columns are named" "$code $(cat err)" "0 "
check_contains "constant columns are named" "$(cat err)" "2 of the features' 6 columns have the same value in all training rows and are of no use: columns 1, 4 (counted"
job 0 train $d/constant.h5 "${net[@]}" --normalize minmax --output constant --overwrite
check "minmax of constant columns" "$code" 0

finish

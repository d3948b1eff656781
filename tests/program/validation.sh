#!/usr/bin/env bash
# Which rows are trained on: validation rows by every method, and the limit; the same on 1, 2 and 3 ranks, and when resumed.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work"
d=data
net=(--layers "8 relu, dropout 0.1, 3 softmax" --epochs 2 --batch-size 64)

# ---- validation rows ----
for method in tail random stratified; do
    on_all "validation $method" $d/classes.h5 "${net[@]}" --validation-split 0.25 --validation-method $method
    check_contains "$method takes exactly a quarter" "$said" "validation: 250 rows"
    check_contains "$method leaves the rest" "$said" "train: 750 rows"
    cp -r run "$method"
done
on_all "validation group" $d/groups.h5 "${net[@]}" --validation-split 0.25 --validation-method group --validation-group /group
check_contains "groups are counted" "$said" "groups in /group"
check_contains "groups make nearly a quarter" "$said" "validation: 2"
cp -r run group
through_layout "groups beside a layout" "$(digests group)" $d/groups.h5 "${net[@]}" --validation-split 0.25 --validation-method group \
    --validation-group /group
job 0 train $d/groups.h5 "${net[@]}" --validation-split 0.25 --validation-method group --validation-group /table:1 --output column
check "groups from a column" "$(digests column)" "$(digests group)"
cp $d/groups.h5 beside.h5
for named in 'beside.h5:/group' '/table[1]' 'beside.h5:/table[-1]' 'beside.h5:/table:1'; do
    job 0 train $d/groups.h5 "${net[@]}" --validation-split 0.25 --validation-method group --validation-group "$named" --output column --overwrite
    check "groups named $named" "$(digests column)" "$(digests group)"
done
on_all "validation random of rows without missing values" $d/missing.h5 "${net[@]}" --missing drop --validation-split 0.25 \
    --validation-method stratified --seed 3
check_contains "a quarter of the rows kept" "$said" "validation: 243 rows"
through_layout "chosen from a layout" "$(digests run)" $d/missing.h5 "${net[@]}" --missing drop --validation-split 0.25 \
    --validation-method stratified --seed 3
told="train: 28 of 1000 rows with missing values dropped; validation: 243 of 972 rows, stratified, seed 3"
check_contains "run.json tells" "$(cat run/run.json)" "\"prepared\": \"$told\""
job 0 info run
check_contains "the model tells" "$(cat out)" "data        $told"
job 0 train $d/classes.h5 "${net[@]}" --validation-split 0.25 --validation-method random --seed 1 --output other_seed
check_lacks "another seed takes other rows" "$(digests other_seed)" "$(digests random)"
val_loss=$(awk -F, 'NR == 1 { while ($++i != "val_loss"); } END { print $i }' random/log.csv)
job 3 evaluate random $d/classes.h5 --part validation --validation-split 0.25 --validation-method random
check "evaluate finds the same rows" "$(awk '$1 == "loss" { print $2 }' out)" "$val_loss"
job 0 predict random $d/classes.h5 --part validation --validation-split 0.25 --validation-method random --output p.h5 --overwrite
check "their rows are told" "$(print_data p.h5 /row | wc -l)" 250
check "in ascending order" "$(print_data p.h5 /row | sort -n -u)" "$(print_data p.h5 /row)"

split=(--validation-split 0.25)
error "method without split" 0 2 "--validation-method random needs --validation-split" -- train $d/classes.h5 "${net[@]}" --validation-method random
error "group method without groups" 0 2 "needs --validation-group" -- train $d/classes.h5 "${net[@]}" "${split[@]}" --validation-method group
error "groups without the method" 0 2 "--validation-method group" -- train $d/groups.h5 "${net[@]}" "${split[@]}" --validation-group /group
errors "missing groups" 3 "no dataset /groupe" "did you mean /group?" -- train $d/groups.h5 "${net[@]}" "${split[@]}" --validation-method group --validation-group /groupe
error "groups of several columns" 0 2 "/table has 2 columns" "/table[0]" -- train $d/groups.h5 "${net[@]}" "${split[@]}" --validation-method group --validation-group /table
error "groups in a column that is not there" 0 3 "there is no column '2'" "from 0 to 1" -- train $d/groups.h5 "${net[@]}" "${split[@]}" --validation-method group --validation-group /table:2
error "a single group" 0 3 "leave 1000 of 1000 rows" -- train $d/one_group.h5 "${net[@]}" "${split[@]}" --validation-method group --validation-group /group
error "stratified by values" 0 3 "more than 65536" -- train $d/many_values.h5 --layers 1 "${split[@]}" --validation-method stratified

# ---- resuming needs the same validation rows ----
for method in tail random stratified; do
    cp -r $method again
    job 2 train $d/classes.h5 "${net[@]}" "${split[@]}" --validation-method $method --epochs 3 --output again --resume
    check "resumed with $method" "$code" 0
    job 0 train $d/classes.h5 "${net[@]}" "${split[@]}" --validation-method $method --epochs 3 --output whole --overwrite
    check "resumed with $method: bits" "$(digests again)" "$(digests whole)"
    rm -rf again
done
errors "resume with another method" 2 "'validation-method = random'" "'validation-method = stratified'" \
    -- train $d/classes.h5 "${net[@]}" "${split[@]}" --validation-method stratified --epochs 3 --output random --resume
errors "resume with another share" 2 "'validation-split = 0.25'" -- train $d/classes.h5 "${net[@]}" --validation-split 0.2 --epochs 3 --output tail --resume
job 0 train $d/classes.h5 "${net[@]}" --validation-data $d/parts.h5 --output parts
errors "resume with other validation rows" 3 "200 validation rows, this run has 20" \
    -- train $d/classes.h5 "${net[@]}" --validation-data $d/few.h5 --epochs 3 --output parts --resume
errors "resume with other values in them" 3 "other validation rows, or other values" \
    -- train $d/classes.h5 "${net[@]}" --validation-data $d/changed.h5 --epochs 3 --output parts --resume
errors "resume without validation rows" 2 "with validation rows" "none" \
    -- train $d/classes.h5 "${net[@]}" --validation-data "" --epochs 3 --output parts --resume
job 0 train $d/classes.h5 "${net[@]}" --epochs 3 --output parts --resume
check_contains "those that are not named are the run's" "$code $(<err)" "validation: 200 rows"
errors "resume with other groups" 3 "other" -- train $d/groups.h5 "${net[@]}" "${split[@]}" --validation-method group --validation-group /table:0 --epochs 3 --output group --resume

# ---- several files of validation rows ----
mkdir v
cp $d/few.h5 v/a.h5
cp $d/changed.h5 v/b.h5
on_all "validation by a pattern" $d/classes.h5 "${net[@]}" --validation-data 'v/*.h5'
check_contains "rows of both files" "$said" "validation: 220 rows x"
check_contains "which are named" "$said" "v/a.h5:/x and 1 more files"
mv run pattern
job 0 train $d/classes.h5 "${net[@]}" --validation-data v/a.h5,v/b.h5 --output list
check "validation by a list" "$(digests list)" "$(digests pattern)"
job 0 train $d/classes.h5 "${net[@]}" --validation-x 'v/*.h5:/x' --validation-y 'v/*.h5:/y' --output named
check "validation by paths" "$(digests named)" "$(digests pattern)"
cp $d/parts.h5 v/c.h5
cp $d/parts.h5 v/d.h5
job 0 train $d/classes.h5 "${net[@]}" --validation-data 'v/[cd].h5:/holdout' --output group_of_files
check_contains "a group in several files" "$(cat err)" "validation: 180 rows x"
errors "a pattern that fits nothing" 3 "v/z*.h5" "no file fits this pattern" -- train $d/classes.h5 "${net[@]}" --validation-data 'v/z*.h5'

# ---- the limit ----
on_all "limited rows" $d/classes.h5 "${net[@]}" --limit-rows 20
check_contains "the limit is said" "$said" "20 of 1000 training rows are used"
job 0 train $d/few.h5 "${net[@]}" --output few
check "the first rows" "$(learnt run)" "$(learnt few)"
job 0 train $d/few.h5 "${net[@]}" --limit-rows 5000 --output far --overwrite
check "a limit beyond the rows" "$code" 0
finish

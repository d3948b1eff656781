#!/usr/bin/env bash
# Names of columns, categories and classes: wherever data meets a model or other data, columns that stand in another order
# give the bits and scores of those in order, and what cannot be put in order is refused with both sides named.
#
#   command   route
#   train     files of a pattern, /validation, --validation-data, --validation-x, /test, --init, --resume, --memory
#   evaluate  HDF5 of one file, a list, chosen columns, side by side, turned, CSV; --part train, all; --missing drop
#   predict   HDF5, CSV
#   info      the parts of a file
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
exec </dev/null

recipe=(--layers "6 relu, 3 softmax" --normalize standard --epochs 3 --batch-size 32 --checkpoint-every never)
names=classes=ant,bee,cat

# trained NAME RANKS EXPECTED ARGUMENTS...: the digests of a run
trained() {
    local name=$1 ranks=$2 expected=$3
    shift 3
    rm -rf run
    job "$ranks" train "$@" "${recipe[@]}" --output run
    check "$name" "$code$(error_lines) $(digests run 2>/dev/null)" "0 $expected"
}
# scored NAME RANKS EXPECTED ARGUMENTS...: what evaluate prints
scored() {
    local name=$1 ranks=$2 expected=$3
    shift 3
    job "$ranks" evaluate "$@"
    check "$name" "$code$(error_lines) $(<out)" "0 $expected"
}

make abc.h5 train:0:300:abc:$names validation:300:100:abc:$names test:400:200:abc:$names
make cab.h5 train:0:300:cab:$names validation:300:100:cab:$names test:400:200:cab:$names
make mixed.h5 train:0:300:abc:$names validation:300:100:cab:$names test:400:200:bca:$names
make more.h5 train:0:300:abc:$names validation:300:100:zcab:$names test:400:200:dbzca:$names
make less.h5 train:0:300:ab:$names test:400:200:ab:$names
make plain.h5 train:0:300:abc:plain validation:300:100:abc:plain test:400:200:abc:plain

# ---- train ----
job 0 train abc.h5 "${recipe[@]}" --output model
model=$(digests model)
tested=$(grep 'test part' err)
check_contains "the model knows its columns" "$(job 0 info model && cat out)" "columns     a, b, c; target /train/y (3 classes)"
trained "parts in another order" 0 "$model" mixed.h5
check "and their test scores" "$(grep 'test part' err)" "$tested"
check_contains "are said" "$(<err)" "the columns of mixed.h5:/validation/x are taken in the order of mixed.h5:/train/x, by their names"
trained "parts with further columns" 0 "$model" more.h5
check_contains "are said" "$(<err)" "2 others are passed over"
job 0 train abc.h5 "${recipe[@]}" --shuffle-window 8 --output windows
trained "parts in another order, streamed on 3 ranks" 3 "$(digests windows)" mixed.h5 --shuffle-window 8 --memory 1KiB
job 0 train plain.h5 "${recipe[@]}" --output unnamed
check "names change no weights" "$(print_data unnamed/model.weights.h5 /model_weights/dense_1/dense_1/kernel:0 | sha256sum) $(digest unnamed/log.csv)" \
    "$(print_data model/model.weights.h5 /model_weights/dense_1/dense_1/kernel:0 | sha256sum) $(digest model/log.csv)"
check "without names the model has none" "$(job 0 info unnamed && grep -c columns out)" 0

make train.h5 train:0:300:abc:$names
make outside.h5 :300:100:bac:$names other:300:100:cba:$names
make inside.h5 train:0:300:abc:$names validation:300:100:abc:$names
make beside.h5 train:0:300:abc:$names u:300:100:bca:$names
job 0 train inside.h5 "${recipe[@]}" --output validated
validated=$(digests validated)
trained "--validation-data" 0 "$validated" train.h5 --validation-data outside.h5
trained "--validation-data with a group" 0 "$validated" train.h5 --validation-data outside.h5:/other
trained "--validation-x" 0 "$validated" beside.h5 --x /train/x --y /train/y --validation-x /u/x --validation-y /u/y

make whole.h5 :0:300:abc:$names
make part-1.h5 :0:100:abc:$names
make part-2.h5 :100:50:bca:$names
make part-3.h5 :150:150:cab:$names
make part-0.h5 :0:100:abc:plain
job 0 train whole.h5 "${recipe[@]}" --output whole
trained "files in other orders" 0 "$(digests whole)" 'part-[123].h5'
trained "files in other orders on 3 ranks" 3 "$(digests whole)" part-1.h5,part-2.h5,part-3.h5
job 0 train whole.h5 --x '/x[c,a]' --y /y "${recipe[@]}" --output chosen
trained "columns chosen from files in other orders" 0 "$(digests chosen)" 'part-[123].h5' --x '/x[c,a]' --y /y
rm -rf run && job 0 train part-0.h5,part-2.h5 "${recipe[@]}" --output run
check_contains "a file without names" "$code $(<err)" "the columns of part-0.h5:/x have no names; their order is taken to be that of part-2.h5:/x"

# ---- another model's rows ----
job 0 train abc.h5 --init model --epochs 2 --checkpoint-every never --output further
job 0 train cab.h5 --init model --epochs 2 --checkpoint-every never --output moved
check "--init" "$code $(digests moved)" "0 $(digests further)"
job 2 train abc.h5 --layers "6 relu, 3 softmax" --epochs 4 --batch-size 32 --output unbroken
job 0 train abc.h5 --layers "6 relu, 3 softmax" --epochs 2 --batch-size 32 --output broken
job 3 train cab.h5 --layers "6 relu, 3 softmax" --epochs 4 --batch-size 32 --output broken --resume
check "--resume" "$code$(error_lines) $(digests broken)" "0 $(digests unbroken)"

# ---- evaluate ----
job 0 evaluate model abc.h5
score=$(<out)
scored "evaluate" 0 "$score" model cab.h5
scored "evaluate on 3 ranks" 3 "$score" model mixed.h5
scored "a further column without values" 0 "$score" model more.h5
scored "which drops no row" 0 "$score" model more.h5 --missing drop
scored "chosen columns" 0 "$score" model cab.h5 --x '/test/x[b,c,a]' --y /test/y
scored "side by side" 0 "$score" model cab.h5 --x '/test/x[c],/test/x[1:]' --y /test/y
make turned.h5 :400:200:cba:turned:$names
scored "samples on the last axis" 0 "$score" model turned.h5 --samples-axis last
make first.h5 :400:50:bac:$names
make second.h5 :450:150:acb:$names
scored "a list of files" 2 "$score" model first.h5,second.h5
job 0 evaluate model abc.h5 --part train
scored "the training part" 0 "$(<out)" model cab.h5 --part train
job 0 evaluate model abc.h5 --part all
scored "all parts" 0 "$(<out)" model mixed.h5 --part all
scored "without names in order" 0 "$score" model plain.h5
check_contains "is said" "$(<err)" "the columns of plain.h5:/test/x have no names; their order is taken to be that of the model"
job 0 evaluate unnamed cab.h5
check_contains "of the model, too" "$code $(<err)" "the model knows no names of columns; their order is taken to be that of cab.h5:/test/x"
job 0 evaluate model less.h5 --part train
check "a part that is not scored may be anything" "$(make half.h5 train:0:300:ab:$names test:400:200:cab:$names && job 0 evaluate model half.h5 && cat out)" "$score"

# ---- predict, CSV ----
job 0 predict model abc.h5 --output abc.csv
job 0 predict model cab.h5 --output cab.csv
check "predict" "$code $(digest cab.csv)" "0 $(digest abc.csv)"
check "classes have their names" "$(head -n 1 cab.csv)" "row,class,probability_ant,probability_bee,probability_cat"
printf 'd,c,a,b,y\n1,0.25,0.5,0.125,ant\n' >row.csv
printf 'a,b,c\n0.5,0.125,0.25\n' >order.csv
job 0 predict model order.csv --output order-p.csv
job 0 predict model row.csv --output row-p.csv
check "a table by names of HDF5 columns" "$code $(digest row-p.csv)" "0 $(digest order-p.csv)"
scored "and its target by the name of y" 0 "$(job 0 evaluate model row.csv && cat out)" model row.csv
error "a table for a model without names" 0 3 "a model that knows its columns" -- predict unnamed row.csv --output no.csv

# ---- targets ----
make pq.h5 train:0:300:abc:targets=pq test:400:200:abc:targets=pq
make qp.h5 train:0:300:bca:targets=qp test:400:200:bca:targets=qp
make q.h5 test:400:200:abc:targets=q
job 0 train pq.h5 --layers "6 relu, 2" --epochs 3 --output two
job 0 evaluate two pq.h5
scored "targets in another order" 0 "$(<out)" two qp.h5
error "a target that is not there" 3 3 "q.h5:/test/y has no column 'p', which the model has" -- evaluate two q.h5
job 0 predict two q.h5 --output q.csv
check "predictions do without, and have the targets' names" "$code $(head -n 1 q.csv)" "0 row,p,q"

# ---- refused ----
errors "a column that is not there: evaluate" 3 "less.h5:/test/x has no column 'c', which the model has" "it has 'a', 'b'" -- evaluate model less.h5
error "predict" 0 3 "less.h5:/test/x has no column 'c'" -- predict model less.h5 --output no.csv
error "--init" 0 3 "less.h5:/train/x has no column 'c', which the model of --init model has" -- train less.h5 --init model --output no
error "--resume" 0 3 "less.h5:/train/x has no column 'c', which the run in unbroken has" -- train less.h5 --layers "6 relu, 3 softmax" \
    --epochs 5 --batch-size 32 --output unbroken --resume
make odd.h5 train:0:300:abc:$names test:400:200:abd:$names
errors "a part" 3 "odd.h5:/test/x has no column 'c', which odd.h5:/train/x has" -- train odd.h5 "${recipe[@]}" --output no
job 0 info odd.h5
check_contains "info" "$code $(<out)" "odd.h5:/test/x has no column 'c', which odd.h5:/train/x has"
error "--validation-data" 0 3 "less.h5:/train/x has no column 'c'" -- train train.h5 "${recipe[@]}" --validation-data less.h5 --output no
make part-4.h5 :0:50:abd:$names
error "a file of a list" 0 3 "part-4.h5:/x has no column 'c', which part-1.h5:/x has" -- train part-1.h5,part-4.h5 "${recipe[@]}" --output no
make zoo.h5 train:0:300:abc:classes=bee,cat,dog test:400:200:abc:classes=bee,cat,dog
error "other classes" 0 3 "'bee', 'cat', 'dog' in zoo.h5:/test/y" "'ant', 'bee', 'cat' in the model" "(attribute class_names)" -- evaluate model zoo.h5
job 0 predict model zoo.h5 --output zoo.csv
check "are nothing to predictions" "$code $(digest zoo.csv)" "0 $(digest abc.csv)"
error "--init with other classes" 0 3 "'bee', 'cat', 'dog' in zoo.h5:/train/y" -- train zoo.h5 --init model --output no
make part-5.h5 :0:50:abc:classes=bee,cat,dog
error "a file with other classes" 0 3 "in part-5.h5:/y" "in part-1.h5:/y" -- train part-1.h5,part-5.h5 "${recipe[@]}" --output no
make fewer.h5 test:400:200:cab:classes=ant,bee
job 0 evaluate model fewer.h5
check "classes that begin alike" "$code $(<out)" "0 $score"

# ---- classes alone ----
make only.h5 train:0:300:abc:plain:$names test:400:200:abc:plain:$names
make only-zoo.h5 test:400:200:abc:plain:classes=bee,cat,dog
job 0 train only.h5 "${recipe[@]}" --output only
job 0 predict only only.h5 --output only.csv
check "classes have names where columns have none" "$code $(head -n 1 only.csv)" "0 row,class,probability_ant,probability_bee,probability_cat"
check "and the same predictions" "$(digest only.csv)" "$(digest abc.csv)"
error "which are compared" 3 3 "'bee', 'cat', 'dog' in only-zoo.h5:/test/y" -- evaluate only only-zoo.h5
error "and find no columns of a table" 0 3 "a model that knows its columns" -- predict only row.csv --output no.csv
job 0 train only.h5 --resume --output only --epochs 4
check "and can be resumed" "$code$(error_lines)" 0

# ---- names that are none, libsvm's indices, encodings ----
make twice.h5 train:0:300:aab test:400:200:aab
job 0 train twice.h5 "${recipe[@]}" --output twice
check "a name that is there twice names nothing" "$code $(job 0 info twice && grep -c 'columns  ' out)" "0 0"
make ones.h5 train:0:300:abc:plus=1:$names
rm -rf run && job 0 train ones.h5 "${recipe[@]}" --output run
check_contains "labels from 1 do not go with names from 0" "$code $(<err)" "3 names of classes are not used: they count labels from 0, and the labels go up to 3"
make one.h5 train:0:300:abc:index=1 test:400:200:abc:index=1
make zero.h5 test:400:200:dabc:index=0
make short.h5 test:400:200:ab:index=1
job 0 train one.h5 "${recipe[@]}" --output one
job 0 evaluate one one.h5
scored "indices from 0" 0 "$(<out)" one zero.h5
error "an index that is not there" 0 3 "short.h5:/test/x has no column 'index 3'" "--first-index and --features" -- evaluate one short.h5

encoding() { # CATEGORIES OFFSET [KIND]
    printf 'encoding={"format": 2, "header": true, "columns": [{"name": "a", "role": "feature", "kind": "number", "offset": %s}, {"name": "b", "role": "feature", "kind": "%s"%s}, {"name": "c", "role": "feature", "kind": "number"}, {"name": "kind", "role": "target", "kind": "integer"}, {"name": "id", "role": "id", "kind": "integer"}]}' \
        "$2" "${3:-codes}" "$([ "${3:-codes}" = number ] || printf ', "categories": [%s]' "$1")"
}
make table.h5 train:0:300:abc:plain "$(encoding '"x", "y"' 5)"
make same.h5 test:400:200:abc:plain "$(encoding '"x", "y"' 5)"
make words.h5 test:400:200:abc:plain "$(encoding '"v", "x", "y"' 5)"
make numbers.h5 test:400:200:abc:plain "$(encoding '' 5 number)"
make offset.h5 test:400:200:abc:plain "$(encoding '"x", "y"' 6)"
job 0 train table.h5 "${recipe[@]}" --output table
job 0 evaluate table same.h5
check "a table of the same kind" "$code$(error_lines)" 0
check_lacks "without remarks" "$(<err)" "order"
error "other categories" 0 3 "'v', 'x', 'y' in words.h5:/test/x" "'x', 'y' in the model" "--like RUN" -- evaluate table words.h5
error "another kind" 0 3 "column 'b' is a number in numbers.h5:/test/x, and the number of a category in the model" -- evaluate table numbers.h5
error "another offset" 0 3 "column 'a' is stored less 6 in offset.h5:/test/x, and less 5 in the model" -- predict table offset.h5 --output no.csv
error "no offset" 0 3 "column 'a' is stored as float32 in abc.h5:/test/x, and less 5 in the model" -- evaluate table abc.h5
error "no names for an offset" 0 3 "column 'a' is stored as float32 in plain.h5:/test/x" -- evaluate table plain.h5
error "a part of another kind" 0 3 "less 6" -- train table.h5 --validation-data offset.h5:/test "${recipe[@]}" --output no
finish

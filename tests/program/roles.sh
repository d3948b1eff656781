#!/usr/bin/env bash
# Columns of tables that are no features, and rows that can be told apart: weights, groups and identifiers beside the features;
# test rows that are stratified, or whole groups, with their numbers; predictions that join the rows they are of, into every
# form of output, from a table, an HDF5 file, standard input, on any number of ranks.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"

converts() { # NAME ARGUMENTS...
    local name=$1
    shift
    job 0 convert "$@"
    check "$name" "$code$(error_lines)" 0
}

predicts() { # NAME RANKS ARGUMENTS...
    local name=$1 ranks=$2
    shift 2
    job "$ranks" predict "$@" --overwrite
    check "$name ($ranks ranks)" "$code$(error_lines)" 0
}

# 400 rows of 50 shops; the rarest kind is every tenth. Tickets are beyond what a float64 tells apart; names have commas.
awk 'BEGIN {
    srand(11); print "ticket,shop,weight,width,name,colour,kind"
    for (i = 0; i < 400; i++) {
        w = int(rand() * 1000) / 100; kind = i % 10 == 3 ? "rare" : w > 5 ? "wide" : "slim"
        printf("90071992547409%05d,%s,%g,%g,\"n%d, %s\",%s,%s\n", 3 * i + 1, "s" (i * 7 % 50), (i % 4) / 2, w, i, i % 3 ? "é" : "x",
            i % 2 ? "red" : "blue", kind)
    }
}' >table.csv
roles=(--weights weight --group shop --id "name,ticket")

# ---- beside the features ----
converts "weights, groups, identifiers" table.csv table.h5 --target kind "${roles[@]}"
check_contains "are no features" "$(<err)" "400 rows, 7 columns, 3 features"
check_contains "but datasets" "$(<err)" "/train/x float32 (400, 3), /train/y int32 (400), /train/id_ticket int64 (400), /train/group int64 (400), /train/w float32 (400), /train/id_name text (400)"
check_contains "which is said column by column" "$(<err)" "2 shop: group of the row, codes of text; kept as /train/group"
check "weights are the table's" "$(print_data table.h5 /train/w)" "$(tail -n +2 table.csv | cut -d, -f3)"
check "groups are numbered by their texts" "$(print_data table.h5 /train/group)" \
    "$(tail -n +2 table.csv | cut -d, -f2 | awk 'NR == FNR { number[$1] = NR - 1; next } { print number[$1] }' \
        <(tail -n +2 table.csv | cut -d, -f2 | LC_ALL=C sort -u) -)"
job 0 info table.h5
check_contains "info tells the features" "$(<out)" "width, colour (2 categories); target kind (3 classes)"
job 0 train table.h5 --layers "3 softmax" --validation-split 0.25 --validation-method random --output unused
check_contains "weights that are not used are warned of" "$(<err)" "table.h5 has weights of its rows ('weight'), and they are not used: give --sample-weights /train/w"
check_contains "groups that are torn apart too" "$(<err)" "--validation-method group --validation-group /train/group"
job 0 train table.h5 --layers "3 softmax" --validation-split 0.25 --validation-method group --validation-group /train/group \
    --sample-weights /train/w --output used
check "used they are not" "$code$(grep -c warning err)" 00
check_contains "and whole groups validate" "$(<err)" "of the 50 groups in /train/group"
sed 's/^9/08/' table.csv >zeros.csv
converts "identifiers with zeros in front" zeros.csv zeros.h5 --target kind --id ticket --ignore name
check_contains "stay texts" "$(<err)" "/train/id text (400)"
for bad in 'NA' '-1' 'x' 'inf' '1e39' ''; do
    awk -F, -v OFS=, -v bad="$bad" 'NR == 31 { $3 = bad } { print }' table.csv >bad.csv
    error "a weight '$bad'" 0 3 "bad.csv line 31: the weight 'weight' is" "expected a number from 0 up" -- \
        convert bad.csv no.h5 --target kind "${roles[@]}"
done
awk -F, -v OFS=, 'NR == 77 { $2 = "" } { print }' table.csv >bad.csv
error "a row without a group" 0 3 "bad.csv line 77: the group 'shop' is missing" -- convert bad.csv no.h5 --target kind "${roles[@]}"
printf 'a;w;y\n1;0,25;1\n2;1.500,5;0\n' >comma.csv
converts "weights with a decimal comma" comma.csv comma.h5 --target y --weights w --decimal , --thousands .
check "are numbers like others" "$(print_data comma.h5 /train/w | paste -sd' ')" "0.25 1500.5"
printf 'a,id,y\n1,\xff,0\n' >bad.csv
error "identifiers that are not UTF-8" 0 3 "bad.csv line 2: the identifier in column 'id' is not UTF-8" -- convert bad.csv no.h5 --target y --id id
error "two weights" 0 2 "--weights names more than 1 column" -- convert table.csv no.h5 --target kind --weights weight,width
error "two roles" 0 2 "column 'shop' is in --id and in --group" -- convert table.csv no.h5 --target kind --group shop --id shop
error "no such column" 0 2 "--id: table.csv has no column 'tickets'; did you mean 'ticket'?" -- convert table.csv no.h5 --target kind --id tickets
printf '1 1:2\n' >a.svm
error "roles of libsvm" 0 2 "--id means nothing for a.svm" -- convert a.svm no.h5 --id 1

# ---- a written index ----
for name in '' 'Unnamed: 0'; do
    awk -F, -v OFS=, -v name="$name" '{ print NR == 1 ? name : NR - 2, $4, $7 }' <(sed 's/"[^"]*"/n/' table.csv) >index.csv
    converts "an index without a name '$name'" index.csv index.h5 --target kind --overwrite
    check_contains "is warned of '$name'" "$(<err)" "warning: index.csv: column 1 has no name and counts the rows"
    job 0 info index.h5
    check_contains "in info too '$name'" "$(tr -s ' ' <out)" "counter column ${name:-1} holds the rows' numbers"
    converts "told from rows '$name'" index.csv index.h5 --target kind --id 1 --overwrite
    check "quietly '$name'" "$(grep -c warning err) $(print_data index.h5 /train/id | sed -n '1p;$p' | paste -sd' ')" "0 0 399"
done
sed -i '200s/^[0-9]*/7/' index.csv
converts "what counts but once" index.csv index.h5 --target kind --overwrite
check_lacks "is a feature like others" "$(<err)" "warning"

# ---- the order of the targets ----
converts "two targets in another order" table.csv pair.h5 --target width,weight --ignore name,ticket,shop
check "which is not that of the table" "$(print_data pair.h5 /train/y | cut -d' ' -f2)" "$(tail -n +2 table.csv | cut -d, -f3)"
job 0 train pair.h5 --layers "2" --loss mse --output pair
predicts "values" 0 pair pair.h5 --output pair.csv
check "are called by their targets" "$(head -n 1 pair.csv)" "row,width,weight"
job 0 evaluate pair pair.h5
score=$(<out)
job 2 evaluate pair table.csv
check "and so it is with the table" "$code $(<out)" "0 $score"

# ---- the test part ----
converts "stratified test rows" table.csv split.h5 --target kind "${roles[@]}" --test-split 0.2 --test-method stratified --seed 3
check "have each kind's share" "$(print_data split.h5 /test/y | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -sd' ')" \
    "$(tail -n +2 table.csv | sed 's/.*,//' | sort | uniq -c | awk '{ printf("%s%d:%d", NR > 1 ? " " : "", NR - 1, int($1 / 5 + 0.5)) }')"
check "and their numbers in the table" "$(paste -d' ' <(print_data split.h5 /test/row) <(print_data split.h5 /test/w))" \
    "$(awk -F, 'NR == FNR { wanted[$1]; next } FNR > 1 && FNR - 2 in wanted { print FNR - 2, $3 }' <(print_data split.h5 /test/row) table.csv)"
check "each row is in one part" "$(print_data split.h5 /train/row | cat - <(print_data split.h5 /test/row) | sort -n)" "$(seq 0 399)"
first=$(digest split.h5)
converts "the same again" table.csv split.h5 --target kind "${roles[@]}" --test-split 0.2 --test-method stratified --seed 3 --overwrite
check "gives the same bytes" "$(digest split.h5)" "$first"
converts "whole groups" table.csv groups.h5 --target kind "${roles[@]}" --test-split 0.2 --test-method group
check "are never parted" "$(comm -12 <(print_data groups.h5 /train/group | sort -u) <(print_data groups.h5 /test/group | sort -u))" ""
check "and come near the share" "$(print_data groups.h5 /test/row | wc -l)" 80
awk -F, -v OFS=, 'NR % 9 == 4 { $NF = "NA" } { print }' table.csv >gaps.csv
converts "numbers count dropped rows" gaps.csv gaps.h5 --target kind "${roles[@]}" --missing drop --test-split 0.1
check "as well" "$(print_data gaps.h5 /train/row | cat - <(print_data gaps.h5 /test/row) | sort -n)" \
    "$(awk -F, 'NR > 1 && $NF != "NA" { print NR - 2 }' gaps.csv)"
error "stratified values" 0 2 "--test-method stratified: table.csv has no classes" "this is float32" -- \
    convert table.csv no.h5 --target width --ignore name,ticket --test-split 0.2 --test-method stratified
error "groups that are not named" 0 2 "--test-method group: name the column" -- convert table.csv no.h5 --target kind --ignore name,ticket --test-split 0.2 --test-method group
printf 'g,a\n1,2\n1,3\n1,4\n' >one.csv
error "a single group" 0 2 "the groups of column 'g' give 0 of 3 rows" -- convert one.csv no.h5 --target none --group g --test-split 0.34 --test-method group
printf '\0\0\10\3\0\0\0\6\0\0\0\1\0\0\0\2abcdefghijkl' >images
printf '\0\0\10\1\0\0\0\6\0\1\0\1\0\1' >labels
converts "arrays, stratified" images idx.h5 --target labels --test-split 0.34 --test-method stratified
check "by their labels" "$(print_data idx.h5 /test/y | sort | paste -sd' ')" "0 1"
check "with their rows" "$(print_data idx.h5 /test/x | awk '{ print ($1 - 97) / 2 }')" "$(print_data idx.h5 /test/row)"

# ---- predictions and their rows ----
job 0 train split.h5 --layers "8 relu, 3 softmax" --epochs 3 --sample-weights /train/w --output run
predicts "a table" 0 run table.csv --output table-p.csv
check "has its rows, identifiers, classes and chances" "$(head -n 1 table-p.csv)" \
    "row,name,ticket,class,probability_rare,probability_slim,probability_wide"
check "as they stand in it" "$(tail -n +2 table-p.csv | sed 's/\(.*".*",[^,]*\),.*/\1/')" \
    "$(awk 'NR > 1 { match($0, /"[^"]*"/); name = substr($0, RSTART, RLENGTH); split($0, f, ","); print NR - 2 "," name "," f[1] }' table.csv)"
predicts "a table" 3 run table.csv --output ranks.csv
check "is the same on 3 ranks" "$(digest ranks.csv)" "$(digest table-p.csv)"
for ranks in 0 3; do
    predicts "the test part" "$ranks" run split.h5 --output test.csv
    check "are the table's rows ($ranks ranks)" "$(tail -n +2 test.csv)" \
        "$(awk -F, 'NR == FNR { wanted[$1]; next } $1 in wanted' <(print_data split.h5 /test/row) table-p.csv)"
done
predicts "all parts" 0 run split.h5 --part all --output all.csv
check "are all rows" "$(tail -n +2 all.csv | sort -n -t, -k1,1)" "$(tail -n +2 table-p.csv)"
cp split.h5 second.h5
predicts "several files" 2 run 'split.h5,second.h5' --x /test/x --output twice.csv
check "have rows and identifiers of each" "$(tail -n +2 twice.csv)" "$(tail -n +2 test.csv && tail -n +2 test.csv)"
predicts "chosen columns" 0 run split.h5 --x '/test/x[0:3]' --output chosen.csv
check "do not lose them" "$(digest chosen.csv)" "$(digest test.csv)"
predicts "HDF5" 0 run split.h5 --output p.h5
check "has the rows" "$(print_data p.h5 /row)" "$(print_data split.h5 /test/row)"
job 0 info p.h5
check_contains "and identifiers, numbers as numbers" "$(tr -s ' ' <out)" "/id_name (80) string"
check_contains "in their types" "$(tr -s ' ' <out)" "/id_ticket (80) int64"
predicts "of the table too" 3 run table.csv --output p3.h5
check "the same predictions" "$(print_data p3.h5 /prediction | awk 'NR == FNR { wanted[$1]; next } FNR - 1 in wanted' <(print_data p.h5 /row) -)" \
    "$(print_data p.h5 /prediction)"
check "and rows" "$(print_data p3.h5 /row)" "$(seq 0 399)"
predicts "rows without a target" 0 run gaps.csv --missing drop --output gaps-p.csv
check "all of them" "$(digest gaps-p.csv)" "$(digest table-p.csv)"
awk -F, -v OFS=, 'NR % 9 == 4 { $4 = "NA" } { print }' table.csv >holes.csv
predicts "rows with gaps" 0 run holes.csv --missing drop --output holes-p.csv
check "keep their numbers" "$(tail -n +2 holes-p.csv)" \
    "$(awk -F, 'NR == FNR { if (FNR > 1 && $4 != "NA") kept[FNR - 2]; next } $1 in kept' holes.csv table-p.csv)"
sed '1s/ticket/number/' table.csv >renamed.csv
predicts "a table without one of the identifiers" 0 run renamed.csv --output renamed-p.csv
check "has the others" "$(head -n 1 renamed-p.csv)" "row,name,class,probability_rare,probability_slim,probability_wide"

# ---- identifiers of other people's files ----
make natural.h5 train:0:50:ab test:50:50:ab:id=9223372036854775808
make real.h5 test:50:50:ab:real=1000000
make few.h5 test:50:50:ab:few=7
job 0 train natural.h5 --layers "3 softmax" --output ids
for ranks in 0 2; do
    predicts "identifiers from 2^63 up" "$ranks" ids natural.h5 --output natural.csv
    check "are those ($ranks ranks)" "$(cut -d, -f2 natural.csv | sed -n '1,3p;$p' | paste -sd' ')" \
        "id 9223372036854775808 9223372036854775809 9223372036854775857"
done
predicts "to HDF5" 0 ids natural.h5 --output natural-p.h5
job 0 info natural-p.h5
check_contains "in their type" "$(tr -s ' ' <out)" "/id (50) uint64"
check "and as they were" "$(print_data natural-p.h5 /id)" "$(print_data natural.h5 /test/id)"
predicts "identifiers that are not whole" 0 ids real.h5 --output real.csv
check "are not rounded" "$(cut -d, -f2 real.csv | sed -n '1,3p' | paste -sd' ')" "id 1000000 1000000.5"
predicts "as many identifiers as features" 0 ids few.h5 --output few.csv
check "are not the rows'" "$(head -n 1 few.csv)" "row,class,probability_0,probability_1,probability_2"

# ---- names of outputs, standard input and output ----
for suffix in tsv tab txt; do
    predicts "to .$suffix" 0 run table.csv --output "p.$suffix"
    check "has tabs" "$(head -n 1 "p.$suffix" | tr '\t' ,)" "$(head -n 1 table-p.csv)"
done
check "to .tsv: the same fields" "$(tr '\t' , <p.tsv | digest /dev/stdin)" "$(digest table-p.csv)"
job 0 predict run table.csv --output p.csv.gz
if grep -q "built without zlib" err; then
    echo "SKIPPED: packed output, for which this build has no zlib"
else
    check "to .csv.gz: the same text" "$(gzip -dc p.csv.gz | digest /dev/stdin)" "$(digest table-p.csv)"
    first=$(digest p.csv.gz)
    predicts "again" 2 run table.csv --output p.csv.gz
    check "the same bytes" "$(digest p.csv.gz)" "$first"
fi
for name in p.npy p.h5.gz p.parquet p csv; do
    error "to $name" 0 2 "$name: predictions are written by the suffix of the name" ".csv is text with commas" -- predict run table.csv --output $name
done
predicts "to standard output" 0 run table.csv --output -
check "is all that stands there" "$(digest out)" "$(digest table-p.csv)"
predicts "to standard output" 2 run table.csv --output -
check "from rank 0" "$(digest out)" "$(digest table-p.csv)"
run_piped() {
    LOCKSTEP_TEST=$work timeout -k 5 "$limit" "${emulator[@]}" "$LOCKSTEP" "$@"
}
check "from standard input" "$(run_piped predict run - --output - <table.csv 2>err | digest /dev/stdin)" "$(digest table-p.csv)"
check_contains "which is named" "$(<err)" "400 rows x 3 features from standard input"
check "from a pipe" "$(gzip -c table.csv | run_piped predict run - --output - --quiet 2>/dev/null | digest /dev/stdin)" "$(digest table-p.csv)"
for i in {1..100}; do tail -n +2 table.csv; done | cat <(head -n 1 table.csv) - >long.csv
code=0
(run_piped predict run long.csv --output - 2>err || echo "code $?" >&2) | head -n 2 >two 2>&1
check "whoever has seen enough" "$(<two)" "$(head -n 2 table-p.csv)"
check "ends it quietly" "$(grep -c 'error\|code\|predicted' err || true)" 0
sed '77s/,red,\|,blue,/,pink,/' table.csv >bad.csv
code=0
run_piped predict run - --output - <bad.csv >out 2>err || code=$?
check_contains "what is wrong there is told by its line" "$code $(error_lines)" "3 standard input line 77: column 'colour' has 'pink'"
error "on several ranks" 2 2 "standard input comes to one process only" -- predict run - --output -
code=0
run_piped predict run - --output - <table.h5 >out 2>err || code=$?
check "HDF5 from standard input" "$code $(grep -o 'standard input: it is HDF5, no table' err)" "3 standard input: it is HDF5, no table"
error "nothing" 0 3 "standard input: nothing comes from it" -- predict run - --output -
error "without a name for the output" 0 2 "--output is needed: no name can be made from standard input" -- predict run -
check "nothing is left" "$(find . "${TMPDIR:-/tmp}" -maxdepth 1 -name '.*.tmp.*' -o -maxdepth 1 -name 'lockstep-kept-*')" ""

# ---- a column of the features as weights or groups ----
converts "a table with all of it" table.csv wide.h5 --target kind --ignore name,ticket,shop --test-split 0.2
job 0 train wide.h5 --layers "3 softmax" --sample-weights '/train/x[weight]' --output apart
check_contains "weights are no feature" "$(<err)" "/train/x[weight] is the weight of a row (--sample-weights), and no feature"
check_contains "of the training part" "$(<err)" "train: 320 rows x 3 features"
check_contains "nor of the test part" "$(<err)" "test: 80 rows x 3 features"
converts "the same beside it" table.csv beside.h5 --target kind --ignore name,ticket,shop --weights weight --test-split 0.2
job 3 train beside.h5 --layers "3 softmax" --sample-weights /train/w --output beside
check "trains to the same log" "$code $(digest beside/log.csv)" "0 $(digest apart/log.csv)"
job 0 evaluate apart wide.h5 --sample-weights '/test/x[weight]'
check "and is scored as it was" "$code $(awk '/^loss/ { print $2 }' out)" "0 $(job 0 evaluate beside beside.h5 --sample-weights /test/w && awk '/^loss/ { print $2 }' out)"
job 0 train wide.h5 --x '/train/x[0,width]' --y /train/y --layers "3 softmax" --sample-weights '/train/x[0]' --output chosen
check_contains "also when it was chosen" "$(<err)" "train: 320 rows x 1 features"
error "and nothing is left" 2 3 "--sample-weights /train/x[weight]: without this column no features are left" -- \
    train wide.h5 --x '/train/x[weight]' --y /train/y --layers "3 softmax" --sample-weights '/train/x[weight]' --output no
job 0 train wide.h5 --layers "3 softmax" --validation-split 0.2 --validation-method group --validation-group '/train/x[width]' --output grouped
check_contains "groups are no feature" "$(<err)" "/train/x[width] is the group of a row (--validation-group), and no feature"

# ---- a column of the features as target ----
all=wide.h5:/train/x # weight, width and the colours
net=(--layers "4 relu, 1" --epochs 1)
job 0 train wide.h5 --x '/train/x[weight,2:]' --y '/train/x[width]' "${net[@]}" --output rest
rest=$(digest rest/log.csv)
for y in '[width]' '[1]' '[-3]'; do
    job 2 train wide.h5 --x /train/x --y "/train/x$y" "${net[@]}" --output whole --overwrite
    check "what is learnt of a whole dataset is no feature: $y" "$code $(digest whole/log.csv)" "0 $rest"
    check_contains "which is said" "$(<err)" "warning: --x /train/x has what --y /train/x$y names, and is taken without it, as --x '/train/x[0:1,2:4]'"
done
job 0 evaluate whole wide.h5 --x /train/x --y '/train/x[width]'
check "evaluate too" "$code $(awk '/^loss/ { print $2 }' out)" "0 $(job 0 evaluate rest wide.h5 --x '/train/x[0,2,3]' --y '/train/x[1]' && awk '/^loss/ { print $2 }' out)"
job 0 predict whole wide.h5 --x /train/x --output whole.csv
check "predict goes by the names" "$code" 0
errors "chosen by number" 2 "!rank" "--x /train/x[0:3] and --y /train/x[1] both name column 1 ('width') of $all" "give --x '/train/x[0:1,2:3]'" -- \
    train wide.h5 --x '/train/x[0:3]' --y '/train/x[1]' "${net[@]}" --output no
error "by name" 0 2 "both name column 1 ('width') of $all" "give --x '/train/x[0:1]'" -- \
    train wide.h5 --x '/train/x[width,weight]' --y '/train/x[width]' "${net[@]}" --output no
error "with another word for the file" 0 2 "both name column 0" -- train wide.h5 --x 'wide.h5:train/x[0,1]' --y '/train/x[0]' "${net[@]}" --output no
error "a whole dataset" 0 2 "both name column 0 of wide.h5:/train/y" "give --x '/train/x'" -- \
    train wide.h5 --x /train/x,/train/y --y /train/y --layers "3 softmax" --output no
error "in validation" 0 2 "--validation-x /test/x[1,2] and --validation-y /test/x[2] both name column 2" -- train wide.h5 --x '/train/x[1,3]' --y '/train/x[0]' \
    --validation-x '/test/x[1,2]' --validation-y '/test/x[2]' "${net[@]}" --output no
error "in evaluate" 0 2 "both name column 0" -- evaluate whole wide.h5 --x '/train/x[0:4]' --y '/train/x[0]'
job 0 train wide.h5 --x '/train/x[0:2]' --y '/train/x[0:2]' --layers "1 relu, 2" --epochs 1 --output auto
check "features that are to be reproduced stay" "$code $(grep -c warning err || true)" "0 0"
job 0 train wide.h5 --x /train/x --y '/train/x[width]' --sample-weights '/train/x[weight]' "${net[@]}" --output both
check_contains "target and weight" "$(<err)" "train: 320 rows x 2 features"

# ---- groups of several files ----
make short.h5 train:0:30:a:group=ann,bob
make numbered.h5 train:100:30:a:group=,
for file in ann,bob,cyd bob,cyd,dan; do
    { echo a,g,y && for i in {1..10}; do tr , '\n' <<<"$file" | awk -v i=$i '{ print NR * i "," $1 "," NR % 2 }'; done; } >"${file%%,*}.csv"
done
converts "groups of one month" ann.csv ann.h5 --target y --group g
converts "of the next" bob.csv bob.h5 --like ann.h5
grouped() { # RANKS FILES
    rm -rf grouped
    job "$1" train "$2" --layers 1 --loss mse --validation-split 0.3 --validation-method group --validation-group /train/group --output grouped
}
for ranks in 0 2; do
    grouped "$ranks" ann.h5,bob.h5
    check_contains "are joined by their names ($ranks ranks)" "$code $(<err)" "of the 4 groups in /train/group"
done
grouped 0 bob.h5,ann.h5
check_contains "in any order" "$code $(<err)" "of the 4 groups in /train/group"
error "groups that are numbers elsewhere" 2 3 "the groups are texts in ann.h5:/train/group, and numbers in numbered.h5:/train/group" -- \
    train ann.h5,numbered.h5 --x /train/x --y /train/y --layers 1 --validation-split 0.3 --validation-method group \
    --validation-group /train/group --output no
error "numbers that no name has" 0 3 "/train/group row 2 is 2, and names has 2 texts" -- train short.h5,ann.h5 --x /train/x --y /train/y --layers 1 --loss mse \
    --validation-split 0.3 --validation-method group --validation-group /train/group --output no

# ---- a job from tables to joined rows, with join and awk ----
months() { # SEED ROWS FIRST
    awk -v seed="$1" -v rows="$2" -v first="$3" 'BEGIN {
        srand(seed); print "order,city,day,amount,returned"
        for (i = 0; i < rows; i++) {
            c = int(rand() * 3); a = rand() * 90
            printf("o-%04d,%s,2024-0%d-1%d,%s,%s\n", first + i, c == 0 ? "Oslo" : c == 1 ? "Rome" : "Bonn", 1 + int(rand() * 2),
                int(rand() * 5), i % 17 == 5 ? "" : a, a + 30 * (c == 1) > 60 ? "yes" : "no")
        } }'
}
months 1 300 0 >jan.csv
months 2 300 300 >feb.csv
months 3 120 600 | cut -d, -f1-4 >new.csv
awk 'FNR > 1 || NR == 1' jan.csv feb.csv >orders.csv
converts "orders of two months" orders.csv orders.h5 --target returned --id order --test-split 0.2 --test-method stratified
job 0 train orders.h5 --layers "16 relu, 1 sigmoid" --missing mean --normalize standard --epochs 30 --learning-rate 0.01 --output orders
check "learn" "$code$(error_lines)" 0
predicts "the next month" 2 orders new.csv --output new-p.csv
check "joined by the order" "$(join -t, <(tail -n +2 new.csv | sort -t, -k1,1) <(tail -n +2 new-p.csv | cut -d, -f2- | sort -t, -k1,1) |
    awk -F, '$4 != "" { rows++; right += ($5 == "yes") == ($4 + 30 * ($2 == "Rome") > 60) } END { print rows, (right / rows > 0.9) }')" "113 1"
predicts "the test rows" 0 orders orders.h5 --output test-p.csv
check "joined by the row" "$(awk -F, 'NR == FNR { if (FNR > 1) class[$1] = $3; if (FNR > 1) order[$1] = $2; next }
    FNR > 1 && FNR - 2 in class { rows++; same += order[FNR - 2] == $1; right += class[FNR - 2] == $5 }
    END { print rows, same, (right / rows > 0.85) }' test-p.csv orders.csv)" "120 120 1"
finish

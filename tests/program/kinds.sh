#!/usr/bin/env bash
# Files that are no tables, arrays or HDF5, wherever one is expected: what they are and the way out; and that way leads
# where it says. libsvm text with what is said of its indices.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
make_data "$work/data"
cd "$work"
seq 1 60 | awk 'BEGIN { print "a,b,y" } { print $1 % 7 "," $1 % 5 "," $1 % 2 }' >t.csv
job 0 convert t.csv t.h5
job 0 train t.h5 --layers "1 sigmoid" --output run
check "set up" "$code" 0

printf 'PAR1\25\4\25\0\0PAR1' >parquet
printf '\3757zXZ\0\0\4\346' >xz
printf '\320\317\21\340\241\261\32\341%s' xls >xls
printf '<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n' >html
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n' >lfs
printf '[{"a": 1, "b": 2, "y": 0},\n {"a": 3, "b": 4, "y": 1}]\n' >json
{ printf '%% iris\n@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute y {0,1}\n@DATA\n'; tail -n +2 t.csv; } >arff
{ echo "60 2 1"; tail -n +2 t.csv | sed 's/,/ /; s/,/\n/'; } >fann
while read -r file words; do
    cp "$file" "$file.csv"
    error "convert $file" 0 3 "$file: it" "$words" -- convert "$file" no.h5 --target 1
    error "convert $file as a table" 0 3 "$words" -- convert "$file" no.h5 --target 1 --format csv
    error "train on $file" 0 3 "$words" -- train "$file" --layers 1 --output no
    error "evaluate $file" 0 3 "$words" -- evaluate run "$file.csv"
    error "predict $file" 0 3 "$words" -- predict run "$file.csv" --output no.csv
done <<END
parquet read_parquet
xz unpack it with xz -d first
xls Excel spreadsheet
html web page
lfs git lfs pull
json read_json
arff ARFF
fann FANN
END
error "predict xz" 2 3 "unpack it with xz -d first" -- predict run xz.csv --output no.csv
error "info of another kind" 0 3 "read_parquet" -- info parquet
check "nothing is left" "$(find . -name '*no.*' -o -name no -o -name '.*.tmp.*')" ""
gzip -k json
error "compressed" 0 3 "json.gz: unpack it with gunzip first; then, it is JSON" -- convert json.gz no.h5 --target 1

# The ways out, word by word.
same() { # NAME FILE DATASET
    check "$1" "$code $(print_data "$2" "$3" | cksum)" "0 $(print_data t.h5 "$3" | cksum)"
}
sed '1,/^@data/Id' arff >arff.csv
job 0 convert arff.csv arff.h5 --header off --target -1
same "ARFF without its head: features" arff.h5 /train/x
same "ARFF without its head: targets" arff.h5 /train/y
tail -n +2 fann | paste -d ' ' - - >fann.txt
job 0 convert fann.txt fann.h5 --delimiter space --header off --target -1
same "FANN as a table: features" fann.h5 /train/x
same "FANN as a table: targets" fann.h5 /train/y

# ---- libsvm ----
printf '1 1:0.5 3:2\n-1 2:7\n' >one.svm
printf '# from 0\n1\t0:0.5\t2:2 # as well\n-1\t1:7\n' >zero.svm
printf '1 qid:3 1:0.5\n-1 qid:4 2:7\n' >query.svm
for file in one zero; do
    job 0 convert $file.svm $file.h5
    check "$file.svm" "$code $(print_data $file.h5 /train/x | tr -s ' \n' ' ')" "0 0.5 0 2 0 7 0 "
done
job 0 convert one.svm one.h5 --overwrite
check_contains "the index is said" "$(<err)" "3 features, counted from 1, since there is no index 0"
check_contains "and how to read another alike" "$(<err)" "--first-index 1 --features 3"
job 0 convert zero.svm zero.h5 --overwrite
check_contains "or index 0" "$(<err)" "counted from 0, since index 0 is there"
job 0 convert one.svm five.h5 --features 5 --first-index 0
check "as told" "$code $(print_data five.h5 /train/x | tr -s ' \n' ' ')" "0 0 0.5 0 2 0 0 0 7 0 0 "
error "an index too many" 0 3 "one.svm line 1: index 3 is beyond --features 2" -- convert one.svm no.h5 --features 2
error "index 0 against what is said" 0 3 "zero.svm line 2: index 0, but --first-index says" -- convert zero.svm no.h5 --first-index 1
error "features of a table" 0 2 "--features means nothing for t.csv" -- convert t.csv no.h5 --features 2
job 0 convert query.svm query.h5
check "queries are groups" "$code $(print_data query.h5 /train/group | tr -s ' \n' ' ')" "0 3 4 "
finish

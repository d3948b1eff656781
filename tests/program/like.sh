#!/usr/bin/env bash
# A second table as the first: its categories, classes, dates and offsets are those of the table that was converted before.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

# table FILE ROWS COLOURS KINDS: key, colour, size, day, kind; sizes with a decimal comma.
table() {
    awk -v rows="$2" -v colours="$3" -v kinds="$4" 'BEGIN {
        n = split(colours, colour, " "); m = split(kinds, kind, " ")
        print "key;colour;size;day;kind"
        for (i = 0; i < rows; i++)
            printf "k%03d;%s;%d,%d;%02d.%02d.2024;%s\n", i, colour[i % n + 1], i % 7, i % 10, i % 28 + 1, i % 12 + 1, kind[i % m + 1]
    }' >"$1"
}
how=(--decimal , --date-format %d.%m.%Y --id key)
table first.csv 84 "blue green red" "ant bee cat"
table later.csv 20 "red green" "cat bee"
table other.csv 20 "red violet" "bee cat"
table worse.csv 20 "red green" "bee cow"
job 0 convert first.csv first.h5 --target kind "${how[@]}"
check "the first" "$code" 0
job 0 train first.h5 --layers "4 relu, 3 softmax" --normalize standard --output run
check "a model" "$code" 0

job 0 convert later.csv later.h5 --like first.h5
check "a later one" "$code" 0
check "its classes" "$(print_data later.h5 /train/y | head -n 2 | tr -d ' \n')" 21
check "its categories, and dates less the offset" "$(print_data later.h5 /train/x | head -n 1)" "$(print_data first.h5 /train/x | sed -n 1p | awk '{ print 0, 0, 1, 0, $5 }')"
check "its keys" "$(print_data later.h5 /train/id 2>/dev/null | head -n 1 | tr -d ' ')" "$(print_data first.h5 /train/id 2>/dev/null | head -n 1 | tr -d ' ')"
job 0 convert later.csv run.h5 --like run
check "as a run had it: the same bytes" "$code $(digest run.h5)" "0 $(digest later.h5)"
job 0 convert later.csv model.h5 --like run/model.weights.h5
check "as a model had it" "$code $(digest model.h5)" "0 $(digest later.h5)"
# Columns in another order have the same values, under the same names.
awk -F ';' -v OFS=';' '{ print $5, $4, $3, $2, $1 }' later.csv >turned.csv
job 0 convert turned.csv turned.h5 --like first.h5
for ranks in 0 2; do
    job 0 evaluate run later.csv --decimal ,
    score=$(<out)
    for file in later turned; do
        job "$ranks" evaluate run $file.h5
        check "$file.h5 scores as the table does ($ranks ranks)" "$code $(<out)" "0 $score"
    done
done
job 0 train first.h5,later.h5 --layers "4 relu, 3 softmax" --output both
check "both train together" "$code" 0

error "a category that is not known" 0 3 "other.csv line 3: column 'colour' has 'violet'" "blue, green, red" "--unknown ignore" -- convert other.csv no.h5 --like first.h5
job 0 convert other.csv other.h5 --like first.h5 --unknown ignore
check "or none of them" "$code $(print_data other.h5 /train/x | sed -n 2p | cut -d ' ' -f 1-3)" "0 0 0 0"
check_contains "which is counted" "$(<err)" "other.csv: in 10 rows are categories that first.h5 has not: colour=violet"
error "a class that is not known" 0 3 "worse.csv line 3: column 'kind' has 'cow'" -- convert worse.csv no.h5 --like first.h5 --unknown ignore
job 0 convert worse.csv untold.h5 --like first.h5 --target none
check "without the target" "$code" 0
cut -d ';' -f 1,3- later.csv >lacks.csv
# Targets that were whole numbers there, words and numbers as this table writes them, and numbers too far from the offset.
printf 'a;price\n1;10\n2;20\n3;30\n' >whole.csv
printf 'a;price\n1.5;10.99\nn.d.;20.99\n' >parts.csv
job 0 convert whole.csv whole.h5 --target price --decimal ,
job 0 convert parts.csv parts.h5 --like whole.h5 --decimal . --missing-values n.d.
check "fractions stay" "$code $(print_data parts.h5 /train/y | tr '\n' ' ')" "0 10.989999771118164 20.989999771118164 "
check "read as they are written" "$(print_data parts.h5 /train/x | tr '\n' ' ')" "1.5 nan "
awk 'BEGIN { print "t;y"; for (i = 0; i < 99; i++) print 1700000000 + i "," i % 2 * 5 ";" i % 3 }' >far.csv
awk 'BEGIN { print "t;y"; for (i = 0; i < 99; i++) print i ",5;" i % 3 }' >near.csv
job 0 convert near.csv near.h5 --target y --decimal ,
job 0 convert far.csv far.h5 --like near.h5
check_contains "numbers that become one" "$code$(<err)" "0converting far.csv into far.h5"
check_contains "are said" "$(<err)" "column 't': 97 of 98 neighbouring values that differ are the same number as float32"
printf '1;7;0\n3;9;1\n2;8;0\n' >nameless.csv
printf '1;7\n3;9\n' >shorter.csv
job 0 convert nameless.csv nameless.h5 --target -1
error "targets of a table without names" 0 3 "shorter.csv: has 2 columns, the table of --like has 3" "--target none" -- convert shorter.csv no.h5 --like nameless.h5
job 0 convert shorter.csv shorter.h5 --like nameless.h5 --target none
check "or without them" "$code $(print_data shorter.h5 /train/x | tr '\n' ' ')" "0 1 7 3 9 "

error "a column that is missing" 0 3 "lacks.csv: lacks the column 'colour' of the table of --like" -- convert lacks.csv no.h5 --like first.h5
error "what it says already" 0 2 "--ignore is given with --like first.h5" -- convert later.csv no.h5 --like first.h5 --ignore size
error "another target" 0 2 "--target kind: --like first.h5 says" -- convert later.csv no.h5 --like first.h5 --target kind
error "no encoding" 0 3 "untold.csv" -- convert later.csv no.h5 --like untold.csv
error "--unknown alone" 0 2 "--unknown is for --like" -- convert later.csv no.h5 --target kind --unknown ignore
error "the file of --like as the output" 0 2 "would be lost" -- convert later.csv first.h5 --like first.h5 --overwrite
check "nothing is left" "$(find . -name '*no.h5*' -o -name '.*.tmp.*')" ""
finish

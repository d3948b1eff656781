#!/usr/bin/env bash
# Tables as people write them, from the file to predictions: decimal commas, groups of digits, dates, words for no value,
# blanks as alignment, lines in front of the header. What a table is in one way of writing it is in every other: the same
# data, and through the model the same predictions; what is not clear is refused with the option that cures it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"

converts() { # NAME ARGUMENTS...
    local name=$1
    shift
    job 0 convert "$@" --overwrite
    check "$name" "$code$(error_lines)" 0
}

# The same 200 rows, plainly and as a spreadsheet in most of Europe writes them.
awk 'BEGIN {
    srand(5); print "price,sold,kind,state" >"plain.csv"; print "price;sold;kind;state" >"euro.csv"
    for (i = 0; i < 200; i++) {
        cents = int(rand() * 300000); day = 1 + i % 28; month = 1 + i % 12; kind = i % 3 ? "flat" : "house"
        state = cents > 200000 ? "None" : cents > 100000 ? "mild" : "bad"
        whole = int(cents / 100); rest = cents % 100
        written = whole >= 1000 ? int(whole / 1000) "." sprintf("%03d", whole % 1000) : whole
        printf("%s,2021-%02d-%02d,%s,%s\n", i == 7 ? "" : sprintf("%d.%02d", whole, rest), month, day, kind, state) >"plain.csv"
        printf("%s;%02d.%02d.2021;%s;%s\r\n", i == 7 ? "k.A." : sprintf("%s,%02d", written, rest), day, month, kind, state) >"euro.csv"
    }
}'
euro=(--decimal , --thousands point --missing-values "k.A.,!None" --date-format "sold=%d.%m.%Y")

# ---- the same data ----
converts "a plain table" plain.csv plain.h5 --target state --missing-values '!None'
check_contains "its dates are days" "$(<err)" "2 sold: date, days since 1970-01-01 UTC"
check_contains "a class may be called None" "$(<err)" "3 classes: None, bad, mild"
converts "with commas, groups, other dates, another word" euro.csv euro.h5 --target state "${euro[@]}"
check "holds the same" "$(print_data euro.h5 /train/x | digest /dev/stdin)$(print_data euro.h5 /train/y | digest /dev/stdin)" \
    "$(print_data plain.h5 /train/x | digest /dev/stdin)$(print_data plain.h5 /train/y | digest /dev/stdin)"
check "2021-01-01 is day 18628" "$(print_data plain.h5 /train/x | sed -n 1p | grep -o 18628)" 18628
{
    printf '\xEF\xBB\xBFsep=;\r\n# exported by hand\r\n'
    sed 's/\r$/;\r/; 1s/$/;/' euro.csv
} >decorated.csv
converts "with sep=, a comment and delimiters at the ends" decorated.csv other.h5 --target state "${euro[@]}"
check "the same bytes" "$(digest other.h5)" "$(digest euro.h5)"
{
    echo "Sales of 2021"
    head -n 3 euro.csv
    echo "! checked; by Ann"
    tail -n +4 euro.csv
} >titled.csv
error "a title" 0 3 "titled.csv line 1: has 1 field, and line 2" "--skip-lines 1 begins with line 2" -- convert titled.csv no.h5 --target state
converts "left out" titled.csv other.h5 --target state "${euro[@]}" --skip-lines 1 --comment !
check "the same bytes without it" "$(digest other.h5)" "$(digest euro.h5)"
sed 's/,/   /g; s/^ /NA /; 1s/^/   /' plain.csv >aligned.txt
converts "set with blanks" aligned.txt other.h5 --target state --missing-values '!None'
check_contains "is seen" "$(<err)" "delimiter blanks, with a header; 200 rows"
check "the same bytes with blanks" "$(digest other.h5)" "$(digest plain.h5)"
converts "told so" aligned.txt other.h5 --target state --missing-values '!None' --delimiter space
check "the same bytes when told" "$(digest other.h5)" "$(digest plain.h5)"
converts "parts of dates" euro.csv parts.h5 --target state "${euro[@]}" --date-parts year,month,weekday
check_contains "are features" "$(<err)" "2 sold: date (%d.%m.%Y): year, month, weekday"
job 0 info parts.h5
check_contains "in info" "$(<out)" "price, sold, kind (2 categories); target state (3 classes)"

# ---- through the model ----
recipe=(--layers "4 relu, 3 softmax" --epochs 2 --missing mean --normalize standard --seed 3)
for name in euro parts; do
    job 0 train "$name.h5" "${recipe[@]}" --output "$name"
    check "training ($name)" "$code$(error_lines)" 0
    job 0 predict "$name" "$name.h5" --output "expected-$name.csv"
    for ranks in 0 2; do
        job "$ranks" predict "$name" euro.csv --output predicted.csv --overwrite
        check "the table is read as in training ($name, $ranks ranks)" "$code $(digest predicted.csv)" "0 $(digest "expected-$name.csv")"
    done
done
job 0 evaluate euro euro.h5
score=$(<out)
for ranks in 0 2; do
    job "$ranks" evaluate euro decorated.csv
    check "and scored ($ranks ranks)" "$code $(<out)" "0 $score"
done
job 2 evaluate euro titled.csv --skip-lines 1 --comment !
check "lines in front of it, for evaluate" "$code $(<out)" "0 $score"
for ranks in 0 2; do
    cp euro.csv euro.data
    job "$ranks" predict euro euro.data --output predicted.csv --overwrite
    check "whatever its name is ($ranks ranks)" "$code $(digest predicted.csv)" "0 $(digest expected-euro.csv)"
done
sed 's/k\.A\./unclear/' euro.csv >unclear.csv
error "a word that the model does not know" 0 3 "unclear.csv line 9: column 'price' has 'unclear', expected a number" -- \
    predict euro unclear.csv --output no.csv
job 0 predict euro unclear.csv --missing-values unclear --output predicted.csv --overwrite
check "is added to the model's" "$code $(digest predicted.csv)" "0 $(digest expected-euro.csv)"
awk -F '[;\r]' 'NR == 1 { print "price,sold,kind,state" } NR > 1 { gsub(/\./, "", $1); sub(/,/, ".", $1); if (NR == 9) $1 = ""
    print $1 "," $2 "," $3 "," $4 }' euro.csv >pointed.csv
job 0 predict euro pointed.csv --decimal . --thousands comma --output predicted.csv --overwrite
check "another way of writing numbers" "$code $(digest predicted.csv)" "0 $(digest expected-euro.csv)"
printf 'price,sold,kind,state\n1567.5,04.03.2021,flat,bad\n2.25,05.03.2021,house,mild\n' >few.csv
error "numbers with a point, to which a point is between groups" 0 3 "'1567.5', expected a number; numbers with a decimal point are read with --decimal ." -- \
    predict euro few.csv --output no.csv
job 0 predict euro few.csv --decimal . --output few-predicted.csv
check "a decimal alone ends groups of the same character" "$code$(error_lines)" 0
job 0 predict euro few.csv --decimal . --thousands none --output other-predicted.csv
check "none are groups" "$code $(digest other-predicted.csv)" "0 $(digest few-predicted.csv)"
error "the same for both, of which one is the model's" 0 2 "--thousands and --decimal are both ','" "--decimal . --thousands comma" -- \
    predict euro few.csv --thousands comma --output no.csv
sed '5s/;[0-9.]*2021/;2021-03-04/' euro.csv >bad.csv
for ranks in 0 2; do
    error "another way of writing a date ($ranks ranks)" "$ranks" 3 "bad.csv line 5: column 'sold' has '2021-03-04'" "%d.%m.%Y" -- \
        predict euro bad.csv --output no.csv
done

# ---- refused, with the cure ----
error "decimal commas, groups and dates" 0 3 "Column 'price' is text, but" "--decimal , --thousands point reads them" \
    "Column 'sold' is text" "--date-format 'sold=%d.%m.%Y'" -- convert euro.csv no.h5 --target state --missing-values 'k.A.,!None'
error "a class that is a word for no value" 0 3 "the target 'state' is missing ('None')" "--missing-values '!None' takes it as one" -- \
    convert plain.csv no.h5 --target state
job 0 convert plain.csv dropped.h5 --target state --missing drop
check_contains "said when it is dropped" "$code $(<err)" "the target of all dropped rows says 'None'; if that is a class"
converts "no word stands for no value" plain.csv other.h5 --target state --no-keep-default-missing
check "the same data again" "$(print_data other.h5 /train/y | digest /dev/stdin)" "$(print_data plain.h5 /train/y | digest /dev/stdin)"
printf '0,1,target\n0.5,2,1\n1.5,2,0\n' >numbers.csv
converts "a header with numbers" numbers.csv other.h5 --target target
check_contains "is said" "$(<err)" "line 1 was taken as the header, with numbers as names"
error "a header taken as a row" 0 2 "has a field 'target': give --header on if it names the columns" -- \
    convert numbers.csv no.h5 --target target --header off
error "parts that are none" 0 2 "--date-parts: 'quarter' is no part of a date" -- convert plain.csv no.h5 --target state --date-parts quarter
error "a format without a year" 0 2 "the date format 'DD.MM' has no year" -- convert plain.csv no.h5 --target state --date-format DD.MM
error "the same for both" 0 2 "--thousands and --decimal are both '.'" -- convert plain.csv no.h5 --target state --thousands point
error "no single character" 0 2 "option 'comment' is '//'" -- convert plain.csv no.h5 --target state --comment //
printf 'x\n1\n2\n0,5\n1,5\n' >one.csv
error "a decimal comma in the only column" 0 3 "one.csv line 4: has 2 fields, expected 1" "--delimiter semicolon --decimal , reads them" -- \
    convert one.csv no.h5 --target none
converts "read so" one.csv other.h5 --target none --delimiter semicolon --decimal ,
printf 'a,b,y\n1,2,0\n3,inf,1\n2,-1e39,1\n' >large.csv
error "a number that float32 has no room for" 0 3 "large.csv line 4: column 'b' has '-1e39', expected a number of at most 3.4e38" \
    "--missing-values '-1e39' takes it as no value" -- convert large.csv no.h5 --target y
converts "taken as no value" large.csv other.h5 --target y --missing-values=-1e39
check_contains "and inf as it says" "$(print_data other.h5 /train/x)" inf
sed 's/,2021-0*\([0-9]*\)-[0-9]*,/,\1,/' plain.csv >months.csv
converts "a number that is a date elsewhere" months.csv months.h5 --target state --missing-values '!None'
error "which is no file of the same data" 0 3 "column 'sold' is" "a date in plain.h5" "a number in months.h5" -- \
    train plain.h5,months.h5 "${recipe[@]}" --output no
check "nothing is left" "$(find . -name '*no.h5*' -o -name 'no.csv')" ""
finish

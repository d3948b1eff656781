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

# ---- times of day ----
awk 'BEGIN { srand(4); print "t,y" >"t.csv"; for (i = 0; i < 40; i++) { s = int(rand() * 86400)
    printf("%d:%02d:%02d,%d\n", s / 3600, s / 60 % 60, s % 60, s > 43200) >"t.csv"; printf("%.9f\n", s / 86400) >"parts.txt" } }'
error "times of day" 0 3 "look like times of day; --date-format 't=%H:%M:%S' reads them" -- convert t.csv no.h5 --target y
converts "as told" t.csv t.h5 --target y --date-format 't=%H:%M:%S'
check_contains "are parts of the day" "$(<err)" "1 t: date (%H:%M:%S), part of the day"
check "to float32" "$(paste <(print_data t.h5 /train/x) parts.txt | awk '($1 - $2)^2 > 1e-14 { wrong++ } END { print NR, wrong + 0 }')" "40 0"

# ---- numbers that are only names ----
awk 'BEGIN { srand(2); print "zip,size,y"; for (i = 0; i < 60; i++) printf("%s,%.2f,%d\n", i % 3 ? "0" 2134 + i % 2 : "2134", rand(), 7 + i % 2) }' >zips.csv
converts "codes as numbers" zips.csv numbers.h5 --target y
check_contains "are warned of" "$(<err)" "zips.csv: column 'zip' is read as numbers, but 40 of its values have zeros in front, the first '02135' on line 3, which becomes 2135; if these are codes, --categories 'zip'"
sed 's/,[78]$/,00/' zips.csv >padded.csv
converts "of the target too" padded.csv other.h5 --target y --ignore zip
check_contains "warns" "$(<err)" "the target 'y' is read as numbers, but 60 of its values have zeros in front, the first '00' on line 2, which becomes 0"
printf 'a,b,y\n0,0.5,0\n-3,0.25,1\n' >unpadded.csv
converts "other zeros" unpadded.csv other.h5 --target y
check "are numbers" "$(grep -c warning err)" 0
converts "codes as categories" zips.csv zips.h5 --target y --categories zip,y
check_contains "are the texts" "$(<err)" "1 zip: one feature for each of 3 categories: 02134, 02135, 2134"
check_contains "and classes" "$(<err)" "3 y: target, codes of 2 classes: 7, 8"
job 0 train zips.h5 --layers "2 softmax" --epochs 1 --output zips
job 0 predict zips zips.h5 --output zips-h5.csv
job 0 predict zips zips.csv --output zips-csv.csv
check "predicted from the table too" "$code $(digest zips-csv.csv)" "0 $(digest zips-h5.csv)"
error "of two kinds" 0 2 "column 'zip' is in --categories and in --id" -- convert zips.csv no.h5 --target y --categories zip --id zip
error "known already" 0 2 "--categories" "--like zips.h5, which says it already" -- convert zips.csv no.h5 --like zips.h5 --categories zip

# ---- names that have commas ----
awk 'BEGIN { srand(6); print "size [m2],\"dist, km\",\"say \"\"x\"\"\",\"price, USD\",shop"; for (i = 0; i < 40; i++)
    printf("%g,%g,%d,%g,%d\n", rand(), rand(), 1 + i % 2, rand(), i % 8) }' >odd.csv
converts "a table of such names" odd.csv odd.h5 --target '"price, USD"'
converts "two are left out" odd.csv plainer.h5 --target '"price, USD"' --ignore 'say "x",shop'
trains() { # NAME DATA ARGUMENTS...
    job 0 train "$2" --layers "3 relu, 1" --epochs 2 --seed 4 --normalize standard --output "$1" --overwrite "${@:3}"
}
trains reference plainer.h5
reference=$(cut -d, -f1-4 reference/log.csv | digest /dev/stdin)
trains chosen odd.h5 --x '/train/x["size [m2]", "dist, km"]' --y /train/y
check "columns by names in quotes" "$code $(cut -d, -f1-4 chosen/log.csv | digest /dev/stdin)" "0 $reference"
trains apart odd.h5 --x '/train/x["size [m2]","dist, km",shop,"say ""x"""]' --y /train/y --sample-weights '/train/x["say ""x"""]' \
    --validation-split 0.25 --validation-method group --validation-group '/train/x["shop"]'
check_contains "weights and groups too" "$code $(<err)" "0 " '/train/x["say ""x"""] is the weight of a row'
error "a quote that is not closed" 0 2 "--x: /train/x: the quote in front of dist is not closed" -- \
    train odd.h5 --x '/train/x["dist]' --layers 1 --output no

# ---- what cannot be seen ----
mark=$'\u200b' space=$'\u00a0'
sed "1s/size/size$mark/" zips.csv >hidden.csv
sed "1s/y\$/y$space/" zips.csv >hidden-target.csv
sed "4s/,/$mark,/" zips.csv >hidden-value.csv
sed "2,\$s/,/,$space/" zips.csv >hidden-number.csv
for ranks in 0 2; do
    error "in a name ($ranks ranks)" "$ranks" 3 "hidden.csv line 1: the header lacks the column 'size' (it has 'size\u200b', which differs in characters that cannot be seen" \
        "the line begins: zip,size\u200b,y" -- predict zips hidden.csv --output no.csv
done
error "of the target" 0 3 "hidden-target.csv has no column 'y' (it has 'y\u00a0', which differs" -- evaluate zips hidden-target.csv
error "of a table like another" 0 3 "hidden.csv: lacks the column 'size' (it has 'size\u200b', which differs" -- convert hidden.csv no.h5 --like zips.h5
error "of an option" 0 2 "has no column 'size' (it has 'size\u200b', which differs" -- convert hidden.csv no.h5 --target size
converts "taken into a dataset" hidden.csv hidden.h5 --target y --categories zip,y
error "of a choice" 0 3 "there is no column 'size' (it has 'size\u200b', which differs" -- \
    train hidden.h5 --x '/train/x[size]' --y /train/y --layers "2 softmax" --output no
error "of a converted table" 0 3 "hidden.h5:/train/x has no column 'size' (it has 'size\u200b'" -- predict zips hidden.h5 --output no.csv
error "in a category" 0 3 "line 4: column 'zip' has '02134\u200b', expected one of" -- predict zips hidden-value.csv --output no.csv
error "in numbers" 0 3 "Column 'size' is text, but '\u00a00" "are numbers with '\u00a0'; write them without it" -- convert hidden-number.csv no.h5 --target y

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

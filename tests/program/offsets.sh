#!/usr/bin/env bash
# Columns that float32 would rob of their differences lose an offset first: the same bits in every type, layout and split,
# in memory and streamed, as those of a file that holds the differences; and evaluate, predict, --init, missing values,
# tables and info go by it. What merges all the same is warned of.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
"${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/make_numbers" .
recipe=(--layers "6 tanh, 1" --normalize standard --epochs 2 --batch-size 64 --checkpoint-every never)
offset0='column 0 less 2459100.5' offset1='column 1 less 1700000096'

scores() { # RUN DATA...
    job 0 evaluate "$@"
    grep -E '^(loss|mae|r2)' "$work/out" || error_lines
}

# ---- what the differences alone would give ----
job 0 train less.h5 "${recipe[@]}" --output less
expected=$(learnt less)
check_lacks "the differences need no offset" "$(cat "$work/err")" "would lose their differences"
less_scores=$(scores less less.h5)

on_all "float64" double.h5 "${recipe[@]}"
check "the bits of the differences" "$(learnt run)" "$expected"
check_contains "what is taken is said" "$said" "2 of the features' 5 columns would lose"
check_contains "with its numbers" "$said" "$offset0, $offset1 (counted from 0)"
cp -R run double
double=$(digests double)
check "kept in the model" "$(print_data double/model.weights.h5 /lockstep/offset | tr -s '\n ' ' ')" "2459100.5 1700000096 0 0 0 "

job 3 train double.h5 "${recipe[@]}" --memory 12kB --shuffle-window 16 --output streamed
check_contains "streamed" "$(cat "$work/err")" "rows stream from the file"
job 0 train double.h5 "${recipe[@]}" --shuffle-window 16 --output held
check "streamed and held" "$(digests streamed)" "$(digests held)"
job 0 train 'part-[01].h5' "${recipe[@]}" --validation-x double.h5:/validation/x --validation-y double.h5:/validation/y --output files
check "files with a pattern" "$code $(learnt files)" "0 $expected"
job 0 train double.h5 "${recipe[@]}" --x '/train/x[0,1,2,3,4]' --y /train/y --validation-x /validation/x \
    --validation-y /validation/y --output layout
check "columns of a layout" "$code $(learnt layout)" "0 $expected"

job 0 train whole.h5 "${recipe[@]}" --output whole
for type in long time; do
    job 0 train "$type.h5" "${recipe[@]}" --output "$type"
    check "$type: the bits of whole numbers as float64" "$code $(learnt "$type")" "0 $(learnt whole)"
done

# ---- what goes by it ----
check "evaluate" "$(scores double double.h5)" "$less_scores"
check "evaluate whole numbers of another type" "$(scores whole long.h5)" "$(scores whole whole.h5)"
job 3 predict double double.h5 --output double.csv
job 0 predict less less.h5 --output less.csv
check "predict on 3 ranks" "$(digest double.csv)" "$(digest less.csv)"
job 0 train double.h5 --init double "${recipe[@]:2}" --output again
job 0 train less.h5 --init less "${recipe[@]:2}" --output less_again
check "--init" "$(learnt again)" "$(learnt less_again)"
check "--init keeps the offsets" "$(print_data again/model.weights.h5 /lockstep/offset | tr -s '\n ' ' ')" \
    "2459100.5 1700000096 0 0 0 "
job 0 train double.h5 "${recipe[@]:0:4}" --epochs 1 --batch-size 64 --output resumed
job 2 train double.h5 "${recipe[@]:0:4}" --epochs 2 --batch-size 64 --output resumed --resume
check "resumed on other ranks" "$code $(learnt resumed)" "0 $expected"
for policy in mean zero; do
    job 0 train missing.h5 "${recipe[@]}" --missing $policy --output "$policy"
    check_contains "missing $policy: offsets" "$(cat "$work/err")" "$offset1"
    fill=$(print_data $policy/model.weights.h5 /lockstep/fill | head -n 1)
    check "missing $policy: the fill is what is left" "$(awk -v f="$fill" 'BEGIN { print (f > -2 && f < 2) }')" 1
done

job 0 info double
check_contains "info of a run" "$(cat "$work/out")" "offsets     $offset0, $offset1, before it is float32; Keras is to be given x - /lockstep/offset"
job 0 info double.h5 --json
check_contains "info tells the stored numbers" "$(tr -d ' \n' <"$work/out")" '"mean":2459100.2'
check_contains "info tells the offset" "$(tr -d ' \n' <"$work/out")" '"offset":2459100.5,"merges":false'
job 0 info double.h5
check_contains "info for people" "$(cat "$work/out")" "offsets     2 of 5 columns would lose their differences as float32"

if has_faults; then # one rank alone
    LOCKSTEP_FAULT=offsets:2:error:1 job 3 train double.h5 "${recipe[@]}" --output failed
    check "one rank fails: all hear of it" "$code $(error_lines | grep -c 'injected fault at offsets')" "3 1"
fi

# a model of named columns reads tables too, whose numbers lose the offsets before they are float32
job 0 train named.h5 "${recipe[@]}" --output named
job 0 predict named named.h5 --output of_file.csv
job 2 predict named named.csv --output of_table.csv
check "a table of the same numbers" "$code $(digest of_table.csv)" "0 $(digest of_file.csv)"
check "of all rows" "$(wc -l <of_table.csv)" 4001

# ---- what is rounding, and no difference ----
job 0 train rounding.h5 "${recipe[@]}" --output rounding
check "rounding teaches nothing" "$code $(learnt rounding)" "0 $expected"
check_contains "no offset for it" "$(cat "$work/err")" "2 of the features' 5 columns would lose"
check_contains "it is a constant" "$(cat "$work/err")" "1 of the features' 5 columns has the same value in all training rows and is of no use: column 4"
check_lacks "and nothing that merges" "$(cat "$work/err")" "values of the features that differ"
job 0 info rounding.h5
check_contains "info tells a constant" "$(cat "$work/out")" "constant    1 of 5 columns, first 4"
check_lacks "info: nothing merges" "$(cat "$work/out")" "same number as float32"
awk 'BEGIN {
    print "a,b,y"
    for (r = 0; r < 300; r++)
        printf "%.4f,%s,%d\n", r * 7919 % 300 / 100, r % 3 ? "300" : "300.00000000000006", r % 2
}' >rounding.csv
job 0 convert rounding.csv rounded.h5 --target y
check_contains "convert: a constant" "$(cat "$work/err")" "warning: column 'b' is constant: its values, 300 to 300.00000000000006, differ by no more than rounding"
check_lacks "without an offset" "$(cat "$work/err")" "is stored less"
check "one number is stored" "$(print_data rounded.h5 /train/x | awk '{ print $2 }' | sort -u | wc -l)" 1

# the same numbers converted, less their offsets, and as they are: each for a model of the other
paste -d, named.csv <(echo y && print_data named.h5 /y) >both.csv
job 0 convert both.csv both.h5 --target y
job 0 train both.h5 "${recipe[@]}" --output both
check "a model of converted numbers" "$(learnt both)" "$(learnt named)"
both=$(scores both both.h5)
check "of those as they are" "$(scores both named.h5)" "$both"
check "without names" "$(scores both double.h5 --part all)" "$both"
job 3 predict both named.h5 --output both_of.csv
check "predicts on 3 ranks" "$code $(tail -n +2 both_of.csv | digest /dev/stdin)" "0 $(tail -n +2 of_file.csv | digest /dev/stdin)"
check "and the other way round" "$(scores named both.h5)" "$(scores named named.h5)"
check "to a model without names" "$(scores double both.h5)" "$(scores double named.h5)"
for data in both named; do
    job 2 train both.h5 "${recipe[@]}" --validation-data $data.h5 --memory 12kB --shuffle-window 16 --output "by_$data"
    check "validates by $data.h5" "$code" 0
done
check "alike" "$(digest by_named/log.csv)" "$(digest by_both/log.csv)"
job 2 train named.h5 "${recipe[@]}" --validation-data both.h5 --memory 12kB --shuffle-window 16 --output by_both_named
check "and the other way round" "$code $(digest by_both_named/log.csv)" "0 $(digest by_both/log.csv)"
error "what is trained on is not mixed" 2 3 "column 'date' is stored as it is in named.h5:/x, and less 2459100.5 in the model of --init both" -- \
    train named.h5 --init both "${recipe[@]:2}" --output no
error "nor the other way round" 0 3 "column 'date' is stored less 2459100.5 in both.h5:/train/x, and as it is in the model of --init named" -- \
    train both.h5 --init named "${recipe[@]:2}" --output no
error "float32 has lost what the offset was to keep" 2 3 "column 'date' is stored as float32 in less.h5:/test/x, and less 2459100.5 in the model" \
    "store them as float64, or convert their table with --like RUN" -- evaluate both less.h5

# ---- what merges all the same ----
job 0 train targets.h5 "${recipe[@]}" --normalize-targets --output targets
check_contains "targets that merge" "$(cat "$work/err")" "warning: values of the targets that differ are the same number as float32"
job 0 info targets.h5
check_contains "info of targets that merge" "$(cat "$work/out")" "warning     values that differ are the same number as float32 in 1 of 1 columns"
job 0 train less.h5 "${recipe[@]}" --output plain
check_lacks "nothing to warn of" "$(cat "$work/err")" "warning: values"

# ---- tables ----
table() { # ROWS: time, clusters (half of them 0), year, y
    awk -v n="$1" 'BEGIN {
        print "time,clock,year,y"
        for (r = 0; r < n; r++) {
            a = (r * 7919 + 13) % 200; b = (r * 104729 + 5) % 200; c = (r * 1299709) % 30
            printf "%.1f,%d,%d,%.4f\n", 1700000000.5 + a, r % 100 < 50 ? 0 : 1700000000 + b, 2000 + c, a / 100 + c / 30
        }
    }'
}
table 5000 >table.csv
job 0 convert table.csv table.h5 --test-split 0.2
check_contains "convert says what it takes" "$(cat "$work/err")" "'time' is stored less 1700000096, taken in float64"
check_contains "convert warns of what merges" "$(cat "$work/err")" "warning: column 'clock': "
check_lacks "years stay" "$(cat "$work/err")" "'year' is"
check "as many times as there were" "$(print_data table.h5 /train/x | awk '{ print $1 }' | sort -u | wc -l)" 200
job 0 info table.h5
check_contains "info of a converted table" "$(cat "$work/out")" "time (less 1700000096), clock, year; target y"
job 0 train table.h5 "${recipe[@]}" --output table
check_lacks "nothing is taken twice" "$(cat "$work/err")" "would lose their differences"
job 0 predict table table.csv --output from_table.csv
job 0 predict table table.h5 --part all --output from_file.csv
check "the table itself is read like that" "$(sort from_table.csv | digest /dev/stdin)" "$(sort from_file.csv | digest /dev/stdin)"
awk 'BEGIN {
    print "when,y"
    for (r = 0; r < 3000; r++)
        printf "2023-11-%02dT%02d:%02d:%02dZ,%d\n", 1 + r % 2, r % 24, r * 7 % 60, r * 13 % 60, r % 5
}' >times.csv
job 0 convert times.csv times.h5 --target y --date-parts days,weekday
check_contains "dates with times" "$(cat "$work/err")" "'when' is stored less 19663, taken in float64"
check "as many times as there were" "$(print_data times.h5 /train/x | awk '{ print $1 }' | sort -u | wc -l)" \
    "$(tail -n +2 times.csv | cut -d, -f1 | sort -u | wc -l)"
job 0 convert times.csv alike.h5 --like times.h5
check "--like takes the same" "$(digest alike.h5)" "$(digest times.h5)"
job 0 convert times.csv parts.h5 --target y --date-parts year,weekday
check_lacks "parts of dates stay" "$(cat "$work/err")" "less"
finish

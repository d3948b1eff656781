#!/usr/bin/env bash
# convert, and what follows from it: the same training, scores and predictions from a CSV file as from the HDF5 file made of
# it, on any number of ranks; the same bytes twice; whatever cannot be converted is refused and leaves nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"

# A table whose target follows from its columns: 2,500 rows, three blocks of an index and a bit.
awk 'BEGIN {
    srand(7); print "width,colour,\"remark, if any\",height,kind"
    for (i = 0; i < 2500; i++) {
        w = rand() * 4 - 2; h = rand() * 4 - 2; c = int(rand() * 3); s = w + h + (c == 2 ? 1.5 : 0)
        colour = c == 0 ? "red" : c == 1 ? "green" : "blue"
        kind = s > 1 ? "\"large, very\"" : s > -1 ? "middle" : "small"
        printf("%.17g,%s,\"%s\",%.6f,%s\n", w, colour, i % 2 ? "it \"\"is\"\"" : "", h, kind)
    }
}' >table.csv

converts() { # NAME ARGUMENTS...
    local name=$1
    shift
    job 0 convert "$@"
    check "$name" "$code$(error_lines)" 0
}

# ---- tables ----
converts "CSV" table.csv table.h5 --target kind --ignore "\"remark, if any\""
check_contains "the summary: shape" "$(<err)" "2500 rows, 5 columns, 5 features"
check_contains "the summary: categories" "$(<err)" "2 colour: one feature for each of 3 categories: blue, green, red"
check_contains "the summary: classes" "$(<err)" "5 kind: target, codes of 3 classes: large, very, middle, small"
check_contains "the summary: datasets" "$(<err)" "/train/x float32 (2500, 5), /train/y int32 (2500)"
converts "missing values" table.csv missing.h5 --target kind --categorical codes
check_contains "the summary: missing values" "$(<err)" "3 remark, if any: codes of 1 categories: it \"is\"; 1250 missing, written as NaN"
converts "the same again" table.csv again.h5 --target 5 --ignore 3
check "gives the same bytes" "$(digest again.h5)" "$(digest table.h5)"
job 0 convert table.csv again.h5 --target 1 --ignore 3,5
check_contains "an existing file stays" "$code $(error_lines)" "4 again.h5 exists; give --overwrite"
check "as it was" "$(digest again.h5)" "$(digest table.h5)"
converts "unless --overwrite says so" table.csv again.h5 --target 1 --ignore 3,5 --overwrite
check "a target of numbers is float32" "$(grep -c '/train/y float32 (2500)' err)" 1

job 0 info table.h5
check_contains "info names the columns" "$(<out)" "width, colour (3 categories), height; target kind (3 classes)"

job 0 train table.h5 --x '/train/x[width,height]' --y /train/y --layers "3 softmax" --output chosen
check_contains "columns can be chosen by name" "$code $(<err)" "train: 2500 rows x 2 features"
job 0 train table.h5 --x '/train/x[0,4]' --y /train/y --layers "3 softmax" --output numbered
check "as by number" "$(digests chosen)" "$(digests numbered)"
job 0 evaluate chosen table.h5
score=$(<out)
job 3 evaluate chosen table.csv
check "a model of some columns knows them in the table" "$code $(<out)" "0 $score"

# ---- rows without a target ----
# As in nycflights13's flights: what never arrived has no delay, and is the only one of its kind.
{
    echo "hour,carrier,arr_delay"
    awk 'BEGIN { srand(3); for (i = 0; i < 400; i++) { h = int(rand() * 24); c = i % 3 ? "UA" : "AA"
        if (i % 40 == 7) printf("%d,%s,%s\n", h, "9E", i % 80 == 7 ? "NA" : ""); else printf("%d,%s,%d\n", h, c, 3 * h - 20 + (c == "UA")) } }'
} >flights.csv
error "a target that is missing" 0 3 "flights.csv line 9: the target 'arr_delay' is missing" "--missing drop leaves such rows out" -- \
    convert flights.csv no.h5 --target arr_delay
error "features are not filled here" 0 2 "--missing mean: convert knows error and drop" -- \
    convert flights.csv no.h5 --target arr_delay --missing mean
converts "rows without a target, left out" flights.csv flights.h5 --target arr_delay --missing drop
check_contains "are counted" "$(<err)" "10 of 400 rows lack a target and are dropped"
check_contains "and leave no category" "$(<err)" "/train/x float32 (390, 3), /train/y int32 (390)"
job 0 info flights.h5
check_contains "info counts them too" "$(<out)" "dropped     10 rows without a target, by convert"
grep -v ',NA$\|,$' flights.csv >arrived.csv
converts "the others alone" arrived.csv arrived.h5 --target arr_delay
check "give the same rows" "$(print_data flights.h5 /train/x | digest /dev/stdin)" "$(print_data arrived.h5 /train/x | digest /dev/stdin)"
converts "rows without a target, and a test part" flights.csv parted.h5 --target arr_delay --missing drop --test-split 0.1
check_contains "of the rows that are kept" "$(<err)" "/train/y int32 (351), /train/row int64 (351), /test/x float32 (39, 3)"
job 0 train flights.h5 --layers "1" --loss mse --epochs 1 --output flights
job 0 evaluate flights arrived.csv
score=$(<out)
error "scoring rows without a target" 2 3 "flights.csv line 9: column" -- evaluate flights flights.csv
for ranks in 0 3; do
    job "$ranks" evaluate flights flights.csv --missing drop
    check "the table is scored without them ($ranks ranks)" "$code $(<out)" "0 $score"
done
printf '"a" "b" "y"\n"r1" 2 3 1\n"r2" 3 4 2\n' >r.txt
error "blanks between the fields" 0 3 "are the fields separated by blanks? Then give --delimiter space" -- convert r.txt no.h5 --target y --delimiter comma
error "R's row names" 0 3 "r.txt line 2: has 4 fields, but the header names 3 columns, as R's write.table does it" \
    "row.names=FALSE" "col.names=NA" -- convert r.txt no.h5 --target y
printf '"" "a" "b" "y"\n"r1" 2 3 1\n"r2" 3 4 2\n' >r.txt
converts "and the cure" r.txt r.h5 --target y --delimiter space --ignore 1

# ---- training on it, and the table through the model ----
recipe=(--layers "8 relu, 3 softmax" --epochs 4 --seed 5)
job 0 train table.h5 "${recipe[@]}" --output run
check "training on the converted file" "$code$(error_lines)" 0
job 3 train table.h5 "${recipe[@]}" --output run3 --checkpoint-every "100 steps"
check "gives the same model on 3 ranks" "$(digests run3)" "$(digests run)"
job 0 info run
check_contains "the model names the columns" "$(<out)" "width, colour (3 categories), height; target kind (3 classes)"
job 2 train table.h5 "${recipe[@]}" --epochs 6 --output run3 --resume
check "and can be resumed" "$code$(error_lines)" 0
sed '1s/width/breadth/' table.csv >renamed.csv
converts "a column renamed" renamed.csv renamed.h5 --target kind --ignore 3
error "resuming on renamed columns" 0 3 "renamed.h5:/train/x has no column 'width', which the run in run3 has" -- \
    train renamed.h5 "${recipe[@]}" --epochs 8 --output run3 --resume
job 0 evaluate run table.h5
score=$(<out)
for ranks in 0 3; do
    job "$ranks" evaluate run table.csv
    check "the CSV file has the score of the HDF5 file ($ranks ranks)" "$code $(<out)" "0 $score"
done
# other columns, another order and delimiter, no target: what matters is the names
awk -F, 'BEGIN { OFS = ";" } NR == 1 { print "height", "new", "colour", "width"; next }
    { print $4, "?", $2, $1 }' <(sed 's/"[^"]*if any"/remark/; s/"it ""is"""/x/' table.csv) >other.csv
job 0 predict run table.h5 --output expected.csv
check "predictions as CSV" "$code$(error_lines) $(head -n 1 expected.csv)" "0 row,class,\"probability_large, very\",probability_middle,probability_small"
check "one line a row" "$(wc -l <expected.csv)" 2501
for ranks in 0 3; do
    job "$ranks" predict run other.csv --output other-prediction.csv --overwrite
    check "predictions of a table without targets ($ranks ranks)" "$code $(digest other-prediction.csv)" "0 $(digest expected.csv)"
done
# rows whose largest probability is that of the class named
check "classes are named in CSV" "$(tail -n +2 expected.csv | sed 's/large, very/large/' | awk -F, '
    { split("\"large\" middle small", name, " "); best = 3; for (i = 4; i <= 5; i++) if ($i > $best) best = i
      wrong += $2 != name[best - 2] } END { print wrong + 0 }')" 0
job 0 predict run table.csv --output prediction.h5
check "predictions as HDF5" "$code$(error_lines)" 0
job 0 info prediction.h5
check_contains "class names in HDF5" "$(<out)" "/class_names             (3) string"
error "a table without targets cannot be scored" 0 3 "other.csv has no column 'kind', which is the target; evaluate needs it, predict does not" -- evaluate run other.csv
for ranks in 0 3; do
    sed '2000s/,red,\|,green,\|,blue,/,pink,/' table.csv >bad.csv
    error "an unknown category" "$ranks" 3 "bad.csv line 2000" "column 'colour' has 'pink'" "blue, green, red" -- evaluate run bad.csv
done
sed '2400s/^[^,]*/wide/' table.csv >bad.csv
error "no number" 0 3 "bad.csv line 2400" "column 'width' has 'wide', expected a number" -- predict run bad.csv --output no.csv
sed '700s/$/,1/' table.csv >bad.csv
error "a field too many" 0 3 "bad.csv line 700" "has 6 fields, expected 5" -- predict run bad.csv --output no.csv
sed '1s/colour/color/' table.csv >bad.csv
error "a column that is missing" 0 3 "bad.csv line 1" "lacks the column 'colour'" -- predict run bad.csv --output no.csv
sed '5s/^[^,]*//' table.csv >bad.csv
error "a missing value" 0 3 "bad.csv line 5, column 'width' is nan; 1 value in 1 of the 2500 rows" -- predict run bad.csv --output no.csv
# Missing values in a table go the ways of --missing; without the class in the middle the others' labels, 0 and 2, become the
# classes 0 and 1, which keep their names.
sed 's/^[^,]*\(.*,middle\)$/\1/' table.csv >gaps.csv
converts "a table with gaps" gaps.csv gaps.h5 --target kind --ignore 3
job 0 train gaps.h5 --layers "8 relu, 2 softmax" --missing drop --epochs 2 --output gaps
check_contains "two labels are left" "$code $(<err)" "labels of gaps.h5:/train/y: 0, 2 become classes 0 to 1"
job 0 predict gaps gaps.h5 --missing drop --output gaps-expected.csv
check "classes keep their names" "$code $(head -n 1 gaps-expected.csv) $(tail -n +2 gaps-expected.csv | grep -c middle)" \
    "0 row,class,\"probability_large, very\",probability_small 0"
check "row by row" "$(tail -n +2 gaps-expected.csv | sed 's/large, very/large/' | awk -F, '
    { wrong += $2 != ($3 >= $4 ? "\"large\"" : "small") } END { print wrong + 0, NR }')" "0 $(grep -vc 'middle$\|kind$' gaps.csv)"
job 0 evaluate gaps gaps.h5 --missing drop
score=$(<out)
for ranks in 0 3; do
    job "$ranks" predict gaps gaps.csv --missing drop --output gaps-prediction.csv --overwrite
    check "rows of a table are left out ($ranks ranks)" "$code $(digest gaps-prediction.csv)" "0 $(digest gaps-expected.csv)"
    job "$ranks" evaluate gaps gaps.csv --missing drop
    check "and scored ($ranks ranks)" "$code $(<out)" "0 $score"
done
job 0 train gaps.h5 "${recipe[@]}" --missing mean --output filled
job 0 predict filled gaps.h5 --output filled-expected.csv
job 2 predict filled gaps.csv --output filled.csv
check "a model that fills missing values fills them in tables" "$code $(digest filled.csv)" "0 $(digest filled-expected.csv)"
check "refused predictions leave nothing" "$(find . -name '*no.csv*')" ""
error "parts" 0 3 "--part test" "a CSV file has none" -- evaluate run table.csv --part test
error "a split of a table" 0 2 "--validation-split is for HDF5 files" -- evaluate run table.csv --validation-split 0.1
for option in --samples-axis=last --sample-weights=/w --follow-links --trust-sizes --validation-method=random; do
    error "${option%=*} of a table" 0 2 "${option%=*} is for HDF5 files" -- evaluate run table.csv "$option"
done
error "training rows of a table" 0 3 "--part train: table.csv has no such part" -- evaluate run table.csv --part train
error "datasets of a table" 0 2 "--x is for HDF5 files" -- evaluate run table.csv --x a
make_data data
job 0 train data/classes.h5 --layers "3 softmax" --output plain
error "a model that knows no columns" 0 3 "a CSV file needs a model that knows its columns" -- evaluate plain table.csv

# A regression on two targets by number, without a header.
tail -n +2 table.csv | cut -d, -f1,2 | awk -F, '{ print $1 "\t" $2 "\t" (2 * $1) "\t" (1 - $1) }' >plain.tsv
converts "a table without a header" plain.tsv plain.h5 --target 3,-1
check_contains "has numbers for names" "$(<err)" "delimiter tab, without a header; 2500 rows, 4 columns, 4 features"
check_contains "two targets" "$(<err)" "/train/y float32 (2500, 2)"
job 0 train plain.h5 --layers "2" --loss mse --output regression --epochs 2
job 0 evaluate regression plain.h5
score=$(<out)
job 3 evaluate regression plain.tsv
check "its score through the model" "$code $(<out)" "0 $score"
cut -f1,2 plain.tsv >features.tsv
job 0 predict regression features.tsv --output plain-prediction.csv
check "predictions of values" "$code $(head -n 1 plain-prediction.csv)" "0 row,prediction_3,prediction_4"
error "which are not scored" 0 3 "features.tsv has no header and 2 columns, the table that the model was trained on had 4 with the targets" -- \
    evaluate regression features.tsv

# ---- the test part ----
converts "a test part" table.csv split.h5 --target kind --ignore 3 --test-split 0.2 --seed 3
check_contains "has the exact count" "$(<err)" "/train/x float32 (2000, 5), /train/y int32 (2000), /train/row int64 (2000), /test/x float32 (500, 5), /test/y int32 (500)"
{
    print_data split.h5 /train/x
    print_data split.h5 /test/x
} | sort >parts
print_data table.h5 /train/x | sort >whole
check "every row is in one part" "$(digest parts)" "$(digest whole)"
print_data split.h5 /test/x >"test"
check "rows keep their order" "$(print_data table.h5 /train/x | grep -Fxf test | head -n 20 | digest /dev/stdin)" "$(head -n 20 test | digest /dev/stdin)"
first=$(digest split.h5)
converts "the same seed" table.csv split.h5 --target kind --ignore 3 --test-split 0.2 --seed 3 --overwrite
check "gives the same rows" "$(digest split.h5)" "$first"
converts "another seed" table.csv split.h5 --target kind --ignore 3 --test-split 0.2 --seed 4 --overwrite
check_lacks "gives others" "$(digest split.h5)" "$first"
job 0 train split.h5 "${recipe[@]}" --output split
check_contains "train finds both parts" "$(<err)" "test part, 500 rows"

# ---- refused ----
error "no target" 0 2 "which column is the target?" "1 width, 2 colour" -- convert table.csv no.h5
error "no such column" 0 2 "no column 'kinds'; did you mean 'kind'?" -- convert table.csv no.h5 --target kinds
error "no such file" 0 3 "there is no such file" -- convert none.csv no.h5 --target 1
error "no directory" 0 4 "no-directory/no.h5" -- convert table.csv no-directory/no.h5 --target kind
cp table.csv read.h5
error "its own input" 0 2 "read.h5 is read here, and would be lost" -- convert read.h5 read.h5 --format csv --target kind --overwrite
error "HDF5 already" 0 2 "is an HDF5 file already" -- convert table.h5 no.h5
error "too small a share" 0 2 "0 of 2500 rows to the test part" -- convert table.csv no.h5 --target kind --test-split 0.0001
error "a delimiter of two characters" 0 2 "option 'delimiter' is ';;'" -- convert table.csv no.h5 --delimiter ';;'
error "no output" 0 2 "missing OUT" -- convert table.csv
error "ranks" 2 2 "the work of one process" -- convert table.csv no.h5 --target kind
printf 'a,b\n1,2\n3\n' >short.csv
error "a wrong line" 0 3 "short.csv line 3: has 1 fields, expected 2; the line begins: 3" -- convert short.csv no.h5 --target b
printf 'a,b\n1,2\n3,"4\n' >quote.csv
error "a quote that stays open" 0 3 "quote.csv line 3: has a quote that is never closed" -- convert quote.csv no.h5 --target b
mkfifo pipe
error "a pipe" 0 3 "pipe: is not a regular file" -- convert pipe no.h5 --target b
error "CSV where HDF5 is needed" 0 3 "it is CSV text: make HDF5 of it with lockstep convert" -- train table.csv --layers 1
check "nothing is left" "$(find . -name '*no.h5*' -o -name '.*.tmp.*')" ""

# ---- other formats ----
printf '\0\0\10\3\0\0\0\4\0\0\0\2\0\0\0\2abcdefghijklmnop' >images
printf '\0\0\10\1\0\0\0\4\0\1\2\1' >labels
converts "IDX" images idx.h5 --target labels
check_contains "keeps bytes" "$(<err)" "/train/x uint8 (4, 2, 2), /train/y uint8 (4)"
check "in their order" "$(print_data idx.h5 /train/x | tr -s ' \n' ' ' | cut -d' ' -f1-5)" "97 98 99 100 101"
error "an array without targets" 0 2 "give the file with the targets as --target FILE" -- convert images no.h5
printf '\0\0\10\1\0\0\0\5\0\1\2\1\1' >five
error "other rows" 0 3 "images has 4 rows, but the targets five have 5" -- convert images no.h5 --target five
printf '1 1:0.5 3:2\n-1 2:7\n' >a.svm
converts "libsvm" a.svm svm.h5
for option in --header=on --delimiter=tab --ignore=1 --categorical=codes --missing=drop --x=a; do
    error "${option%=*} of libsvm" 0 2 "${option%=*} means nothing for a.svm, which is read as libsvm" -- convert a.svm no.h5 "$option"
done
error "array of a table" 0 2 "--x means nothing for table.csv, which is read as csv" -- convert table.csv no.h5 --x a --target kind
error "method without test rows" 0 2 "--test-method says which rows the test part takes" -- convert table.csv no.h5 --target kind --test-method stratified
error "seed without test rows" 0 2 "--seed draws the rows of the test part" -- convert table.csv no.h5 --target kind --seed 3
check "dense" "$(print_data svm.h5 /train/x | tr -s ' \n' ' ')" "$(printf '0.5 0 2 0 7 0 ')"

# ---- compressed files: what they hold is told by their bytes, and they give what the plain ones do ----
gzip -k images
job 0 convert images.gz gz.h5 --target labels
if grep -q "built without zlib" err; then
    echo "SKIPPED: compressed files, for which this build has no zlib"
else
    check "IDX, compressed: the same bytes" "$code $(digest gz.h5)" "0 $(digest idx.h5)"
    { # three members, zeros behind them
        head -n 700 table.csv | gzip
        sed -n '701,2000p' table.csv | gzip -1
        tail -n +2001 table.csv | gzip
        head -c 500 /dev/zero
    } >table.csv.gz
    converts "CSV, compressed" table.csv.gz gz.h5 --target kind --ignore 3 --overwrite
    check "gives the same bytes" "$(digest gz.h5)" "$(digest table.h5)"
    cp table.csv.gz misnamed.csv
    converts "whatever it is called" misnamed.csv gz.h5 --target kind --ignore 3 --overwrite
    check "as well" "$(digest gz.h5)" "$(digest table.h5)"
    gzip -k plain.tsv a.svm gaps.csv
    converts "TSV, compressed" plain.tsv.gz gz.h5 --target 3,-1 --overwrite
    check "by its name" "$(digest gz.h5)" "$(digest plain.h5)"
    converts "libsvm, compressed" a.svm.gz gz.h5 --overwrite
    check "likewise" "$(digest gz.h5)" "$(digest svm.h5)"
    job 0 evaluate run table.h5
    score=$(<out)
    for ranks in 0 3; do
        job "$ranks" evaluate run table.csv.gz
        check "a compressed table has its score ($ranks ranks)" "$code $(<out)" "0 $score"
        job "$ranks" predict gaps gaps.csv.gz --missing drop --output gz.csv --overwrite
        check "and its predictions, row by row ($ranks ranks)" "$code $(digest gz.csv)" "0 $(digest gaps-expected.csv)"
    done
    head -c 30000 table.csv.gz >cut.csv.gz
    error "a compressed file cut short" 0 3 "cut.csv.gz: is cut short: the compressed data ends too early, at byte 30000 of the file" -- \
        convert cut.csv.gz no.h5 --target kind
    for ranks in 0 3; do
        error "when it is scored ($ranks ranks)" "$ranks" 3 "cut.csv.gz: is cut short" -- evaluate run cut.csv.gz
    done
    { cat table.csv.gz && echo more; } >more.csv.gz
    error "something behind it" 0 3 "more.csv.gz: is damaged: behind its compressed data, from byte" -- convert more.csv.gz no.h5 --target kind
    gzip -k table.h5
    error "HDF5, compressed" 0 2 "table.h5.gz: is an HDF5 file that was compressed with gzip; unpack it with gunzip first" -- \
        convert table.h5.gz no.h5
    error "where HDF5 is needed" 0 3 "it is gzip-compressed: make HDF5 of a table" -- train table.csv.gz --layers 1
    tar -czf tables.tar.gz table.csv
    error "an archive" 0 3 "tables.tar.gz: it is a tar archive: unpack it with tar -xf first" -- convert tables.tar.gz no.h5 --target kind
    check "nothing of them is left" "$(find . -name '*no.h5*' -o -name '.*.tmp.*')" ""
fi

# ---- a full disk, and signals ----
mkdir small
if mount -t tmpfs -o size=40k tmpfs small 2>/dev/null; then
    trap 'umount -l "$work/small" || true; clean_up' EXIT
    error "a full disk" 0 4 "small/no.h5" "No space left" -- convert table.csv small/no.h5 --target kind
    check "leaves nothing" "$(ls -A small)" ""
else
    echo "SKIPPED: no file system can be mounted here, so no disk was filled"
fi
if has_faults; then
    set -m
    LOCKSTEP_FAULT=convert-write:0:sleep LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" convert table.csv no.h5 --target kind \
        >out 2>err </dev/null &
    set +m
    pid=$!
    wait_until compgen -G ".no.h5.tmp.*" || bad "SIGTERM: begins" "$(<err)" "its file"
    kill -TERM "$pid"
    code=0
    wait "$pid" || code=$?
    check "SIGTERM stops it" "$code" 75
    check_contains "SIGTERM: says so" "$(<err)" "stopped on request before all rows were converted; nothing was written"
    check "SIGTERM leaves nothing" "$(find . -name '*no.h5*')" ""
    LOCKSTEP_FAULT=convert-sync:0:kill job 0 convert table.csv no.h5 --target kind
    check "killed: leaves its temporary file" "$code $(find . -name '*no.h5*' | wc -l)" "137 1"
    job 0 convert table.csv no.h5 --target kind
    check "the next one removes it" "$code $(find . -name '*no.h5*')" "0 ./no.h5"
    rm no.h5
    LOCKSTEP_FAULT=convert-write:0:output error "a failed write" 0 4 "injected fault at convert-write" -- convert table.csv no.h5 --target kind
    check "a failed write leaves nothing" "$(find . -name '*no.h5*')" ""
fi
finish

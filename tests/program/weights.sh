#!/usr/bin/env bash
# Weights of rows and classes: the same on 1, 2 and 3 ranks, with what they must come to, and what is refused. That they are
# Keras' is shown in tests/reference.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work"
d=data/weights.h5
net=("$d" --x /x --y /y --layers "8 relu, dropout 0.1, 3 softmax" --epochs 2 --batch-size 64)

# column DIRECTORY NAME: that column of the last row of log.csv.
column() {
    awk -F, -v name="$2" 'NR == 1 { while ($++i != name); } END { print $i }' "$1/log.csv"
}

job 0 train "${net[@]}" --validation-split 0.25 --validation-method random --output plain
on_all "weights that are all 1" "${net[@]}" --validation-split 0.25 --validation-method random --sample-weights /ones
check "change nothing" "$(learnt run)" "$(learnt plain)"
on_all "sample weights" "${net[@]}" --validation-split 0.25 --validation-method random --sample-weights /weight
check_contains "weights are named" "$said" "weights /weight"
check_lacks "they change the log" "$(learnt run)" "$(digest plain/log.csv)"
check_contains "run.json tells" "$(cat run/run.json)" '"weights": "/weight"'
mv run weighted
through_layout "weights beside a layout" "$(digests weighted)" "${net[@]}" --validation-split 0.25 --validation-method random \
    --sample-weights /weight
cp $d data/more.h5
on_all "weights in two files" "$d,data/more.h5" "${net[@]:1}" --sample-weights /weight
check_contains "rows of both" "$said" "train: 2000 rows x"
error "a wrong weight has its file" 0 3 "more.h5:/negative row 40 " "is -1" -- train "data/more.h5,$d" "${net[@]:1}" --sample-weights /negative \
    --output never
on_all "weights that are integers" "${net[@]}" --sample-weights /whole --missing drop

job 0 train "${net[@]}" --epochs 1 --batch-size 1000 --sample-weights /by_class --output by_row
on_all "class weights" "${net[@]}" --epochs 1 --batch-size 1000 --class-weights "0=1, 1=5, 2=0.5"
check "classes by row and by name" "$(learnt run)" "$(learnt by_row)"
job 0 train "${net[@]}" --epochs 1 --batch-size 1000 --class_weight "0=1, 1=5, 2=0.5" --output keras_word
check "Keras' word for it" "$(learnt keras_word)" "$(learnt by_row)"
check_contains "is told" "$(<err)" "lockstep: warning: option 'class-weight' is called 'class-weights' here; taken as that"
echo 'class_weight = 0=1, 1=5, 2=0.5' >keras.conf
job 0 train "${net[@]}" --config keras.conf --epochs 1 --batch-size 1000 --output keras_word --overwrite
check "in a file too" "$(grep -c "'class-weight' is called" err) $(learnt keras_word)" "1 $(learnt by_row)"
check_contains "class weights are said" "$said" "class weights: 0=1, 1=5, 2=0.5"
job 0 train data/labels.h5 --x /x --y /names "${net[@]:5}" --epochs 1 --batch-size 1000 --class-weights "7=5, 100=0.5" --output names
check "classes by their labels, others 1" "$(digest names/log.csv)" "$(digest by_row/log.csv)"
on_all "balanced" "${net[@]}" --class-weights balanced
counts=$(print_data $d /y | sort -n | uniq -c | awk '{ printf "%s%d=%.6g", (NR > 1 ? ", " : ""), $2, 1000 / (3 * $1) }')
check_contains "balanced weights" "$said" "class weights: $counts"
job 0 train "${net[@]}" --class-weights " balanced " --output blanks
check_contains "blanks around it" "$(<err)" "class weights: $counts"
on_all "class weights of a sigmoid" data/labels.h5 --x /x --y /sign --layers "4 tanh, 1 sigmoid" --class-weights "-1=3"
on_all "class weights of one-hot targets" data/onehot.h5 --layers "4 tanh, 3 softmax" --class-weights "2=3"

# Classes that have names: by them, or by their labels.
{
    echo 'a,b,kind'
    for i in {1..60}; do
        case $((i * i % 7)) in
            1) kind=no ;;
            2) kind='"yes, a=b"' ;;
            *) kind=perhaps ;;
        esac
        echo "$i,$((i * 37 % 11)),$kind"
    done
} >kinds.csv
job 0 convert kinds.csv data/kinds.h5 --target kind
named=(data/kinds.h5 --layers "4 relu, 3 softmax" --normalize standard --batch-size 16)
on_all "class weights by name" "${named[@]}" --class-weights 'no=2,"yes, a=b" = 5'
check_contains "are said by name" "$said" 'class weights: no=2, perhaps=1, "yes, a=b"=5'
job 0 train "${named[@]}" --class-weights "0=2, 2=5" --output by_label
check "labels do the same" "$(digest by_label/log.csv)" "$(digest run/log.csv)"
errors "a class that is misspelt" 2 "no class 'perhap' (did you mean 'perhaps'?)" 'the classes are no, perhaps, "yes, a=b"' \
    -- train "${named[@]}" --class-weights "no=1, perhap=2"

# ---- validation ----
job 0 train "${net[@]}" --validation-data $d --output same
job 0 train "${net[@]}" --validation-data $d --validation-sample-weights /by_class --output weighed
check "training does not see them" "$(digest weighed/model.weights.h5)" "$(digest same/model.weights.h5)"
check "metrics do not either" "$(column weighed val_accuracy)" "$(column same val_accuracy)"
check_lacks "val_loss does" "$(column weighed val_loss)" "$(column same val_loss)"
cp $d one.h5
cp $d two.h5
on_all "weights of several validation files" "${net[@]}" --validation-data one.h5,two.h5 --validation-sample-weights /by_class
check "are looked for in all" "$(column run val_loss)" "$(column weighed val_loss)"
job 0 train "${net[@]}" --validation-x '[ot][nw]?.h5:/x' --validation-y '[ot][nw]?.h5:/y' --validation-sample-weights /by_class --output by_path
check "of those that a path names too" "$code $(column by_path val_loss)" "0 $(column weighed val_loss)"

# ---- evaluate ----
weighed=$(column weighed val_loss)
for ranks in 0 3; do
    job $ranks evaluate weighed $d --x /x --y /y --sample-weights /by_class
    check "evaluate as validation does, $ranks ranks" "$(awk '{ print $2 }' out | tr '\n' ' ')" "$weighed $(column weighed val_accuracy) "
done
check_contains "the weights are named" "$(cat err)" "weights /by_class"
job 0 evaluate weighed $d --x /x --y /y
check "without weights" "$(awk '$1 == "loss" { print $2 }' out)" "$(column same val_loss)"
job 0 evaluate weighed $d --x /x --y /y --part validation --validation-split 0.25 --sample-weights /ones
plain=$(cat out)
job 0 evaluate weighed $d --x /x --y /y --part validation --validation-split 0.25
check "weights of rows split off" "$(cat out)" "$plain"
printf 'sample-weights = /no_such\nx = /x\n' >job.conf
job 0 predict weighed $d --config job.conf --output p.h5
check "a file for train serves predict" "$code" 0
errors "evaluate with too few weights" 3 "--sample-weights, which are those of the train rows here" "/fewer has 900" -- evaluate weighed $d --x /x --y /y --sample-weights /fewer
error "weights of all parts" 0 2 "--sample-weights are for the rows of one part" -- evaluate weighed $d --x /x --y /y --sample-weights /ones --part all
error "predict takes no weights" 0 2 "not for predict" -- predict weighed $d --x /x --sample-weights /ones

# ---- resuming ----
job 2 train "${net[@]}" --validation-split 0.25 --validation-method random --sample-weights /weight --epochs 1 --output legs
job 3 train "${net[@]}" --validation-split 0.25 --validation-method random --sample-weights /weight --output legs --resume
check "stopped and gone on" "$(digests legs)" "$(digests weighted)"
errors "resume with other weights" 3 "other data" -- train "${net[@]}" --validation-split 0.25 --validation-method random \
    --sample-weights /whole --epochs 3 --output legs --resume
error "resume with other validation weights" 0 3 "other validation rows, or other values" -- train "${net[@]}" --validation-data $d --validation-sample-weights "" --epochs 3 --output weighed --resume
job 0 train "${net[@]}" --class-weights "0=1, 1=5, 2=0.5" --output classes
error "resume with other class weights" 0 2 "'class-weights = 0=1, 1=5, 2=0.5'" "'class-weights = balanced'" \
    -- train "${net[@]}" --class-weights balanced --epochs 3 --output classes --resume

# ---- refusals ----
errors "negative weight" 3 "/negative row 40" "is -1, expected a weight from 0 up" -- train "${net[@]}" --sample-weights /negative
error "nan as weight" 0 3 "/nan row 40" "is nan" -- train "${net[@]}" --sample-weights /nan
error "weights of several columns" 0 3 "/wide has 2 columns" "one weight a row" -- train "${net[@]}" --sample-weights /wide
error "too few weights" 0 3 "/x has 1000 rows" "/fewer has 900" -- train "${net[@]}" --sample-weights /fewer
error "no such weights" 0 3 "no dataset /wieght" "did you mean /weight?" -- train "${net[@]}" --sample-weights /wieght
error "both kinds" 0 2 "exclude each other" -- train "${net[@]}" --sample-weights /weight --class-weights balanced
error "validation weights without validation part" 0 2 "--validation-sample-weights" "there is none" -- train "${net[@]}" --validation-sample-weights /ones
errors "class weights without classes" 2 "--class-weights needs classes" -- train data/value.h5 --layers 1 --class-weights balanced
errors "class weight of no class" 2 "no class '3'; the classes are 0, 1, 2" -- train "${net[@]}" --class-weights "0=1, 3=2"
error "class weight twice" 0 2 "class '1' is there twice" -- train "${net[@]}" --class-weights "1=1, 1=2"
error "class weight without number" 0 2 "'two' is no CLASS=WEIGHT" "balanced; the classes are 0, 1, 2" -- train "${net[@]}" --class-weights two
error "negative class weight" 0 2 "1=-2" "from 0 to 3.4e38" -- train "${net[@]}" --class-weights "1=-2"

# ---- weights that leave nothing ----
errors "all weights 0" 3 "/zero is 0 in all 1000 rows that are trained on" "give weights above 0, or leave the weights out" \
    -- train "${net[@]}" --sample-weights /zero
error "streamed" 2 3 "/zero is 0 in all 1000 rows" -- train "${net[@]}" --sample-weights /zero --memory 12kB --shuffle-window 8
error "through a layout" 0 3 "/zero[0] is 0 in all 1000 rows" -- train $d --x '/x[0:]' --y /y "${net[@]:5}" --sample-weights '/zero[0]'
errors "those of the validation rows" 3 "/zero is 0 in all 1000 rows that are scored" -- train "${net[@]}" --validation-data $d \
    --validation-sample-weights /zero
error "those of rows split off" 2 3 "/first_half is 0 in all 250 rows that are scored" -- train "${net[@]}" --validation-split 0.25 --sample-weights /first_half
errors "evaluate" 3 "/zero is 0 in all 1000 rows that are scored" -- evaluate weighed $d --x /x --y /y --sample-weights /zero
on_all "ranks whose rows all have weight 0" "${net[@]}" --sample-weights /first_half
errors "class weights" 2 "--class-weights: the classes of all 1000 training rows have the weight 0" -- train "${net[@]}" --class-weights "0=0, 1=0, 2=0"
error "of the classes that there are" 0 2 "of all 1000 training rows have the weight 0" -- train $d --x /x --y /y --layers "5 softmax" --class-weights "0=0, 1=0, 2=0"
finish

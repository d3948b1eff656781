#!/usr/bin/env bash
# `lockstep info` of data files: parts, labels, columns, missing values, duplicates, memory, chunks; of models: layers and
# memory; as text and as JSON.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work"
d=data

# has NAME LINE: the last job printed exactly this line.
has() {
    if grep -qxF -- "$2" out; then ok "$1" "$2"; else bad "$1" "$(<out)" "the line '$2'"; fi
}

job 0 info "$LOCKSTEP_DATA/digits.h5" --ranks 3
check "info of data" "$code" 0
has "how parts were found" "Lockstep would use (found by their names)"
has "rows" "train: 1438 rows x 64 features, kept as float32"
has "labels" "    label 8               139 rows   9.67%"
has "columns" "    2                     5.1732       4.758           0          16     0     0"
has "the others" "    ... 44 more columns (--json lists all)"
has "constant columns" "  constant    4 of 64 columns, first 0"
has "scales" "  scales      std from 0.0372678 (column 24) to 6.49668 (column 42): more than 100x apart; --normalize standard is advised"
has "no duplicates" "  duplicates  none"
has "contiguous rows" "  reading     fine: no chunks, rows are read as they lie"
has "memory" "memory: 136.9 KiB for the rows of a rank with most: 539 of 1438 rows, 260 bytes each (--ranks N)"
job 0 info "$LOCKSTEP_DATA/digits.h5" --ranks 12
has "idle ranks" "        4 of 12 ranks would idle: there are 8 shards; see --shards of train"

job 0 info "$LOCKSTEP_DATA/census_income.h5"
has "duplicates, and rows of the training part" "  duplicates  1209 rows have the features of an earlier one, first row 181 of row 114; 2524 rows are in the training part too, first row 2, there row 24354"

job 0 info $d/missing.h5
has "missing values are counted" "  missing     30 values in 28 rows, in 6 of 6 columns, first 0; see --missing of train"
job 0 info $d/missing.h5 --missing drop
has "dropped rows" "train: 972 rows x 6 features, kept as float32"
has "nothing is missing then" "  missing     none"
job 0 info $d/parts.h5 --x /val/x --y /val/y --validation-split 0.25
has "named" "Lockstep would use (named by --x and --y)"
has "split" "  validation  x /val/x, y /val/y"
error "a wrong name" 0 3 "nothere" -- info $d/parts.h5 --x /nothere --y /val/y
error "an option of others" 0 2 "'--epochs' is not for info" -- info $d/parts.h5 --epochs 2

# Nothing is found: what to do next is to train.
job 0 info $d/unusual.h5
check_contains "nothing found, and what to name" "$code $(<out)" "name them: lockstep train $d/unusual.h5 --layers ... --x "
check_lacks "for training" "$(<out)" "predict"

job 0 info "$LOCKSTEP_DATA/digits.h5" --json
check "JSON" "$code$(grep -c '"repeated_rows": 0' out)" 02
if command -v python3 >/dev/null; then
    check "JSON parses" "$(python3 -m json.tool <out >/dev/null && echo yes)" yes
    check "JSON: a column" "$(python3 -c 'import json
f = json.load(open("out")); c = f["parts"]["train"]["columns"][63]
print(c["column"], c["max"], c["nan"], f["parts"]["validation"], f["memory"]["bytes"])')" "63 16 0 None 373880"
fi
job 0 train $d/classes.h5 --layers "3 softmax" --output run
error "datasets of a model" 0 2 "--samples-axis is for data files" -- info run/model.weights.h5 --samples-axis last
error "data of a model" 0 2 "--missing is for data files; run is a model" -- info run --missing drop

# A model: its layers, and what training takes of a rank.
job 0 train "$LOCKSTEP_DATA/digits.h5" --layers "64 relu, residual(64 relu, 64), 10 softmax" --normalize standard --verbose \
    --validation-split 0.2 --batch-size 128 --threads 1 --output wide
said=$(<err)
check_contains "layers before training" "$said" "  add (Add)                         (None, 64)            0  dense_2, dense"
check_contains "parameters" "$said" "  in the file: 13130 trainable, 129 others (normalisation, moving statistics)"
check_contains "memory before training" "$said" "memory of the one rank: batches of 128 rows, 1 rank of 1 thread"
check_contains "with the rows" "$said" "  rows          369.6 KiB  of data in memory"
job 0 info wide
has "layers of a run" "  dense_3 (Dense)                   (None, 10)          650"
has "connections" "  add (Add)                         (None, 64)            0  dense_2, dense"
has "the run's batch" "memory of the one rank: batches of 128 rows, 1 rank of 1 thread"
has "slots" "  optimizer     105.6 KiB  2 slots a weight"
check "lines of 80 columns" "$(grep -v ' sha256 ' out | awk 'length > 80' | head -n 1)" ""
job 0 info wide --ranks 4 --threads 2 --batch-size 512
has "another split" "memory of the rank with most: batches of 512 rows, 4 ranks of 2 threads"
job 0 info wide/checkpoints/*.h5
has "a checkpoint's batch" "memory of the one rank: batches of 128 rows, 1 rank of 1 thread"
check_contains "a checkpoint's recipe" "$(<out)" "    batch-size = 128"
job 0 train "$LOCKSTEP_DATA/digits.h5" --layers "32 relu, 10 softmax" --optimizer "sgd momentum=0.9" --schedule \
    "cosine_decay decay_epochs=2" --epochs 0 --output scheduled
job 0 info scheduled
has "slots behind no rate" "  optimizer      10.2 KiB  1 slot a weight"
job 0 info run/model.weights.h5 --json
check_contains "JSON of a model" "$code$(tr -d ' \n' <out)" '0{"file":"run/model.weights.h5","kind":"model","sha256":'
check_contains "it is sealed" "$(<out)" '"sealed": true'

# A file that something else has written anew has no block in front, and is used with a word; one that has only lost what
# the block began with is damaged.
tail -c +513 wide/model.weights.h5 >anew.h5
job 0 info anew.h5
has "no seal" "  seal        none: not as Lockstep wrote it; damage cannot be told"
job 0 info anew.h5 --json
check_contains "no seal, as JSON" "$(<out)" '"sealed": false'
job 0 evaluate wide/model.weights.h5 "$LOCKSTEP_DATA/digits.h5"
scores=$(<out)
job 0 evaluate anew.h5 "$LOCKSTEP_DATA/digits.h5"
check "scores without a seal" "$code $(<out)" "0 $scores"
check "said once" "$(grep -c 'anew.h5 has no seal' err)" 1
job 0 predict anew.h5 "$LOCKSTEP_DATA/digits.h5" --output anew.csv
check "said once in predicting" "$code $(grep -c 'anew.h5 has no seal' err)" "0 1"
job 0 train "$LOCKSTEP_DATA/digits.h5" --init anew.h5 --output begun
check "said once in training" "$code $(grep -c 'anew.h5 has no seal' err)" "0 1"
for bytes in M LOCKSTEQ XXXXXXXX; do
    cp wide/model.weights.h5 lost.h5
    printf %s $bytes | dd of=lost.h5 bs=1 conv=notrunc status=none
    printf x | dd of=lost.h5 bs=1 seek=9000 conv=notrunc status=none
    error "info of a model that begins with $bytes" 0 4 "lost.h5: is damaged: its first 512 bytes" -- info lost.h5
    error "evaluating one" 0 4 "lost.h5: is damaged: its first 512 bytes" -- evaluate lost.h5 "$LOCKSTEP_DATA/digits.h5"
done

if command -v python3 >/dev/null; then
    job 0 info wide --json --ranks 2
    check "JSON of a run" "$(python3 -c 'import json
f = json.load(open("out")); m = f["model"]; layers = m["layers"]
print(f["kind"], [l["name"] for l in layers], layers[5]["inputs"], m["trainable_parameters"], m["other_parameters"],
      m["loss"], m["metrics"], m["optimizer"], len(m["classes"]), m["state"], m["memory"]["ranks"], m["memory"]["batch_rows"],
      f["best"]["whole"], len(f["checkpoints"]))')" \
        "run ['input', 'normalization', 'dense', 'dense_1', 'dense_2', 'add', 'dense_3'] ['dense_2', 'dense'] 13130 129 \
sparse_categorical_crossentropy ['accuracy'] {'name': 'adam', 'slots': 2, 'averages': False} 10 None 2 64 True 1"
    job 0 info wide/checkpoints/*.h5 --json
    check "JSON of a checkpoint" "$(python3 -c 'import json
f = json.load(open("out")); s = f["state"]
print(f["kind"], s["steps"], s["epoch"], s["step"], s["recipe"]["batch-size"], s["changes"])')" "checkpoint 9 1 0 128 None"
fi

# One column of many rows a chunk: windows of rows decompress all of it again and again, unless the cache holds everything.
if command -v h5repack >/dev/null; then
    h5repack -l /train/x:CHUNK=20000x1 "$LOCKSTEP_DATA/census_income.h5" tall.h5
    job 0 info tall.h5
    has "chunks that do not suit rows" "  reading     slow: 1.00 bytes decompressed a byte of the rows in order, 4.00 by shuffle windows of 5000 rows; a row lies in chunks of 8.1 MiB"
    has "what would" "              better: h5repack -l /train/x:CHUNK=2473x106 tall.h5 repacked.h5"
    h5repack -l /train/x:CHUNK=2473x106 tall.h5 repacked.h5
    job 0 info repacked.h5
    check_lacks "and does" "$(<out)" "slow"
    h5repack -l /train/x:CHUNK=1438x1 "$LOCKSTEP_DATA/digits.h5" small.h5
    job 0 info small.h5
    check_lacks "small enough for the cache" "$(<out)" "slow"
    # put together: the same file twice, some columns, samples on the last axis
    cp tall.h5 tall_again.h5
    job 0 info tall.h5,tall_again.h5 --shards 16
    has "chunks of several files" "  reading     slow: 1.00 bytes decompressed a byte of the rows in order, 4.00 by shuffle windows of 5000 rows; a row lies in chunks of 8.1 MiB"
    has "what helps them" "              better: h5repack -l /train/x:CHUNK=2473x106 tall.h5 repacked.h5"
    has "all of them" "              and likewise 1 more datasets"
    job 0 info repacked.h5,tall_again.h5 --shards 16
    has "the one that is slow" "              better: h5repack -l /train/x:CHUNK=2473x106 tall_again.h5 repacked.h5"
    job 0 info tall.h5 --x '/train/x[0:2]' --y /train/y
    check_contains "columns in chunks of their own" "$(<out)" "1.00 bytes decompressed a byte of the rows in order"
    job 0 info repacked.h5 --x '/train/x[0:53]' --y /train/y
    check_contains "half of the columns of a chunk" "$(<out)" "fine: 2.10 bytes decompressed a byte of the rows in order"
fi

# Names of classes, and rows of several files.
printf 'a,kind\n1,red\n2,blue\n3,red\n1,red\n' >kinds.csv
job 0 convert kinds.csv kinds.h5 --target kind
job 0 info kinds.h5
has "names of classes" "    label 0                 1 rows  25.00%  blue"
job 0 info kinds.h5 --json
check_contains "names in JSON" "$(tr -d ' \n' <out)" '"label":1,"name":"red","rows":3'
cp kinds.h5 more.h5
job 0 info kinds.h5,more.h5
check_contains "duplicates by file" "$(<out)" "first kinds.h5:/train/x row 3 of kinds.h5:/train/x row 0"
# A file that is removed while it is looked at is an error, not a file without parts. Too early is the same error.
if has_faults; then
    cp $d/parts.h5 gone.h5
    export LOCKSTEP_FAULT=open:0:sleep
    beside gone 0 info gone.h5
    unset LOCKSTEP_FAULT
    asleep() {
        local id
        for id in $(leftovers); do ! grep -q nanosleep "/proc/$id/wchan" || return 0; done
        return 1
    }
    if [ "$(cat /proc/$$/wchan 2>/dev/null)" != 0 ] && wait_until asleep; then
        rm gone.h5
        came_of gone
        check "a file removed meanwhile: code" "$code" 3
        check_contains "a file removed meanwhile: says" "$(error_lines)" "gone.h5: there is no such file"
    fi
fi
finish

#!/usr/bin/env bash
# Nothing that is read is written: every command's inputs as its output, by every name that leads to them.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
make_data "$work/data"
cd "$work"
cp data/labels.h5 d.h5
mkdir parts && cp d.h5 parts/a.h5 && cp d.h5 parts/b.h5
ln d.h5 hard.h5
ln -s d.h5 soft.h5
mkfifo pipe.h5 && mkdir folder.h5 && ln -s /dev/null null.h5
seq 1 200 | awk 'BEGIN { print "a,b,y" } { print $1 % 7 "," $1 % 5 "," $1 % 2 }' >t.csv
job 0 convert t.csv t.h5
job 0 train t.h5 --layers "1 sigmoid" --output table
job 0 train d.h5 --layers "3 softmax" --checkpoint-every "1 steps" --output run
check "set up" "$code" 0
model=run/model.weights.h5
checkpoint=$(ls run/checkpoints/*.h5 | head -n 1)

# kept NAME FILE WORD -- ARGUMENTS: usage error with this word, and the file is as it was.
kept() {
    local name=$1 file=$2 word=$3 before
    shift 4
    before=$(digest "$file")
    error "$name" 0 2 "$word" -- "$@"
    check "$name: stays" "$(digest "$file")" "$before"
}

for output in d.h5 ./d.h5 "$work/d.h5" hard.h5 soft.h5; do
    kept "predict into its data as $output" d.h5 "would be lost" -- predict run d.h5 --output "$output" --overwrite
done
kept "predict into data of --x" d.h5 "would be lost" -- predict run --x d.h5:/x --output d.h5 --overwrite
kept "predict into one of a pattern" parts/b.h5 "would be lost" -- predict run "parts/*.h5" --output parts/b.h5 --overwrite
kept "predict into one of a list" parts/a.h5 "would be lost" -- predict run parts/b.h5,parts/a.h5 --output parts/a.h5 --overwrite
kept "predict into a table" t.csv "would be lost" -- predict table t.csv --output t.csv --overwrite
cp t.csv in.csv
LOCKSTEP_TEST=$work "${emulator[@]}" "$LOCKSTEP" predict table - --output in.csv --overwrite <in.csv 2>err || code=$?
check "predict into standard input" "$code $(cmp t.csv in.csv && echo kept)" "2 kept"
kept "predict into its model" $model "would be lost" -- predict run d.h5 --output $model --overwrite
kept "predict into its model by file" $model "would be lost" -- predict $model d.h5 --output run/../$model --overwrite
kept "predict into a checkpoint" "$checkpoint" "is a model or a checkpoint" -- predict run d.h5 --output "$checkpoint" --overwrite
kept "predict into its run's log" run/log.csv "belongs to a run" -- predict run d.h5 --output run/log.csv --overwrite
kept "predict into another run's log" table/timing.csv "belongs to a run" -- predict run d.h5 --output ./table/timing.csv --overwrite
kept "predict into another run's model" table/model.weights.h5 "is a model or a checkpoint" -- predict run d.h5 --output table/model.weights.h5 --overwrite
error "predict into its data, by ranks" 2 2 "would be lost" -- predict run d.h5 --output d.h5 --overwrite
for special in null.h5 pipe.h5 folder.h5; do
    error "predict into $special" 0 2 "in whose place no file is put" -- predict run d.h5 --output "$special" --overwrite
    error "convert into $special" 0 2 "in whose place no file is put" -- convert t.csv "$special" --overwrite
done
if [ -c null.h5 ] && [ -p pipe.h5 ]; then ok "special files" "are there"; else bad "special files" "gone" "there"; fi

cp t.csv table.h5
kept "convert into its input" table.h5 "would be lost" -- convert table.h5 ./table.h5 --format csv --overwrite
"${emulator[@]}" printf '\223NUMPY\1\0v\0' >x.npy
{ printf "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1), }"; printf '%*s\n' 56 ''; printf '\0\0\0\0%.0s' 1 2 3 4; } >>x.npy
cp x.npy y.npy
cp y.npy y.h5
kept "convert into its targets" y.h5 "would be lost" -- convert x.npy y.h5 --target y.h5 --overwrite
error "convert into a table's name" 0 2 "ends in .h5, .hdf5 or .hdf" -- convert t.csv no.csv
error "convert to standard output" 0 2 "ends in .h5, .hdf5 or .hdf" -- convert t.csv -
kept "convert into a model" $model "is a model or a checkpoint" -- convert t.csv $model --overwrite

# A run's own files as its data, or as the model that another begins with.
cp d.h5 other-model.h5
mkdir -p within && cp d.h5 within/model.weights.h5
kept "train over its data" within/model.weights.h5 "another --output" -- train within/model.weights.h5 --layers "3 softmax" --output within --overwrite
kept "train over its data, through a link" within/model.weights.h5 "another --output" -- train "$work/within/../within/model.weights.h5" --layers "3 softmax" --output within --resume
kept "train over --init" $model "another --output" -- train d.h5 --init run --output run --overwrite
kept "train over --init by file" $model "another --output" -- train d.h5 --init $model --output run --overwrite
kept "train over a checkpoint of --init" "$checkpoint" "another --output" -- train d.h5 --init "$checkpoint" --output run --overwrite

# Without checkpoints there is nothing to go on from, whatever is left of the run, and what is left stays.
rm -rf run/checkpoints
before=$(digest $model)
error "resume without checkpoints, other layers" 0 4 "nothing was changed" -- train d.h5 --layers "4 tanh, 3 softmax" --output run --resume
check "the model stays" "$(digest $model)" "$before"
job 0 train d.h5 --layers "3 softmax" --epochs 3 --validation-split 0.2 --checkpoint-every "1 steps" --output best
rm -rf best/checkpoints best/model.weights.h5
before=$(digest best/best.weights.h5)
error "resume with the best epoch only" 0 4 "nothing was changed" -- train d.h5 --layers "4 tanh, 3 softmax" --validation-split 0.2 --output best --resume
check "the best epoch stays" "$(digest best/best.weights.h5)" "$before"

# A configuration file is an input too.
printf 'batch-size = 16\n' >c.conf
kept "predict into its configuration" c.conf "--config" -- predict run d.h5 --config c.conf --output c.conf --overwrite
cp c.conf conf.h5
kept "convert into its configuration" conf.h5 "--config" -- convert t.csv ./conf.h5 --config conf.h5 --overwrite
finish

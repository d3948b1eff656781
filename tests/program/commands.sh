#!/usr/bin/env bash
# The commands do what their help says: names, files, columns, parts of the data, the same results on 0 to 3 ranks.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
make_data "$work/data"
cd "$work" # default outputs land here
d=data
classifier=(--layers "8 relu, 3 softmax" --seed 3)

# train NAME RANKS ARGUMENTS...: a run that must succeed
train() {
    local name=$1 ranks=$2
    shift 2
    job "$ranks" train "$@"
    check "$name" "$code$(error_lines)" 0
}

# A value of JSON text by its key, the first one of that name; of run.json.
card_line() { # KEY
    sed -n "s/^ *\"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" | head -n 1
}
card() { # DIRECTORY KEY
    card_line "$2" <"$1/run.json"
}

# ---- help and version ----
job 0 --version
check "version comes first" "$(head -n 1 out | grep -c '^lockstep 0\.[0-9]*\.[0-9]*$')" 1
for what in compiler MPI HDF5 kernels; do
    check "--version tells $what" "$(grep -c "^$what  *[^ ,]" out)" 1
done
check_contains "its kernels" "$(<out)" portable
hdf5=$(sed -n 's/^HDF5 *\([0-9.]*\), compiled with [0-9.]*$/\1/p' out)
kernels=$(sed -n 's/^kernels *//p' out)
job 0 --version --json
check "--version --json" "$code $(card_line version <out | cut -c1-2)" "0 0."
check "the same HDF5" "$(card_line hdf5 <out)" "$hdf5"
check "the same kernels" "$(tr -d ' \n"' <out | sed 's/.*kernels:\[\([^]]*\)\].*/\1/;s/,/, /g')" "$kernels"
for key in commit compiler build_type mpi mpi_compiled hdf5_compiled; do
    check "it has $key" "$(grep -c "^  \"$key\": \"" out)" 1
done
job 3 --version
check "version on 3 ranks is printed once" "$(grep -c '^lockstep 0' out)" 1
error "--version and more" 0 2 "'--jso' is not expected" -- --version --jso
job 0 --help
check "help" "$code" 0
help=$(<out)
job 0 help
check "help as a command" "$(<out)" "$help"
job 0
check "nothing at all: help, and code 2" "$code$(<out)" "2$help"
job 0 help --commands
mapfile -t commands <out
check "help --commands" "$([ ${#commands[@]} -ge 6 ] && echo several)" several
for command in "${commands[@]}"; do
    check_contains "help names $command" "$help" "  $command "
    job 0 help $command
    check "help $command" "$code" 0
    text=$(<out)
    job 0 $command --help --nonsense
    check "$command --help wins over errors" "$code$(<out)" "0$text"
    check "$command: the first help fits a screen" "$(awk 'length > 80 || NR > 40' out | head -n 1)" ""
    job 0 $command -h
    check "$command -h" "$code$(<out)" "0$text"
    job 0 $command --nonsense --help all
    all=$(<out)
    check "$command --help all" "$code$(grep -c -e '^Usage' -e '^Examples' -e '^Other' out)" 03
    job 0 help $command all
    check "help $command all" "$(<out)" "$all"
    job 0 $command --help=all
    check "$command --help=all" "$(<out)" "$all"
    # A usual option is one of them all; what it says of them stands there, too.
    wrong=
    while read -r option; do
        grep -qE -e "^[* ] --(\[no-\])?$option( |\$)" <<<"$all" || wrong+=" $option"
    done < <(sed -n 's/^  --\(\[no-\]\)\{0,1\}\([a-z0-9-]*\).*/\2/p' <<<"$text")
    check "$command: usual options are options" "$wrong" ""
done
job 0 train --help
usual=$(<out)
for option in layers loss optimizer learning-rate epochs batch-size validation-split metrics output resume; do
    check_contains "train --help begins with $option" "$usual" "  --$option"
done
check_contains "and says how many there are" "$usual" "all $(job 0 train --help all && grep -c '^[* ] --' out | awk '{ print $1 - 2 }') options"
job 0 train --help model
check "a section" "$code$(head -n 1 out)$(grep -c -e '^[* ] --layers ' -e '^[* ] --epochs ' out)" "0Model1"
job 0 help train Learning-rate
check "not an option by another case" "$code" 2
job 0 help train learning_rate
check "an option" "$code$(cut -c1-19 out | head -n 1)" "0* --learning-rate X"
job 0 train d.h5 --help --layers x
check "the rest of a line is no topic" "$code$(<out)" "0$usual"
job 0 train --help data.h5
check "nor is a file" "$code$(<out)" "0$usual"
error "no topic" 0 2 "'lyers' is no section and no option of train: expected lockstep train --help, or --help with all, data, model," -- train --help lyers
error "no topic, as a command" 3 2 "'target' is no section and no option of train" -- help train target
job 3 --help
check "help on 3 ranks is printed once" "$(grep -c '^Usage' out)" 1

# ---- one setting in two spellings ----
train "settings among the optimizer's words" 2 $d/classes.h5 "${classifier[@]}" --epochs 2 --optimizer "adam learning_rate=0.05" --output words
train "settings as options" 0 $d/classes.h5 "${classifier[@]}" --epochs 2 --learning-rate 0.05 --output options
check "run.json has what was trained with" "$(sed -n 's/^ *"learning-rate": //p' words/run.json)" "$(printf '"0.05",\n"0.05",')"
check "the same model and log" "$(digests words)" "$(digests options)"
train "going on in the other spelling" 3 $d/classes.h5 "${classifier[@]}" --epochs 4 --learning-rate 0.05 --output words --resume
train "and unbroken" 0 $d/classes.h5 "${classifier[@]}" --epochs 4 --learning-rate 0.05 --output options --resume
check "the same again" "$(digests words)" "$(digests options)"

# Every option of the table is in run.json. A command's help must have those that it takes, and no others.
train "default output" 0 $d/classes.h5 "${classifier[@]}"
mapfile -t keys < <(sed -n '/"options": {/,/}/s/^ *"\([a-z0-9_-]*\)": ".*/\1/p' classes-001/run.json)
check "options in run.json" "$([ ${#keys[@]} -ge 30 ] && echo many)" many
for command in "${commands[@]}"; do
    job 0 help $command all
    text=$(<out)
    wrong=
    for key in "${keys[@]}"; do
        mentioned=no accepted=yes
        grep -qE -- "--(\[no-\])?$key( |\$)" <<<"$text" && mentioned=yes
        job 0 $command "--$key=?" # no option accepts this, paths apart, and then DATA is missing
        grep -q "is not for $command" err && accepted=no
        [ $mentioned = $accepted ] || wrong+=" $key (in the help: $mentioned, accepted: $accepted)"
    done
    check "help $command has its options" "$wrong" ""
done
# The options that README.md shows behind a command are options of that command.
for command in "${commands[@]}"; do
    job 0 help $command all
    check "README.md shows options of $command" "$(sed -n "s/.*lockstep $command \\([^#]*\\).*/\\1/p" "$here/../../README.md" |
        { grep -oE -e '--[a-z][a-z-]*' || true; } | sort -u | while read -r option; do
        grep -qE -e "$option( |\$)" out || printf '%s ' "$option"
    done)" ""
done
job 0 help evaluate all
check_contains "help of evaluate has --part" "$(<out)" "--part auto|train|validation|test|all"

# ---- names of outputs ----
check "default output is <data>-001" "$(ls classes-001)" "$(printf 'checkpoints\nlog.csv\nmodel.weights.h5\nreport-machine.html\nreport.html\nreport.json\nrun.json\ntiming.csv')"
train "default output again" 3 $d/classes.h5 "${classifier[@]}"
check "the next is -002, with the same results on 3 ranks" "$(digests classes-002)" "$(digests classes-001)"
check "said once" "$(grep -c 'model in classes-002/model.weights.h5' err)" 1
check "run.json: state" "$(card classes-002 state)" finished
check "run.json: ranks" "$(card classes-002 ranks)" 3
check_contains "run.json: hash of the model" "$(<classes-002/run.json)" "$(digest classes-002/model.weights.h5)"
check_contains "run.json: hash of the log" "$(<classes-002/run.json)" "$(digest classes-002/log.csv)"
if command -v python3 >/dev/null; then
    check "run.json is JSON" "$(python3 -m json.tool classes-002/run.json >/dev/null 2>&1 && echo yes)" yes
fi
train "overwrite" 0 $d/classes.h5 --layers "3 softmax" --output over --epochs 3 --checkpoint-every "1 epochs"
train "overwritten" 0 $d/classes.h5 "${classifier[@]}" --output over --overwrite
check "an overwritten run is like a new one" "$(digests over) $(find over/checkpoints -type f | wc -l)" "$(digests classes-001) 1"
train "another seed" 0 $d/classes.h5 --layers "8 relu, 3 softmax" --seed 4 --output seed
check_lacks "another seed gives another model" "$(digests seed)" "$(digest classes-001/model.weights.h5)"
train "no epochs" 0 $d/classes.h5 "${classifier[@]}" --epochs 0 --output untrained
check "a model of initial weights" "$(test -s untrained/model.weights.h5 && wc -l <untrained/log.csv)" 1
train "no epochs, grown to 1" 3 $d/classes.h5 "${classifier[@]}" --epochs 1 --output untrained --resume
check "that gives the same" "$(digests untrained)" "$(digests classes-001)"
train "options with equals signs and underscores" 0 $d/classes.h5 --layers="8 relu, 3 softmax" --seed=3 --batch_size=32 --output equals
check "that gives the same, too" "$(digests equals)" "$(digests classes-001)"
rm -rf classes-001
train "default output, a number freed" 0 $d/classes.h5 "${classifier[@]}"
check "the lowest free number is taken" "$(digests classes-001)" "$(digests classes-002)"
cp $d/classes.h5 ./--odd.h5
train "a name that looks like an option" 0 "${classifier[@]}" --output odd -- --odd.h5
check "that gives the same" "$(digests odd)" "$(digests classes-001)"

# ---- configuration files ----
cat >run.conf <<END
# the same as on the command line
data = $d/classes.h5
layers = "8 relu, 3 softmax"   # quoted as for a shell
seed=4
batch_size = 16

epochs = 2
shuffle = off
END
train "configuration file" 0 --seed 3 --config run.conf --batch-size=32 --output conf --epochs 1 --shuffle on
check "the command line wins over the file, before and behind it" "$(digests conf)" "$(digests classes-001)"
train "configuration file out of a pipe" 0 --seed 3 --config <(cat run.conf) --batch-size=32 --output conf_pipe --epochs 1 --shuffle on
train "empty configuration file out of a pipe" 0 --config run.conf --config <(true) --output conf_empty
mkfifo fifo.conf
{ sleep 1; cat run.conf; } >fifo.conf &
train "configuration file out of a named pipe" 0 --config fifo.conf --output conf_fifo
train "configuration file on 2 ranks" 2 --config run.conf --output conf2
train "the same on the command line" 0 $d/classes.h5 --layers "8 relu, 3 softmax" --seed 4 --batch-size 16 --epochs 2 --no-shuffle --output line2
check "a pipe's options are the file's" "$(digests conf_pipe) $(digests conf_fifo)" "$(digests classes-001) $(digests conf2)"
check "a file's options are the command line's" "$(digests conf2)" "$(digests line2)"
check "run.json echoes them" "$(card conf2 batch-size) $(card conf2 shuffle) $(card conf2 seed)" "16 off 4"

# ---- log.csv ----
train "log.csv" 0 $d/parts.h5 "${classifier[@]}" --epochs 2 --log-every 8 --output logged
check "log.csv: header" "$(head -n 1 logged/log.csv)" "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate"
check "log.csv: a row every 8 steps and at the ends of epochs" "$(tail -n +2 logged/log.csv | cut -d, -f1,2 | tr '\n' ' ')" "1,8 1,16 1,19 2,24 2,32 2,38 "
check "log.csv: 7 columns everywhere" "$(awk -F, '{ print NF }' logged/log.csv | sort -u)" 7
check "log.csv: validation at the ends of epochs only" "$(awk -F, '$5 != "" { print $2 }' logged/log.csv | tr '\n' ' ')" "step 19 38 "
train "log.csv without extra rows" 0 $d/parts.h5 "${classifier[@]}" --epochs 2 --output unlogged
check "extra rows change nothing else" "$(grep -E '^(1,19|2,38),' logged/log.csv) $(digest logged/model.weights.h5)" \
    "$(tail -n +2 unlogged/log.csv) $(digest unlogged/model.weights.h5)"
train "log.csv, every epoch's last step" 0 $d/parts.h5 "${classifier[@]}" --epochs 2 --log-every 19 --output last
check "a row that is an epoch's anyway is there once" "$(<last/log.csv)" "$(<unlogged/log.csv)"
check "timing.csv: header" "$(head -n 1 logged/timing.csv)" "epoch,step,seconds,samples_per_second,data,compute,communication"
check "timing.csv: a row an epoch" "$(tail -n +2 logged/timing.csv | cut -d, -f1,2 | tr '\n' ' ')" "1,19 2,38 "
train "regression" 0 $d/values.h5 --layers "8 tanh, 2" --epochs 3 --output reals
check "log.csv of a regression" "$(head -n 1 reals/log.csv)" "epoch,step,loss,mae,r2,learning_rate"
train "no metrics" 0 $d/values.h5 --layers "8 tanh, 2" --metrics none --output bare
check "log.csv without metrics" "$(head -n 1 bare/log.csv)" "epoch,step,loss,learning_rate"

# ---- checkpoints ----
names() { # DIRECTORY: the steps of its checkpoints
    find "$1/checkpoints" -type f -printf '%f\n' | sort | sed 's/^step-0*\([0-9]*\).h5$/\1/' | tr '\n' ' '
}
train "checkpoints by epochs" 0 $d/classes.h5 "${classifier[@]}" --epochs 6 --checkpoint-every "1 epochs" --output each
check "the newest 3 are kept" "$(names each)" "128 160 192 "
train "checkpoints by steps" 0 $d/classes.h5 "${classifier[@]}" --epochs 2 --checkpoint-every "20 steps" --keep 10 --output steps
check "every 20 steps and at the end" "$(names steps)" "20 40 60 64 "
train "no checkpoints" 0 $d/classes.h5 "${classifier[@]}" --epochs 2 --checkpoint-every never --output never
check "one at the end" "$(names never)" "64 "
train "2 checkpoints" 0 $d/classes.h5 "${classifier[@]}" --epochs 2 --checkpoint-every "10 steps" --keep 2 --output two
check "the newest 2 are kept" "$(names two)" "60 64 "
train "checkpoints by time" 0 $d/classes.h5 "${classifier[@]}" --epochs 2 --checkpoint-every "0.000001 s" --keep 1000 --output timed
check "one a step, but for steps within a microsecond" "$([ "$(names timed | wc -w)" -ge 32 ] && echo many)" many
check "checkpoints change nothing" "$(digests timed)" "$(digests never)"
check "nor do they depend on the split" "$(digest steps/checkpoints/step-000000000064.h5)" "$(digest never/checkpoints/step-000000000064.h5)"

# ---- validation ----
# The log's last row and evaluate must name the same scores, digit by digit.
check_validation() { # NAME DIRECTORY ROWS EVALUATE-ARGUMENTS...
    local name=$1 directory=$2 rows=$3 expected
    shift 3
    expected=$(tail -n 1 "$directory/log.csv" | cut -d, -f5,6)
    job 2 evaluate "$directory" "$@"
    check "$name: evaluate says the same" "$(awk '{ print $2 }' out | paste -sd,)" "$expected"
    check_contains "$name: rows" "$(<err)" "evaluated $rows rows"
}
check_validation "validation part" unlogged 200 $d/parts.h5 --part validation
train "validation part by its name" 0 $d/parts.h5 "${classifier[@]}" --epochs 2 --validation-data validation --output by_name
check "that is the default" "$(digests by_name)" "$(digests unlogged)"
train "validation split" 3 $d/classes.h5 "${classifier[@]}" --validation-split 0.25 --output split
check_validation "validation split" split 250 $d/classes.h5 --validation-split 0.25 --part validation
check_contains "validation split is the tail" "$(tr -d ' \n' <split/run.json)" '"first_row":750,"rows":250'
train "validation file" 0 $d/classes.h5 "${classifier[@]}" --validation-data $d/few.h5 --output other
check_validation "validation file" other 20 $d/few.h5
train "validation group" 2 $d/classes.h5 "${classifier[@]}" --validation-data $d/parts.h5:holdout --output group
check_validation "validation group" group 90 $d/parts.h5 --x /holdout/x --y /holdout/y
train "test part as validation" 0 $d/parts.h5 "${classifier[@]}" --validation-data test --output tested
check_validation "test part as validation" tested 150 $d/parts.h5
train "named datasets" 2 $d/unusual.h5 "${classifier[@]}" --x /measured/values --y /measured/kind \
    --validation-x /checked/values --validation-y /checked/kind --output named
check_validation "named datasets" named 120 $d/unusual.h5 --x /checked/values --y /checked/kind

# ---- evaluate ----
job 0 evaluate unlogged $d/parts.h5
scores=$(<out)
check "evaluate: names and values" "$(awk '{ print $1, NF }' out | tr '\n' ' ')" "loss 2 accuracy 2 "
check "evaluate takes the test part, as train does at its end" "$(awk '{ print $2 }' out | paste -sd,)" \
    "$(sed -n '/"test": {$/,/}/s/^ *"\(loss\|accuracy\)": \([^,]*\),*$/\2/p' unlogged/run.json | paste -sd,)"
for ranks in 1 2 3; do
    job $ranks evaluate unlogged $d/parts.h5
    check "evaluate on $ranks ranks" "$(<out)" "$scores"
done
# 10 blocks of 1,024 rows, which the tree adds.
job 0 evaluate unlogged $d/large.h5
large=$(<out)
for ranks in 1 2 3; do
    job $ranks evaluate unlogged $d/large.h5 --threads 2
    check "evaluate 10 blocks on $ranks ranks" "$(<out)" "$large"
done
job 0 evaluate unlogged/model.weights.h5 $d/parts.h5 --threads 2 --kernels portable
check "evaluate a model file, other threads and kernels" "$(<out)" "$scores"
job 0 evaluate unlogged/checkpoints/step-000000000038.h5 $d/parts.h5
check "evaluate a checkpoint" "$(<out)" "$scores"
cp -r unlogged headless
rm headless/model.weights.h5
job 0 evaluate headless $d/parts.h5
check "evaluate a run without its model" "$(<out)" "$scores"
check_contains "that says what it took" "$(<err)" "using headless/checkpoints/step-000000000038.h5"
for part in train:600 validation:200 test:150 all:950; do
    job 3 evaluate unlogged $d/parts.h5 --part ${part%:*}
    check_contains "evaluate --part ${part%:*}" "$(<err)" "evaluated ${part#*:} rows"
done
code=0
"$LOCKSTEP" evaluate unlogged $d/parts.h5 >/dev/full 2>err || code=$?
check "standard output is full" "$code$(grep -c '^lockstep: error: cannot write to standard output' err)" 41

# ---- predict ----
job 0 predict unlogged $d/large.h5
check "predict: default name" "$code$(ls large-prediction.h5)" "0large-prediction.h5"
expected=$(digest large-prediction.h5)
for ranks in 1 2 3; do
    job $ranks predict unlogged $d/large.h5 --output large-$ranks.h5
    check "predict on $ranks ranks" "$(digest large-$ranks.h5)" "$expected"
done
job 0 predict unlogged $d/large.h5 --output large-1.h5 --overwrite --threads 2 --kernels portable
check "predict over an old file, other threads and kernels" "$code $(digest large-1.h5)" "0 $expected"
print_data large-prediction.h5 /prediction >large.txt
check "predict: rows and columns" "$(wc -l <large.txt) $(awk '{ print NF }' large.txt | sort -u)" "10000 3"
check "predict: probabilities" "$(awk '{ s = $1 + $2 + $3; if (s < 0.99999 || s > 1.00001) bad++ } END { print bad + 0 }' large.txt)" 0
check "predict: classes are the largest" "$(print_data large-prediction.h5 /class)" \
    "$(awk '{ c = 0; m = $1; for (i = 2; i <= NF; i++) if ($i > m) { m = $i; c = i - 1 } print c }' large.txt)"
check "predict: rows are in the data's order, since the right ones are as many as evaluate counts" \
    "$(paste -d' ' <(print_data large-prediction.h5 /class) <(print_data $d/large.h5 /y) | awk '$1 == $2' | wc -l)" \
    "$(awk '$1 == "accuracy" { printf "%.0f", $2 * 10000 }' <<<"$large")"
job 2 predict unlogged $d/unusual.h5 --x /checked/values --output checked.h5
check "predict --x" "$code $(print_data checked.h5 /class | wc -l)" "0 120"
job 3 predict unlogged $d/unlabelled.h5 --output unlabelled-prediction.h5
check "predict without targets, first rows of the same data" "$(print_data unlabelled-prediction.h5 /prediction)" "$(head -n 300 large.txt)"
for part in train validation test all; do
    job 2 predict unlogged $d/parts.h5 --part $part --output $part.h5
    print_data $part.h5 /prediction >$part.txt
done
check "predict --part: rows" "$(wc -l train.txt validation.txt test.txt all.txt | awk '{ print $1 }' | head -n 4 | paste -sd' ')" "600 200 150 950"
check "predict --part all is train, validation, test" "$(<all.txt)" "$(cat train.txt validation.txt test.txt)"
job 0 predict reals $d/values.h5 --output reals.h5
check "predict values: columns" "$code $(print_data reals.h5 /prediction | awk '{ print NF }' | sort -u)" "0 2"
check "predict values: no classes" "$(print_data reals.h5 /class 2>&1 | grep -c 'no dataset /class')" 1
train "targets in other units" 0 $d/values.h5 --layers "16 tanh, 2" --normalize standard --normalize-targets --epochs 60 --output units
job 0 predict units $d/values.h5 --output units.h5
check "predict in original units: mean error is what evaluate says" \
    "$(paste <(print_data units.h5 /prediction) <(print_data $d/values.h5 /y) |
        awk 'function a(v) { return v < 0 ? -v : v } { s += a($1 - $3) + a($2 - $4) } END { printf "%.5f", s / NR / 2 }')" \
    "$("$LOCKSTEP" evaluate units $d/values.h5 2>/dev/null | awk '$1 == "mae" { printf "%.5f", $2 }')"

# ---- info ----
job 0 info $d/parts.h5
check "info of data" "$code" 0
check_contains "info of data: shapes" "$(<out)" "(600, 6) float32"
check_contains "info of data: what would be used" "$(<out)" "validation  x /val/x, y /val/y"
job 0 info unlogged/model.weights.h5
check_contains "info of a model: layers" "$(<out)" "6 -> 8 relu, 3 softmax"
check_contains "info of a model: hash" "$(<out)" "$(digest unlogged/model.weights.h5)"
job 0 info unlogged/checkpoints/step-000000000038.h5
check_contains "info of a checkpoint: state" "$(<out)" "38 steps: 2 whole epochs"
check_contains "info of a checkpoint: recipe" "$(<out)" "seed = 3"
job 3 info unlogged
check "info of a run, once on 3 ranks" "$(grep -c 'step-000000000038.h5: checkpoint, whole' out)" 1

finish

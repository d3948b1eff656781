#!/usr/bin/env bash
# What users do wrong, and what is wrong with their data, disks and checkpoints: exit code, one error line, and what must
# be in it. Most cases run without a launcher and on 3 ranks.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
make_data "$work/data"
cd "$work" # default outputs land here
d=data
classifier=(--layers "8 relu, 3 softmax")
regression=(--layers "8 relu, 2")

# ---- data files ----
printf 'a,b\n1,2\n' >text.h5
: >empty.h5
head -c 20000 "$d/classes.h5" >cut.h5
errors "no such file" 3 "nothere.h5" "no such file" -- train nothere.h5 "${classifier[@]}"
errors "CSV" 3 "text.h5" "not an HDF5 file" "CSV" -- train text.h5 "${classifier[@]}"
error "empty file" 0 3 "empty.h5" "0 bytes" -- train empty.h5 "${classifier[@]}"
error "file cut short" 0 3 "cut.h5" "cut short" -- train cut.h5 "${classifier[@]}"
error "directory as data" 0 3 "is a directory" -- train "$d" "${classifier[@]}"
errors "missing dataset" 3 "$d/classes.h5" "no dataset /nope" "/x, /y" -- train $d/classes.h5 "${classifier[@]}" --x /nope --y /y
error "misspelt dataset" 0 3 "/yy" "did you mean /y?" -- train $d/classes.h5 "${classifier[@]}" --x /x --y /yy
errors "unusual names" 3 "/measured/values float32 (500, 6)" "lockstep train $d/unusual.h5 --layers ... --x /measured/values --y /measured/kind" \
    -- train $d/unusual.h5 "${classifier[@]}"
error "no datasets" 0 3 "no_datasets.h5" "no datasets at all" -- train $d/no_datasets.h5 "${classifier[@]}"
errors "rows differ" 3 "rows_differ.h5" "/x has 100 rows (100, 6)" "/y has 99 rows (99)" -- train $d/rows_differ.h5 "${classifier[@]}"
error "scalar features" 0 3 "scalar.h5:/x" "single number" -- train $d/scalar.h5 "${classifier[@]}"
error "no rows" 0 3 "no_rows.h5:/x" "empty" "(0, 6)" -- train $d/no_rows.h5 "${classifier[@]}"
errors "validation of another width" 3 "/train/x has 6 features" "/val/x has 5" -- train $d/narrow_validation.h5 "${classifier[@]}"
error "columns and units" 0 3 "/y have 2 columns" "3 units" -- train $d/values.h5 --layers "8 relu, 3"
error "one-hot columns and units" 0 3 "/y have 3 columns" "4 units" -- train $d/onehot.h5 --layers "8 relu, 4 softmax"
errors "label too high" 3 "!rank" "label_high.h5:/y holds 4 different labels (0, 1, 2, 3), the last layer has 3 units" "'4 softmax'" \
    "The rarest is 3, 1 time, first in data/label_high.h5:/y row 123 (counted from 0)" -- train $d/label_high.h5 "${classifier[@]}"
error "label negative" 0 3 "label_negative.h5:/y holds the label -1 beside the 3" "first in data/label_negative.h5:/y row 0 " "--missing-values -1" -- train $d/label_negative.h5 "${classifier[@]}"
errors "label too high in the last rows" 3 "!rank" "label_late.h5:/y holds 4" "rarest is 7, 1 time, first in data/label_late.h5:/y row 9999 " -- train $d/label_late.h5 "${classifier[@]}"
errors "labels that are no whole numbers" 3 "!rank" "half_label.h5:/y row 0" "no whole number" "linear" -- train $d/half_label.h5 "${classifier[@]}"
errors "NaN" 3 "nan.h5:/x row 17, column 4 is nan" -- train $d/nan.h5 "${classifier[@]}"
errors "NaN in the last rows" 3 "!rank" "nan_late.h5:/x row 9700, column 2 is nan; 1 value in 1 of the 10000 rows is missing" -- train $d/nan_late.h5 "${classifier[@]}" --normalize standard
error "infinite" 0 3 "infinite.h5:/x row 999, column 0 is inf" -- train $d/infinite.h5 "${classifier[@]}"
error "NaN in a target" 0 3 "nan_target.h5:/y row 20, column 1 is nan" -- train $d/nan_target.h5 "${regression[@]}"

# ---- the command line ----
errors "no data" 2 "missing DATA" -- train
errors "no layers" 2 "no --layers" "64 relu, 10 softmax" -- train $d/classes.h5
error "too many arguments" 0 2 "one argument too many" "two.h5" '!meant for' -- train $d/classes.h5 two.h5
error "too many arguments behind a switch" 0 2 "one argument too many: 'two.h5'" '!meant for' -- train --overwrite $d/classes.h5 two.h5
error "bad value of a switch" 0 2 "'maybe'" "--shuffle: that takes on or off" -- train $d/classes.h5 --shuffle maybe
error "bad value of a switch in front" 0 2 "'maybe'" "--shuffle: that takes on or off" -- train --shuffle maybe $d/classes.h5
error "value of a negated switch" 0 2 "'on'" "--no-shuffle: that takes no value" -- train $d/classes.h5 --no-shuffle on
errors "unknown option" 2 "unknown option 'epoch'" "did you mean 'epochs'?" -- train $d/classes.h5 "${classifier[@]}" --epoch 3
error "misspelt option with underscore" 0 2 "did you mean 'batch-size'?" -- train $d/classes.h5 "${classifier[@]}" --batch_sise 3
error "one dash" 0 2 "'-epochs'" "two dashes" -- train $d/classes.h5 "${classifier[@]}" -epochs 3
error "option of another command" 0 2 "'--part' is not for train" -- train $d/classes.h5 "${classifier[@]}" --part test
error "option without value" 0 2 "'--epochs' needs a value" -- train $d/classes.h5 "${classifier[@]}" --epochs --seed 1
error "word as number" 0 2 "'epochs' is 'three'" "whole number" -- train $d/classes.h5 "${classifier[@]}" --epochs three
error "fraction as count" 0 2 "'epochs' is '1.5'" "whole number" -- train $d/classes.h5 "${classifier[@]}" --epochs 1.5
error "a hang timeout that is no time" 0 2 "'hang-timeout' is 'soon'" "expected auto, seconds from 1" -- train $d/classes.h5 "${classifier[@]}" --hang-timeout soon
errors "escape sequences as a number" 2 "option 'epochs' holds a control character (byte 27 at position 1)" -- train $d/classes.h5 --epochs $'\e[2J'
errors "bytes that are no UTF-8" 2 "'epochs' is 'caf\\xe9'" "whole number" -- train $d/classes.h5 --epochs $'caf\xe9'
error "an option with a line end" 0 2 "unknown option 'a\\u000ab'" -- train $d/classes.h5 $'--a\nb=1'
error "a text that turns the direction of writing" 0 3 "\\u202e5h.a: there is no such file" -- train $'\u202e5h.a' "${classifier[@]}"
error "a number longer than a message" 0 2 "option 'epochs' has 9000 bytes; at most 4095 fit" -- train $d/classes.h5 --epochs "$(printf '%9000d' 1)"
error "a file longer than a message" 0 2 "configuration file has 9000 bytes" -- train $d/classes.h5 --config "$(printf '%9000d' 1)"
error "an argument longer than a message" 0 2 "one argument too many" "expected lockstep train DATA" -- train $d/classes.h5 "$(printf '%9000d' 1)"
error "batch of 0 rows" 0 2 "'batch-size' is '0'" "from 1" -- train $d/classes.h5 "${classifier[@]}" --batch-size 0
error "learning rate nan" 0 2 "'learning-rate' is 'nan'" -- train $d/classes.h5 "${classifier[@]}" --learning-rate nan
error "learning rate out of bounds" 0 2 "'learning-rate' is '1e30'" "1000" -- train $d/classes.h5 "${classifier[@]}" --learning-rate 1e30
error "choice" 0 2 "'normalize' is 'standrad'" "none, standard or minmax" "did you mean 'standard'?" \
    -- train $d/classes.h5 "${classifier[@]}" --normalize standrad
error "a word behind a switch that is on, and no file" 0 2 "there is no file 'maybe'" "did you mean --no-shuffle?" -- train --shuffle maybe
error "a word behind a switch that is off" 0 2 "there is no file 'never'" "--resume: that takes on or off, or no value" '!--no-' -- train --resume never
error "a word behind a switch turned off" 0 2 "--no-shuffle: that takes no value" -- train --no-shuffle never
error "a missing file behind a switch" 0 3 "never.h5" '!--resume' -- train --resume never.h5 --layers 1
error "two validation parts" 0 2 "--validation-data and --validation-x exclude each other" -- train $d/classes.h5 "${classifier[@]}" \
    --validation-data $d/few.h5 --validation-x /x --validation-y /y
job 0 train $d/classes.h5 "${classifier[@]}" --output for_delimiter
error "delimiter of an HDF5 file" 0 2 "--delimiter is for CSV files" -- evaluate for_delimiter $d/classes.h5 --delimiter tab
error "switch" 0 2 "'shuffle' is 'maybe'" "on or off" -- train $d/classes.h5 "${classifier[@]}" --shuffle=maybe
error "interval" 0 2 "'5 parsecs'" "10min" "never" -- train $d/classes.h5 "${classifier[@]}" --checkpoint-every "5 parsecs"
error "shards no power of two" 0 2 "'shards' is '6'" "power of two" -- train $d/classes.h5 "${classifier[@]}" --shards 6
error "more shards than rows of a batch" 0 2 "--shards 64" "--shards 32" -- train $d/classes.h5 "${classifier[@]}" --shards 64
error "resume and overwrite" 0 2 "--resume and --overwrite" -- train $d/classes.h5 "${classifier[@]}" --output both --resume --overwrite
error "resume without output" 0 2 "--resume needs --output" -- train $d/classes.h5 "${classifier[@]}" --resume
error "x without y" 0 2 "--x /x is given without --y" -- train $d/classes.h5 "${classifier[@]}" --x /x
error "y without x" 0 2 "--y /y is given without --x" -- train $d/classes.h5 "${classifier[@]}" --y /y
error "validation x without y" 0 2 "--validation-x" "without --validation-y" -- train $d/classes.h5 "${classifier[@]}" --validation-x /x
error "validation y without x" 0 2 "--validation-y" "without --validation-x" -- train $d/classes.h5 "${classifier[@]}" --validation-y /y
error "no test part" 0 3 "--validation-data test" "no such part" -- train $d/classes.h5 "${classifier[@]}" --validation-data test
error "no such group" 0 3 "parts.h5" "/nowhere" -- train $d/classes.h5 "${classifier[@]}" --validation-data $d/parts.h5:nowhere
error "split beside a validation part" 0 2 "--validation-split" "parts.h5 has a validation part" -- train $d/parts.h5 "${classifier[@]}" --validation-split 0.5
error "split of nearly everything" 0 3 "--validation-split 0.99 leaves 0 of 20 rows" -- train $d/few.h5 "${classifier[@]}" --validation-split 0.99

# ---- layers, loss, metrics, optimizer ----
errors "unknown layer word" 2 "layer 1 '8 relo'" "did you mean 'relu'?" -- train $d/classes.h5 --layers "8 relo, 3 softmax"
error "missing comma" 0 2 "misplaced word 'dropout'" -- train $d/classes.h5 --layers "8 relu dropout 0.2, 3 softmax"
error "empty layer" 0 2 "layer 2 is empty" -- train $d/classes.h5 --layers "8 relu,, 3 softmax"
error "dropout rate" 0 2 "layer 2 'dropout 1.5'" "0 <= rate < 1" -- train $d/classes.h5 --layers "8 relu, dropout 1.5, 3 softmax"
error "no units" 0 2 "layer 1 '0 relu'" "whole number from 1" -- train $d/classes.h5 --layers "0 relu, 3 softmax"
error "dropout last" 0 2 "last layer must be a dense one" -- train $d/classes.h5 --layers "8 relu, dropout 0.5"
error "layers beyond any memory" 0 2 "do not fit" -- train $d/classes.h5 --layers "1000000000, 1000000000, 3 softmax"
errors "linear outputs with integer labels" 2 "3 linear outputs with integer labels" "'3 softmax'" -- train $d/classes.h5 --layers "8 relu, 3"
error "loss against activation" 0 2 "binary_crossentropy needs sigmoid" "'3 sigmoid'" -- train $d/classes.h5 "${classifier[@]}" --loss binary_crossentropy
error "misspelt loss" 0 2 "did you mean 'mean_squared_error'?" -- train $d/classes.h5 "${classifier[@]}" --loss mean_square_error
error "metric" 0 2 "no metric is called 'accurcy'" "did you mean 'accuracy'" -- train $d/classes.h5 "${classifier[@]}" --metrics accurcy
error "metric for values only" 0 2 "r2" "class labels" -- train $d/classes.h5 "${classifier[@]}" --metrics r2
error "optimizer" 0 2 "no such optimizer (did you mean 'adam'?)" "expected sgd, rmsprop," -- train $d/classes.h5 "${classifier[@]}" --optimizer adamx
error "setting of another optimizer" 0 2 "--beta-1: sgd has no setting" "it has learning_rate, momentum, nesterov," -- \
    train $d/classes.h5 "${classifier[@]}" --optimizer sgd --beta-1 0.8
error "two kinds of clipping" 0 2 "--clipnorm, --global-clipnorm and --clipvalue exclude each other" -- \
    train $d/classes.h5 "${classifier[@]}" --optimizer "sgd clipvalue=1" --clipnorm 1
error "Nesterov without momentum" 0 2 "momentum, which is 0" -- train $d/classes.h5 "${classifier[@]}" --optimizer "sgd nesterov=true"
error "averages" 0 2 "--ema: momentum=2; expected a number from 0 to 1" -- train $d/classes.h5 "${classifier[@]}" --ema momentum=2
error "averages that are a blank" 0 2 "--ema is '  ', in which nothing can be seen" -- train $d/classes.h5 "${classifier[@]}" --ema '  '
error "a path that is a blank" 2 2 "option 'validation-data' is '  ', in which nothing can be seen" -- train $d/classes.h5 "${classifier[@]}" --validation-data '  '
error "optimizer setting" 0 2 "adam has no setting 'momentum'" -- train $d/classes.h5 "${classifier[@]}" --optimizer "adam momentum=1"
errors "optimizer setting given twice" 2 "learning_rate is given twice" "--optimizer 'adam learning_rate=0.05'" -- train $d/classes.h5 "${classifier[@]}" --learning-rate 0.1 --optimizer "adam learning_rate=0.05"
error "optimizer setting twice in its words" 0 2 "gives beta_1 twice" -- train $d/classes.h5 "${classifier[@]}" --optimizer "adam beta_1=0.8 beta_1=0.7"
error "targets normalised for classes" 0 2 "takes its targets as they are" -- train $d/classes.h5 "${classifier[@]}" --normalize-targets

# ---- ranks and memory ----
error "more ranks than shards" 3 2 "3 ranks for 2 shards" "--shards 4" -- train $d/classes.h5 "${classifier[@]}" --shards 2
error "more ranks than shards, default output" 3 2 "3 ranks for 2 shards" -- train $d/few.h5 "${classifier[@]}" --shards 2
check "a directory is not made in vain" "$(find . -maxdepth 1 -name 'few-*')" ""
error "more ranks than rows of a batch" 3 2 "3 ranks for 2 shards" "--batch-size of at least 4" -- train $d/classes.h5 "${classifier[@]}" --batch-size 2
if (ulimit -v 4000000 && "$LOCKSTEP" --version) >/dev/null 2>&1; then # not with AddressSanitizer
    (
        ulimit -v 4000000
        error "out of memory" 0 1 "out of memory: weights" "GiB" -- train $d/classes.h5 --layers "200000000, 3 softmax"
        printf '%d %d\n' "$passed" "$failed" >counts
    )
    read -r passed failed <counts
fi

# ---- configuration files ----
printf '# a comment\nlayers = 8 relu, 3 softmax\nepoch = 3\n' >misspelt.conf
printf 'layers = 8 relu, 3 softmax\nepochs 3\n' >no_equals.conf
printf 'batch_size = many\n' >bad_value.conf
errors "unknown key in a file" 2 "misspelt.conf:3:" "'epoch'" "'epochs'" -- train $d/classes.h5 --config misspelt.conf
error "no equals sign" 0 2 "no_equals.conf:2:" "key = value" -- train $d/classes.h5 --config no_equals.conf
error "bad value in a file" 0 2 "bad_value.conf:1:" "'many'" -- train $d/classes.h5 --config bad_value.conf
error "no configuration file" 0 2 "none.conf" -- train $d/classes.h5 --config none.conf
error "a configuration file without an end" 0 2 "'/dev/zero' has more than 1 MiB" -- train $d/classes.h5 --config /dev/zero
error "a pipe without an end" 0 2 "has more than 1 MiB" -- train $d/classes.h5 --config <(yes '# again')
mkfifo fifo.conf
error "a pipe that nobody writes into" 0 2 "'fifo.conf' is a pipe, and nobody has written into it for 10 s" -- \
    train $d/classes.h5 --config fifo.conf
error "a pipe for several processes" 2 2 "--config fifo.conf is a pipe" "write the options to a file" -- \
    train $d/classes.h5 --config fifo.conf
error "a pipe of the shell's for several processes" 2 2 "write the options to a file" -- \
    train $d/classes.h5 --config <(echo "epochs = 2")

# ---- output ----
job 0 train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 2 --checkpoint-every "1 epochs"
check "a run to be in the way" "$code" 0
before=$(digests "done")
errors "output holds a run" 4 "done holds a run" "--resume" "--overwrite" "--output" -- train $d/classes.h5 "${classifier[@]}" --output "done"
check "the run in the way is as it was" "$(digests "done")" "$before"
errors "directory above is missing" 4 "no/such/run" "missing" -- train $d/classes.h5 "${classifier[@]}" --output no/such/run
: >plain_file
error "output is a file" 0 4 "plain_file" -- train $d/classes.h5 "${classifier[@]}" --output plain_file
error "output below a file" 0 4 "plain_file/run" -- train $d/classes.h5 "${classifier[@]}" --output plain_file/run
error "output in /proc" 0 4 "/proc/run" -- train $d/classes.h5 "${classifier[@]}" --output /proc/run
error "prediction exists" 0 4 "there.h5 exists" "--overwrite" -- predict "done" $d/classes.h5 --output "$(cp $d/classes.h5 there.h5 && echo there.h5)"
errors "no directory for the prediction" 4 "no/such/p.h5" -- predict "done" $d/classes.h5 --output no/such/p.h5
check "nothing half-written is left" "$(find . -name '*.tmp*' | wc -l)" 0
if [ "$(id -u)" != 0 ]; then # root writes everywhere
    mkdir -m 555 locked
    error "output not writable" 0 4 "locked/run" -- train $d/classes.h5 "${classifier[@]}" --output locked/run
fi
if has_faults; then # a run that stands still, to find the directory taken
    mkdir taken
    LOCKSTEP_FAULT=step:0:hang:3 LOCKSTEP_TEST=$work "$LOCKSTEP" train $d/classes.h5 "${classifier[@]}" --output taken \
        --checkpoint-every "1 steps" >/dev/null 2>&1 &
    holder=$!
    wait_until test -e taken/checkpoints/step-000000000002.h5
    error "output in use" 0 4 "taken is in use by another running lockstep" -- train $d/classes.h5 "${classifier[@]}" --output taken --resume
    error "output in use, overwritten" 3 4 "taken is in use" -- train $d/classes.h5 "${classifier[@]}" --output taken --overwrite
    check "the holder's checkpoints are there" "$(find taken/checkpoints -name 'step-*' | wc -l)" 2
    kill -9 $holder
    wait $holder 2>/dev/null || true
    job 0 train $d/classes.h5 "${classifier[@]}" --output taken --resume
    check "free again after a kill" "$code" 0
fi

# ---- resuming ----
job 0 train $d/classes.h5 "${classifier[@]}" --output fresh --resume
check "resume without a run starts" "$code" 0
check_contains "resume without a run says so" "$(<err)" "fresh holds no run yet; starting"
for ranks in 0 3; do
    before=$(digests "done")
    job $ranks train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 2 --resume
    check "resume of a finished run ($ranks ranks)" "$code" 0
    check_contains "resume of a finished run says so ($ranks ranks)" "$(<err)" "done is finished"
    check "a finished run stays as it was ($ranks ranks)" "$(digests "done")" "$before"
done
errors "resume with another batch size" 2 "batch-size = 32" "batch-size = 64" \
    -- train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 4 --resume --batch-size 64
error "resume with another seed" 0 2 "seed = 0" "seed = 5" -- train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 4 --resume --seed 5
error "resume with other layers" 0 2 "8 relu" "9 relu" -- train $d/classes.h5 --layers "9 relu, 3 softmax" --output "done" --epochs 4 --resume
job 0 train $d/value.h5 --layers "4 relu, 1" --output values --epochs 1
errors "resume with other data" 3 "values" "shard 0" "rows 0 to 124" -- train $d/other_row.h5 --layers "4 relu, 1" --output values --epochs 2 --resume
error "resume with more rows" 0 3 "done" "other data" -- train $d/large.h5 "${classifier[@]}" --output "done" --epochs 4 --resume
error "resume with other shards" 0 2 "'shards = 8'" "'shards = 16'" -- train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 4 --resume --shards 16
error "resume with another window" 0 2 "'shuffle-window = 125'" "'shuffle-window = 50'" \
    -- train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 4 --resume --shuffle-window 50
errors "resume with validation data added" 2 "without validation rows" "this run has some" \
    -- train $d/classes.h5 "${classifier[@]}" --output "done" --epochs 4 --resume --validation-data $d/parts.h5
check "a refused run stays as it was" "$(digests "done")" "$before"

# Changes one byte in the middle of a file.
damage() {
    local middle=$(($(stat -c %s "$1") / 2))
    printf '\x5a' | dd of="$1" bs=1 seek=$middle conv=notrunc status=none
}
job 0 train $d/classes.h5 "${classifier[@]}" --output whole --epochs 4
job 0 train $d/classes.h5 "${classifier[@]}" --output hurt --epochs 3 --checkpoint-every "1 epochs"
newest=$(find hurt/checkpoints -name 'step-*' | sort | tail -n 1)
for way in damaged shorter empty foreign; do
    for ranks in 0 3; do
        rm -rf case
        cp -r hurt case
        victim=case/checkpoints/$(basename "$newest")
        case $way in
        damaged) damage "$victim" ;;
        shorter) truncate -s -100 "$victim" ;;
        empty) : >"$victim" ;;
        foreign) cp $d/classes.h5 "$victim" ;;
        esac
        job $ranks train $d/classes.h5 "${classifier[@]}" --output case --epochs 4 --resume
        check "newest checkpoint $way ($ranks ranks)" "$code" 0
        check_contains "newest checkpoint $way: warning ($ranks ranks)" "$(<err)" "lockstep: warning: checkpoint skipped: $victim"
        check "newest checkpoint $way: same result ($ranks ranks)" "$(digests case)" "$(digests whole)"
    done
done
rm -rf case
cp -r hurt case
for file in case/checkpoints/step-*; do damage "$file"; done
before=$(digests case)
errors "all checkpoints damaged" 4 "case: none of its 3 checkpoints is whole" -- train $d/classes.h5 "${classifier[@]}" --output case --epochs 4 --resume
check "nothing was changed" "$(digests case)" "$before"
rm -rf case/model.weights.h5
errors "all checkpoints damaged, evaluated" 4 "is damaged" -- evaluate case $d/classes.h5
cp "done/model.weights.h5" model.h5
damage model.h5
errors "damaged model" 4 "model.h5: is damaged" -- evaluate model.h5 $d/classes.h5
error "damaged model, predicted" 0 4 "model.h5: is damaged" -- predict model.h5 $d/classes.h5 --output p.h5
error "damaged model, described" 0 4 "model.h5: is damaged" -- info model.h5
rm -rf logless
cp -r hurt logless
rm logless/log.csv
job 0 train $d/classes.h5 "${classifier[@]}" --output logless --epochs 4 --resume
check "log is gone: it is made again" "$code $(digests logless)" "0 $(digests whole)"

# ---- evaluate, predict, info ----
errors "no such run" 4 "nothere" "no such run or model file" -- evaluate nothere $d/classes.h5
error "not a run" 0 4 "data holds no model.weights.h5" -- evaluate data $d/classes.h5
error "data as model" 0 3 "classes.h5" -- evaluate $d/classes.h5 $d/classes.h5
errors "other features" 3 "narrow.h5" "5 features" "6" -- evaluate "done" $d/narrow.h5
error "other features, predicted" 0 3 "narrow.h5" "5 features" "6" -- predict "done" $d/narrow.h5
error "no targets" 0 3 "unlabelled.h5" "no targets" -- evaluate "done" $d/unlabelled.h5
error "no such part" 0 3 "--part validation" "no such part" -- evaluate "done" $d/classes.h5 --part validation
error "part that does not exist" 0 2 "'part' is 'half'" "train, validation, test" -- evaluate "done" $d/classes.h5 --part half
error "NaN, predicted on the last rank" 3 3 "nan_late.h5:/x row 9700, column 2" -- predict "done" $d/nan_late.h5
error "labels too high, evaluated" 0 3 "label_high.h5:/y row 123" -- evaluate "done" $d/label_high.h5
error "missing argument" 0 2 "missing DATA" -- predict "done"
errors "nothing to describe" 3 "nothere.h5" -- info nothere.h5

# ---- numbers that blow up ----
# Ten linear layers whose weights move by 1000 a step: finite at first, beyond float32 after some steps.
deep=(--layers "16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 2" --learning-rate 1000 --epochs 3 --checkpoint-every "1 steps")
for ranks in 0 3; do
    error "blow-up" $ranks 5 "not a finite number in epoch 1, step" "--learning-rate" -- train $d/values.h5 "${deep[@]}" --output blown --overwrite
    newest=$(find blown/checkpoints -name 'step-*' | sort | tail -n 1)
    job 0 info "$newest"
    check "the checkpoint before the blow-up is whole ($ranks ranks)" "$code" 0
    check "no model is written ($ranks ranks)" "$(test -e blown/model.weights.h5 && echo there)" ""
    check_contains "run.json says so ($ranks ranks)" "$(<blown/run.json)" '"state": "failed"'
done
# Weights that overflow in the last step, behind a loss that is a number.
printf 'x,y\n1e18,1e18\n2e18,1e18\n1e18,2e18\n-1e18,1e18\n' >large.csv
job 0 convert large.csv large.h5 --target y
errors "weights that blow up" 5 "weights or optimizer slots are not finite after step 1" "no checkpoint is written" \
    "a smaller --learning-rate than 1000, or --normalize standard" -- train large.h5 --layers 1 --loss mean_squared_error \
    --optimizer sgd --learning-rate 1000 --batch-size 4 --epochs 1 --output overflown --overwrite

# ---- warnings ----
job 0 train $d/classes.h5 "${classifier[@]}" --batch-size 5000 --output large_batch --epochs 2
check "batch larger than the data" "$code" 0
check_contains "batch larger than the data: warning" "$(<err)" "lockstep: warning: --batch-size 5000 is more than the 1000 training rows"
check "batch larger than the data: one step an epoch" "$(tail -n 1 large_batch/log.csv | cut -d, -f1,2)" 2,2
job 3 train $d/scales.h5 "${classifier[@]}" --output scales
check "columns of different scale" "$code" 0
check "columns of different scale: one warning" "$(grep -c 'lockstep: warning: the features.* differ in scale by a factor of' err)" 1
job 0 train $d/scales.h5 "${classifier[@]}" --output scaled --normalize standard
check_lacks "columns of different scale, normalised: no warning" "$(<err)" "differ in scale"

finish

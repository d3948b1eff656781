#!/usr/bin/env bash
# Going on: a run by its directory alone, what may be given then and what not, changes, models to begin with, and where
# evaluate finds a run's rows. What is gone on with has the bits of what was never interrupted, on any split.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
cp "$LOCKSTEP_DATA/digits.h5" "$LOCKSTEP_DATA/tutorial.h5" .
small=(digits.h5 --layers "17 relu, dropout 0.1, 10 softmax" --optimizer "adam learning_rate=0.002" --normalize standard
    --validation-split 0.2 --validation-method random --batch-size 64)
first=18 # steps of an epoch

# on SPLIT ARGUMENTS...: trains, which must end well
on() {
    local split=$1
    shift
    job "${split%x*}" train --threads "${split#*x}" "$@"
    [ "$code" = 0 ] || bad "train $*" "code $code, $(error_lines)" "code 0"
}

# Names, times and sizes of all that a run has left, to a nanosecond.
state() {
    (cd "$1" && find . -type f ! -name .lock -exec stat -c '%n %y %s' {} + | sort)
}

# changes DIRECTORY: step and option of what run.json says has changed, a line each
changes() {
    sed -n '/"changes"/,/^  \]/p' "$1/run.json" | tr -d ' \n' | sed 's/{"step":/\nstep /g' |
        sed -n 's/^step \([0-9]*\),"option":"\([^"]*\)",.*/\1 \2/p'
}

# ---- by the directory alone ----
errors "nothing there" 2 "run holds no run yet" "DATA" "--layers" -- train --resume --output run
error "no directory named" 0 2 "--resume needs --output" -- train --resume
check "nothing was made" "$(ls)" "$(printf 'digits.h5\nerr\nout\ntutorial.h5')"
on 2x1 "${small[@]}" --epochs 2 --output run
before=$(state run)
for split in 0x2 3x1; do
    on $split --resume --output run
    check_contains "a finished run says so ($split)" "$(<err)" "run is finished: 2 of 2 epochs done"
    check "and nothing of it is touched ($split)" "$(state run)" "$before"
done
on 0x1 --resume --output run --epochs 1
check_contains "fewer epochs than are done: finished" "$(<err)" "run is finished: 2 of 1 epochs done"
check "and nothing is touched" "$(state run)" "$before"
on 0x1 "${small[@]}" --epochs 4 --output whole
expected=$(digests whole)
on 3x1 --resume --output run --epochs 4
check "two epochs more" "$(digests run)" "$expected"

# One line for the first start and for all others.
if has_faults; then
    line=("${small[@]}" --epochs 4 --checkpoint-every "5 steps" --output queue --resume)
    { LOCKSTEP_FAULT="step:0:kill:3" job 0 train "${line[@]}"; } 2>/dev/null
    check "killed before there is a checkpoint" "$((code != 0)) $(ls queue/checkpoints | wc -l)" "1 0"
    LOCKSTEP_FAULT="step:1:kill:29" job 2 train "${line[@]}"
    check "begun again and killed" "$((code != 0))" 1
    on 3x1 "${line[@]}"
    check "the same line ends it" "$(digests queue)" "$expected"
    on 0x1 "${line[@]}"
    check_contains "and finds it finished" "$(<err)" "queue is finished"
fi

# ---- what may be given ----
on 0x1 --resume --output run --epochs 4 --normalize standard --batch-size 64 --learning-rate 0.002 --validation-split 0.2 --kernels portable \
    --keep 5 --checkpoint-every never
check_contains "what is the run's, or about the machine, passes" "$(<err)" "run is finished: 4 of 4"
error "another batch size" 0 2 "'batch-size = 64'" "'batch-size = 32'" "choose another --output" '!--change' -- train --resume --output run --batch-size 32
error "another rate" 0 2 "'learning-rate = 0.002'" "'learning-rate = 0.1'" "--change learning-rate" "choose another --output" \
    -- train --resume --output run --learning-rate 0.1
error "the same among the optimizer's words" 0 2 "'learning-rate = 0.1'" "--change learning-rate" -- train --resume --output run --optimizer "adam learning_rate=0.1"
error "another optimizer" 0 2 "'optimizer = adam'" "'optimizer = sgd'" -- train --resume --output run --optimizer sgd
error "a regularizer" 0 2 "'layers = " "kernel_regularizer" -- train --resume --output run --kernel-regularizer "l2(0.01)"
on 0x1 "${small[@]}" --kernel-regularizer "l2(0.01)" --epochs 1 --output regular
on 0x1 --kernel-regularizer "l2(0.01)" --epochs 1 --resume --output regular
check_contains "the same regularizer" "$(<err)" "regular is finished"
error "another regularizer" 0 2 "l2(0.01)" "l2(0.5)" -- train --resume --output regular --kernel-regularizer "l2(0.5)"
on 0x1 "${small[@]}" --kernel-initializer "random_normal(0, 0.2)" --epochs 1 --output drawn
on 0x1 --kernel-initializer "random_normal(stddev=0.2)" --epochs 1 --resume --output drawn
check_contains "the same initializer" "$(<err)" "drawn is finished"
error "another initializer" 0 2 "random_normal(mean=0 stddev=0.2)" "he_normal" -- train --resume --output drawn --kernel-initializer he_normal
error "an initializer for a model that is there" 0 2 "--kernel-initializer" "--init drawn" -- \
    train digits.h5 --init drawn --kernel-initializer he_normal --output refused
mkdir elsewhere
cd elsewhere
error "from another directory" 0 3 "the run's data, which DATA can name again" "digits.h5" -- train --resume --output ../run
cd ..
make_data made
errors "other rows" 3 "run/checkpoints" "other data: shard 0" -- train made/classes.h5 --resume --output run
check "run is as it was" "$(digests run)" "$expected"

# ---- without run.json, without checkpoints ----
cp -r run bare && rm bare/run.json
errors "no run.json" 2 "bare/run.json" "DATA" "--epochs" "bare/checkpoints/step-0000000000$((4 * first)).h5" -- train --resume --output bare
on 0x1 digits.h5 --epochs 5 --resume --output bare
on 0x1 --epochs 5 --resume --output whole
check "data and epochs are enough" "$(digests bare)" "$(digests whole)"
cp -r run damaged && echo '{"options": 3' >damaged/run.json
error "a damaged run.json" 0 2 "damaged/run.json: is damaged" "DATA" "--epochs" -- train --resume --output damaged
cp -r run model && rm -r model/checkpoints
before=$(state model)
errors "a model and no checkpoint" 4 "model holds a model and no checkpoint" "nothing was changed" "--init model" -- train --resume --output model --epochs 9
error "with the whole line" 0 4 "model holds a model and no checkpoint" -- train "${small[@]}" --epochs 9 --resume --output model
check "nothing was changed" "$(state model)" "$before"

# ---- changes ----
# A chain of three resumes, on two splits each.
watch=(--reduce-lr-on-plateau "patience=0 factor=0.5 min_delta=10")
chain() { # DIRECTORY SPLITS...
    local output=$1
    on "$2" "${small[@]}" "${watch[@]}" --epochs 2 --output "$output"
    on "$3" --resume --output "$output" --epochs 4 --change learning-rate --learning-rate 0.01
    on "$4" --resume --output "$output" --epochs 6 --change reduce-lr-on-plateau,early-stopping \
        --reduce-lr-on-plateau "patience=1 factor=0.1 min_delta=10" --early-stopping "patience=3 min_delta=10"
    on "$5" --resume --output "$output" --epochs 9
}
all() { # DIRECTORY: hashes of all that results are in
    digests "$1"
    sha256sum <"$1/best.weights.h5"
    cat "$1"/checkpoints/* | sha256sum
}
chain one 0x1 0x1 0x1 0x1
chain other 3x1 2x2 4x1 1x2
check "a chain of changes on other splits" "$(all other)" "$(all one)"
check "rates: reduced, set anew, reduced, watched anew" "$(sed 1d one/log.csv | sed 's/.*,//' | paste -sd ' ')" \
    "0.002 0.002 0.01 0.005 0.0025 0.0025 0.00025 2.5e-5"
check_contains "ended by early stopping" "$(<err)" "early stopping after epoch 8"
check "what run.json says" "$(changes one | paste -sd ' ')" \
    "$((2 * first)) learning-rate $((4 * first)) early-stopping $((4 * first)) reduce-lr-on-plateau"
job 0 info one/checkpoints/step-000000000$((8 * first)).h5
check_contains "what info says" "$(<out)" "    step $((2 * first)): learning-rate = 0.002 -> 0.01"
check_contains "old and new" "$(tr -d '\n' <one/run.json)" '"old": "0.002",      "new": "0.01"'
before=$(state one)
on 0x1 --resume --output one --epochs 20
check_contains "ended by early stopping is finished" "$(<err)" "one is finished: --early-stopping has ended it after epoch 8 of 20"
check "and is left alone" "$(state one)" "$before"
on 0x1 --resume --output one --epochs 9 --change early-stopping --early-stopping "patience=30 min_delta=10"
on 2x1 --resume --output other --epochs 9 --change early-stopping --early-stopping "patience=30 min_delta=10"
check "but goes on when that is changed" "$(tail -n 1 one/log.csv | cut -d, -f1) $(all one)" "9 $(all other)"

again=(--resume --output twice --change learning-rate --learning-rate 0.01)
on 0x1 "${small[@]}" --epochs 2 --output twice
on 0x1 "${again[@]}" --epochs 3
check "a change" "$(changes twice)" "$((2 * first)) learning-rate"
on 0x1 "${again[@]}" --epochs 4
check "the same line again is no new one" "$(changes twice)" "$((2 * first)) learning-rate"
error "nothing left to train" 0 2 "--change learning-rate: twice is finished" "give more than 4 --epochs" -- \
    train "${again[@]}" --epochs 4 --learning-rate 0.5
check "and nothing changed" "$(changes twice)" "$((2 * first)) learning-rate"
cp -r twice unfinished && sed -i 's/"state": "finished"/"state": "running"/' unfinished/run.json
error "nor where the end is not written yet" 0 2 "unfinished is finished" -- \
    train --resume --output unfinished --change learning-rate --learning-rate 0.5
check_lacks "nor is it in run.json" "$(<unfinished/run.json)" '"learning-rate": 0.5'
check "neither where the end is not written yet" "$(changes unfinished)" "$((2 * first)) learning-rate"
on 0x1 "${again[@]}" --epochs 5 --learning-rate 0.002
check "and back" "$(changes twice | paste -sd ' ')" "$((2 * first)) learning-rate $((4 * first)) learning-rate"
on 0x1 --resume --output twice --epochs 6 --change schedule --schedule "cosine_decay decay_epochs=20 initial_learning_rate=0.1"
check "a schedule, and its rate" "$(changes twice | tail -n 2 | paste -sd ' ')" "$((5 * first)) learning-rate $((5 * first)) schedule"
error "a rate beside it" 0 2 "the schedule gives the rate" "--change schedule" -- train --resume --output twice --epochs 7 --change learning-rate --learning-rate 0.5
on 0x1 --resume --output twice --epochs 7 --change schedule,learning-rate --schedule "" --learning-rate 0.25
check "and none" "$(tail -n 1 twice/log.csv | sed 's/.*,//')" 0.25
on 0x1 --resume --output twice --epochs 8 --change checkpointing --keep 9
check "--change checkpointing is no change of results" "$(changes twice | grep -c .)" 6
# In bfloat16 shards have places in even numbers, and a batch is laid out otherwise.
turns() { # DIRECTORY SPLIT SPLIT SPLIT: to float32, in the middle of an epoch, and back
    { LOCKSTEP_FAULT="step:0:kill:29" job "${2%x*}" train --threads "${2#*x}" "${small[@]}" --precision bfloat16 --epochs 2 \
        --checkpoint-every "5 steps" --output "$1"; } 2>/dev/null
    on "$3" --resume --output "$1" --epochs 3 --change precision --precision float32
    on "$4" --resume --output "$1" --epochs 4 --change precision --precision bfloat16
}
if has_faults; then
    turns rough 0x1 0x1 0x1
    turns other-rough 2x1 3x1 1x2
    check "changes of precision on other splits" "$(digests other-rough)" "$(digests rough)"
    check "where they are" "$(changes rough | paste -sd ' ')" "25 precision $((3 * first)) precision"
    check_contains "old and new precision" "$(tr -d '\n' <rough/run.json)" '"old": "bfloat16",      "new": "float32"'
fi
error "--change and a first start" 0 2 "--change is for --resume" -- train "${small[@]}" --output first --change learning-rate
error "--change of what may not" 0 2 "'batch-size' may not change" "choose another --output" -- train --resume --output twice --change batch-size --batch-size 8
error "--change of a mistyped word" 0 2 "did you mean 'schedule'" -- train --resume --output twice --change shedule
error "--change without a value" 0 2 "--change early-stopping: there is no new value" -- train --resume --output twice --change early-stopping
if has_faults; then
    on 0x1 "${small[@]}" --epochs 2 --output lost
    cp -r lost kept
    { LOCKSTEP_FAULT="step:0:kill:1" job 0 train --resume --output lost --epochs 3 --change learning-rate --learning-rate 0.01; } 2>/dev/null
    on 0x1 --resume --output lost --epochs 3
    on 2x1 --resume --output kept --epochs 3 --change learning-rate --learning-rate 0.01
    check "a change is not lost with its process" "$(digests lost)" "$(digests kept)"
fi

# ---- another model to begin with ----
plain=(digits.h5 --layers "17 relu, 10 softmax" --normalize standard --batch-size 64 --shuffle off --validation-split 0.2)
fine=(digits.h5 --batch-size 64 --shuffle off --learning-rate 0.01 --validation-split 0.2)
on 0x1 "${plain[@]}" --epochs 2 --output old
on 0x1 "${fine[@]}" --epochs 2 --init old --output new
for split in 3x1 2x2; do
    rm -rf again
    on $split "${fine[@]}" --epochs 1 --init old/model.weights.h5 --output again
    on ${split#*x}x1 --resume --output again --epochs 2
    check "from a model file, on $split and resumed" "$(digests again)" "$(digests new)"
done
on 0x1 "${fine[@]}" --epochs 2 --init old/checkpoints/step-0000000000$((2 * first)).h5 --output checkpoint
check "from a checkpoint" "$(digests checkpoint)" "$(digests new)"
on 0x1 "${fine[@]}" --epochs 2 --init old --layers "17 relu, 10 softmax" --normalize standard --output named
check "with the layers named" "$(digests named)" "$(digests new)"
check "run.json has the hash" "$(sed -n 's/.*"initial-weights": "\([0-9a-f]*\)".*/\1/p' new/run.json | wc -c)" 65
check_lacks "and another run has none" "$(cat old/run.json)" "initial-weights"
check "the same scales" "$(print_data new/model.weights.h5 /model_weights/normalization/normalization/mean:0)" \
    "$(print_data old/model.weights.h5 /model_weights/normalization/normalization/mean:0)"
on 0x1 "${fine[@]}" --epochs 2 --init old --output new --resume
check_contains "resumed with the same --init" "$(<err)" "new is finished"
error "resumed with another --init" 0 2 "initial-weights" "resume without --init" -- train "${fine[@]}" --epochs 3 --init new --output new --resume
rm -rf gone && cp -r old gone
on 0x1 "${fine[@]}" --epochs 1 --init gone --output orphan
rm -rf gone
on 3x1 --resume --output orphan --epochs 2
check "resumed when it is gone" "$(digests orphan)" "$(digests new)"

on 0x1 "${plain[@]}" --epochs 4 --output long
for split in 0x1 3x1; do
    rm -rf goes
    on $split "${plain[@]}" --epochs 1 --init old --init-optimizer --output goes
    on 2x1 --resume --output goes --epochs 2
    check "with its optimizer it is going on ($split)" "$(cd goes && sha256sum ./*.h5)" "$(cd long && sha256sum ./*.h5)"
done
on 0x1 "${plain[@]}" --epochs 1 --init old --init-optimizer --learning-rate 0.01 --output faster
on 0x1 --resume --output faster --epochs 2 --init old
check "a given rate stays" "$(tail -n 1 faster/log.csv | sed 's/.*,//')" 0.01
error "other layers" 0 2 "'16 relu, 10 softmax'" "leave --layers out" -- train digits.h5 --init old --layers "16 relu, 10 softmax" --output no
error "other scales" 0 2 "--normalize none" "scales its features" -- train digits.h5 --init old --normalize none --output no
errors "other features" 3 "has 10 features" "takes 64" -- train tutorial.h5 --init old --output no
error "another optimizer" 0 2 "--init-optimizer" "Adam" "SGD" -- train digits.h5 --init old --init-optimizer --optimizer sgd --output no
error "other slots" 0 2 "--init-optimizer" "3 slots" -- train digits.h5 --init old --init-optimizer --amsgrad --output no
error "an optimizer of nothing" 0 2 "--init-optimizer needs --init" -- train digits.h5 --layers "10 softmax" --init-optimizer --output no
errors "no such model" 4 "nowhere" -- train digits.h5 --init nowhere --output no
check "nothing was made" "$(ls -d no 2>/dev/null)" ""
on 0x1 made/labels.h5 --x /x --y /names --layers "5 relu, 3 softmax" --output labels
error "other classes" 0 3 "classes.h5:/y" -- train made/classes.h5 --init labels --output no

table() { # CATEGORIES...: rows of a number, a word and a class
    local i
    echo "size,colour,kind"
    for ((i = 0; i < 60; i++)); do
        echo "$((i % 7)),${@:i % $# + 1:1},$([ $((i % 3)) = 0 ] && echo apple || echo pear)"
    done
}
for name in reds greens; do
    table "$([ $name = reds ] && echo red || echo green)" blue >$name.csv
    job 0 convert $name.csv $name.h5 --target kind
done
on 0x1 reds.h5 --layers "5 relu, 2 softmax" --epochs 2 --output table
error "other categories" 0 3 "'blue', 'green' in greens.h5:/train/x" "'blue', 'red' in the model of --init table" -- train greens.h5 --init table --output no
on 2x1 reds.h5 --init table --epochs 1 --output retrained
job 0 predict retrained reds.csv --output words.csv
check_contains "names and classes are the model's" "$code $(<words.csv)" "apple"

# ---- run.json as a configuration, and the run's rows ----
on 0x1 --config run/run.json --output copy
check "run.json as a configuration" "$(digests copy)" "$(digests run)"
on 0x1 --config run/run.json --epochs 1 --output shorter
check "the line wins" "$(wc -l <shorter/log.csv)" 2
error "of its own output" 0 4 "run holds a run already" -- train --config run/run.json
echo '{"state": "finished"}' >other.json
error "another JSON" 0 2 "other.json" "options" -- train --config other.json digits.h5
val_loss=$(awk -F, 'NR == 1 { while ($++i != "val_loss"); } END { print $i }' run/log.csv)
for of in run run/model.weights.h5 run/checkpoints/step-0000000000$((4 * first)).h5; do
    job 0 evaluate $of --part validation
    check "the validation rows of $of" "$code $(awk '$1 == "loss" { print $2 }' out)" "0 $val_loss"
done
job 3 evaluate run --part validation
check "on 3 ranks" "$code $(awk '$1 == "loss" { print $2 }' out)" "0 $val_loss"
job 0 evaluate run digits.h5 --part validation --validation-split 0.2 --validation-method random
check "as they are named" "$code $(awk '$1 == "loss" { print $2 }' out)" "0 $val_loss"
job 0 evaluate run
check_contains "its test rows" "$code $(<err)" "evaluated 359 rows"
rm labels/run.json
errors "rows of a run without run.json" 2 "no DATA is given" "labels/run.json" -- evaluate labels --part validation
# ---- what was found by trying ----
if has_faults; then
    on 0x1 "${small[@]}" --epochs 1 --output grown
    LOCKSTEP_FAULT="step:0:kill:$((first + 5))" job 0 train --resume --output grown --epochs 9 --checkpoint-every "1 steps"
    check "grown and killed in the third epoch" "$((code != 0))" 1
    model=$(digest grown/model.weights.h5)
    errors "fewer epochs than are begun" 2 "grown has trained 2 epochs and a part of the next" "at least 3" -- \
        train --resume --output grown --epochs 1
    check "and its model stays that of an epoch's end" "$(digest grown/model.weights.h5)" "$model"
fi
on 0x1 digits.h5 --init run --init-optimizer --epochs 2 --output taken
expected=$(digests taken)
rm -r taken/checkpoints taken/*.weights.h5
on 2x1 --resume --output taken
check "begun anew by run.json alone: the rate that came with --init-optimizer" "$(digests taken)" "$expected"
on 0x1 "${small[@]}" --epochs 3 "${watch[@]}" --output reduced
on 0x1 --resume --output reduced --epochs 4 --change learning-rate --learning-rate 0.002
check_contains "the first rate again, behind a plateau" "$(<err)" "the learning rate stays 0.0005, to which a plateau has reduced it"
finish

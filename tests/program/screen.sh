#!/usr/bin/env bash
# What users see: the first lines, progress with and without a terminal, lines that fit into 80 columns, --quiet, suggestions.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
make_data "$work/data"
cd "$work"
d=data
small=(train "$d/parts.h5" --layers "8 relu, 3 softmax" --seed 3)

# The longest line of standard input, in characters.
widest() {
    awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }'
}

# "yes" when the lines of a file fit into so many columns, else how many they take.
fit() { # FILE COLUMNS
    local found
    found=$(widest <"$1")
    if [ "$found" -le "$2" ]; then echo yes; else echo "$found columns"; fi
}

# ---- what is said without a terminal ----
job 0 "${small[@]}" --epochs 2 --threads 2 --output plain
check "the first line says what is trained on what, and where results go" "$(head -n 1 err)" "training on $d/parts.h5; results go to plain"
check_contains "the second ranks and threads" "$(sed -n 2p err)" "1 rank x 2 threads (as asked) on "
check_contains "data" "$(<err)" "train: 600 rows x 6 features from /train/x, targets /train/y"
check_contains "epochs" "$(<err)" "epoch 2/2  loss "
check "nothing on standard output" "$(<out)" ""
check "no progress line where standard error is no terminal" "$(grep -c ' left$' err)" 0
grep -v warning err >lines
check "lines fit into 80 columns" "$(fit lines 80)" yes
job 0 train $d/classes.h5 --validation-split 0.25 --layers "3 softmax" --output split
check_contains "the file is not told again" "$(<err)" "validation: 250 rows x 6 features, the tail of /x"
printf 'a\033[2Jx,y\n1,u\033[1m\n2,v\n3,v\n4,v\n' >steering.csv
job 0 convert steering.csv steering.h5 --target y
check "names in what convert says do nothing to a terminal" "$code $(grep -c $'\033' err)" "0 0"
job 0 info steering.h5
check "nor in what info prints" "$code $(grep -c $'\033' out) $(grep -c 'a\\u001b\[2Jx' out)" "0 0 1"
job 0 train steering.h5 --layers "2 softmax" --output steering
job 0 evaluate steering steering.h5 --metrics confusion_matrix
check "nor what evaluate prints" "$code $(grep -c $'\033' out) $(grep -c 'u\\u001b\[1m' out)" "0 0 2"
job 0 evaluate plain $d/parts.h5
check "evaluate's first line" "$(head -n 1 err)" "evaluating plain on $d/parts.h5"
job 2 "${small[@]}" --output plain2
check "the first line on 2 ranks, once" "$(grep -c '^training on' err) $(head -n 1 err)" "1 training on $d/parts.h5; results go to plain2"
if has_faults; then
    one=$(digests plain2)
    LOCKSTEP_FAULT_HOSTS=a,b,a,b job 4 "${small[@]}" --threads 1 --output spread
    check_contains "two hosts: the second line" "$(sed -n 2p err)" "2 hosts x 2 ranks x 1 thread (as asked) on "
    LOCKSTEP_FAULT_HOSTS=a,a,b,a job 4 "${small[@]}" --threads 1 --overwrite --output spread
    check_contains "unevenly: the second line" "$(sed -n 2p err)" "2 hosts with 3, 1 ranks (uneven) x 1 thread (as asked) on "
    check "unevenly: the bits of one host" "$(digests spread)" "$one"
fi

# ---- quiet ----
said() { # the last job's code and what it said
    echo "$code $(<err)$(<out)"
}
job 0 "${small[@]}" --layers "3 softmax" --quiet --output quiet
check "quiet train" "$(sed 2q err)" "$(printf 'model in quiet/model.weights.h5\nit is of epoch 1, the last and the best one: %s' "$(sed -n 's/.*best one: //p' err)")"
check "quiet train says no more" "$(wc -l <err)" 2
job 2 "${small[@]}" --layers "3 softmax" --quiet --output quiet --resume
check "quiet resume of what is finished" "$(head -n 1 err)" "quiet is finished: 1 of 1 epochs done"
job 0 "${small[@]}" --quiet --batch-size 1000 --output quiet2
check "quiet with a warning" "$(grep -c 'lockstep: warning: --batch-size 1000' err) $(wc -l <err)" "1 3"
job 0 "${small[@]}" --quiet --output quiet
check "quiet with an error" "$code $(wc -l <err) $(error_lines | wc -l)" "4 1 1"
echo "quiet = on" >quiet.conf
job 2 evaluate quiet $d/parts.h5 --config quiet.conf
check "quiet evaluate" "$code $(wc -l <err) $(wc -l <out)" "0 0 2"
job 0 predict quiet $d/parts.h5 --output quiet.h5 --quiet
check "quiet predict" "$(said)" "0 predicted 150 rows into quiet.h5"
printf 'a,b,y\n1,2,0\n3,4,1\n' >table.csv
job 0 convert table.csv table.h5 --quiet
check "quiet convert" "$(said | sed 's/ in .*//') $(wc -l <err)" "0 converted 18 B into table.h5 1"

# ---- suggestions ----
errors "wrong command" 2 "unknown command 'trian'; did you mean 'train'? There are train, evaluate, predict" -- trian $d/classes.h5
error "a command's beginning" 0 2 "did you mean 'evaluate'?" -- eval plain $d/parts.h5
error "another program's command" 0 2 "did you mean 'train'?" -- fit $d/parts.h5
error "no command's neighbour" 0 2 "unknown command 'frobnicate'; there are train" -- frobnicate
error "another program's option" 0 2 "unknown option 'lr'; did you mean 'learning-rate'?" -- "${small[@]}" --lr 0.1
error "an option that is a word of another" 0 2 "unknown option 'dropout'; here: --layers \"64 relu, dropout 0.2" -- "${small[@]}" --dropout=0.2

# ---- progress under a launcher, in the middle of an epoch ----
make_slow() { # one epoch of some minutes
    "${LOCKSTEP_MAKE_DATA:?the program make_data}" rows.h5 65536 256
}
make_slow
set -m
LOCKSTEP_TEST=$work "$mpiexec" -n 2 "$LOCKSTEP" train rows.h5 --layers "2048 relu, 2048 relu, 1 sigmoid" --kernels portable --threads 1 \
    --checkpoint-every never --output slow >out 2>slow.err </dev/null &
set +m
launcher=$!
two_lines() {
    [ "$(grep -c '^epoch 1/1  step .*  loss .* samples/s  .* left$' slow.err)" -ge 2 ]
}
begun=$SECONDS
wait_until two_lines || true
check_contains "progress under a launcher" "$(sed '/ left$/!d' slow.err)" "epoch 1/1  step "
check "a line every ten seconds at most" "$([ $((SECONDS - begun)) -ge 19 ] && echo yes)" yes
check "no line is redrawn" "$(grep -c $'\033\\[K' slow.err)" 0
check "they are short" "$(fit slow.err 80)" yes
{ kill -9 $launcher && wait $launcher; } 2>/dev/null || true # its ranks end with it
check "nobody is left" "$(wait_until nobody || leftovers)" ""

# ---- on a terminal ----
if ! script -qec true /dev/null >/dev/null 2>&1; then
    echo "left out: what is seen on a terminal (no script(1))"
    finish
    exit
fi
# terminal COLUMNS COMMAND...: on a terminal of its own; what it shows is left in ./shown. Lines end with \r\n there.
terminal() {
    script -qec "stty cols $1; ${*:2}" /dev/null >shown </dev/null || true
}
# The lines as they stand in the end: without those that were redrawn.
standing() {
    tr -d '\r' <shown | sed $'s/.*\033\\[K//'
}
terminal 80 "$LOCKSTEP train $d/parts.h5 --layers '8 relu, 3 softmax' --epochs 3 --output terminal"
check "on a terminal the progress line is there, and replaced" "$(grep -c $'samples/s.*left\r\033\\[K' shown)" 1
terminal 80 "$mpiexec -n 2 $LOCKSTEP train $d/parts.h5 --layers '8 relu, 3 softmax' --epochs 3 --output terminal2"
check "under a launcher it is not" "$(grep -c $'\033\\[K' shown)" 0
check_contains "though the rest is" "$(<shown)" "model in terminal2/model.weights.h5"
terminal 60 "$LOCKSTEP train $d/parts.h5 --layers '8 rleu, 3 softmax' --output none"
standing >lines
check "long lines are wrapped, whatever they are" "$(fit lines 60)" yes
check "no word is lost or cut" "$(standing | sed -n '/^lockstep: error/,$p' | tr -s '\n ' ' ')" \
    "$({ "$LOCKSTEP" train $d/parts.h5 --layers '8 rleu, 3 softmax' --output none 2>&1 || true; } | sed -n '/^lockstep: error/,$p' | tr -s '\n ' ' ')"
terminal 60 "$LOCKSTEP train $d/parts.h5 --layers '8 relu, 3 softmax' --output terminal3 --quiet"
check "quiet on a terminal: no progress line" "$(grep -c 'samples/s' shown)" 0

finish

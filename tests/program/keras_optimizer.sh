#!/usr/bin/env bash
# --init-optimizer with models of Keras' (keras_in, made by make_keras_optimizer.py and make_keras_in.py): the run goes on with
# the optimizer, settings, schedule and averages that the model was compiled with, and six steps give what they give in Keras;
# what is given on the line goes before; --init alone begins anew; a resume goes on; what has no state says why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"
cp "$here"/keras_in/{data.h5,*compiled*,k3-line.keras,k3-plain.h5} .
chmod u+w ./*

# far_from FILE: how far predictions are from Keras', by the largest of Keras'; "near" up to 1e-5.
far_from() {
    print_data p.h5 prediction | paste -d' ' - "$1" | awk '{
        for (i = 1; i <= NF / 2; i++) {
            d = $i - $(i + NF / 2); d = d < 0 ? -d : d; m = $(i + NF / 2) < 0 ? -$(i + NF / 2) : $(i + NF / 2)
            far = d > far ? d : far; most = m > most ? m : most
        }
    } END { print NR == 48 && far <= 1e-5 * most ? "near" : "far: " far " of " most ", rows " NR }'
}

# option RUN KEY: what run.json says of it.
option() {
    sed -n "s/^ *\"$2\": \"\(.*\)\",*$/\1/p" "$1/run.json" | head -n 1
}

go_on=(train data.h5 --x x --y y --init-optimizer --shuffle off --shards 1 --batch-size 16)
for file in k2-compiled.h5 k3-compiled.keras; do
    name=${file%.*}
    job 1 "${go_on[@]}" --init $file --epochs 2 --output $name
    check "$file goes on" "$code $(error_lines)" "0 "
    job 1 predict $name data.h5 --x x --part all --output p.h5 --overwrite
    check "$file: six steps are Keras'" "$(far_from $name.csv)" near
    check "$file: the optimizer" "$(option $name optimizer) $(option $name momentum) $(option $name nesterov)" "sgd 0.8 on"
    check "$file: its settings" "$(option $name global-clipnorm) $(option $name weight-decay) $(option $name ema)" \
        "0.5 0.01 momentum=0.9"
    check "$file: its schedule" "$(option $name schedule)" \
        "exponential_decay initial_learning_rate=0.1 decay_steps=2 decay_rate=0.7 staircase=false"
    check "$file: its metrics" "$(head -n 1 $name/log.csv)" "epoch,step,loss,mae,learning_rate"
    check "$file: its steps are behind it" "$(print_data $name/model.weights.h5 optimizer/vars/0)" 9
done
job 3 "${go_on[@]}" --init k3-compiled.keras --epochs 2 --shards 8 --output three
check "on 3 ranks" "$code $(error_lines)" "0 "
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 2 --shards 8 --output one
check "the same on 1 rank" "$code $(digest one/model.weights.h5)" "0 $(digest three/model.weights.h5)"

# ---- a resume needs no file, and has the settings ----
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 1 --output again
rm k3-compiled.keras
job 1 train --output again --resume --epochs 2
check "a resume goes on" "$code $(error_lines)" "0 "
check "with the same weights" "$(digest again/model.weights.h5)" "$(digest k3-compiled/model.weights.h5)"
cp "$here/keras_in/k3-compiled.keras" .

# ---- what is given goes before ----
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 1 --learning-rate 0.5 --output rate
check "a rate in place of the schedule" "$code $(option rate learning-rate) '$(option rate schedule)' $(option rate momentum)" \
    "0 0.5 '' 0.8"
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 1 --optimizer "sgd weight_decay=0.25" --schedule off --output words
check "one setting" "$code $(option words weight-decay) $(option words momentum) '$(option words schedule)'" "0 0.25 0.8 ''"
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 1 --optimizer adam --output other
check "another optimizer has no state there" "$code $(grep -c 'holds the state of the optimizer SGD, this run has Adam' err)" "2 1"
job 1 "${go_on[@]}" --init k3-compiled.keras --epochs 1 --momentum 0 --nesterov off --output other
check "nor one without its slots" "$code $(grep -c 'holds more state of the optimizer sgd' err)" "2 1"

# ---- --init alone begins anew ----
job 1 train data.h5 --x x --y y --init k3-compiled.keras --epochs 1 --output anew
check "--init alone: the options' optimizer" "$code $(option anew optimizer) '$(option anew schedule)' '$(option anew ema)'" \
    "0 adam '' ''"
check "its first steps" "$(print_data anew/model.weights.h5 optimizer/vars/0)" 2

# ---- an optimizer that Keras' load_model does not compile is known by Lockstep's name ----
job 1 train data.h5 --x x --y y --layers 2 --loss mse --optimizer lamb --epochs 1 --output lamb
job 1 train data.h5 --x x --y y --init lamb --init-optimizer --optimizer lamb --epochs 1 --output lamb2
check "lamb goes on" "$code $(print_data lamb2/model.weights.h5 optimizer/vars/0)" "0 4"
job 1 train data.h5 --x x --y y --init lamb --init-optimizer --optimizer nadam --epochs 1 --output other
check "and is told from another" "$code $(grep -c 'holds the state of the optimizer Lamb, this run has Nadam' err)" "2 1"

# ---- no state ----
job 1 "${go_on[@]}" --init k3-line.keras --loss mse --epochs 1 --output none
check "a model that is not compiled" "$code $(grep -c "k3-line.keras holds no optimizer's state; leave --init-optimizer out" err)" "2 1"
check "nothing is begun" "$(ls -d other none 2>/dev/null)" ""

finish

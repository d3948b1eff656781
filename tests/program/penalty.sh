#!/usr/bin/env bash
# Penalties: one hash whatever the split and the way gradients travel, on a net whose slices would cut its norm blocks; in
# every loss that is shown; gone on with in mid-epoch; and every way to say them.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
"${emulator[@]}" "${LOCKSTEP_MAKE_DATA:?the program make_data}" data.h5 500 65
layers="49 relu kernel_regularizer=l2(0.001), 17 tanh bias_regularizer=l1(0.01), 1 sigmoid kernel_regularizer=none"

# train RANKS DIRECTORY OPTIONS...
train() {
    local ranks=$1 directory=$2
    shift 2
    job "$ranks" train data.h5 --batch-size 64 --shards 8 --validation-split 0.2 --log-every 3 --output "$directory" "$@"
}
regularized=(--layers "$layers" --kernel-regularizer "l1_l2(1e-5, l2=1e-4)" --epochs 2)

# ---- one hash ----
train 0 whole "${regularized[@]}"
expected=$(digests whole)
check "without a launcher" "$code" 0
for ranks in 1 2 3 4 8; do
    for reduction in auto halving doubling direct; do
        [ "$ranks" != 3 ] || [ "$reduction" = auto ] || [ "$reduction" = direct ] || continue
        train "$ranks" run --overwrite --threads 2 --reduction "$reduction" "${regularized[@]}"
        check "$ranks ranks, $reduction" "$code $(digests run)" "0 $expected"
    done
done
train 3 run --overwrite --layers "17 relu, 3 relu, 1" --kernel-regularizer l2 --bias-regularizer l1 --loss mse --epochs 1
small=$(digests run) # small enough for everybody to own everything
train 4 run --overwrite --layers "17 relu, 3 relu, 1" --kernel-regularizer l2 --bias-regularizer l1 --loss mse --epochs 1
check "a small net on 4 ranks and on 3" "$(digests run)" "$small"

# ---- what is shown ----
check "the log's columns" "$(head -n 1 whole/log.csv)" \
    "epoch,step,loss,accuracy,penalty,val_loss,val_accuracy,val_penalty,learning_rate"
check "a row within an epoch" "$(sed -n 2p whole/log.csv | tr -dc , | wc -c)" 8
job 2 evaluate whole data.h5 --part validation --validation-split 0.2
check "evaluate's loss is the last val_loss" "$(awk '$1 == "loss" { print $2 }' out)" \
    "$(tail -n 1 whole/log.csv | cut -d, -f6)"
train 0 plain --layers "49 relu, 17 tanh, 1 sigmoid" --epochs 0
check_lacks "no column without a regularizer" "$(cat plain/log.csv)" penalty
check_lacks "nor with one of 0" "$(train 0 plain --overwrite --layers "17 relu, 1 sigmoid" --kernel-regularizer "l2(0)" \
    --epochs 1; cat plain/log.csv)" penalty

# ---- said in other ways ----
said="49 relu kernel_regularizer=l2(0.001), 17 tanh kernel_regularizer=l1_l2(l1=1e-5 l2=1e-4) bias_regularizer=l1(0.01)"
train 2 other --layers "$said, 1 sigmoid" --epochs 2
check "all in --layers" "$code $(digests other)" "0 $expected"

# ---- in mid-epoch ----
if has_faults; then
    LOCKSTEP_FAULT="step:0:kill:4" train 2 chain --checkpoint-every "2 steps" "${regularized[@]}"
    check "the first leg is killed" "$((code != 0))" 1
    LOCKSTEP_FAULT="step:1:kill:5" train 3 chain --checkpoint-every "3 steps" --resume "${regularized[@]}"
    check "the second leg is killed" "$((code != 0))" 1
    train 4 chain --resume --layers "$said, 1 sigmoid" --epochs 2
    check "gone on with, and said in another way" "$code $(digests chain)" "0 $expected"
fi

# ---- refused ----
errors "no such regularizer" 2 "--kernel-regularizer" "'l3'" "did you mean" "l1, l2, l1_l2 or none" -- \
    train data.h5 --layers "4, 1" --kernel-regularizer l3 --output refused
errors "another penalty on resuming" 2 "layers" -- train data.h5 --layers "$layers" --epochs 3 --batch-size 64 --shards 8 \
    --validation-split 0.2 --output whole --resume
finish

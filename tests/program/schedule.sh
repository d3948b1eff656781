#!/usr/bin/env bash
# Schedules: the rates in the log, the same bits on any split and after a resume in the warm-up, lengths in epochs and in
# steps as one recipe, and what is refused.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

# train SPLIT DIRECTORY OPTIONS...: 100 rows, 4 steps an epoch
train() {
    local split=$1 directory=$2
    shift 2
    job "${split%x*}" train "$LOCKSTEP_DATA/tutorial.h5" --layers "17 relu, 1" --optimizer "sgd momentum=0.9" --threads "${split#*x}" \
        --log-every 1 --output "$directory" "$@"
}

# rates DIRECTORY: the log's last column, in a line
rates() {
    sed 1d "$1/log.csv" | sed 's/.*,//' | paste -sd ' '
}

# ---- the log ----
warm=(--learning-rate 0 --schedule "cosine_decay decay_epochs=2 warmup_epochs=2 warmup_target=0.008")
train 0x1 whole --epochs 5 "${warm[@]}"
check "rates of steps 1 to 9: a warm-up from 0 and its target" "$(rates whole | cut -d' ' -f1-9)" \
    "0 0.001 0.002 0.003 0.004 0.005 0.006 0.007 0.008"
check "the middle and the end of the decay" "$(rates whole | cut -d' ' -f13,17-20)" "0.004 0 0 0 0"
train 0x1 epochs --epochs 5 --log-every 0 "${warm[@]}"
check "rows of epochs have the rate of their last step" "$(rates epochs | cut -d' ' -f1-2)" "0.003 0.007"
train 0x1 constant --epochs 1 --learning-rate 0.25
check "without a schedule" "$(rates constant)" "0.25 0.25 0.25 0.25"
check_lacks "and without a line in the resolved recipe" "$(cat constant/run.json)" '"cosine'
train 0x1 pieces --epochs 2 --schedule "piecewise_constant_decay boundaries=1,5 values=0.1,0.2,0.3"
check "rates of pieces: a boundary belongs to the piece before it" "$(rates pieces)" "0.1 0.1 0.2 0.2 0.2 0.2 0.3 0.3"

# ---- the same bits ----
expected=$(digests whole)
train 2x1 two --epochs 5 "${warm[@]}"
check "two ranks" "$(digests two)" "$expected"
train 3x2 chain --epochs 1 "${warm[@]}"
train 2x2 chain --epochs 5 --resume "${warm[@]}"
check "three ranks, resumed on two in the warm-up" "$(digests chain)" "$expected"
if has_faults; then
    LOCKSTEP_FAULT="step:1:kill:7" train 2x1 killed --epochs 5 --checkpoint-every "1 steps" "${warm[@]}"
    check "killed in an epoch of the warm-up" "$((code != 0))" 1
    train 3x1 killed --epochs 5 --resume "${warm[@]}"
    check "and resumed on three ranks" "$(digests killed)" "$expected"
fi

# ---- one recipe, however it is said ----
train 0x1 steps --epochs 1 --schedule "cosine_decay initial_learning_rate=0 decay_steps=8 warmup_steps=8 warmup_target=0.008"
train 0x1 steps --epochs 5 --resume "${warm[@]}"
check "begun with steps, gone on with epochs and --learning-rate" "$(digests steps)" "$expected"
train 0x1 steps --epochs 6 --resume --schedule "cosine_decay decay_epochs=3 warmup_epochs=2 warmup_target=0.008" --learning-rate 0
check_contains "another length on a resume" "$code $(error_lines)" "decay_steps=8 alpha=0 warmup_target=0.008 warmup_steps=8', this run has"
check "is refused" "$code" 2

# ---- refusals ----
refused() { # NAME WORDS SCHEDULE [OPTIONS...]
    error "$1" 0 2 "$2" -- train "$LOCKSTEP_DATA/tutorial.h5" --layers "8 relu, 1" --output refused --schedule "${@:3}"
}
refused "no such schedule" "did you mean 'cosine_decay'?" "cosine_decy decay_steps=3"
refused "nothing needed" "needs decay_steps or decay_epochs, as in \"cosine_decay decay_epochs=10\"" cosine_decay
refused "steps and epochs" "leave one of them out" "cosine_decay decay_steps=3 decay_epochs=3"
refused "a warm-up without target" "a warm-up needs warmup_target" "cosine_decay decay_steps=3 warmup_steps=3"
refused "two initial rates" "two spellings of one setting" "cosine_decay decay_steps=3 initial_learning_rate=1" --learning-rate 1
refused "two initial rates, one by the optimizer's words" "two spellings of one setting" \
    "cosine_decay decay_steps=3 initial_learning_rate=1" --optimizer "adam learning_rate=1"
refused "a rate beside values" "has its rates in values" "piecewise_constant_decay boundaries=3 values=1,2" --learning-rate 1
refused "boundaries of one step" "are the same step (of 4 an epoch)" "piecewise_constant_decay boundaries_epochs=1,1.1 values=1,2,3"
check "nothing is left of refused runs" "$(ls -d refused 2>/dev/null)" ""
finish

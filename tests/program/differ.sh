#!/usr/bin/env bash
# Ranks that were not started alike: another option, another command, another data file under the same name. Named at once,
# with the rank, instead of a wait of the hang timeout or results of two different runs.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
mkdir first other
cp "$LOCKSTEP_DATA/digits.h5" first/d.h5
cp "$LOCKSTEP_DATA/digits.h5" other/d.h5
cp "$LOCKSTEP_DATA/concrete.h5" .
plain=(train d.h5 --layers "16 relu, 10 softmax" --batch-size 256 --epochs 2 --threads 1 --hang-timeout 60 --output "$work/run" --overwrite)

# two DIRECTORY ARGUMENT...: rank 0 with the plain line in ./first, rank 1 in DIRECTORY with other arguments
two() {
    code=0
    (cd first && LOCKSTEP_TEST=$work timeout -k 5 120 "$mpiexec" -n 1 "${emulator[@]}" "$LOCKSTEP" "${plain[@]}" : \
        -n 1 bash -c 'cd "$1" && shift && exec "$@"' _ "$work/$1" "${emulator[@]}" "$LOCKSTEP" "${@:2}") >out 2>err || code=$?
}

two first "${plain[@]}"
check "alike" "$code" 0
two other "${plain[@]}"
check "a copy of the data" "$code" 0
two first "${plain[@]}" --threads 2 --kernels portable
check "what may differ" "$code" 0

options=("epochs 3" "check-every 10" "log-every 5" "checkpoint-every 5steps" "limit-rows 100" "missing drop" "seed 5" "reduction direct"
    "hang-timeout 50" "validation-split 0.1" "keep 7" "y labels" "learning-rate 0.5" "precision bfloat16"
    "quiet on")
for option in "${options[@]}"; do
    read -r key value <<<"$option"
    two first "${plain[@]}" "--$key=$value"
    check "$key: code" "$code" 2
    check_contains "$key: what differs" "$(error_lines)" "rank 1 ("
    check_contains "$key: which" "$(error_lines)" "options differ between ranks: '$key = $value' here, '$key = "
done

two first evaluate "$work/run" d.h5
check "another command: code" "$code" 2
check_contains "another command" "$(error_lines)" "options differ between ranks: 'lockstep evaluate"

# One byte in the middle of the first rows' numbers, which other ranks would never read.
size=$(stat -c %s other/d.h5)
printf '\001' | dd of=other/d.h5 bs=1 seek=$((size / 2)) conv=notrunc status=none
cmp -s first/d.h5 other/d.h5 && printf '\002' | dd of=other/d.h5 bs=1 seek=$((size / 2)) conv=notrunc status=none
two other "${plain[@]}"
check "other contents: code" "$code" 3
check_contains "other contents" "$(error_lines)" "d.h5: is another file than on rank 0, of the same size but with other contents"
cp concrete.h5 other/d.h5
two other "${plain[@]}"
check "another size: code" "$code" 3
check_contains "another size" "$(error_lines)" "on rank 0; all ranks need the same data"
rm other/d.h5
two other "${plain[@]}"
check "no file: code" "$code" 3
check_contains "no file" "$(error_lines)" "d.h5: No such file or directory; it is there on rank 0"
finish

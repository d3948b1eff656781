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

train=("${plain[@]}")

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

# At its default, but the others have another one: sgd's is 0.01.
two first "${plain[@]}" --learning-rate 0.001
check "a default given on one rank: code" "$code" 2
check_contains "a default given on one rank" "$(error_lines)" "'learning-rate = 0.001' here, 'learning-rate = 0.001 (not given)' on rank 0"

# Of three ranks the one that is alone with its value is named, rank 0 too.
code=0
(cd first && LOCKSTEP_TEST=$work timeout -k 5 120 "$mpiexec" -n 1 "${emulator[@]}" "$LOCKSTEP" "${plain[@]}" --seed 5 : \
    -n 2 "${emulator[@]}" "$LOCKSTEP" "${plain[@]}") >out 2>err || code=$?
check "rank 0 is the other one: code" "$code" 2
check_contains "rank 0 is the other one" "$(error_lines)" "rank 0 ("
check_contains "rank 0 is the other one: which" "$(error_lines)" "'seed = 5' here, 'seed = 0 (not given)' on rank 1"

two first evaluate "$work/run" d.h5
check "another command: code" "$code" 2
check_contains "another command" "$(error_lines)" "options differ between ranks: 'lockstep evaluate"

# Rank 0 reads the model for all, but another name is another wish.
cp -r run same
score=(evaluate "$work/run" d.h5 --threads 1 --hang-timeout 60)
plain=("${score[@]}")
two first evaluate "$work/same" "${score[@]:2}"
check "another model: code" "$code" 2
check_contains "another model" "$(error_lines)" "'RUN = $work/same' here, 'RUN = $work/run' on rank 0"
plain=("${train[@]}")

# Tables are read by every rank.
for ((i = 0; i < 90; i++)); do
    echo "$((i * 37 % 100)).5,$((i * 11 % 7)),$((i % 3))"
done | sed '1i a,b,y' >first/t.csv
cp first/t.csv other/t.csv
(cd first && job 0 convert t.csv t.h5 --target y && job 0 train t.h5 --layers "3 softmax" --output "$work/table")
plain=(predict "$work/table" t.csv --threads 1 --hang-timeout 60 --output "$work/p.csv" --overwrite)
two other "${plain[@]}"
check "a copy of a table" "$code" 0
sed -i '80s/\.5/.6/' other/t.csv
two other "${plain[@]}"
check "another table: code" "$code" 3
check_contains "another table" "$(error_lines)" "t.csv: is another file than on rank 0, of the same size but with other contents"
plain=("${train[@]}")

# A pattern that fits one file less where one rank looks, rank 0 too.
cp first/d.h5 first/part-1.h5
cp first/d.h5 first/part-2.h5
cp first/part-?.h5 other
plain[1]='part-*.h5'
two other "${plain[@]}"
check "copies of two parts" "$code" 0
rm other/part-2.h5
two other "${plain[@]}"
check "a part is missing: code" "$code" 3
check_contains "a part is missing" "$(error_lines)" "not the same on all ranks: 1 here, 2 on rank 0"
mv first/part-2.h5 other
two other "${plain[@]}"
check "a part more: code" "$code" 3
check_contains "a part more" "$(error_lines)" "not the same on all ranks: 2 here, 1 on rank 0"
plain=("${train[@]}")

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

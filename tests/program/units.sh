#!/usr/bin/env bash
# Units do not matter where columns are normalised: values times a power of two give the same weights and log, and
# predictions in their unit, whichever normalisation, targets too; any other factor the same predictions up to roundings.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"

# table X Y: a table whose features are in units of X, its targets in units of Y; the third column is constant
table() {
    awk -v x="$1" -v y="$2" 'BEGIN {
        print "a,b,c,d,y,z"
        for (r = 0; r < 600; r++) {
            a = (r * 7919 + 13) % 1009 / 64 - 7; b = (r * 104729 + 5) % 1013 / 8; d = (r * 1299709 + 1) % 997 / 512
            printf "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", a * x, b * x, 5 * x, d * x, (a + b / 8) * y, (a * d) * y
        }
    }'
}

# train NAME OPTIONS...: and NAME.csv with predictions
train() {
    local name=$1
    shift
    job 0 train "$name.h5" --epochs 2 --batch-size 50 --checkpoint-every never --output "$name" --overwrite "$@"
    job 0 predict "$name" "$name.h5" --output "$name.csv" --overwrite
}

kernels() { # RUN
    for layer in dense dense_1; do
        print_data "$1/model.weights.h5" "/model_weights/$layer/$layer/kernel:0"
    done | sha256sum | cut -c1-64
}

# apart A B UNIT: the largest difference of B's predictions, in UNIT, from A's, and of A's from 0
apart() {
    paste -d, "$1.csv" "$2.csv" | awk -F, -v unit="$3" 'NR > 1 {
        for (i = NF / 2; i > NF / 2 - 2; i--) {
            p = $i; q = $(i + NF / 2) / unit
            d = p > q ? p - q : q - p; m = p < 0 ? -p : p
            worst = d > worst ? d : worst; most = m > most ? m : most
        }
    } END { print (worst <= 1e-5 * most && most > 1) ? 1 : worst / most }'
}

declare -A x=([one]=1 [tiny]="2^-30" [huge]="2^66" [nano]=1e-9 [dense]=1e20 [denormal]="2^-140")
declare -A y=([one]=1 [tiny]="2^-50" [huge]="2^70" [nano]=1e-12 [dense]=1e25 [denormal]=1)
for name in one tiny huge nano dense denormal; do
    table "$(awk "BEGIN { printf \"%.17g\", ${x[$name]} }")" "$(awk "BEGIN { printf \"%.17g\", ${y[$name]} }")" >$name.csv
    job 0 convert $name.csv $name.h5 --target y,z
    check_lacks "$name: converted" "$code $(cat "$work/err")" "less"
    mv $name.csv $name.table.csv
done
for normalize in standard minmax; do
    others="tiny huge nano dense denormal"
    [ $normalize = standard ] || others="tiny nano"
    train one --layers "7 relu, 2" --normalize $normalize --normalize-targets
    expected=$(kernels one)
    for name in $others; do
        train $name --layers "7 relu, 2" --normalize $normalize --normalize-targets
        [ $name != tiny ] && [ $name != huge ] || check "$normalize, $name: the same weights" "$(kernels $name)" "$expected"
        check "$normalize, $name: the same predictions" "$(apart one $name "$(awk "BEGIN { printf \"%.17g\", ${y[$name]} }")")" 1
    done
done

# each target's quantiles have its map
for name in one tiny; do
    train $name --normalize standard --normalize-targets --loss "quantile tau=0.1,0.9" --layers "7 relu, 4"
    [ $name = tiny ] || expected=$(kernels one)
done
check "quantiles in tiny units: the same weights" "$(kernels tiny)" "$expected"
check "and factors for each" "$(print_data tiny/model.weights.h5 /lockstep/target_factor | wc -l)" 4

# what knows of it
on_all "a run in tiny units" tiny.h5 --layers "7 relu, 2" --epochs 2 --batch-size 50 --normalize standard --normalize-targets \
    --ema momentum=0.5 --validation-split 0.2
job 0 info run
for words in "normalised by column (3 of 4 columns after a power of two)" "normalised (2 of 2 columns after a power of two)" \
    "rescaling (Rescaling)" "rescaling_1 (Rescaling)"; do
    check_contains "info" "$(cat "$work/out")" "$words"
done
check "factors in the file" "$(print_data run/model.weights.h5 /lockstep/feature_factor | wc -l)" 4
evaluated() { # RUN DATA: the error, which is in units of the targets
    job 0 evaluate "$@"
    awk '$1 == "mae" && NF == 2 { print ($2 > 0 && $2 < 1e-13), $2 }' "$work/out"
}
check_contains "evaluate in units of the targets" "$(evaluated run tiny.h5)" "1 "
check "evaluate a file and a table" "$(evaluated run tiny.h5)" "$(evaluated run tiny.table.csv)"
check "running averages too" "$(evaluated run tiny.h5 --use-ema | wc -w)" 2
job 3 train tiny.h5 --init run --epochs 1 --batch-size 50 --output further
check_contains "--init" "$code $(print_data further/model.weights.h5 /lockstep/feature_factor)" \
    "0 $(print_data run/model.weights.h5 /lockstep/feature_factor)"
job 0 train tiny.h5 --layers "7 relu, 2" --epochs 3 --batch-size 50 --normalize standard --normalize-targets --output whole
job 0 train tiny.h5 --layers "7 relu, 2" --epochs 1 --batch-size 50 --normalize standard --normalize-targets --output resumed
job 3 train --resume --epochs 3 --output resumed tiny.h5
check "resumed" "$code $(digests resumed)" "0 $(digests whole)"

# usual units need nothing, and their files stay as they were
job 0 info one
check_lacks "usual units" "$(cat "$work/out")" "Rescaling"
finish

#!/usr/bin/env bash
# export: each format is written as a whole or not at all, whatever it is asked for; names go along; what cannot be exported is
# refused with the documented code. What is in the files: tests/export.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
cd "$work"
formats="onnx safetensors keras json"

nothing_left() { # NAME
    check "$1 leaves nothing" "$(find . -name '.*.tmp.*'; find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lockstep-kept-*')" ""
}

# A table whose features and classes have names.
awk 'BEGIN {
    srand(5); print "width,colour,kind"
    for (i = 0; i < 300; i++) {
        w = rand() * 4 - 2; c = int(rand() * 2)
        printf("%.6f,%s,%s\n", w, c ? "red" : "blue", w + c > 0.5 ? "large" : w + c > -0.5 ? "middle" : "small")
    }
}' >table.csv
job 0 convert table.csv table.h5 --target kind
job 0 train table.h5 --layers "8 relu, 3 softmax" --normalize standard --epochs 2 --output run
check "a run to export" "$code" 0

# ---- what is written ----
for format in $formats; do
    job 0 export run model.$format
    check "$format" "$code $(error_lines)" "0 "
    check_contains "$format: what came of it" "$(tail -n 1 err)" "exported run/model.weights.h5 into model.$format, with its normalization"
    job 0 export run/model.weights.h5 again.$format --quiet
    check "$format: the same bytes again" "$code $(digest again.$format)" "0 $(digest model.$format)"
    job 0 export run again.$format --overwrite --normalization off
    check_contains "$format: without normalization" "$code $(<err)" "its normalization is left out"
    check "$format: is another file" "$([ "$(digest again.$format)" != "$(digest model.$format)" ] && echo other)" other
    rm again.$format
done
# C: the functions are called after the file; a program with them says what predict says.
job 0 export run my-model.c
check "C" "$code $(error_lines)" "0 "
job 0 predict run table.h5 --output predictions.h5
cat >use.c <<'END'
#include <stdio.h>
#define MY_MODEL_DECLARATIONS
#include "my-model.c"
int main(void)
{
    float row[MY_MODEL_FEATURES], outputs[MY_MODEL_OUTPUTS];
    while (fread(row, sizeof row, 1, stdin) == 1) {
        my_model_predict(row, outputs);
        fwrite(outputs, sizeof outputs, 1, stdout);
    }
    return 0;
}
END
cc=$(command -v gcc || command -v clang || command -v cc || true)
if [ "$cc" ] && command -v h5dump >/dev/null; then
    "$cc" -std=c99 -pedantic -Wall -Wextra -Werror -O2 -o use use.c my-model.c -lm
    h5dump -d train/x -b LE -o rows.bin table.h5 >/dev/null
    h5dump -d prediction -b LE -o predictions.bin predictions.h5 >/dev/null
    ./use <rows.bin >outputs.bin
    check "C gives the bits of predict" "$(stat -c %s outputs.bin) $(digest outputs.bin)" "3600 $(digest predictions.bin)"
fi
cp model.onnx MODEL.ONNX
job 0 export run MODEL.ONNX --overwrite
check "a suffix in capitals" "$code $(digest MODEL.ONNX)" "0 $(digest model.onnx)"
for format in onnx safetensors keras; do
    for name in width colour=red colour=blue large middle small; do
        check "$format: the name $name" "$(grep -caF "$name" model.$format | sed 's/^[1-9][0-9]*$/some/')" some
    done
done
check "permissions are the usual ones" "$(stat -c %a model.onnx)" "$(printf '%o' $((0666 & ~0$(umask))))"
nothing_left "all that"
job 0 train table.h5 --layers "8 relu, 3 softmax" --epochs 2 --checkpoint-every "1 epochs" --ema momentum=0.5 --output average
checkpoint=$(find average/checkpoints -type f | sort | tail -n 1)
job 0 export "$checkpoint" checkpoint.onnx
check "a checkpoint" "$code $(error_lines)" "0 "
job 0 export average plain.onnx
job 0 export average ema.onnx --use-ema
check "running averages of the weights" "$code $([ "$(digest plain.onnx)" != "$(digest ema.onnx)" ] && echo other)" "0 other"
job 0 export run ema.onnx --use-ema --overwrite
check_contains "that were not kept" "$code $(error_lines)" "2 run/model.weights.h5"
job 1 export run launched.onnx
check "one process under a launcher" "$code $(digest launched.onnx)" "0 $(digest model.onnx)"
rm launched.onnx

# ---- what is refused ----
error "another suffix" 0 2 "model.pb: export goes by the suffix" ".onnx, .safetensors" -- export run model.pb
error "no suffix" 0 2 "export goes by the suffix of the output" -- export run onnx
error "a suffix of the directory" 0 2 "export goes by the suffix of the output" -- export run some.onnx/model
error "packed" 0 2 "export goes by the suffix of the output" -- export run model.onnx.gz
error "no output" 0 2 "missing OUT" -- export run
error "several processes" 3 2 "export is the work of one process" -- export run several.onnx
error "an option of others" 0 2 "option '--epochs' is not for export" -- export run no.onnx --epochs 3
error "a run that is none" 0 4 "none: there is no such run or model file" -- export none no.onnx
error "a data file" 0 3 "table.h5: not a model file" -- export table.h5 no.onnx
error "a directory that is none" 0 4 "nowhere" -- export run nowhere/model.onnx
before=$(digest model.onnx)
for format in $formats; do
    error "$format: an existing file" 0 4 "model.$format exists; give --overwrite" -- export run model.$format
done
check "stays" "$(digest model.onnx)" "$before"
mkdir folder.onnx
error "a directory in its place" 0 2 "folder.onnx" -- export run folder.onnx --overwrite
cp run/model.weights.h5 input.onnx
error "the model itself" 0 2 "input.onnx is read" -- export input.onnx input.onnx --overwrite
ln run/model.weights.h5 other.onnx
error "the model by another name" 0 2 "would be lost" -- export run other.onnx --overwrite
cp run/model.weights.h5 third.onnx
error "another model" 0 2 "third.onnx is a model or a checkpoint, and would be lost" -- export run third.onnx --overwrite
check "all of them stay" "$(digest input.onnx) $(digest other.onnx) $(digest third.onnx)" \
    "$(digest run/model.weights.h5) $(digest run/model.weights.h5) $(digest run/model.weights.h5)"
rm input.onnx other.onnx third.onnx
cp run/model.weights.h5 damaged.weights.h5
printf x | dd of=damaged.weights.h5 bs=1 seek=3000 conv=notrunc status=none
for format in $formats; do
    error "$format: a damaged model" 0 4 "damaged.weights.h5: is damaged" -- export damaged.weights.h5 no.$format
done
check "nothing was written" "$(ls no.* several.onnx 2>/dev/null || true)" ""
nothing_left "what was refused"

# ---- what a format has no room for ----
"${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/make_numbers" .
job 0 train double.h5 --layers "4 tanh, 1" --normalize standard --epochs 1 --output dated
for format in onnx safetensors json; do
    job 0 export dated dated.$format
    check "$format: offsets" "$code $(error_lines)" "0 "
done
error "keras: offsets" 0 2 "dated.keras: the model takes" "in float64" "--normalization off" -- export dated dated.keras
check "keras: nothing was written" "$(ls dated.keras 2>/dev/null || true)" ""
job 0 export dated dated.keras --normalization off
check "keras: offsets that are left out" "$code $(error_lines)" "0 "
awk 'BEGIN { srand(8); print "t,a,y"; for (i = 0; i < 100; i++) printf("%d.5,%.4f,%.4f\n", 1700000000 + 7 * i, rand(), i / 100) }' >dates.csv
job 0 convert dates.csv dates.h5 --target y
job 0 train dates.h5 --layers "4 tanh, 1" --normalize standard --epochs 1 --output converted
job 0 export converted converted.onnx
check_contains "what convert has taken is said" "$code $(<err)" "the feature 't' is the table's less 17000003"
check_contains "and in the file" "$(tr -d '\0' <converted.onnx)" "t is the table's less 17000003"
awk 'BEGIN { srand(6); print "a,b,y"; for (i = 0; i < 100; i++) printf("%s,%.4f,%.4f\n", i % 7 ? rand() : "", rand(), rand()) }' >holes.csv
job 0 convert holes.csv holes.h5 --target y
job 0 train holes.h5 --layers "4 tanh, 1" --missing mean --normalize standard --epochs 1 --output filled
job 0 export filled filled.keras
check_contains "keras: missing values" "$code $(<err)" "what stands for missing values has no place in .keras"
job 0 export filled filled.onnx
check_lacks "onnx: missing values" "$code $(<err)" "has no place"

# ---- all or nothing ----
before=$(digest model.onnx)
for format in $formats; do
    cp model.$format whole.$format
    code=0
    (ulimit -f 1; trap '' XFSZ; "${emulator[@]}" "$LOCKSTEP" export run whole.$format --overwrite >"$work/out" 2>"$work/err") || code=$?
    if [ "$(stat -c %s model.$format)" -gt 1024 ]; then
        check_contains "$format: no room" "$code $(error_lines)" "4 whole.$format"
    fi
    check "$format: no room: the old file is whole" "$(digest whole.$format)" "$(digest model.$format)"
done
if has_faults; then
    for fault in LOCKSTEP_FAULT=export-write:0 LOCKSTEP_FAULT=export-sync:0; do
        for kind in output memory kill; do
            export "$fault:$kind"
            job 0 export run whole.onnx --overwrite --normalization off
            check "$kind at $fault" "$((code != 0)) $(digest whole.onnx)" "1 $before"
            job 0 export run new.onnx
            check "$kind at $fault, of a new file" "$((code != 0))$(ls new.onnx 2>/dev/null || true)" 1
            unset LOCKSTEP_FAULT
        done
    done
    job 0 export run new.onnx
    check "what a kill left goes with the next" "$code $(find . -name '.new.onnx.tmp.*')" "0 "
    job 0 export run whole.onnx --overwrite
fi
nothing_left "everything"
finish

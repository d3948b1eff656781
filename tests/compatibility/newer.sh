#!/usr/bin/env bash
# Files of a newer Lockstep: exit code 4 and one line that names the file, its format, the newest that this program reads, and
# what to do. They are good files, so no older one takes their place: evaluate, predict and --resume stop.
#
#   newer.sh MAKE_NEWER [ON|OFF]      OFF: a build without MPI
set -euo pipefail
make_newer=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
# shellcheck source=tests/compatibility/kept.sh
. "$here/kept.sh"
LOCKSTEP=$(readlink -f "$LOCKSTEP")
LOCKSTEP_DATA=$(readlink -f "$LOCKSTEP_DATA")
kept=$here/0.1
cd "$work"
place_data "$kept" .
ranks="0 3"
[ "${2:-ON}" = ON ] || ranks=0
newer=step-000000000099.h5

newer_file() { # WHAT FILE
    "${emulator[@]}" "$make_newer" "$1" "$2"
}

# newest WHAT: the format that this program reads up to, of such a file
newest() {
    if [ "$1" = seal ]; then echo 1; else echo 2; fi
}

# refused NAME FILE ARGUMENTS...: without a launcher and over ranks; NAME ends with what it is.
refused() {
    local name=$1 file=$2 n most
    shift 2
    most=$(newest "${name##* }")
    for n in $ranks; do
        error "$name" "$n" 4 "$file: " "format $((most + 1)), written by a newer Lockstep" "reads formats up to $most" \
            "use the newer one" -- "$@"
    done
}

# What must not change when a resume is refused.
state() { # DIRECTORY
    find "$1" -type f ! -name .lock -exec sha256sum {} + | sort
}

resume() { # DIRECTORY
    printf '%s\n' train --config "$kept/digits.conf" --output "$1" --resume
}

for what in seal model checkpoint; do
    newer_file $what "$what.h5"
    refused "evaluate, $what" "$what.h5" evaluate "$what.h5" digits.h5
    refused "predict, $what" "$what.h5" predict "$what.h5" digits.h5 --output prediction.h5
    error "info, $what" 0 4 "$what.h5: " "format $(($(newest $what) + 1)), written by a newer Lockstep" \
        "formats up to $(newest $what)" -- info "$what.h5"
done
check "no prediction is written" "$(ls prediction.h5 2>/dev/null)" ""

for what in seal checkpoint; do
    rm -rf run
    cp -R "$kept/digits" run
    newer_file $what "run/checkpoints/$newer"
    before=$(state run)
    mapfile -t arguments < <(resume run)
    refused "resume, $what" "run/checkpoints/$newer" "${arguments[@]}"
    check "resume, $what: nothing was changed" "$(state run)" "$before"
    refused "evaluate a run, $what" "run/checkpoints/$newer" evaluate run digits.h5
    refused "predict with a run, $what" "run/checkpoints/$newer" predict run digits.h5 --output prediction.h5
    job 0 info run
    check_contains "info of a run, $what" "$(cat "$work/out")" "written by a newer Lockstep"
    check_contains "info of a run, $what" "$(cat "$work/out")" "step-000000000021.h5: checkpoint, whole"

    # behind a damaged one it is the newest still
    echo damaged >"run/checkpoints/step-000000000100.h5"
    refused "resume behind a damaged one, $what" "run/checkpoints/$newer" "${arguments[@]}"
    check_contains "the damaged one is skipped" "$(cat "$work/err")" "checkpoint skipped: run/checkpoints/step-000000000100.h5"

    # an older one of a newer format is in nobody's way
    rm "run/checkpoints/step-000000000100.h5"
    mv "run/checkpoints/$newer" run/checkpoints/step-000000000007.h5
    job 0 "${arguments[@]}"
    check "resume past an old one, $what" "$code $(digests run)" "0 $(sed -n 's/^train digits: //p' "$kept/expected.txt")"
done

# a final model of a newer format: the checkpoints beside it are older
for what in seal model; do
    newer_file $what run/model.weights.h5
    refused "a run's model, $what" run/model.weights.h5 evaluate run digits.h5
    error "info of a run's model, $what" 0 4 run/model.weights.h5 "newer Lockstep" -- info run
done

# An option that this program does not know, in a checkpoint of a format that it does.
rm -rf run
cp -R "$kept/digits" run
newer_file option "run/checkpoints/$newer"
mapfile -t arguments < <(resume run)
error "an unknown option in a recipe" 0 2 "run/checkpoints/$newer" "unknown option 'option-of-the-future'" "use the newer one" -- "${arguments[@]}"
finish

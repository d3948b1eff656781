#!/usr/bin/env bash
# What earlier versions wrote stays usable: each folder beside this script holds the files of one release (README.md).
# Models score and predict with the same bits, checkpoints are gone on with to the bits of the unbroken run, configurations
# are read, run.json has the keys that it had, and info tells of all of them.
#
#   compatibility.sh [--splits "3x1 0x2"]
#
# A split is RANKSxTHREADS; ranks 0 means without a launcher.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
# shellcheck source=tests/compatibility/kept.sh
. "$here/kept.sh"
splits="3x1 0x2"
[ "${1:-}" != --splits ] || splits=$2
LOCKSTEP=$(readlink -f "$LOCKSTEP")
LOCKSTEP_DATA=$(readlink -f "$LOCKSTEP_DATA")

# The recorded hashes of a recipe's model and log.
expected() { # RECIPE
    sed -n "s/^train $1: //p" "$kept/expected.txt"
}

# "PATH TYPE VALUE" of each member of a run.json, which has one a line: objects open and close by indentation.
members() { # FILE
    awk '
        { match($0, /^ */); depth = RLENGTH / 2 }
        match($0, /^ *"[^"]*": /) {
            key = substr($0, 2 * depth + 2, RLENGTH - 2 * depth - 4)
            value = substr($0, RLENGTH + 1)
            sub(/,$/, "", value)
            path[depth] = (depth > 1 ? path[depth - 1] "/" : "") key
            first = substr(value, 1, 1)
            type = first == "{" ? "object" : first == "[" ? "array" : first == "\"" ? "text" : \
                first ~ /[-0-9]/ ? "number" : value
            print path[depth], type, value
        }' "$1"
}

# same_members NAME OLD NEW: each member of the old file is in the new one and of the same type, and the recipe is the same.
# But 0.1 told settings among the optimizer's words as these, and their own options at their defaults: now they are in the
# options, which alone were wrong then.
same_members() {
    local missing
    missing=$(awk '
        NR == FNR { type[$1] = $2; line[$1] = $0; next }
        !($1 in type) { print $1 " is missing" }
        $1 in type && type[$1] != $2 { print $1 " is of type " type[$1] " instead of " $2 }
        $0 ~ /^recipe\/optimizer text "adam learning_rate=0.01 beta_1=0.8"/ && line[$1] ~ /"adam"$/ { words = 1; next }
        words && line[$1] ~ /^recipe\/(learning-rate text "0.01"|beta-1 text "0.8")$/ { next }
        $1 ~ /^recipe\// && $1 in line && line[$1] != $0 {
            print "\"" line[$1] "\" instead of \"" $0 "\""
        }' <(members "$3") <(members "$2"))
    check "$1, $(members "$2" | wc -l) members" "$missing" ""
}

# Models: scores and predictions.
check_models() {
    local recipe
    for recipe in $recipes; do
        check "model of $recipe" "$(answers "$recipe" "$kept/$recipe.weights.h5" 0)" \
            "$(grep -e "^evaluate $recipe " -e "^predict $recipe " "$kept/expected.txt")"
    done
}

# Checkpoints: each gone on with on every split. Without a launcher the table's data are converted anew.
check_checkpoints() {
    local recipe split
    job 0 convert table.csv again.h5 --target kind --ignore id --test-split 0.25 --seed 3
    check "convert table.csv" "$code" 0
    for recipe in $recipes; do
        for split in $splits; do
            rm -rf "${recipe:?}"
            cp -R "$kept/$recipe" .
            [ "${split%x*}" != 0 ] || ln -sf again.h5 table.h5
            job "${split%x*}" train --config "$kept/$recipe.conf" --threads "${split#*x}" --output "$recipe" --resume
            ln -sf "$kept/table.h5" table.h5
            check "resume $recipe on $split" "$code $(error_lines)" "0 "
            [ "$code" = 0 ] || continue
            check_contains "resume $recipe on $split" "$(cat "$work/err")" "resuming from $recipe/checkpoints/step-"
            check "resume $recipe on $split" "$(digests "$recipe")" "$(expected "$recipe")"
            # 0.1 kept no best epoch; from there on it is kept, since all of these have validation rows
            check "resume $recipe on $split: the best" \
                "$(grep -c 'the best is looked for from here on' "$work/err") $(compgen -G "$recipe/best.weights.h5" | wc -l)" \
                "1 1"
        done
        [ ! -e "$recipe/run.json" ] || same_members "run.json of $recipe" "$kept/$recipe.json" "$recipe/run.json"
    done
}

# A run of that version, gone on with by its directory: its run.json tells the rest.
check_directories() {
    local recipe
    for recipe in $recipes; do
        rm -rf "${recipe:?}"
        cp -R "$kept/$recipe" .
        cp "$kept/$recipe.json" "$recipe/run.json"
        job 0 train --resume --output "$recipe"
        check "resume the directory of $recipe" "$code $(error_lines)$(digests "$recipe")" "0 $(expected "$recipe")"
    done
}

# Every option of that version, in a configuration file and on the command line: whatever comes of it, it is known and takes
# the values that it took.
check_options() {
    local command key arguments=() line
    check "keys of every.conf" "$(sed -n 's/^\([a-z][a-z0-9-]*\) = .*/\1/p' "$kept/every.conf" | sort -u)" \
        "$(cut -d' ' -f2 "$kept/options.txt" | sort -u)"
    for command in train evaluate predict convert info; do
        case $command in
        evaluate | predict) arguments=(none.run none.h5) ;;
        convert) arguments=(none.csv none.out.h5) ;;
        *) arguments=(none.h5) ;;
        esac
        job 0 $command --config "$kept/every.conf" "${arguments[@]}"
        check_lacks "every.conf in $command" "$(error_lines)" "every.conf:"
        while read -r _ key; do
            line=$(grep "^$key = " "$kept/every.conf" | tail -n 1)
            line=${line#* = }
            line=${line#\"}
            [ "$key" = data ] || [ "$key" = output ] || arguments+=("--$key=${line%\"}")
        done < <(grep "^$command " "$kept/options.txt")
        job 0 $command "${arguments[@]}"
        check_contains "options of $command" "$(error_lines)" "none."
        check_lacks "options of $command" "$(error_lines)" "option '"
    done
    { cat "$kept/every.conf" && echo "no-such-key = 1"; } >wrong.conf
    job 0 train --config wrong.conf
    check_contains "an unknown key is told" "$(error_lines)" "wrong.conf:$(wc -l <wrong.conf): unknown option"
}

# What info says of models, checkpoints and directories.
check_info() {
    local recipe file layers
    for recipe in $recipes; do
        layers=$(sed -n 's/^layers = "\(.*\)"/\1/p' "$kept/$recipe.conf")
        job 0 info "$kept/$recipe.weights.h5"
        check_contains "info of $recipe.weights.h5" "$(cat "$work/out")" "-> $layers"
        check_contains "info of $recipe.weights.h5" "$(cat "$work/out")" "$(digest "$kept/$recipe.weights.h5")"
        for file in "$kept/$recipe"/checkpoints/*.h5; do
            job 0 info "$file"
            check_contains "info of the checkpoint of $recipe" "$(cat "$work/out")" "-> $layers"
            check_contains "info of the checkpoint of $recipe" "$(cat "$work/out")" \
                "state       $(basename "$file" .h5 | sed 's/step-0*//') steps"
            job 0 info "$kept/$recipe"
            check_contains "info of the directory $recipe" "$(cat "$work/out")" "$(basename "$file"): checkpoint, whole"
        done
    done
}

every_recipe=$recipes
for kept in "$here"/[0-9]*; do
    echo "# written by version $(basename "$kept")"
    recipes=
    for recipe in $every_recipe; do
        [ ! -e "$kept/$recipe.conf" ] || recipes="$recipes $recipe"
    done
    mkdir "$work/run"
    cd "$work/run"
    place_data "$kept" .
    check_models
    check_checkpoints
    check_directories
    check_options
    check_info
    cd "$work"
    rm -rf run
done
finish

#!/usr/bin/env bash
# Writes what a release left on disk into the folder of its version: by hand, once, with the program of that release.
#
#   LOCKSTEP_DATA=data make.sh PROGRAM
#
# The folder holds the configurations and tables already; the rest is made from them. A folder that is there for good is
# never made again: what later versions must read is what that program wrote.
set -euo pipefail
LOCKSTEP=$(readlink -f "$1")
LOCKSTEP_DATA=$(readlink -f "${LOCKSTEP_DATA:?folder of digits.h5}")
export LOCKSTEP LOCKSTEP_DATA
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/../program/lib.sh"
# shellcheck source=tests/compatibility/kept.sh
. "$here/kept.sh"
version=$("$LOCKSTEP" --version | head -n 1 | cut -d' ' -f2)
kept=$here/${version%.*}
cd "$work" # paths that a file might tell are relative

need() { # WHAT
    [ "$code" = 0 ] && return
    echo "make.sh: $1: code $code" >&2
    cat "$work/err" >&2
    exit 1
}

# "COMMAND KEY" for each option of each command, by the help.
for command in train evaluate predict convert info; do
    "$LOCKSTEP" $command --help all | sed -n "s/^[* ] --\(\[no-\]\)\{0,1\}\([a-z0-9-]*\).*/$command \2/p"
done | grep -v -e ' config$' -e ' help$' >"$kept/options.txt"

job 0 convert "$kept/table.csv" table.h5 --target kind --ignore id --test-split 0.25 --seed 3
need "convert table.csv"
job 0 convert "$kept/signs.csv" signs.h5 --target sign --test-split 0.25
need "convert signs.csv"
cp table.h5 signs.h5 "$kept"
place_data "$kept" .

# keep RECIPE SPLIT STEP: trains on a split; keeps the model, run.json, and a directory as it was when the checkpoint of a
# step in the middle of an epoch was the newest and log.csv a few steps ahead of it.
keep() {
    local recipe=$1 split=$2 step=$3 checkpoint
    checkpoint=checkpoints/step-$(printf %012d "$step").h5
    job "${split%x*}" train --config "$kept/$recipe.conf" --threads "${split#*x}" --output "$recipe"
    need "train $recipe"
    mkdir -p "$kept/$recipe/checkpoints"
    cp "$recipe/$checkpoint" "$kept/$recipe/$checkpoint"
    awk -F, -v last=$((step + 4)) 'NR == 1 || $2 <= last' "$recipe/log.csv" >"$kept/$recipe/log.csv"
    cp "$recipe/model.weights.h5" "$kept/$recipe.weights.h5"
    sed 's/"host": "[^"]*"/"host": "node"/' "$recipe/run.json" >"$kept/$recipe.json"
    echo "train $recipe: $(digests "$recipe")"
    answers "$recipe" "$recipe" 0
}
{
    keep digits 2x1 21
    keep concrete 0x1 14
    keep table 3x2 21
    keep signs 1x2 18
} >"$kept/expected.txt"
cat "$kept/expected.txt"

#!/usr/bin/env bash
# docs/keras.md: every line of its second column that begins with dashes is taken by train as it stands, every option that it
# names is one, and the example of its beginning runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
page=$(realpath "$here/../../docs/keras.md")
data=$(realpath "$LOCKSTEP_DATA")
cd "$work"

# The second column's code, a line each; rows of tables have a first column in backticks.
awk -F ' *[|] *' '/^\| `/ { print $3 }' "$page" | sed -n 's/^`\(--.*\)`$/\1/p' >lines
check "there are lines" "$([ "$(wc -l <lines)" -gt 50 ] && echo many)" many
number=0
while read -r line; do
    number=$((number + 1))
    eval "words=($line)" # as a shell reads it
    [[ $line == *--layers* ]] || words+=(--layers "4 relu, 1")
    [[ $line == *--epochs* ]] || words+=(--epochs 0)
    job 0 train "$data/tutorial.h5" "${words[@]}" --output "$number"
    check "$line" "$code$(error_lines)" 0
done <lines

for command in train evaluate predict export; do
    job 0 help $command all
    cat out >>help
done
grep -oE -e '(^|[ "`(])--[a-z][a-z0-9-]*' "$page" | sed 's/.*--/--/' | sort -u | while read -r option; do
    grep -qE -e "^[* ] $option( |\$)|^[* ] --\[no-\]${option#--no-}( |\$)" help || echo "$option"
done >unknown
check "names of options" "$(grep -vx -e --help unknown || true)" ""

# The line beside the Keras program: on the digits, for fewer epochs.
sed -n '/^lockstep train/,/^```/p' "$page" | sed '/^```/d; s/--epochs 50/--epochs 2/' >example
check "an example" "$(wc -l <example)" 4
cp "$data/digits.h5" data.h5
cp data.h5 new.h5
mkdir bin
ln -s "$(realpath "$LOCKSTEP")" bin/lockstep
if [ ${#emulator[@]} -eq 0 ]; then
    check "it runs" "$(PATH=$work/bin:$PATH bash -e example 2>&1 | sed -n 's/^\(accuracy\) .*/\1/p')" accuracy
    check "predictions" "$(wc -l <predictions.csv)" 360
fi
finish

#!/usr/bin/env bash
# The examples run as they stand, their numbers are those that they promise, and two ranks give the same bits.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/program/lib.sh
. "$here/lib.sh"
examples=$(realpath "$here/../../examples")
cd "$work"
[ ${#emulator[@]} -eq 0 ] || { echo "the examples call the program by its name, which an emulator does not"; exit 77; }
mkdir bin
ln -s "$(realpath "$LOCKSTEP")" bin/lockstep
export PATH=$work/bin:$PATH

example() { # NAME FOLDER
    code=0
    LOCKSTEP_TEST=$work timeout -k 5 "$limit" "$examples/$1/run.sh" "$2" >"$work/out" 2>"$work/err" </dev/null || code=$?
    check "$1" "$code$(error_lines)" 0
}
between() { # NUMBER LEAST MOST
    awk -v x="$1" -v least="$2" -v most="$3" 'BEGIN { print (x >= least && x <= most) ? "yes" : x }'
}

example penguins penguins
check "penguins: accuracy of the test part" "$(between "$(sed -n 's/^accuracy *//p' out)" 0.97 1)" yes
check "penguins: one of 69 is wrong, as README.md says" "$(awk '/^rows of each class/ { inside = 1; next } inside && NF == 4 { for (i = 2; i <= 4; i++) if (i != NR - first + 1) wrong += $i }
    inside && NF == 3 && !first { first = NR } END { print wrong }' out)" 1
check "penguins: missing values in 9 rows" "$(sed -n 's/^  missing  *\(26 values in 9 rows\).*/\1/p' out | head -n 1)" "26 values in 9 rows"
check "penguins: who the new ones are" "$(cut -d , -f 1,2 penguins/predictions.csv | tr '\n' ' ')" "row,class 0,Gentoo 1,Chinstrap 2,Adelie "
if [ "${LOCKSTEP_MPI:-ON}" = ON ]; then
    LAUNCH="$mpiexec -n 2" example penguins two
    check "penguins on two ranks" "$(cmp penguins/run/model.weights.h5 two/run/model.weights.h5 && echo same)" same
fi

example concrete concrete
mapfile -t errors < <(sed -n 's/.* rmse \([0-9.]*\) MPa$/\1/p' out)
check "concrete: five nets and their mean" "${#errors[@]}" 6
for i in 0 1 2 3 4; do
    check "concrete: the mean is better than net $((i + 1))" "$(between "${errors[5]}" 3 "${errors[i]}")" yes
done
check "concrete: the mean's error" "$(between "${errors[5]}" 4.5 5.5)" yes
check "concrete: a line a test row" "$(wc -l <concrete/ensemble.csv) $(tail -n +2 concrete/ensemble.csv | cut -d , -f 1 | sort -nu | wc -l)" "207 206"
check "the examples' folders are as they were" "$(find "$examples" -newer bin -type f)" ""
finish

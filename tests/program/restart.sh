#!/usr/bin/env bash
# The waits that suit the machine, which a run of several threads is told before its OpenMP runtime starts. Where the runtime is
# a part of the program it does not start twice for them. Where it is not, or a configuration file says another number of
# threads than the line, it restarts: the process keeps its name, so that pgrep, ps and top show it as what it is; a program
# whose file is gone runs all the same; and under valgrind nothing is started anew, since it would leave valgrind.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
unset OMP_WAIT_POLICY GOMP_SPINCOUNT OMP_NUM_THREADS # with the user's own choice it does not restart
cd "$work"
arguments=(train "$LOCKSTEP_DATA/tutorial.h5" --layers "8 relu, 1" --threads 2 --output run --overwrite)
cores=$(env -u OMP_NUM_THREADS nproc)

# What libgomp was told when it started, and how often the program was started: its runtime says it each time.
told() { # ARGUMENTS...
    OMP_DISPLAY_ENV=verbose LOCKSTEP_TEST=$work timeout -k 5 "$limit" "$LOCKSTEP" "$@" 2>&1 >/dev/null </dev/null |
        sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'.*/\1/p" | tr '\n' ' '
}

if [ "${LOCKSTEP_OWN_OPENMP-}" != 1 ]; then
    echo "SKIPPED: the OpenMP runtime is no part of the program"
elif [ "$cores" -lt 2 ]; then
    echo "SKIPPED: there is one core"
else
    check "threads that have cores: brief waits, one start" "$(told "${arguments[@]}")" "3000 "
    check "--threads=N" "$(told "${arguments[@]}" "--threads=$((cores + 1))")" "0 "
    check "the last --threads counts" "$(told "${arguments[@]}" --threads $((cores + 1)) --threads 2)" "3000 "
    check "OMP_NUM_THREADS" "$(OMP_NUM_THREADS=$((cores + 1)) told "${arguments[@]:0:4}" --output run --overwrite)" "0 "
    check "the user's own choice" "$(GOMP_SPINCOUNT=77 told "${arguments[@]}")" "77 "
    check "one thread waits for nobody" "$(told "${arguments[@]}" --threads 1)" "300000 "
fi

# More threads than the line says: those of a configuration file, which is read after the runtime has started.
echo "threads = $((cores + 1))" >stacked.cfg
arguments=("${arguments[@]:0:4}" --config stacked.cfg --output run --overwrite)

# begin PROGRAM: a run without an end in the background, which has restarted once it has written rows; $pid is its process.
begin() {
    rm -rf run
    LOCKSTEP_TEST=$work "$1" "${arguments[@]}" --epochs 1000000 >out 2>err </dev/null &
    pid=$!
    wait_until has_rows || bad "begins" "$(<err)" "rows in log.csv"
}

has_rows() {
    [ "$(wc -l <run/log.csv)" -gt 3 ]
}

end() {
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
}

restarted() { # as the process itself was told
    tr '\0' '\n' <"/proc/$pid/environ" | grep -c '^LOCKSTEP_RESTARTED=' || true
}

# The name is that of the file, also when the program is started through a link of another name; the first word of the command
# line is what the user typed.
ln -s "$(realpath "$LOCKSTEP")" linked
name=$(basename "$(realpath "$LOCKSTEP")")
for program in "$LOCKSTEP" ./linked; do
    begin "$program"
    check "$program: has restarted" "$(restarted)" 1
    check "$program: ps shows its name" "$(ps -o comm= -p "$pid")" "$name"
    check "$program: pgrep finds it" "$(pgrep -x "$name" | grep -x "$pid")" "$pid"
    check "$program: the command line is the user's" "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1)" "$program"
    end
done

# A file that was replaced or removed since it was started: it goes on as the program that it is, not as what has its place.
job 0 "${arguments[@]}"
expected=$(digests run)
cp "$LOCKSTEP" gone
exec 9<gone
rm gone
printf '#!/bin/sh\nexit 99\n' | tee gone >"gone (deleted)" # as the kernel names it
chmod +x gone "gone (deleted)"
code=0
LOCKSTEP_TEST=$work timeout -k 5 "$limit" /proc/self/fd/9 "${arguments[@]}" >out 2>err </dev/null || code=$?
exec 9<&-
check "without its file: runs" "$code $(digests run)" "0 $expected"

# Under valgrind: the run is valgrind's to the end, and so is its word on it.
if ! command -v valgrind >/dev/null; then
    echo "SKIPPED: valgrind is not installed"
elif [[ ${LOCKSTEP_BUILD-} == *sanitize=?* ]]; then
    echo "SKIPPED: valgrind runs no build with sanitizers"
else
    code=0
    LOCKSTEP_TEST=$work timeout -k 5 200 valgrind --error-exitcode=9 --log-file=said "$LOCKSTEP" "${arguments[@]}" --epochs 2 \
        --no-check-data >out 2>err </dev/null || code=$?
    check "under valgrind: code" "$code$([ "$code" = 0 ] || tail -n 3 err)" 0
    check_contains "under valgrind: it reports" "$(<said)" "ERROR SUMMARY: 0 errors"
fi
finish

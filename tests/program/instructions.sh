#!/usr/bin/env bash
# How many instructions one training step takes, so that a regression shows without a clock: compared with the counts in
# instructions.txt, which hold for one compiler. Other builds, and machines without valgrind, skip this.
#
#   instructions.sh [--record]      --record writes what was counted, and this build, into instructions.txt
#
# Two steps are counted: that of a tiny network, nearly all overhead, and that of a small one, nearly all kernels.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
recorded=$(dirname "$0")/instructions.txt
build=${LOCKSTEP_BUILD:?compiler and build type}
tolerance=5 # percent
record=no
case ${1-} in
'') ;;
--record) record=yes ;;
*) echo "instructions.sh: unknown argument $1" >&2; exit 2 ;;
esac

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# The function that takes a step; instructions outside of it do not count. What is left does not depend on the clock (as the
# progress line does), on addresses, or on how the machine is loaded: the counts are the same to the last instruction.
step=ls_trainer_advance

# count DATA LAYERS BATCH EPOCHS: instructions of all steps of a run. Valgrind shows every program the same AVX2 processor,
# so libraries choose the same code on all machines; the environment is empty but for what a run needs. No child looks at the
# data first: valgrind would count in it too.
count() {
    local said
    rm -rf "$work/run"
    said=$(env -i PATH="$PATH" LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}" HOME="$work" LC_ALL=C OMP_NUM_THREADS=1 \
        OMP_WAIT_POLICY=passive valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$step" \
        "$LOCKSTEP" train "$1" --layers "$2" --batch-size "$3" --epochs "$4" --threads 1 --kernels avx2 \
        --no-check-data --checkpoint-every never --output "$work/run" 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
    sed -n 's/.* Collected : //p' <<<"$said"
}

# count_step ROWS FEATURES LAYERS BATCH: prints instructions per step. The second epoch's steps: one epoch from two, so that
# what is done once cancels.
count_step() {
    local rows=$1 features=$2 layers=$3 batch=$4 one two
    "${LOCKSTEP_MAKE_DATA:?the program make_data}" "$work/$features.h5" "$rows" "$features"
    one=$(count "$work/$features.h5" "$layers" "$batch" 1)
    two=$(count "$work/$features.h5" "$layers" "$batch" 2)
    echo $(((two - one) / (rows / batch)))
}

command -v valgrind >/dev/null || skip "valgrind is not installed"
grep -qw avx2 /proc/cpuinfo || skip "this processor has no AVX2"
[[ $build != *sanitize=?* ]] || skip "this is a build with sanitizers"
expected_build=$(sed -n 's/^build //p' "$recorded")
[ $record = yes ] || [ "$build" = "$expected_build" ] || skip "counts are recorded for $expected_build, this is $build"

declare -A counts
counts[w1]=$(count_step 16384 10 "64 relu, 1" 32)
counts[w4]=$(count_step 4096 28 "64 relu, 64 relu, 64 relu, 1 sigmoid" 64)
for name in w1 w4; do
    found=${counts[$name]}
    if [ "$found" -le 0 ]; then
        bad "$name" "no instructions" "some in $step: is a step still taken by that function?"
        continue
    fi
    [ $record = no ] || { ok "$name" "$found instructions a step, recorded"; continue; }
    expected=$(sed -n "s/^$name //p" "$recorded")
    change="$found instructions a step, recorded $expected ($(awk "BEGIN { printf \"%+.2f\", 100 * ($found / $expected - 1) }") %)"
    if [ $((100 * found)) -gt $(((100 + tolerance) * expected)) ]; then
        bad "$name" "$change" "at most $tolerance % more; when it is worth them: instructions.sh --record"
    else
        ok "$name" "$change"
        [ $((100 * found)) -ge $(((100 - tolerance) * expected)) ] ||
            echo "  fewer by more than $tolerance %: record that with instructions.sh --record"
    fi
done
if [ $record = yes ] && [ "$failed" = 0 ]; then
    { grep '^#' "$recorded"; echo "build $build"; for name in w1 w4; do echo "$name ${counts[$name]}"; done; } >"$work/recorded"
    cp "$work/recorded" "$recorded"
fi
finish

#!/usr/bin/env bash
# libFuzzer on every parser: the harnesses of tests/fuzz under the address and undefined-behaviour sanitizers, with a look for
# leaks, each from its seeds and from what earlier runs have found worth keeping (build/fuzz/corpus). It ends with a table of
# what was run; inputs that broke a rule are in build/fuzz/found.
#
#   fuzz.sh [NAME...] [--runs N] [--seconds S] [--seed S] [--jobs J] [--build FOLDER]
#
#   --runs N      executions of each (1,000,000); after a fault the rest goes on from another seed
#   --seconds S   at most so long for each; 0: no limit (0)
#   --seed S      1, 2, ... (1)
#   --jobs J      harnesses at a time (1)
#
# An input that takes longer than 5 s on this build, some five times as slow as others, is a fault.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
runs=1000000 seconds=0 seed=1 jobs=1 build=build/fuzz
names=()
while [ $# -gt 0 ]; do
    case $1 in
    --runs) runs=$2 && shift ;;
    --seconds) seconds=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --jobs) jobs=$2 && shift ;;
    --build) build=$2 && shift ;;
    -*) fail "unknown option $1; expected --runs, --seconds, --seed, --jobs or --build" ;;
    *) names+=("$1") ;;
    esac
    shift
done
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t names < <(cd tests/fuzz && for file in *.seeds; do echo "${file%.seeds}"; done)
fi
for name in "${names[@]}"; do
    [ -f "tests/fuzz/$name.seeds" ] || fail "there is no tests/fuzz/$name.seeds"
done
command -v clang >/dev/null || fail "clang is missing (Debian: clang, libclang-rt-14-dev, libomp-14-dev)"
configure "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang -DLOCKSTEP_SANITIZE=address,undefined \
    -DLOCKSTEP_FUZZERS=ON -DBUILD_TESTING=ON -DLOCKSTEP_BENCH=OFF >/dev/null
cmake --build "$build" --target fuzz_replay fuzz_parsers >/dev/null

mkdir -p "$build/found" "$build/logs"
[ -w /dev/shm ] && TMPDIR=/dev/shm
TMPDIR=$(mktemp -d) # a harness that is ended by a fault leaves its files
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=2048:detect_leaks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 OMP_NUM_THREADS=1

# One harness until it has been run so often; its log's last line is what the table says.
fuzz_one() {
    local name=$1 corpus=$build/corpus/$1 log=$build/logs/$1.log faults=0 done=0 now before=$SECONDS got
    local -a more=()
    [ -f "tests/fuzz/$name.dict" ] && more+=(-dict="tests/fuzz/$name.dict")
    mkdir -p "$corpus"
    "$build/tests/fuzz/fuzz_replay" "$name" "tests/fuzz/$name.seeds" --into "$corpus"
    : >"$log"
    for ((now = seed; done < runs && faults < 20; now += 1000)); do
        [ "$seconds" -gt 0 ] && [ $((SECONDS - before)) -ge "$seconds" ] && break
        [ "$seconds" -gt 0 ] && more+=(-max_total_time=$((seconds - SECONDS + before)))
        if FUZZ_NAME=$name "$build/tests/fuzz/fuzz_parsers" -runs=$((runs - done)) -seed="$now" -timeout=5 -rss_limit_mb=4096 \
            -malloc_limit_mb=4096 -max_len=4096 -detect_leaks=1 -print_final_stats=1 -artifact_prefix="$build/found/$name-" \
            "${more[@]}" "$corpus" >>"$log" 2>&1; then
            :
        else
            faults=$((faults + 1))
        fi
        got=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
        [ -n "$got" ] || break # it has not even begun
        done=$((done + got))
    done
    printf '%-16s %12d executions %6d s %6s edges %4d faults\n' "$name" "$done" $((SECONDS - before)) \
        "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" "$faults" >>"$log"
}
export -f fuzz_one
export build runs seconds seed
printf '%s\n' "${names[@]}" | xargs -P "$jobs" -I NAME bash -c 'fuzz_one NAME'
failed=0
for name in "${names[@]}"; do
    tail -n 1 "$build/logs/$name.log"
    tail -n 1 "$build/logs/$name.log" | grep -q ' 0 faults$' || failed=1
done
exit $failed

#!/usr/bin/env bash
# The tests under sanitizers: address and undefined behaviour (gcc, the whole suite but Keras and install), data races (clang with
# libarcher, which tells the race detector about OpenMP: unit tests of the threaded parts, and the contract's recipes on many
# threads; the detector does not see accesses of vector kernels, so the portable ones run too).
#
#   scripts/sanitize.sh [address|thread]          default: both
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
set_mpi_environment
what=${1:-both}
failed=0

if [ "$what" != thread ]; then
    configure build/asan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLOCKSTEP_SANITIZE=address,undefined -DBUILD_TESTING=ON >/dev/null
    build build/asan >/dev/null
    # MPI libraries leak by design; leaks are looked for where no MPI starts
    UBSAN_OPTIONS=halt_on_error=1 ctest --test-dir build/asan -L unit --output-on-failure || failed=1
    UBSAN_OPTIONS=halt_on_error=1 ASAN_OPTIONS=detect_leaks=0 ctest --test-dir build/asan -L "mpi|program" --output-on-failure || failed=1
fi

if [ "$what" != address ]; then
    archer=$(find /usr/lib/llvm-*/lib -name libarcher.so 2>/dev/null | sort | tail -n 1)
    [ -n "$archer" ] || fail "libarcher not found (Debian: libomp-14-dev)"
    configure build/tsan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang -DLOCKSTEP_SANITIZE=thread -DBUILD_TESTING=ON >/dev/null
    build build/tsan >/dev/null
    export OMP_TOOL_LIBRARIES=$archer TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1"
    ctest --test-dir build/tsan -R "unit.(pass|chunks|h5_chunks|h5_threads|rows|rowstream|shardset|api|host|reduce_order|reduce_shared)" --output-on-failure || failed=1
    LOCKSTEP=build/tsan/src/cli/lockstep LOCKSTEP_DATA=data tests/program/contract.sh --splits "0x2 0x4 0x7 2x2" --kernels "portable avx2" || failed=1
fi
exit $failed

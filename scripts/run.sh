#!/usr/bin/env bash
# Builds Lockstep and trains a small network with it on two ranks: a first look.
#
#   scripts/run.sh [OPTIONS of lockstep train]     for example: scripts/run.sh --epochs 5 --seed 1
#
# What is missing is installed first (Debian, Ubuntu). RANKS=4 scripts/run.sh uses four ranks; the model is the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

need_build_tools "${build_packages[@]}"
options=()
if [ ! -f build/CMakeCache.txt ]; then
    options=(-DBUILD_TESTING=OFF) # scripts/test.sh turns the tests on
fi
mkdir -p build
configure build "${options[@]}" >build/configure.log 2>&1 || {
    cat build/configure.log
    fail "cmake failed"
}
build build

set_mpi_environment
# Shows the command as one would type it, then runs it.
run() {
    local word
    printf '\n$'
    for word in "$@"; do
        case $word in
        *[[:space:]]*) printf ' "%s"' "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}
run mpirun -n "${RANKS:-2}" build/src/cli/lockstep train data/digits.h5 --layers "64 relu, 10 softmax" \
    --normalize standard --epochs 30 --output build/digits-run --overwrite "$@"
run build/src/cli/lockstep evaluate build/digits-run data/digits.h5
run sha256sum build/digits-run/model.weights.h5
cat <<'TXT'

The same bits on any number of ranks and threads: RANKS=3 scripts/run.sh ends with the same sum.
Next: build/src/cli/lockstep train --help
TXT

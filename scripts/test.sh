#!/usr/bin/env bash
# Builds Lockstep in build/ and runs all its tests.
#
#   scripts/test.sh [OPTIONS of ctest]      for example: scripts/test.sh -L unit, scripts/test.sh -R install -V
#
# What is missing is installed first (Debian, Ubuntu). The tests against Keras need Python packages; they go into
# build/venv when pip can reach an index, otherwise those tests are left out, and this script says so. So it does when Slurm
# cannot be installed, whose daemons the tests start themselves: its services are not needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

need_build_tools "${build_packages[@]}" libcmocka-dev python3-venv hdf5-tools valgrind

# By themselves: where they cannot be had, the other packages still are.
slurm=yes
if ! install_packages slurm-wlm munge; then
    slurm=
    say "SKIPPED: jobs under Slurm (slurm-wlm and munge are not installed)"
fi

# Prints the interpreter of a virtual environment that has scripts/requirements.txt, or fails.
make_venv() {
    local venv=build/venv
    if ! cmp -s scripts/requirements.txt "$venv/requirements.txt"; then
        command -v python3 >/dev/null || return 1
        rm -rf "$venv"
        python3 -m venv "$venv" >&2 || return 1
        say "installing Python packages into $venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 30 \
            -r scripts/requirements.txt >&2 || return 1
        cp scripts/requirements.txt "$venv/requirements.txt"
    fi
    printf '%s\n' "$PWD/$venv/bin/python"
}

mkdir -p build
if ! python=$(make_venv); then
    python=
    say "SKIPPED: the tests against Keras (no Python environment: pip reaches no index, or python3-venv is missing)"
fi

neon=yes
if ! scripts/neon.sh --prepare build/neon; then
    neon=
    say "SKIPPED: the NEON kernels under qemu (see the line above)"
fi

configure build -DBUILD_TESTING=ON -DLOCKSTEP_PYTHON="$python"
build build
set_mpi_environment
if [ -z "$python" ]; then
    say "SKIPPED: the tests against Keras (see above)"
fi
if [ -z "$neon" ]; then
    say "SKIPPED: the NEON kernels under qemu (see above)"
fi
if [ -z "$slurm" ]; then
    say "SKIPPED: jobs under Slurm (see above)"
fi
ctest --test-dir build --output-on-failure --parallel "$(cores)" "$@"

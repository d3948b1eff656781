#!/usr/bin/env bash
# The contract's hashes over builds: compilers x optimisation levels, serial and parallel HDF5, Open MPI and MPICH, each on
# three splits and with every kernel table. Builds that need something missing are left out, saying so.
#
#   scripts/contract-matrix.sh [FOLDER]          default: build/matrix
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$root/build/matrix}
splits="1x2 2x1 3x2"
failed=0

# build_and_test NAME MPIEXEC CMAKE_OPTIONS...
build_and_test() {
    local name=$1 mpiexec=$2 build=$folder/$1
    shift 2
    mkdir -p "$build"
    if ! cmake -S "$root" -B "$build" -DBUILD_TESTING=OFF "$@" >"$build/log" 2>&1 || ! cmake --build "$build" -j 2 >>"$build/log" 2>&1; then
        echo "$name: does not build, see $build/log"
        failed=1
        return
    fi
    printf '%s: ' "$name"
    LOCKSTEP="$build/src/cli/lockstep" LOCKSTEP_DATA="$root/data" MPIEXEC=$mpiexec \
        "$root/tests/program/contract.sh" --splits "$splits" --kernels "avx512 avx2 portable" | grep -v '^ok ' || failed=1
    printf '%s, everything at once: ' "$name"
    LOCKSTEP="$build/src/cli/lockstep" LOCKSTEP_DATA="$root/data" MPIEXEC=$mpiexec \
        "$root/tests/program/toolbox.sh" --combined "$splits" --tables "avx512 avx2 portable" | grep -v '^ok ' || failed=1
    printf '%s, in bfloat16: ' "$name"
    LOCKSTEP="$build/src/cli/lockstep" LOCKSTEP_DATA="$root/data" MPIEXEC=$mpiexec \
        "$root/tests/program/bfloat16.sh" --splits "$splits" --tables "avx512_bf16 avx512 avx2 portable" | grep -v '^ok ' || failed=1
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || { echo "$compiler: not installed, left out"; continue; }
    for level in 0 3; do
        build_and_test "$compiler-O$level" mpirun -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="-O$level"
    done
done
if command -v h5pcc >/dev/null; then
    build_and_test parallel-hdf5 mpirun -DCMAKE_BUILD_TYPE=Release -DHDF5_PREFER_PARALLEL=ON
    grep -q "openmpi" <(ldd "$folder/parallel-hdf5/src/cli/lockstep" | grep hdf5) || { echo "parallel-hdf5: linked a serial library"; failed=1; }
else
    echo "parallel-hdf5: h5pcc not installed, left out"
fi
if command -v mpicc.mpich >/dev/null; then
    build_and_test mpich mpiexec.mpich -DCMAKE_BUILD_TYPE=Release -DMPI_C_COMPILER=mpicc.mpich -DMPIEXEC_EXECUTABLE="$(command -v mpiexec.mpich)"
else
    echo "mpich: mpicc.mpich not installed, left out"
fi
splits="0x1 0x3" build_and_test no-mpi none -DCMAKE_BUILD_TYPE=Release -DLOCKSTEP_MPI=OFF
exit $failed

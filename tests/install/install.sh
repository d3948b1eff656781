#!/usr/bin/env bash
# Installs the build into an empty directory, moves it, and uses it from there: the program, find_package, pkg-config.
#   install.sh CMAKE BUILD SOURCE WORK COMPILER [FLAGS...]
# LOCKSTEP_MPI in the environment: whether the build has MPI (ON, OFF).
set -euo pipefail
cmake=$1 build=$2 source=$3 work=$4 compiler=$5
shift 5
flags=("$@")
programs=(embed embed_mpi)
[ "$LOCKSTEP_MPI" = ON ] || programs=(embed)

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix" # a package that knows its prefix by heart fails from here on
prefix=$work/prefix

"$prefix/bin/lockstep" --version
# A program built against one version loads another only where the interface is the same: from 1.0 on within a major version,
# before that within a minor one.
library=$(find "$prefix" -name 'liblockstep.so.*' -type f)
if [ -n "$library" ]; then
    version=$("$prefix/bin/lockstep" --version | cut -d' ' -f2)
    major=${version%%.*} interface=${version%%.*}
    [ "$major" != 0 ] || interface=${version%.*}
    if ! readelf -d "$library" | grep -F "[liblockstep.so.$interface]"; then
        echo "the SONAME is not liblockstep.so.$interface: $(readelf -d "$library" | grep SONAME)"
        exit 1
    fi
fi
if [ "$LOCKSTEP_MPI" != ON ] && [ -e "$prefix/include/lockstep_mpi.h" ]; then
    echo "lockstep_mpi.h is installed without MPI"
    exit 1
fi

"$cmake" -S "$source/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="${flags[*]}" >"$work/configure.log"
"$cmake" --build "$work/consumer" >"$work/build.log"
echo "find_package:"
for name in "${programs[@]}"; do
    "$work/consumer/$name"
done

if ! command -v pkg-config >/dev/null; then
    echo "pkg-config: not installed, left out"
    exit 0
fi
pc=$(dirname "$(find "$prefix" -name lockstep.pc)")
read -r -a words <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs lockstep)"
echo "pkg-config:"
for name in "${programs[@]}"; do
    "$compiler" "${flags[@]}" -o "$work/$name" "$source/$name.c" "${words[@]}" -Wl,-rpath,"${pc%/pkgconfig}"
    "$work/$name"
done

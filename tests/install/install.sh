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
for script in "$source"/../../scripts/slurm/*; do
    name=$(basename "$script")
    if ! cmp "$script" "$prefix/share/lockstep/slurm/$name" || [ ! -x "$prefix/share/lockstep/slurm/$name" ]; then
        echo "share/lockstep/slurm/$name is not installed as it is, or cannot be executed"
        exit 1
    fi
done
# Manual pages and completion, as the program makes them.
share=$prefix/share
for name in "" $("$prefix/bin/lockstep" help --commands); do
    if ! cmp "$share/man/man1/lockstep${name:+-$name}.1" <("$prefix/bin/lockstep" help --man $name); then
        echo "share/man/man1/lockstep${name:+-$name}.1 is not what the program says"
        exit 1
    fi
done
for file in bash-completion/completions/lockstep zsh/site-functions/_lockstep fish/vendor_completions.d/lockstep.fish; do
    if ! cmp "$share/$file" <("$prefix/bin/lockstep" help --completion "${file%%[-/]*}"); then
        echo "share/$file is not what the program says"
        exit 1
    fi
done
# A shared library's name says with which others it may be exchanged. A configured build is enough to see it: Ninja and make
# write it down.
"$cmake" -S "$source/../.." -B "$work/shared" -DBUILD_SHARED_LIBS=ON -DBUILD_TESTING=OFF -DLOCKSTEP_MPI="$LOCKSTEP_MPI" \
    -DCMAKE_C_COMPILER="$compiler" >"$work/shared.log"
version=$("$prefix/bin/lockstep" --version | sed -n "s/^lockstep //p")
soname=$(grep -rhoE '(SONAME = |soname,)liblockstep[^ ]*' "$work/shared" | sed 's/.*[ ,]//' | sort -u)
if [ "$soname" != "liblockstep.so.${version%.*}" ]; then # 0.2 of 0.2.0
    echo "SONAME is '$soname', expected liblockstep.so.${version%.*}"
    exit 1
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

# Another MPI is refused, not linked.
for other in mpicc.openmpi mpicc.mpich; do
    if [ "$LOCKSTEP_MPI" != ON ] || ! command -v $other >/dev/null ||
        [ "$($other -show)" = "$("$(sed -n 's/^MPI_C_COMPILER:[^=]*=//p' "$work/consumer/CMakeCache.txt")" -show)" ]; then
        continue
    fi
    if "$cmake" -S "$source/consumer" -B "$work/$other" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$compiler" \
        -DMPI_C_COMPILER="$(command -v $other)" >"$work/other.log" 2>&1 || ! grep -q "built with the MPI libraries" "$work/other.log"; then
        echo "$other: expected to be refused for its MPI; found:"
        cat "$work/other.log"
        exit 1
    fi
    echo "$other: refused"
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

# From Fortran, on two ranks, with the MPI that the library was built with: where there are several, Debian calls their
# programs mpiexec.mpich, mpifort.mpich and so on.
mpifort=mpifort
case $(basename "${MPIEXEC:-mpirun}") in *.*) mpifort=mpifort.${MPIEXEC##*.} ;; esac
if [ "$LOCKSTEP_MPI" != ON ] || ! "$mpifort" --version >/dev/null 2>&1 || [ ${#flags[@]} -gt 0 ]; then
    echo "Fortran: no $mpifort (or only MPI's half of it), no MPI or a sanitizer, left out"
    exit 0
fi
echo "Fortran:"
(cd "$work" && "$mpifort" -o embed_fortran "$source/embed_fortran.f90" "${words[@]}" -Wl,-rpath,"${pc%/pkgconfig}")
"${MPIEXEC:-mpirun}" -n 2 "$work/embed_fortran"

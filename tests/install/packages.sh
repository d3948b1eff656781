#!/usr/bin/env bash
# Packs the build as it is into Debian packages, and looks at what is in them; and all that tells the version tells the same.
# scripts/package.sh does more: a build of its own, lintian, and a life in a bare system.
#   packages.sh CPACK BUILD SOURCE WORK
set -euo pipefail
cpack=$1 build=$2 source=$3 work=$4

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
tells() { # FILE PATTERN
    grep -q -- "$2" "$source/$1" || { echo "$1 does not tell version $version"; exit 1; }
}
tells CITATION.cff "^version: $version\$"
tells CHANGELOG.md "^## $version ("
tells packaging/spack/package.py "version(\"$version\","
tells packaging/apptainer/lockstep.def "^    Version $version\$"
day=$(sed -n "s/^## $version (\(.*\))\$/\1/p" "$source/CHANGELOG.md")
tells CITATION.cff "^date-released: \"$day\"\$"
if command -v python3 >/dev/null; then
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$source/packaging/spack/package.py"
fi
for tool in dpkg-deb dpkg-shlibdeps gzip strip; do
    command -v $tool >/dev/null || { echo "no $tool: packages are not made"; exit 77; }
done

rm -rf "$work"
mkdir -p "$work"
(cd "$work" && "$cpack" -G DEB --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1) || {
    cat "$work/cpack.log"
    exit 1
}
"$source/scripts/package.sh" --look "$work"
dpkg-deb --extract "$work"/lockstep_*.deb "$work/tree"
"$work/tree/usr/bin/lockstep" --version
gzip -dc "$work/tree/usr/share/man/man1/lockstep-train.1.gz" | cmp - <("$work/tree/usr/bin/lockstep" help --man train)
gzip -dc "$work/tree/usr/share/doc/lockstep/changelog.Debian.gz" | head -n 1 | grep -q "^lockstep ($version-1) "
rm -rf "$work"

#!/usr/bin/env bash
# Makes the Debian packages lockstep and lockstep-dev, and checks them.
#
#   package.sh [--build FOLDER] [--output FOLDER] [--unchecked]
#       on this system: configures a build of its own in FOLDER (build-package), packs it into FOLDER (the same), and looks at
#       what is in the packages; lintian looks too where it is installed
#   package.sh --look FOLDER
#       looks only at what is in the packages there
#   package.sh --suite SUITE [--suite SUITE ...] [--roots FOLDER] [--output FOLDER]
#       for bookworm, trixie and so on, as root with debootstrap: builds in a root of that release, then installs the package in
#       a bare one with apt, uses it (train, mpirun, man, completion), and removes it without a trace. Roots are kept in FOLDER
#       where it is named, and are never written to
#
# DEBFULLNAME and DEBEMAIL, as for Debian's own tools, say who maintains it. A package is for the release that it was made on: its libraries have other names on the next one.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$source/build-package output='' checked=yes roots='' suites=() look=''

fail() {
    printf 'package.sh: %s\n' "$*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?folder} && shift ;;
    --output) output=${2:?folder} && shift ;;
    --suite) suites+=("${2:?name of a release}") && shift ;;
    --roots) roots=${2:?folder} && shift ;;
    --unchecked) checked=no ;;
    --look) look=${2:?folder} && shift ;;
    *) fail "'$1' is not expected: [--build FOLDER] [--output FOLDER] [--unchecked] [--suite SUITE ...] [--roots FOLDER]" ;;
    esac
    shift
done
output=${output:-$build}
commit=${LOCKSTEP_COMMIT:-$(git -C "$source" rev-parse --short=12 HEAD 2>/dev/null || true)} # what --version tells

# ---- on this system ----

make_packages() {
    command -v dpkg-buildflags >/dev/null || fail "dpkg-buildflags is missing: apt-get install dpkg-dev"
    # Debian's hardening; optimisation is CMake's, and what -g writes would be stripped.
    flags() { DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --get "$1" | sed 's/-g //; s/-O2 //'; }
    cmake -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=/usr \
        -DCMAKE_SKIP_INSTALL_RPATH=ON -DLOCKSTEP_COMMIT="$commit" \
        ${DEBEMAIL:+"-DLOCKSTEP_MAINTAINER=${DEBFULLNAME:-Lockstep maintainers} <$DEBEMAIL>"} -DCMAKE_C_FLAGS="$(flags CPPFLAGS) $(flags CFLAGS)" \
        -DCMAKE_EXE_LINKER_FLAGS="$(flags LDFLAGS)"
    cmake --build "$build" -j "${JOBS:-$(nproc)}"
    rm -f "$build"/lockstep*.deb
    (cd "$build" && cpack -G DEB)
    mkdir -p "$output"
    [ "$(realpath "$output")" = "$(realpath "$build")" ] || cp "$build"/lockstep*.deb "$output"
}

# What must be in them, and under which names.
look_into_packages() {
    local program=("$output"/lockstep_*.deb) development=("$output"/lockstep-dev_*.deb) list file
    list=$(dpkg-deb --contents "${program[0]}" | awk '{ print $6 }')
    for file in bin/lockstep share/man/man1/lockstep.1.gz share/man/man1/lockstep-train.1.gz share/bash-completion/completions/lockstep \
        share/zsh/vendor-completions/_lockstep share/fish/vendor_completions.d/lockstep.fish share/doc/lockstep/copyright \
        share/doc/lockstep/changelog.gz share/doc/lockstep/changelog.Debian.gz share/lockstep/slurm/train.sbatch; do
        grep -qx "./usr/$file" <<<"$list" || fail "${program[0]} lacks /usr/$file"
    done
    if grep -E '\.(a|h|pc|cmake)$' <<<"$list"; then fail "these belong into lockstep-dev"; fi
    list=$(dpkg-deb --contents "${development[0]}" | awk '{ print $6 }')
    for file in include/lockstep.h 'lib/.*liblockstep.a' 'lib/.*pkgconfig/lockstep.pc' 'lib/.*lockstepConfig.cmake'; do
        grep -qx "./usr/$file" <<<"$list" || fail "${development[0]} lacks /usr/$file"
    done
    dpkg-deb --field "${program[0]}" Depends | grep -q 'libc6.*libhdf5' || fail "${program[0]} does not depend on its libraries"
    printf 'whole: %s %s\n' "$(basename "${program[0]}")" "$(basename "${development[0]}")"
}

check_packages() {
    look_into_packages
    if command -v lintian >/dev/null; then
        # The packages are not uploaded to Debian, so there is no bug to close; and without an address there is none to name.
        local passed=initial-upload-closes-no-bugs
        [ -n "${DEBEMAIL:-}" ] || passed+=,bogus-mail-host,bogus-mail-host-in-debian-changelog
        lintian --allow-root --fail-on error,warning --suppress-tags "$passed" "$output"/lockstep*.deb
        echo "lintian has nothing to say but $passed"
    else
        echo "lintian is not installed: left out"
    fi
}

# ---- in roots of releases ----

# root_run ROOT UPPER COMMAND...: in a copy of a root that keeps what is written in UPPER. Mounts end with the process.
root_run() {
    local root=$1 upper=$2
    shift 2
    mkdir -p "$upper/changes" "$upper/work" "$upper/root" "$upper/shared"
    # shellcheck disable=SC2016 # these are the inner shell's
    unshare --mount bash -euc '
        root=$1 upper=$2
        shift 2
        mount -t overlay overlay -o "lowerdir=$root,upperdir=$upper/changes,workdir=$upper/work" "$upper/root"
        mount -t proc proc "$upper/root/proc"
        mount --rbind /dev "$upper/root/dev"
        mkdir -p "$upper/root/shared"
        mount --bind "$upper/shared" "$upper/root/shared"
        cp /etc/resolv.conf "$upper/root/etc/resolv.conf" 2>/dev/null || true
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive JOBS="${JOBS:-}" LOCKSTEP_COMMIT="$LOCKSTEP_COMMIT" \
            ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} chroot "$upper/root" "$@"
    ' bash "$root" "$upper" "$@"
}

make_suite() {
    local suite=$1 root=$roots/$1 upper=$scratch/$1
    if [ ! -e "$root/etc/debian_version" ]; then
        debootstrap --variant=minbase "$suite" "$root" >"$scratch/$suite.log" || fail "debootstrap $suite: $(tail -n 1 "$scratch/$suite.log")"
    fi
    mkdir -p "$upper/build/shared/source" "$upper/bare/shared" "$output/$suite"
    export LOCKSTEP_COMMIT=$commit
    git -C "$source" ls-files -z | (cd "$source" && xargs -0 tar -c) | tar -x -C "$upper/build/shared/source"
    root_run "$root" "$upper/build" bash -euc '
        apt-get update -q
        apt-get install -q -y --no-install-recommends build-essential cmake dpkg-dev libhdf5-dev libopenmpi-dev zlib1g-dev lintian
        /shared/source/scripts/package.sh --build /tmp/build --output /shared/packages' >"$output/$suite/build.log" 2>&1 ||
        fail "$suite: see $output/$suite/build.log"
    tail -n 2 "$output/$suite/build.log"
    cp "$upper/build/shared/packages"/*.deb "$output/$suite"
    cp "$output/$suite"/lockstep_*.deb "$source/data/digits.h5" "$source/scripts/package_bare.sh" "$upper/bare/shared"
    root_run "$root" "$upper/bare" bash /shared/package_bare.sh 2>&1 | tee "$output/$suite/bare.log" | grep '^==' ||
        fail "$suite: see $output/$suite/bare.log"
    grep -q '^== removed without a trace' "$output/$suite/bare.log" || fail "$suite: see $output/$suite/bare.log"
}

if [ -n "$look" ]; then
    output=$look
    look_into_packages
    exit 0
fi
if [ ${#suites[@]} -eq 0 ]; then
    make_packages
    [ $checked = no ] || check_packages
    exit 0
fi
[ "$(id -u)" = 0 ] || fail "--suite mounts and changes roots: it wants root"
command -v debootstrap >/dev/null || fail "debootstrap is missing"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-package-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "${roots:=$scratch/roots}" "$output"
roots=$(realpath "$roots") output=$(realpath "$output")
for suite in "${suites[@]}"; do
    make_suite "$suite"
done

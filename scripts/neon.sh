#!/usr/bin/env bash
# The NEON kernels on a machine without them: builds Lockstep for AArch64, without MPI, and runs the unit tests and the
# contract's hashes under qemu-user.
#
#   scripts/neon.sh [--prepare | --short] [FOLDER]        default: build/neon
#
#   --prepare   only gets what is missing: compiler and emulator as packages of this system (Debian, Ubuntu; asks like
#               scripts/test.sh), the AArch64 libraries unpacked into FOLDER/sysroot. They come with apt-get too, but with a
#               configuration and state of its own: this system learns of no second architecture.
#   --short     gets nothing, and runs a part in a minute or two; exit code 77 and the reason when something is missing
set -euo pipefail
what=all
case ${1:-} in
--prepare | --short) what=${1#--}; shift ;;
-*) echo "neon.sh: unknown argument $1" >&2; exit 2 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(realpath -m "${1:-$root/build/neon}")
sysroot=$folder/sysroot
cd "$root"
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

# Installed here, and their names in the sysroot's stamp: another list, another sysroot.
tools=(gcc-aarch64-linux-gnu 'qemu-user|qemu-user-static')
libraries=(libc6-dev libgomp1 libhdf5-dev libcmocka-dev)

# Says what is missing, if anything.
missing() {
    if ! command -v aarch64-linux-gnu-gcc >/dev/null; then
        echo "no compiler for AArch64 (Debian: gcc-aarch64-linux-gnu)"
    elif ! command -v qemu-aarch64 >/dev/null && ! command -v qemu-aarch64-static >/dev/null; then
        echo "no emulator for AArch64 (Debian: qemu-user)"
    elif [ "$(cat "$sysroot/packages" 2>/dev/null)" != "${libraries[*]}" ]; then
        echo "no AArch64 libraries in $sysroot (scripts/neon.sh --prepare)"
    fi
}

# ---- the sysroot ----

# The lines of a sources.list with this release's AArch64 packages: Debian has them where all others are, Ubuntu elsewhere.
sources() {
    local ID='' VERSION_CODENAME='' UBUNTU_CODENAME='' mirror security components=main keys
    # shellcheck source=/dev/null
    . /etc/os-release
    if [ -n "$UBUNTU_CODENAME" ]; then
        ID=ubuntu VERSION_CODENAME=$UBUNTU_CODENAME components="main universe"
        mirror=http://ports.ubuntu.com/ubuntu-ports/ security=$mirror
    elif [ "$ID" = debian ] && [ -n "$VERSION_CODENAME" ]; then
        # shellcheck disable=SC2016
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $VERSION_CODENAME" 2>/dev/null |
            grep -m 1 '/debian/$') || mirror=http://deb.debian.org/debian/
        security=${mirror%/}-security/
    else
        say "AArch64 libraries: only known how to get on Debian and Ubuntu"
        return 1
    fi
    keys=$(find /usr/share/keyrings -name "$ID-archive-keyring.*" 2>/dev/null | sort | head -n 1)
    printf "deb [arch=arm64${keys:+ signed-by=$keys}] %s %s $components\n" "$mirror" "$VERSION_CODENAME" \
        "$mirror" "$VERSION_CODENAME-updates" "$security" "$VERSION_CODENAME-security"
}

# An apt-get that knows nothing of this system's packages and can change nothing in it.
private_apt() {
    APT_CONFIG=$folder/apt/apt.conf apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}

make_sysroot() {
    local apt=$folder/apt new=$sysroot.new package link target
    has_apt || return 1
    rm -rf "$apt" "$new"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/sources.list.d" "$new"
    : >"$apt/status"
    sources >"$apt/sources.list" || return 1
    cat >"$apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root"; // the folder may be closed to apt's own user
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/sources.list.d";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Log "$apt";
CONF
    say "unpacking AArch64 libraries into $sysroot"
    private_apt update && private_apt install -y --download-only "${libraries[@]}" || return 1
    for package in "$apt"/archives/*.deb; do
        dpkg-deb -x "$package" "$new" || return 1
    done
    [ -e "$new/lib" ] || ln -s usr/lib "$new/lib"
    # links that would lead out of the sysroot
    while IFS=$'\t' read -r link target; do
        ln -sfnr "$new$target" "$new/$link"
    done < <(find "$new" -type l -lname '/*' -printf '%P\t%l\n')
    printf '%s\n' "${libraries[*]}" >"$new/packages"
    rm -rf "$sysroot" "$apt" "$sysroot.new/usr/share"
    mv "$new" "$sysroot"
}

# ---- what is asked ----

if [ "$(uname -m)" = aarch64 ]; then
    say "this processor runs the NEON kernels itself: the other tests cover them"
    exit 77
fi
if [ "$what" != short ] && [ -n "$(missing)" ]; then
    install_packages "${tools[@]}" || true
    [[ $(missing) != *libraries* ]] || make_sysroot || rm -rf "$folder/apt" "$sysroot.new"
fi
if [ -n "$(missing)" ]; then
    say "NEON tests: $(missing)"
    exit 77
fi
[ "$what" != prepare ] || exit 0

targets=(all)
select=(-E '^unit.reduce_(order|shared)$') # hundreds of threads that poll: minutes when emulated, and no kernel in it
if [ "$what" = short ]; then
    units=(functions products bfloat16 elementwise losses adam host)
    targets=(lockstep_program "${units[@]/#/test_}")
    select=(-R "^(unit\.($(IFS='|' && echo "${units[*]}"))|program\.(contract_tables|bfloat16))\$")
fi
mkdir -p "$folder/build"
configure "$folder/build" -DCMAKE_TOOLCHAIN_FILE=scripts/cmake/aarch64-linux-gnu.cmake -DLOCKSTEP_SYSROOT="$sysroot" \
    -DLOCKSTEP_MPI=OFF -DBUILD_TESTING=ON >"$folder/configure.log" 2>&1 || {
    cat "$folder/configure.log"
    fail "cmake failed"
}
cmake --build "$folder/build" --parallel "$(cores)" --target "${targets[@]}" >"$folder/build.log" 2>&1 || {
    cat "$folder/build.log"
    fail "the build failed"
}
ctest --test-dir "$folder/build" --output-on-failure --no-tests=error --parallel "$(cores)" "${select[@]}"

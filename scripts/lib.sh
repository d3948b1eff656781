# shellcheck shell=bash
# What run.sh and test.sh share: installing what is missing, building, and the environment for mpirun. Sourced, not run.

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

# ---- packages (Debian and its relatives only) ----

has_apt() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints the first name of each "name|alternative|..." of which nothing is installed.
missing_packages() {
    local group name names
    for group in "$@"; do
        IFS='|' read -r -a names <<<"$group"
        for name in "${names[@]}"; do
            is_installed "$name" && continue 2
        done
        printf '%s\n' "${names[0]}"
    done
}

# Asks before anything is done with sudo; no terminal, no consent.
confirm() {
    local answer
    [ -t 0 ] || return 1
    read -r -p "Run this with sudo? [y/N] " answer
    [[ $answer == [yY]* ]]
}

# install_packages GROUP...: makes sure of one package of each group. Does nothing when all are there, returns 1 when some
# are not and could not be installed.
install_packages() {
    local -a missing sudo=()
    has_apt || return 1
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return 0
    local -a install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
    say "missing packages: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        say "  sudo apt-get update"
        say "  sudo ${install[*]}"
        if ! command -v sudo >/dev/null || ! confirm; then
            say "not installed"
            return 1
        fi
        sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update || say "apt-get update failed; going on with the lists that are here"
    "${sudo[@]}" "${install[@]}"
}

# need_build_tools GROUP...: the packages, or where there is no apt-get (or no permission) at least the programs.
need_build_tools() {
    local tool absent=()
    install_packages "$@" && return 0
    for tool in cc cmake mpicc mpirun; do
        command -v "$tool" >/dev/null || absent+=("$tool")
    done
    if [ ${#absent[@]} -gt 0 ]; then
        fail "not found: ${absent[*]}. Needed are a C11 compiler, CMake 3.22, an MPI library with its mpicc and mpirun, and" \
            "the HDF5 library for C"
    fi
}

# The groups both scripts need. Any MPI and either build of HDF5 serve.
# shellcheck disable=SC2034
build_packages=(build-essential cmake 'ninja-build|make' 'libopenmpi-dev|libmpich-dev' 'openmpi-bin|mpich'
    'libhdf5-dev|libhdf5-openmpi-dev|libhdf5-mpich-dev' zlib1g-dev)

# ---- building ----

# configure DIRECTORY [CMAKE OPTIONS]: Ninja where it is there, else make; an existing build keeps its generator.
configure() {
    local directory=$1 generator=()
    shift
    if [ ! -f "$directory/CMakeCache.txt" ] && command -v ninja >/dev/null; then
        generator=(-G Ninja)
    fi
    cmake -S . -B "$directory" "${generator[@]}" "$@"
}

cores() {
    nproc 2>/dev/null || getconf _NPROCESSORS_ONLN
}

build() {
    cmake --build "$1" --parallel "$(cores)"
}

# ---- mpirun ----

# Open MPI refuses root and more ranks than cores unless told otherwise, binds up to two ranks to one core each, and tries a
# copy between processes that containers forbid. Open MPI 5 has names of its own for some of it (PRTE), and of a mere
# ":oversubscribe" makes that all ranks are on the first host. Other MPIs ignore all this. The user's own settings win.
set_mpi_environment() {
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    export OMPI_MCA_rmaps_base_oversubscribe=${OMPI_MCA_rmaps_base_oversubscribe:-1}
    export OMPI_MCA_hwloc_base_binding_policy=${OMPI_MCA_hwloc_base_binding_policy:-none}
    export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
    export PRTE_MCA_rmaps_default_mapping_policy=${PRTE_MCA_rmaps_default_mapping_policy:-slot:oversubscribe}
    export PRTE_MCA_hwloc_default_binding_policy=${PRTE_MCA_hwloc_default_binding_policy:-none}
}

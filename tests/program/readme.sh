#!/usr/bin/env bash
# The examples of README.md that need nothing but the data in the repository, word by word: they run, show what is said of
# them, and leave nothing behind outside of build/.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
readme=$(cd "$(dirname "$0")/../.." && pwd)/README.md
mpirun=$(dirname "$(command -v "$mpiexec")")/mpirun
if ! "$mpirun" --version 2>/dev/null | grep -q 'Open MPI'; then
    echo "SKIPPED: the examples are written for the mpirun of Open MPI"
    exit 77
fi

limit=600 # six threads on few cores, and no epoch of the examples is left out

# A newcomer has none of this in the environment, and Open MPI's two variables only because README.md says so.
unset OMP_WAIT_POLICY GOMP_SPINCOUNT OMP_NUM_THREADS OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_hwloc_base_binding_policy \
    OMPI_MCA_mpi_yield_when_idle OMPI_MCA_odls_base_sigkill_timeout PRTE_MCA_rmaps_default_mapping_policy \
    PRTE_MCA_hwloc_default_binding_policy
program=$(realpath "$LOCKSTEP")
PATH=$(dirname "$program"):$(dirname "$mpirun"):$PATH

# blocks HEADING: the commands of the section's fenced blocks, without those in another language.
blocks() {
    awk -v heading="## $1" '
        /^## / { inside = $0 == heading }
        /^```/ { language = substr($0, 4); fenced = !fenced; next }
        inside && fenced && language == "" { print; next }
        !fenced { language = "" }' "$readme"
}

# follow HEADING: runs them in a copy of the folder as a newcomer has it; leaves the output in $said, standard error in $messages.
mkdir -p "$work/checkout/build"
ln -s "$(realpath "$LOCKSTEP_DATA")" "$work/checkout/data"
cd "$work/checkout"
follow() {
    blocks "$1" >../commands
    check "$1: has commands" "$([ "$(grep -c '^\(mpirun.* \)\?lockstep ' ../commands)" -gt 0 ] && echo yes)" yes
    code=0
    LOCKSTEP_TEST=$work timeout -k 5 "$limit" bash -e ../commands >../said 2>../err </dev/null || code=$?
    check "$1: code" "$code$([ "$code" = 0 ] || tail -n 5 ../err)" 0
    said=$(<../said) messages=$(<../err)
    check "$1: nothing is left but in build" "$(find . -mindepth 1 -maxdepth 1 ! -name build ! -name data)" ""
}

# The files that a table row begins with.
follow "The first example"
while read -r file; do
    check "The first example: $file is there" "$(compgen -G "build/tutorial/$file" || true)" "build/tutorial/$file"
done < <(awk '/^## / { inside = $0 == "## The first example" } inside && /^\| `/ { gsub(/[|`]/, ""); print $1 }' "$readme")

# Two models and two logs of the same bits; the third model, killed and resumed (not begun anew), has those of the first.
follow "The promises, shown"
sums() { # FILE
    sed -n "s|^\([0-9a-f]*\)  build/demo/./$1\$|\1|p" <<<"$said"
}
check "The promises, shown: models" "$(sums model.weights.h5 | wc -l) of $(sums model.weights.h5 | sort -u | wc -l) kind" "4 of 1 kind"
check "The promises, shown: logs" "$(sums log.csv | wc -l) of $(sums log.csv | sort -u | wc -l) kind" "2 of 1 kind"
check_contains "The promises, shown: resumed" "$messages" "resuming from build/demo/c/checkpoints/step-"
check "The promises, shown: the demo is removed" "$(find build -name 'demo*')" ""
finish

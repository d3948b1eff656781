# shellcheck shell=bash
# What the scripts of this folder share: running the program, and checks that print what was found and what was expected.
# Sourced, not run. Environment (tests/program/CMakeLists.txt sets it):
#   LOCKSTEP            the program to test
#   LOCKSTEP_DATA       folder with digits.h5, concrete.h5, ...
#   LOCKSTEP_MAKE_DATA  the program make_data; print_data is beside it
#   MPIEXEC             the launcher (mpirun)
#   LOCKSTEP_EMULATOR   command that runs programs built for another processor, with its options; empty: none
: "${LOCKSTEP:?the program to test}" "${LOCKSTEP_DATA:?folder of the data files}"
mpiexec=${MPIEXEC:-mpirun}
read -r -a emulator <<<"${LOCKSTEP_EMULATOR:-}"

# Many ranks on few cores: sleeping waits, or the stacked runs take minutes. Open MPI refuses root and stacked ranks.
export OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
export PRTE_MCA_rmaps_default_mapping_policy=slot:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none # Open MPI 5
# When ranks end with an error code, Open MPI waits a second before it ends itself; our ranks are all gone by then.
export OMPI_MCA_odls_base_sigkill_timeout=0
unset LOCKSTEP_FAULT SLURM_JOB_END_TIME

# MPICH's launcher (Hydra) knows SIGUSR1, but not SIGUSR2; and when it has passed a signal on, it ends with 0 now and then,
# whatever its ranks end with.
is_hydra() {
    [[ $("$mpiexec" --version 2>/dev/null) == *HYDRA* ]]
}

# launcher_code EXPECTED: the last job's $code after a signal to the launcher, or what is expected where that tells nothing.
launcher_code() {
    if [ "$code" = 0 ] && is_hydra; then echo "$1"; else echo "$code"; fi
}

work=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-program-XXXXXX")

# The processes of this script's jobs, launcher and ranks, that still run: they have a mark in their environment.
leftovers() {
    grep -lsz -- "^LOCKSTEP_TEST=$work\$" /proc/[0-9]*/environ | cut -d/ -f3 || true
}

nobody() {
    [ -z "$(leftovers)" ]
}

# "PROCESS RANK" of each rank of this script's jobs that still runs, by rank; nothing for ranks of a launcher that has other
# names for them. Without a launcher the only one is rank 0.
rank_processes() {
    local id rank
    for id in $(leftovers); do
        [ "$(readlink "/proc/$id/exe")" = "$(readlink -f "$LOCKSTEP")" ] || continue
        rank=$(tr '\0' '\n' <"/proc/$id/environ" 2>/dev/null | sed -n 's/^\(OMPI_COMM_WORLD_RANK\|PMI_RANK\|PMIX_RANK\)=//p' |
            head -n 1)
        echo "$id ${rank:-0}"
    done | sort -k 2 -n
}

clean_up() {
    local ids
    mapfile -t ids < <(leftovers)
    [ ${#ids[@]} -eq 0 ] || kill -9 "${ids[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

passed=0 failed=0

ok() { # NAME FOUND (of which the first line is shown)
    passed=$((passed + 1))
    printf 'ok %s: %s\n' "$1" "${2%%$'\n'*}"
}

bad() { # NAME FOUND EXPECTED
    failed=$((failed + 1))
    printf 'FAILED %s: found %s, expected %s\n' "$1" "$2" "$3"
}

check() { # NAME FOUND EXPECTED
    if [ "$2" = "$3" ]; then ok "$1" "$2"; else bad "$1" "'$2'" "'$3'"; fi
}

check_contains() { # NAME TEXT PART
    if [[ $2 == *"$3"* ]]; then ok "$1" "'$3'"; else bad "$1" "'$2'" "'$3' in it"; fi
}

check_lacks() { # NAME TEXT PART
    if [[ $2 != *"$3"* ]]; then ok "$1" "no '$3'"; else bad "$1" "'$2'" "no '$3' in it"; fi
}

# The line that every script ends with; its status is the script's.
finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}

make_data() { # DIRECTORY
    mkdir -p "$1"
    "${emulator[@]}" "${LOCKSTEP_MAKE_DATA:?the program make_data}" "$1"
}

# A file of named columns, as make_named.c says.
make() { # FILE PART...
    "${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/make_named" "$@"
}

# The values of a dataset as text, a row a line.
print_data() { # FILE DATASET
    "${emulator[@]}" "$(dirname "${LOCKSTEP_MAKE_DATA:?the program make_data}")/print_data" "$1" "$2"
}

# job RANKS ARGUMENTS...: the program on so many ranks (0: without a launcher), at most $limit seconds (code 124 after
# that, which is for hangs: other work on the machine may make any job many times slower). Leaves the exit code in $code and
# what it said in $work/out and $work/err.
limit=180
job() {
    job_into "$work" "$@"
}
job_into() { # DIRECTORY (for what it says) RANKS ARGUMENTS...
    local into=$1 ranks=$2 launch=()
    shift 2
    mkdir -p "$into"
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    code=0
    LOCKSTEP_TEST=$work timeout -k 5 "$limit" "${launch[@]}" "${emulator[@]}" "$LOCKSTEP" "$@" >"$into/out" 2>"$into/err" </dev/null || code=$?
}

# beside NAME RANKS ARGUMENTS...: a job in the background, for such as sleep most of their time; came_of NAME waits for it, and
# leaves what job leaves.
declare -A beside
beside() {
    local name=$1
    shift
    (
        job_into "$work/$name" "$@"
        echo "$code" >"$work/$name/code"
    ) &
    beside[$name]=$!
}
came_of() {
    wait "${beside[$1]}"
    code=$(<"$work/$1/code")
    cp "$work/$1/out" "$work/$1/err" "$work"
}

# chain TRAIN RECIPE STEP:SPLIT... LAST: `TRAIN RECIPE SPLIT OPTIONS` trains into ./run; it is killed in front of each of these
# steps and resumed by the next split. The files are the caller's to judge.
chain() {
    local train=$1 recipe=$2 leg begun=0
    rm -rf run
    for leg in "${@:3:$#-3}"; do
        LOCKSTEP_FAULT="step:0:kill:$((${leg%:*} - begun))" "$train" "$recipe" "${leg#*:}" --checkpoint-every "1 steps" --resume
        check "$recipe killed in front of step ${leg%:*}" "$((code != 0))" 1
        begun=$((${leg%:*} - 1))
    done
    "$train" "$recipe" "${*: -1}" --resume
}

# The lines of the last job that begin with "lockstep: error: ", without that.
error_lines() {
    sed -n 's/.*lockstep: error: //p' "$work/err"
}

# error NAME RANKS CODE WORDS... -- ARGUMENTS: the job ends with this code and one error line, which has all the words.
# Words that begin with ! must not be in it.
error() {
    local name="$1 ($2 ranks)" ranks=$2 expected=$3 words=() word line
    shift 3
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    job "$ranks" "$@"
    line=$(error_lines)
    if [ "$code" != "$expected" ]; then
        bad "$name" "code $code, '$line'" "code $expected"
        return
    fi
    if [ "$(error_lines | wc -l)" != 1 ] || [ "$(grep -c '^lockstep: error: ' "$work/err")" != 1 ]; then
        bad "$name" "$(error_lines | wc -l) error lines '$line'" "one line"
        return
    fi
    for word in "${words[@]}"; do
        if [[ $word == !* && $line == *"${word#!}"* ]]; then
            bad "$name" "'$line'" "no '${word#!}' in it"
            return
        elif [[ $word != !* && $line != *"$word"* ]]; then
            bad "$name" "'$line'" "'$word' in it"
            return
        fi
    done
    ok "$name" "$code, $line"
}

# errors NAME CODE WORDS... -- ARGUMENTS: the same without a launcher and on 3 ranks.
errors() {
    local name=$1
    shift
    error "$name" 0 "$@"
    error "$name" 3 "$@"
}

digest() { # FILE
    sha256sum <"$1" | cut -c1-64
}

# What two runs of one recipe must have in common, whatever their splits and interruptions.
digests() { # DIRECTORY
    printf 'model %s log %s' "$(digest "$1/model.weights.h5")" "$(digest "$1/log.csv")"
}

# What runs must have in common that learnt the same from data prepared in different ways, which the model file tells.
learnt() { # DIRECTORY
    printf 'kernel %s log %s' "$(print_data "$1/model.weights.h5" /model_weights/dense_1/dense_1/kernel:0 | sha256sum | cut -c1-64)" \
        "$(digest "$1/log.csv")"
}

# on_all NAME ARGUMENTS...: trains without a launcher and on 3 ranks, a script's first time on 1 and 2 too; one hash. Leaves
# the last run in ./run and what it said in $said.
all_ranks="1 2 3 0"
on_all() {
    local name=$1 ranks first=
    shift
    for ranks in $all_ranks; do
        rm -rf run
        job "$ranks" train "$@" --output run
        if [ "$code" != 0 ]; then
            bad "$name on $ranks ranks" "code $code, $(error_lines)" "code 0"
            return
        fi
        [ -n "$first" ] || first=$(digests run)
        check "$name on $ranks ranks" "$(digests run)" "$first"
    done
    all_ranks="3 0"
    # shellcheck disable=SC2034 # for the script that sources this
    said=$(cat "$work/err")
}

# through_layout NAME EXPECTED ARGUMENTS...: on 3 ranks, with features that a layout puts together, one hash more.
through_layout() {
    local name=$1 expected=$2
    shift 2
    job 3 train "$@" --x '/x[0:]' --y /y --output laid_out --overwrite
    check "$name" "$code $(digests laid_out)" "0 $expected"
}

# Waits until a command succeeds; fails after a minute.
wait_until() { # COMMAND...
    local start=$SECONDS
    until "$@" >/dev/null 2>&1; do
        [ $((SECONDS - start)) -le 60 ] || return 1
        sleep 0.02
    done
}

# Whether this script's job has so many ranks, and all of them listen to signals (SIGUSR1 is bit 9).
listen() { # RANKS
    local id caught count=0
    while read -r id _; do
        caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$id/status") || return 1
        [ $((0x$caught >> 9 & 1)) = 1 ] || return 1
        count=$((count + 1))
    done < <(rank_processes)
    [ "$count" = "$1" ]
}

# Whether the build has fault points: with one, a misspelt fault is an error.
has_faults() {
    LOCKSTEP_FAULT=nonsense job 0 evaluate "$work/none" "$work/none"
    grep -q 'LOCKSTEP_FAULT is "nonsense"' "$work/err"
}

#!/usr/bin/env bash
# Surroundings that a program is not asked for: standard streams that are closed, limits, signals at random moments, a launcher
# that dies. Whatever comes, the exit code is a documented one (0 to 6, 75; 130 and 143 after two signals), there is a message
# where there is an error, and outputs are whole or not there.
#
#   scripts/campaign/environment.sh PROGRAM [DATA_FOLDER] [--short] [--seed N] [--rounds N]
#
# Prints a table: what, values tried, how many held. --short: some values of each kind, in seconds. --rounds: signals and
# launchers, 20 by default. Exit code 1 when something did not hold; that is printed as it happens. What even /bin/true cannot
# do under a limit is left out, and so is what the system's loader says (127), before the program begins.
set -uo pipefail
program=$(readlink -f "${1:?path of the program}")
shift
data=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../data" && pwd) short='' seed=1 rounds=20
while [ $# -gt 0 ]; do
    case $1 in
    --short) short=yes ;;
    --seed) seed=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    *) data=$(cd "$1" && pwd) ;;
    esac
    shift
done
RANDOM=$seed
work=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-environment-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
# shellcheck source=scripts/lib.sh
. "$(dirname "$data")/scripts/lib.sh" 2>/dev/null && set_mpi_environment
export OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0
ulimit -c 0
exec 2>/dev/null # bash tells of processes that end by a signal, and so do the checks
exec 5>&1

{
    echo a,b,y
    for ((i = 0; i < 200; i++)); do echo "$i,$((i % 7)),$((i % 2))"; done
} >table.csv
train=(train "$data/digits.h5" --layers "32 relu, 10 softmax" --epochs 2 --threads 2 --checkpoint-every "40 steps" --output out)
"$program" "${train[@]}" --output model >/dev/null 2>&1 && "$program" convert table.csv table.h5 --target y >/dev/null 2>&1 || {
    echo "the program does not train in plain surroundings"
    exit 2
}
commands=(train convert predict evaluate info)
declare -A line=([convert]="convert table.csv out.h5 --target y" [predict]="predict model $data/digits.h5 --output out.csv"
    [evaluate]="evaluate model $data/digits.h5" [info]="info $data/digits.h5")

failed=0 tried=0 held=0
fault() { # WHAT
    echo "NOT HELD: $*" >&5
    failed=1
}
row() { # WHAT VALUES
    printf '%-34s | %-52s | %d of %d\n' "$1" "$2" "$held" "$tried" >&5
    tried=0 held=0
}

arguments() { # COMMAND: into $words
    read -r -a words <<<"${line[$1]-}"
    [ "$1" != train ] || words=("${train[@]}")
}

# Whether what stands there is whole: the checkpoints and the model of a run, a converted file, predictions.
whole() {
    local file
    for file in out/checkpoints/step-*.h5 out/model.weights.h5 out.h5; do
        [ ! -e "$file" ] || "$program" info "$file" >/dev/null 2>&1 || return 1
    done
    [ ! -e out.csv ] || [ "$(wc -l <out.csv)" = "$(wc -l <predicted.csv)" ]
}
"$program" predict model "$data/digits.h5" --output predicted.csv >/dev/null 2>&1

# judge WHAT CODE CODES: the code is one of these words, errors have said something (in ./err), outputs are whole.
judge() {
    tried=$((tried + 1))
    if [ "$2" = 127 ] && grep -q 'error while loading shared libraries' err; then
        held=$((held + 1))
    elif [[ " $3 " != *" $2 "* ]]; then
        fault "$1: exit code $2, expected one of $3: $(tail -n 1 err)"
    elif [[ $2 == [1-6] && ! -s err && -z ${silent-} ]]; then
        fault "$1: exit code $2 without a message"
    elif ! whole; then
        fault "$1: exit code $2, and an output that is not whole"
    else
        held=$((held + 1))
    fi
}
clean() {
    rm -rf out out.h5 out.csv
    : >err
}

# ---- standard streams that are closed ----

closed() { # SET COMMAND: bit 0 is standard input, 1 output, 2 error
    local code=0 silent='' allowed="0"
    arguments "$2"
    clean
    (
        exec >out.text 2>err
        [ $(($1 & 1)) = 0 ] || exec <&-
        [ $(($1 & 2)) = 0 ] || exec >&-
        [ $(($1 & 4)) = 0 ] || exec 2>&-
        exec "$program" "${words[@]}"
    )
    code=$?
    [ $(($1 & 4)) = 0 ] || silent=yes
    # results that have nowhere to go
    if [ $(($1 & 2)) != 0 ] && [[ $2 == evaluate || $2 == info ]]; then allowed=4; fi
    judge "closed streams $1, $2" "$code" "$allowed"
}
for ((set = 0; set < 8; set++)); do
    [ -z "$short" ] || [[ $set == [67] ]] || continue
    for command in "${commands[@]}"; do closed $set "$command"; done
done
row "streams closed" "8 sets x ${commands[*]}${short:+ (2 sets)}"

# ---- limits ----

limited() { # COMMAND OPTION VALUE
    local code=0
    (ulimit "$2" "$3" && exec /bin/true) >/dev/null 2>&1 || return 0
    arguments "$1"
    clean
    # messages go into a pipe, which has no size
    (
        ulimit "$2" "$3"
        exec "$program" "${words[@]}"
    ) 2>&1 >out.text </dev/null | cat >err
    code=${PIPESTATUS[0]}
    judge "ulimit $2 $3, $1" "$code" "0 1 2 3 4"
}
limits() { # WHAT OPTION VALUES SHORT_VALUES
    local value command
    for value in ${short:+$4} $([ -n "$short" ] || echo "$3"); do
        for command in "${commands[@]}"; do limited "$command" "$2" "$value"; done
    done
    row "$1 (ulimit $2)" "${short:+$4}$([ -n "$short" ] || echo "$3" | cut -c1-52)"
}
limits "size of files" -f "0 1 4 16 64 100 200" "4 64"
limits "stack" -s "32 64 96 128 192 256 512 1024" "64"
limits "descriptors" -n "3 4 5 6 7 8 9 10 12 16 32" "6 8"
limits "address space" -v "$(seq -s ' ' 30000 2500 90000) 120000 200000 400000" "30000 40000 60000"

wish() { # NAME VALUE
    local code=0
    arguments train
    clean
    env "$1=$2" "$program" "${words[@]}" >out.text 2>err </dev/null
    code=$?
    judge "$1=$2" "$code" "0 1"
}
for size in ${short:+64k} $([ -n "$short" ] || echo 1 1k 16k 32k 48k 64k 96k 128k 256k 1m 99999g); do wish OMP_STACKSIZE "$size"; done
row "stacks of threads" "OMP_STACKSIZE${short:+ 64k}"

# Root has as many processes as it likes; nobody has not.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && [ -z "$short" ]; then
    chmod 777 .
    for processes in 1 2 3 4 8; do
        arguments train
        clean
        setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "ulimit -u $processes; exec \"\$@\"" _ "$program" \
            "${words[@]}" --threads 4 >out.text 2>err </dev/null
        judge "ulimit -u $processes" "$?" "0 1"
    done
    row "processes (ulimit -u)" "1 2 3 4 8"
fi

# ---- signals at random moments ----

[ -z "$short" ] || rounds=2
moment() {
    sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
}
names=(HUP INT TERM USR1 USR2 XCPU)
for ((i = 0; i < rounds; i++)); do
    name=${names[RANDOM % ${#names[@]}]} code=0
    clean
    set -m # so that it minds SIGINT
    "$program" "${train[@]}" --epochs 100000 --checkpoint-every never >out.text 2>err </dev/null &
    process=$!
    set +m
    moment
    kill "-$name" "$process"
    wait "$process"
    code=$?
    # in its first milliseconds, while the system loads its libraries, a process ends as any does
    judge "SIG$name" "$code" "75 $([ -s err ] || echo $((128 + $(kill -l "$name"))))"
done
row "signals at random moments" "$rounds of ${names[*]}, seed $seed"

clean
set -m
nohup "$program" "${train[@]}" --epochs 300 >out.text 2>err </dev/null &
process=$!
set +m
moment
kill -HUP "$process"
wait "$process"
judge "nohup, SIGHUP" "$?" "0"
row "SIGHUP under nohup" "1"

# ---- a launcher that dies, a rank that stands still ----

ranks() { # how many of this script's are there
    local at count=0
    for at in $(grep -lsz "^LOCKSTEP_ENVIRONMENT=$work" /proc/[0-9]*/environ); do
        [ "$(cat "${at%/environ}/comm")" != lockstep ] || count=$((count + 1))
    done
    echo $count
}
launcher=${MPIEXEC:-mpirun}
if [ -z "$short" ] && command -v "$launcher" >/dev/null && ! "$program" --version | grep -q 'without MPI'; then
    export LOCKSTEP_ENVIRONMENT=$work
    for ((i = 0; i < (rounds > 5 ? 5 : rounds - 1); i++)); do
        clean
        "$launcher" -n 2 "$program" "${train[@]}" --threads 1 --epochs 100000 --hang-timeout 5 >out.text 2>err </dev/null &
        process=$!
        moment
        kill -KILL "$process"
        wait "$process"
        for ((wait = 0; wait < 300; wait++)); do
            [ "$(ranks)" != 0 ] || break
            sleep 0.1
        done
        [ $wait -lt 300 ] || fault "the launcher is killed: ranks go on for half a minute"
        judge "the launcher is killed" 0 0
    done
    row "launcher killed" "$((rounds > 5 ? 5 : rounds - 1)) random moments; no rank is left, outputs are whole"
    clean
    timeout -k 2 60 "$launcher" -n 1 "$program" "${train[@]}" --hang-timeout 2 : -n 1 bash -c 'echo $$ >stopped; kill -STOP $$; exec "$@"' _ \
        "$program" "${train[@]}" --hang-timeout 2 >out.text 2>err </dev/null
    judge "a rank stands still before MPI is up" "$?" 6
    kill -KILL "$(<stopped)"
    row "rank stopped before MPI_Init" "1"
fi
exit $failed

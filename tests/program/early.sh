#!/usr/bin/env bash
# Signals that come early: while the program reads its line, starts itself anew, and while MPI starts. A command that can be
# stopped is, with code 75; the others end as programs do.
#   early.sh [--tries N] [--seed N]     N moments within the first 1.5 s, alone and under mpirun (4 by default)
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
has_faults || { echo "SKIPPED: this build has no fault points"; exit 77; }

tries=4 seed=1
while [ $# -gt 0 ]; do
    case $1 in
    --tries) tries=$2 ;;
    --seed) seed=$2 ;;
    *) echo "unknown argument $1" && exit 2 ;;
    esac
    shift 2
done
RANDOM=$seed

"$LOCKSTEP_MAKE_DATA" "$work/few.h5" 64 8
job 0 train "$work/few.h5" --layers "1 sigmoid" --epochs 1 --output "$work/model"
cd "$work"

# Whether each rank lets this signal wait, or catches it.
expects() { # SIGNAL RANKS
    local id fields count=0
    while read -r id _; do
        fields=$(sed -n 's/^Sig\(Blk\|Cgt\):[[:space:]]*/0x/p' "/proc/$id/status" | paste -sd '|') || return 1
        [ $(((fields) >> ($(kill -l "$1") - 1) & 1)) = 1 ] || return 1
        count=$((count + 1))
    done < <(rank_processes)
    [ "$count" = "$2" ]
}

# Whether each rank waits for a line of the named pipe.
reads() { # RANKS
    local id link count=0
    while read -r id _; do
        for link in "/proc/$id/fd/"*; do
            [ "$(readlink "$link")" != "$work/pipe" ] || count=$((count + 1))
        done
    done < <(rank_processes)
    [ "$count" = "$1" ]
}

# Into the background, as a process group of its own, so that it minds SIGINT.
start() { # RANKS ARGUMENTS...
    local ranks=$1 launch=()
    shift
    [ "$ranks" = 0 ] || launch=("$mpiexec" -n "$ranks")
    set -m
    LOCKSTEP_TEST=$work "${launch[@]}" "$LOCKSTEP" "$@" >out 2>err </dev/null 9>&- &
    set +m
    pid=$!
}

end() {
    code=0
    wait "$pid" 2>/dev/null || code=$?
}

# held NAME SIGNAL CODE LINE ARGUMENTS...: the signal comes while the command waits for its first configuration file; the
# second has this LINE. Threads there make some builds start anew.
held() {
    local name="$1, SIG$2, $4" signal=$2 expected=$3 line=$4
    shift 4
    rm -rf pipe run
    mkfifo pipe
    echo "$line" >conf
    exec 9<>pipe
    start 0 "$@" --config pipe --config conf
    wait_until reads 1 || bad "$name: begins" "$(<err)" "ranks that read"
    kill "-$signal" "$pid" || true
    sleep 0.1
    : >none
    mv none pipe # for a start anew
    exec 9>&-
    end
    check "$name" "$code" "$expected"
}

# held_ranks SIGNAL LINE ARGUMENTS...: two ranks, which read no pipe, get it while they begin their threads: MPI is up, and there
# is no context yet.
held_ranks() {
    local name="train, SIG$1, 2 ranks, $2" signal=$1
    echo "$2" >conf
    shift 2
    rm -rf run
    LOCKSTEP_FAULT="threads:*:sleep" start 2 "$@" --config conf
    wait_until expects "$signal" 2 || bad "$name: begins" "$(<err)" "ranks that expect it"
    kill "-$signal" "$pid" || true
    end
    check "$name" "$code" 75
}

train=(train few.h5 --layers "1 sigmoid" --output run)
before="stopped on request before training began; nothing was changed, start again in the same way"
for signal in USR1 USR2 TERM INT; do
    held train $signal 75 "threads = 1" "${train[@]}"
    check "train, SIG$signal: says so" "$(tail -n 1 err)" "$before"
    check "train, SIG$signal: leaves nothing" "$(ls -d run 2>/dev/null || true)" ""
done
held train USR1 75 "threads = 3" "${train[@]}"
held_ranks USR1 "threads = 1" "${train[@]}"
held_ranks USR1 "threads = 2" "${train[@]}"
check "train, 2 ranks: says so once" "$(grep -cx "$before" err)" 1
held evaluate USR1 75 "threads = 1" evaluate model few.h5
held predict TERM 75 "threads = 1" predict model few.h5 --output p.h5
held "a wrong line" USR1 138 "nonsense = x" "${train[@]}" # there is nothing to stop
held info USR1 138 "threads = 1" info model
held info TERM 143 "threads = 1" info model
held info INT 130 "threads = 1" info model

# At any moment once the program is loaded: what comes before that ends it, as any program.
pause=step:0:sleep:1 # five seconds, or until a signal comes
for ((i = 0; i < tries; i++)); do
    for ranks in 0 2; do
        signal=USR1
        [ $((RANDOM >> 8 & 1)) = 0 ] || signal=TERM
        delay=$((RANDOM % 1500)) # milliseconds
        [ $((i % 2)) = 0 ] || delay=$((delay % 100))
        name="SIG$signal after $delay ms, $ranks ranks"
        rm -rf run
        LOCKSTEP_FAULT=$pause start "$ranks" "${train[@]}" --epochs 1000 --checkpoint-every never --threads $((1 + RANDOM % 2))
        wait_until expects $signal $((ranks > 0 ? ranks : 1)) || bad "$name: begins" "$(<err)" "ranks that expect it"
        sleep "$(printf '0.%03d' "$((delay % 1000))")"
        [ "$delay" -lt 1000 ] || sleep 1
        kill "-$signal" "$(rank_processes | shuf -n 1 | cut -d ' ' -f 1)" || true
        end
        check "$name: code" "$code" 75
        check_contains "$name: says so" "$(<err)" "stopped on request"
    done
done
finish

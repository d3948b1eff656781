#!/usr/bin/env bash
# Ranks on several hosts that have a network between them (scripts/hosts.sh: network namespaces of this machine): the line
# that tells of them, the bits of a run alone by every scheme, stopped and lost ranks, and going on elsewhere.
#
#   hosts.sh [--all]
#
# Without --all a few placements. Skipped where namespaces cannot be made, which needs root. A placement is the number of
# ranks on each host.
set -euo pipefail
# shellcheck source=tests/program/lib.sh
. "$(dirname "$0")/lib.sh"
make_hosts=$(cd "$(dirname "$0")/../../scripts" && pwd)/hosts.sh
if ! why=$(MPIEXEC=$mpiexec "$make_hosts" --possible 2>&1); then
    echo "SKIPPED: no hosts can be made here: $(tail -n 1 <<<"$why")"
    exit 77
fi
# hosts.sh ends its hosts when it is told to; killed, it could not.
trap 'kill "${maker:-none}" 2>/dev/null && wait "$pid" || true; clean_up' EXIT

placements=("1,2,1,2 auto" "1,1,2 auto")
if [ "${1:-}" = --all ]; then
    few="auto direct halving doubling buckets"
    placements=("1,1 $few" "2,2 $few" "1,3 $few" "1,1,2 $few" "4,4 $few" "2,3,3 $few" "2,2,2,2 $few" "1,3,2,2 $few"
        "1,2,1,2 auto direct grouped" "3,3 auto direct grouped" "2,3,1 auto direct grouped" "1,1,1 auto direct" "4,8 auto direct grouped")
fi
cd "$work"
recipe=(train "$LOCKSTEP_DATA/digits.h5" --layers "300 relu, dropout 0.2, 64 tanh, 10 softmax" --normalize standard --batch-size 128
    --shards 16 --epochs 3 --checkpoint-every "5 steps" --threads 1 --hang-timeout 240)

# launch PLACEMENT OPTIONS...: the recipe into ./run in the background: $pid is its process, $maker that of hosts.sh.
launch() {
    MPIEXEC=$mpiexec LOCKSTEP_TEST=$work timeout -k 30 "$limit" "$make_hosts" --rate none --ranks "$1" \
        "$LOCKSTEP" "${recipe[@]}" --output run "${@:2}" >out 2>err </dev/null &
    pid=$!
    wait_until find_maker || bad "$1: begins" "$(<err)" "hosts.sh below timeout"
}

# Its process, which is in the names of the hosts.
find_maker() {
    maker=$(pgrep -P "$pid" -f "$make_hosts" | head -n 1)
    [ -n "$maker" ]
}

end() {
    code=0
    wait "$pid" || code=$?
}

on_hosts() { # PLACEMENT OPTIONS...
    launch "$@"
    end
}

# What a line says of a placement.
hosts_line() { # PLACEMENT
    local counts alike count
    IFS=, read -r -a counts <<<"$1"
    alike=yes
    for count in "${counts[@]}"; do [ "$count" = "${counts[0]}" ] || alike=no; done
    if [ $alike = no ]; then
        echo "${#counts[@]} hosts with ${1//,/, } ranks (uneven) x 1 thread"
    elif [ "${counts[0]}" = 1 ]; then
        echo "${#counts[@]} hosts x 1 rank x 1 thread"
    else
        echo "${#counts[@]} hosts x ${counts[0]} ranks x 1 thread"
    fi
}

job 0 "${recipe[@]}" --output whole
unbroken=$(digests whole)

for line in "${placements[@]}"; do
    read -r placement schemes <<<"$line"
    for scheme in $schemes; do
        rm -rf run
        on_hosts "$placement" --reduction "$scheme"
        if [ "$code" != 0 ]; then
            bad "$placement, $scheme: code" "$code, $(tail -n 5 err)" 0
            continue
        fi
        check_contains "$placement, $scheme: says where" "$(grep " hosts " err)" "$(hosts_line "$placement")"
        check "$placement, $scheme" "$(digests run)" "$unbroken"
    done
done

check "no host is left" "$(ip netns list | grep "^lockstep$maker" || true)" ""

if ! has_faults; then
    finish
    exit
fi

# Processes of the ranks on one host.
ranks_on() { # HOST
    local id
    for id in $(ip netns pids "$1"); do
        [ ! "/proc/$id/exe" -ef "$LOCKSTEP" ] || echo "$id"
    done
}

has_checkpoint() {
    compgen -G "run/checkpoints/step-*10.h5"
}

# paused PLACEMENT OPTIONS...: in front of step 13, behind the checkpoint of step 10, rank 1 waits for a signal, or five
# seconds. It is on the second host, so that nobody else keeps the others waiting when that one is stopped.
paused() {
    rm -rf run
    LOCKSTEP_FAULT=step:1:sleep:13 launch "$@"
    wait_until has_checkpoint || bad "$1: begins" "$(<err)" "a checkpoint"
}

# goes_on NAME PLACEMENT: from a checkpoint to the bits of an unbroken run.
goes_on() {
    on_hosts "$2" --resume
    check "$1: goes on with $2" "$code $(grep -c 'resuming from' err) $(digests run)" "0 1 $unbroken"
    check "$1: nobody is left" "$(wait_until nobody || leftovers)" ""
}

# Stopped: the launcher passes SIGUSR1 on to all hosts.
paused 1,2,1,2
kill -USR1 "$maker"
end
check "stopped: code" "$(launcher_code 75)" 75
check_contains "stopped: says so" "$(<err)" "state saved, go on with --resume"
goes_on stopped 1,1,2

# All ranks of a host stand still: the first to give up names one of them, and the host.
paused 1,2,1,2 --hang-timeout 8
mapfile -t stopped < <(ranks_on "lockstep${maker}b")
check "a host stands still: its ranks" "${#stopped[@]}" 2
[ ${#stopped[@]} -eq 0 ] || kill -STOP "${stopped[@]}"
end
check "a host stands still: code" "$code" 6
check_contains "a host stands still: names it" "$(error_lines)" " on lockstep${maker}b"
check "a host stands still: and no other" "$(error_lines | grep -v " on lockstep${maker}b")" "" # where cores lack, a second rank says it
goes_on "a host stands still" 3,1

if [ "${1:-}" = --all ]; then
    # A rank is lost: the launcher ends the others.
    paused 1,1,2
    mapfile -t lost < <(ranks_on "lockstep${maker}c")
    kill -9 "${lost[1]}" || true
    end
    check "a rank is lost: fails" "$([ "$code" != 0 ] && [ "$code" != 124 ] && echo yes || echo "code $code")" yes
    goes_on "a rank is lost" 1,2,1,2

    # The network of a host is gone: Open MPI finds out by keepalive, which must come before the ranks give up, or mpirun waits for
    # that host. Ranks of MPICH do not use this network (scripts/hosts.sh).
    if ! is_hydra; then
        export {OMPI,PRTE}_MCA_oob_tcp_keepalive_{time,intvl}=1 {OMPI,PRTE}_MCA_oob_tcp_keepalive_probes=3
        paused 1,2,1,2 --hang-timeout 60
        ip -n "lockstep${maker}b" link set link0 down
        end
        check "a network is gone: ends" "$([ "$code" != 124 ] && echo yes)" yes # Open MPI 5 with 0
        check "a network is gone: has no model" "$(ls run/model.weights.h5 2>/dev/null || true)" ""
        goes_on "a network is gone" 3,1
    fi
fi
finish

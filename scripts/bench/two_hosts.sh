#!/usr/bin/env bash
# mpirun over two "hosts" on one machine: network namespaces with a host name each, joined by a link of limited speed.
#
#   two_hosts.sh [--rate 1gbit] [--delay 0.1ms] [--bytes FILE] -n RANKS PROGRAM ARGUMENTS...
#
# Even numbers of ranks, half of them on each host, TCP between them. The bytes that each host has sent go to FILE,
# launcher's and TCP's included. Open MPI only; needs root, iproute2 and util-linux. The delay (each way) needs the
# kernel's netem; without it the link has its rate and a few microseconds of its own, and this script says so. The
# namespaces are removed at the end, also when interrupted.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/../lib.sh"

rate=1gbit delay=0.1ms bytes='' ranks=''
while [ $# -gt 0 ]; do
    case $1 in
    --rate) rate=$2 ;;
    --delay) delay=$2 ;;
    --bytes) bytes=$2 ;;
    -n) ranks=$2 ;;
    *) break ;;
    esac
    shift 2
done
if [ -z "$ranks" ] || [ $# -eq 0 ]; then
    fail "usage: two_hosts.sh [--rate R] [--delay D] [--bytes FILE] -n RANKS PROGRAM ARGUMENTS..."
fi
[ $((ranks % 2)) = 0 ] || fail "$ranks ranks cannot be shared by two hosts"
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
for tool in ip tc unshare mpirun; do
    command -v "$tool" >/dev/null || fail "$tool not found (Debian: iproute2, util-linux, openmpi-bin)"
done

hosts=("lockstep$$a" "lockstep$$b")
addresses=(10.77.0.1 10.77.0.2)
work=$(mktemp -d)
job=''

# Only what runs in the two namespaces is ours to end.
clean_up() {
    local host pids
    trap - EXIT INT TERM
    if [ -n "$job" ]; then
        disown "$job" # or the shell would tell that it was killed
        kill "$job" 2>/dev/null || true
    fi
    for host in "${hosts[@]}"; do
        mapfile -t pids < <(ip netns pids "$host" 2>/dev/null)
        [ ${#pids[@]} -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || true
        ip netns del "$host" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for host in "${hosts[@]}"; do
    ip netns add "$host"
    ip -n "$host" link set lo up
done
ip -n "${hosts[0]}" link add link0 type veth peer name link0 netns "${hosts[1]}"
for i in 0 1; do
    ip -n "${hosts[i]}" address add "${addresses[i]}/24" dev link0
    ip -n "${hosts[i]}" link set link0 up
    shape=(ip netns exec "${hosts[i]}" tc qdisc add dev link0 root)
    if ! "${shape[@]}" netem delay "$delay" rate "$rate" limit 10000 2>/dev/null; then
        [ "$i" = 1 ] || say "two_hosts.sh: no netem in this kernel; the link has its rate but no delay"
        "${shape[@]}" tbf rate "$rate" burst 256kb latency 50ms
    fi
done

# What mpirun takes for ssh: the address is a namespace.
cat >"$work/shell" <<END
#!/usr/bin/env bash
case \$1 in
${addresses[0]}) host=${hosts[0]} ;;
*) host=${hosts[1]} ;;
esac
shift
exec ip netns exec "\$host" unshare --uts bash -c "hostname \$host; \$*"
END
chmod +x "$work/shell"

sent() {
    ip netns exec "$1" cat /sys/class/net/link0/statistics/tx_bytes
}

set_mpi_environment
network=10.77.0.0/24
# shellcheck disable=SC2016
ip netns exec "${hosts[0]}" unshare --uts bash -c 'hostname "$0"; exec "$@"' "${hosts[0]}" \
    mpirun --mca plm_rsh_agent "$work/shell" --mca btl_tcp_if_include $network --mca oob_tcp_if_include $network \
    --host "${addresses[0]}:$((ranks / 2)),${addresses[1]}:$((ranks / 2))" -n "$ranks" "$@" &
job=$!
code=0
wait "$job" || code=$?
job=''
if [ -n "$bytes" ]; then
    printf '%s %s\n' "$(sent "${hosts[0]}")" "$(sent "${hosts[1]}")" >"$bytes"
fi
[ "$code" = 0 ] || exit "$code"

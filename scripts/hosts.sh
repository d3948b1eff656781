#!/usr/bin/env bash
# mpirun over several "hosts" on one machine: network namespaces with a host name each, joined by links of limited speed.
#
#   hosts.sh [--ranks 1,2,1,2] [--rate 1gbit] [--delay 0.1ms] [--bytes FILE] PROGRAM ARGUMENTS...
#   hosts.sh [...] -n RANKS PROGRAM ARGUMENTS...       two hosts with half of them each
#   hosts.sh --possible                                only says, by its exit code, whether that can be done here
#
# TCP between the hosts, which are called lockstep<PROCESS>a, ...b and so on, by the process number of this script; two are
# joined directly, more by a switch. The bytes that each host has sent go to FILE, launcher's and TCP's included. The delay
# (each way) needs the kernel's netem; without it the links have their rate and a few microseconds of their own, and this
# script says so. --rate none: as fast as the machine.
#
# The launcher is $MPIEXEC, or mpirun: of Open MPI 4 or 5, or MPICH. The latter's UCX sees that all is one machine, and passes
# messages through its memory, but for UCX_TLS=self,tcp (with which MPICH 4.0 may hang in MPI_Finalize). Needs root, iproute2 and util-linux. SIGUSR1 is passed on
# to it. The namespaces, and all that runs in them, are gone at the end, also when interrupted.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

rate=1gbit delay=0.1ms bytes='' ranks='' possible=''
mpiexec=${MPIEXEC:-mpirun}
while [ $# -gt 0 ]; do
    case $1 in
    --ranks) ranks=$2 ;;
    --rate) rate=$2 ;;
    --delay) delay=$2 ;;
    --bytes) bytes=$2 ;;
    -n)
        [ $(($2 % 2)) = 0 ] || fail "$2 ranks cannot be shared by two hosts"
        ranks=$(($2 / 2)),$(($2 / 2))
        ;;
    --possible)
        possible=yes rate=none ranks=1,1
        break
        ;;
    *) break ;;
    esac
    shift 2
done
IFS=, read -r -a counts <<<"$ranks"
if [ ${#counts[@]} -lt 2 ] || [ ${#counts[@]} -gt 26 ] || [ $# -eq 0 ]; then
    fail "usage: hosts.sh [--ranks 1,2,1,2 | -n RANKS] [--rate R] [--delay D] [--bytes FILE] PROGRAM ARGUMENTS..., 2 to 26 hosts"
fi
[ "$(id -u)" = 0 ] || fail "network namespaces need root"
for tool in ip unshare "$mpiexec"; do
    command -v "$tool" >/dev/null || fail "$tool not found (Debian: iproute2, util-linux, openmpi-bin)"
done
case $("$mpiexec" --version) in
*HYDRA*) flavour=hydra ;;
*"(Open MPI) 5"* | *"(OpenRTE) 5"* | *prrte*) flavour=prrte ;;
*"Open MPI"* | *OpenRTE*) flavour=orte ;;
*) fail "$mpiexec is neither Open MPI's nor MPICH's" ;;
esac

network=10.77.0
switch=lockstep$$-switch
hosts=()
for ((i = 0; i < ${#counts[@]}; i++)); do
    letter=$(printf '%b' "\\x$(printf %x $((97 + i)))")
    hosts+=("lockstep$$$letter")
done
work=$(mktemp -d)
job=''

# Only what runs in the namespaces is ours to end.
clean_up() {
    local host pids
    trap - EXIT
    trap '' INT TERM USR1 # whoever sends one to the whole group, as timeout does, sends this process two
    if [ -n "$job" ]; then
        disown "$job" # or the shell would tell that it was killed
        kill "$job" 2>/dev/null || true
    fi
    for host in "${hosts[@]}" "$switch"; do
        mapfile -t pids < <(ip netns pids "$host" 2>/dev/null)
        [ ${#pids[@]} -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || true
        ip netns del "$host" 2>/dev/null || true
        rm -rf "/etc/netns/$host"
    done
    rmdir /etc/netns 2>/dev/null || true # other hosts may be in it
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What a link sends is delayed and slowed down where it leaves its host.
shape() { # HOST
    local discipline=(ip netns exec "$1" tc qdisc add dev link0 root)
    [ "$rate" != none ] || return 0
    if ! "${discipline[@]}" netem delay "$delay" rate "$rate" limit 10000 2>/dev/null; then
        [ "$1" != "${hosts[0]}" ] || say "hosts.sh: no netem in this kernel; the links have their rate but no delay"
        "${discipline[@]}" tbf rate "$rate" burst 256kb latency 50ms
    fi
}

[ "$rate" = none ] || command -v tc >/dev/null || fail "tc not found (Debian: iproute2)"
for host in "${hosts[@]}"; do
    ip netns add "$host"
    ip -n "$host" link set lo up
done
if [ ${#hosts[@]} -eq 2 ]; then
    ip -n "${hosts[0]}" link add link0 type veth peer name link0 netns "${hosts[1]}"
else
    ip netns add "$switch"
    ip -n "$switch" link add switch0 type bridge
    ip -n "$switch" link set switch0 up
fi
list=''
for i in "${!hosts[@]}"; do
    host=${hosts[i]}
    if [ ${#hosts[@]} -gt 2 ]; then
        ip -n "$host" link add link0 type veth peer name "port$i" netns "$switch"
        ip -n "$switch" link set "port$i" master switch0 up
    fi
    ip -n "$host" address add "$network.$((i + 1))/24" dev link0
    ip -n "$host" link set link0 up
    shape "$host"
    list=$list${list:+,}$host:${counts[i]}
    printf '%s %s\n' "$network.$((i + 1))" "$host" >>"$work/hosts"
done
[ -z "$possible" ] || exit 0

# By their names, since Open MPI 5 does not find the slots of hosts that it is given by their addresses. What is in this folder
# lies over /etc in the namespace.
for host in "${hosts[@]}"; do
    mkdir -p "/etc/netns/$host"
    cat /etc/hosts "$work/hosts" >"/etc/netns/$host/hosts"
done

# What mpirun takes for ssh, options in front of the host.
cat >"$work/shell" <<END
#!/usr/bin/env bash
while [[ \$1 == -* ]]; do
    shift
done
host=\$1
shift
exec ip netns exec "\$host" unshare --uts bash -c "hostname \$host; \$*"
END
chmod +x "$work/shell"

sent() {
    ip netns exec "$1" cat /sys/class/net/link0/statistics/tx_bytes
}

PRTE_MCA_rmaps_default_mapping_policy=slot # there are as many slots as ranks
set_mpi_environment
case $flavour in
orte) words=(--mca plm_rsh_agent "$work/shell" --mca oob_tcp_if_include "$network.0/24" --mca btl_tcp_if_include "$network.0/24" --host) ;;
prrte) words=(--prtemca plm_ssh_agent "$work/shell" --prtemca prte_if_include "$network.0/24" --mca btl_tcp_if_include "$network.0/24" --host) ;;
hydra) words=(-launcher ssh -launcher-exec "$work/shell" -iface link0 -hosts) ;;
esac
# shellcheck disable=SC2016
ip netns exec "${hosts[0]}" unshare --uts bash -c 'hostname "$0"; exec "$@"' "${hosts[0]}" \
    "$mpiexec" "${words[@]}" "$list" -n $((${ranks//,/+})) "$@" &
job=$!
trap 'kill -USR1 "$job" 2>/dev/null || true' USR1
code=0
wait "$job" || code=$?
while [ "$code" -gt 128 ] && kill -0 "$job" 2>/dev/null; do # a signal that is passed on ends the wait, but not the job
    code=0
    wait "$job" || code=$?
done
job=''
if [ -n "$bytes" ]; then
    for host in "${hosts[@]}"; do sent "$host"; done | paste -sd ' ' >"$bytes"
fi
[ "$code" = 0 ] || exit "$code"

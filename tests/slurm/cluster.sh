# shellcheck shell=bash
# A Slurm of one node for as long as a script runs: munged, slurmctld and slurmd under one directory, with ports and a key of
# their own, beside whatever Slurm the machine has. Sourced, not run.
#
#   cluster_start DIRECTORY     0: jobs can be submitted; 77: it says why there is no cluster
#   cluster_has_mpi VERSION     likewise, whether srun can start ranks of this program
#   cluster_stop                ends jobs and daemons; nothing is left running
#   state JOB                   COMPLETED, FAILED, ...
#   wait_for JOB STATE...       until the job has one of these states
#   tell_cluster                the ends of the logs
#
# A job that is requeued waits cred_expire seconds before it starts again, 120 elsewhere. GraceTime is short, and so is
# KillWait, the time between SIGTERM and SIGKILL.

cluster=
daemons=()
# How long anything may take: other work on the machine may make all of this many times slower.
patience=240

skip() {
    echo "SKIPPED: $*"
    return 77
}

# A daemon in the foreground of its own, so that its process is known.
cluster_daemon() { # COMMAND...
    "$@" >>"$cluster/log/daemons" 2>&1 </dev/null &
    daemons+=($!)
}

cluster_configure() { # HOST PORT
    cat >"$cluster/slurm.conf" <<END
ClusterName=lockstep
SlurmctldHost=$1(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$2
SlurmdPort=$(($2 + 1))
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$cluster/munge/socket,cred_expire=5
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc=$cluster/log/jobs
JobRequeue=1
KillWait=5
MinJobAge=3600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=1
NodeName=$1 NodeAddr=127.0.0.1 CPUs=6 State=UNKNOWN
PartitionName=low Nodes=$1 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=8
PartitionName=high Nodes=$1 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
END
}

node_is_idle() {
    [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]
}

until_true() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

is_taken() { # PORT
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

cluster_start() { # DIRECTORY
    local program host port
    cluster=$1
    for program in munged slurmctld slurmd; do
        PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null ||
            skip "no $program (Debian: slurm-wlm, munge)" || return
    done
    PATH=$PATH:/usr/sbin:/sbin
    mkdir -p "$cluster"/{munge,state,spool,log}
    chmod 755 "$cluster" "$cluster/munge" # munged's clients must reach the socket
    (umask 077 && head -c 128 /dev/urandom >"$cluster/munge/key")
    host=$(hostname -s)
    port=$((20000 + $$ % 4000 * 3))
    while is_taken $port || is_taken $((port + 1)); do port=$((port + 2)); done
    export SLURM_CONF=$cluster/slurm.conf
    cluster_configure "$host" "$port"
    cluster_daemon munged --foreground --force --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
        --pid-file="$cluster/munge/pid" --log-file="$cluster/log/munged" --seed-file="$cluster/munge/seed"
    until_true 30 test -S "$cluster/munge/socket" || cluster_fails "munged does not start" || return
    cluster_daemon slurmctld -D
    cluster_daemon slurmd -D
    until_true 60 node_is_idle || cluster_fails "slurmctld and slurmd do not start" || return
}

# cluster_has_mpi VERSION: chooses how srun starts ranks of this program, and tries it.
cluster_has_mpi() {
    export SLURM_MPI_TYPE=pmix
    [[ $1 != *MPICH* ]] || SLURM_MPI_TYPE=pmi2
    timeout 120 srun --ntasks 2 true 2>"$cluster/log/srun" || cluster_fails "srun --mpi=$SLURM_MPI_TYPE does not work" || return
}

cluster_fails() { # WHY
    tell_cluster
    cluster_stop
    skip "$1 here (see above)"
}

# Jobs first, since what slurmd has started outlives it.
cluster_stop() {
    local id
    [ ${#daemons[@]} -gt 0 ] || return 0
    scancel --state=PENDING --quiet 2>/dev/null || true
    scancel --quiet 2>/dev/null --user "$(id -un)" || true
    until_true 20 no_jobs || scancel --signal=KILL --full --user "$(id -un)" --quiet 2>/dev/null || true
    for id in "${daemons[@]}"; do
        kill "$id" 2>/dev/null || true
    done
    for id in "${daemons[@]}"; do
        wait "$id" 2>/dev/null || true
    done
    daemons=()
}

no_jobs() {
    local jobs
    jobs=$(squeue -h 2>/dev/null) || return 0 # nobody answers
    [ -z "$jobs" ]
}

tell_cluster() {
    tail -n 30 "$cluster"/log/* 2>/dev/null || true
}

# ---- jobs ----

# One word of what Slurm knows of a job (or of a task of an array, JOB_TASK).
job_word() { # JOB WORD
    scontrol show job --oneliner "$1" 2>/dev/null | head -n 1 | tr ' ' '\n' | sed -n "s/^$2=//p"
}

state() { # JOB
    job_word "$1" JobState
}

has_state() { # JOB STATE...
    local found word
    found=$(state "$1")
    for word in "${@:2}"; do
        [ "$found" != "$word" ] || return 0
    done
    return 1
}

wait_for() { # JOB STATE...
    until_true "$patience" has_state "$@"
}

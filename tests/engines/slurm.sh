#!/usr/bin/env bash
# A Slurm of one node for the tests: Debian's packages, no systemd, loopback only.
#
#     tests/engines/slurm.sh install|installed|start|stop|env|stop-node|start-node
#
# Everything but the packages lies in $HIGGSFLOW_ENGINES/slurm. Each command may be repeated.
set -euo pipefail
engine=slurm
source "$(dirname "${BASH_SOURCE[0]}")/daemons.sh"

home=${HIGGSFLOW_ENGINES:-/tmp/higgsflow-engines}/slurm
port=${HIGGSFLOW_SLURM_PORT:-17817} # and the three after it
slots=${HIGGSFLOW_ENGINE_SLOTS:-4}
node=$(hostname -s)
socket=$home/munge/socket
export SLURM_CONF=$home/etc/slurm.conf

install() {
    need slurmctld slurmd slurm-client slurmdbd munge mariadb-server-core mariadb-client-core
}

configure() {
    mkdir -p "$home"/{etc,log,state,spool,munge,sql}
    chmod 755 "$home" "$home"/{etc,log}
    chmod 700 "$home/state"
    [ -s "$home/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$home/munge/key")
    cat >"$home/etc/slurm.conf" <<CONF
ClusterName=higgsflow
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd.log
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
# neither cgroups nor affinity, which containers may lack
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
# memory is measured, and what takes more than it asked for is ended
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
# a database of its own, since sacct is what tells how a job ended on a real cluster
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$socket
# jobs start at once
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0,default_queue_depth=1000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MaxJobCount=20000
KillWait=2
# soon out of squeue, so that sacct is asked
MinJobAge=10
SlurmctldTimeout=10
SlurmdTimeout=10
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=$slots Boards=1 SocketsPerBoard=1 CoresPerSocket=$slots ThreadsPerCore=1 RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
    (
        umask 077
        cat >"$home/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=root
LogFile=$home/log/slurmdbd.log
PidFile=$home/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
CONF
    )
}

sql() { mariadb --no-defaults --socket="$home/sql/socket" -uroot "$@"; }

start_database() {
    alive "$home/sql/pid" && return
    [ -d "$home/sql/data/mysql" ] ||
        mariadb-install-db --no-defaults --user=root --datadir="$home/sql/data" --skip-test-db \
            --auth-root-authentication-method=normal --innodb-log-file-size=16M \
            >"$home/log/sql-install.log" 2>&1
    setsid mariadbd --no-defaults --user=root --datadir="$home/sql/data" \
        --socket="$home/sql/socket" --pid-file="$home/sql/pid" --bind-address=127.0.0.1 \
        --port=$((port + 3)) --innodb-log-file-size=16M --innodb-buffer-pool-size=32M \
        --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0 --skip-log-bin \
        --skip-name-resolve >"$home/log/sql.log" 2>&1 </dev/null &
    wait_until 60 sql -e 'select 1'
    sql -e "create database if not exists slurm;
        create user if not exists 'slurm'@'127.0.0.1' identified by 'slurm';
        grant all on slurm.* to 'slurm'@'127.0.0.1';"
}

daemon() { # PIDFILE COMMAND...
    local pidfile=$1
    shift
    alive "$pidfile" && return
    rm -f "$pidfile"
    "$@" </dev/null >>"$home/log/${1##*/}.out" 2>&1 || { tail -q -n 5 "$home/log/${1##*/}".*; return 1; }
}

node_is_up() { sinfo -h -n "$node" -o %T | grep -Eq '^(idle|mixed|allocated)$'; }

start_node() {
    daemon "$home/slurmd.pid" slurmd -f "$SLURM_CONF"
    wait_until 20 node_is_up && return
    scontrol update NodeName="$node" State=RESUME || true
    wait_until 30 node_is_up
}

start() {
    configure
    daemon "$home/munge/pid" munged --force --key-file="$home/munge/key" --socket="$socket" \
        --pid-file="$home/munge/pid" --log-file="$home/log/munged.log" --seed-file="$home/munge/seed"
    start_database
    daemon "$home/slurmdbd.pid" slurmdbd
    wait_until 30 bash -c "exec 3<>/dev/tcp/127.0.0.1/$((port + 2))"
    # known before slurmctld asks for it the first time, which otherwise ends with an error
    timeout 20 sacctmgr -i add cluster higgsflow >/dev/null 2>&1 || true
    daemon "$home/slurmctld.pid" slurmctld -f "$SLURM_CONF"
    wait_until 30 timeout 5 scontrol ping
    start_node
    say "up: $(sinfo -h -o '%P %T %C')"
}

queue_is_empty() { [ -z "$(squeue -h)" ]; }

stop() {
    if alive "$home/slurmctld.pid"; then
        scancel --quiet --partition=main 2>/dev/null || true
        wait_until 8 queue_is_empty || true
    fi
    local pidfile
    for pidfile in slurmd.pid slurmctld.pid slurmdbd.pid sql/pid munge/pid; do
        end_daemon "$home/$pidfile"
    done
}

case "${1:-}" in
    install) install ;;
    installed) command -v slurmctld >/dev/null && command -v munged >/dev/null ;;
    start) start ;;
    stop) stop ;;
    env) printf 'export SLURM_CONF=%q\n' "$SLURM_CONF" ;;
    start-node) start_node ;;
    stop-node) end_daemon "$home/slurmd.pid" ;;
    *) echo "usage: $0 install|installed|start|stop|env|stop-node|start-node" >&2; exit 2 ;;
esac

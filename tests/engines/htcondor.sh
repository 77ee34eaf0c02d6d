#!/usr/bin/env bash
# An HTCondor pool of one machine for the tests: no systemd, loopback only.
#
#     tests/engines/htcondor.sh install|installed|start|stop|env|stop-node|start-node
#
# Debian 12 has no package of it: that of Debian 13 and the libraries it needs are unpacked into a
# folder, and its programs are told to use the libraries there. The host's own are left alone.
# Everything lies in $HIGGSFLOW_ENGINES/htcondor. Each command may be repeated.
set -euo pipefail
engine=htcondor
source "$(dirname "${BASH_SOURCE[0]}")/daemons.sh"

home=${HIGGSFLOW_ENGINES:-/tmp/higgsflow-engines}/htcondor
port=${HIGGSFLOW_HTCONDOR_PORT:-17618}
slots=${HIGGSFLOW_ENGINE_SLOTS:-4}
suite=trixie
root=$home/root
programs=$home/bin
uid=64123 # as which root appears to HTCondor, which runs no jobs of root
config=$home/condor_config
pidfile=$home/run/master.pid
clients=(submit q rm history status hold release vacate_job off on config_val)

as_somebody() {
    if [ "$(id -u)" = 0 ]; then
        unshare --user --map-user=$uid --map-group=$uid -- "$@"
    else
        "$@"
    fi
}

install() {
    [ -e "$root/installed" ] && return
    need patchelf
    # HTCondor looks its user up
    if [ "$(id -u)" = 0 ] && ! getent passwd $uid >/dev/null; then
        useradd --system --uid $uid --no-create-home --shell /bin/sh higgsflow-batch
    fi
    fetch
    rm -rf "$root"
    mkdir -p "$root"
    local package
    for package in "$home"/apt/archives/*.deb; do
        case ${package##*/} in
            perl* | libperl* | dpkg* | tar_* | passwd* | login* | tzdata* | openssl_* | debconf* | \
                adduser* | ca-certificates* | python3-* | readline-common* | fonts-* | libjs-*) ;;
            *) dpkg-deb -x "$package" "$root" ;;
        esac
    done
    adapt
    touch "$root/installed"
}

# The packages, by an apt that knows nothing of what this host has installed.
fetch() {
    local apt=$home/apt mirror options
    mkdir -p "$apt"/{lists,archives}/partial
    : >"$apt/status"
    : >"$apt/nothing"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m 1 '/debian/*$')
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" \
        >"$apt/sources.list"
    options=(
        Dir::State="$apt" Dir::State::lists="$apt/lists" Dir::State::status="$apt/status"
        Dir::Cache="$apt" Dir::Cache::archives="$apt/archives"
        Dir::Etc::sourcelist="$apt/sources.list" Dir::Etc::sourceparts="$apt/nothing"
        Dir::Etc::preferences="$apt/nothing" Dir::Etc::preferencesparts="$apt/nothing"
        APT::Install-Recommends=false APT::Sandbox::User=root Acquire::Languages=none
        Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    )
    options=("${options[@]/#/-o}")
    apt-get "${options[@]}" -qq update
    apt-get "${options[@]}" -qq -y install --download-only condor >"$apt/log" 2>&1
}

# A loader and a path of libraries in each program. Unlike a runpath, an rpath also serves the
# libraries of libraries; unlike a variable, jobs do not inherit it.
adapt() {
    local libraries=$root/usr/lib/x86_64-linux-gnu program
    find "$root"/usr/{bin,sbin,libexec/condor} -type f -name 'condor_*' -print0 |
        while IFS= read -r -d '' program; do
            patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue
            patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath \
                --set-rpath "$root/usr/lib:$libraries:$libraries/condor" "$program"
        done
}

write_clients() {
    mkdir -p "$programs"
    local name real prefix=
    [ "$(id -u)" != 0 ] || prefix="unshare --user --map-user=$uid --map-group=$uid -- "
    for name in "${clients[@]}"; do
        real=$root/usr/bin/condor_$name
        [ -e "$real" ] || real=$root/usr/sbin/condor_$name
        printf '#!/bin/sh\nexport CONDOR_CONFIG="${CONDOR_CONFIG:-%s}"\nexec %s"%s" "$@"\n' \
            "$config" "$prefix" "$real" >"$programs/condor_$name"
        chmod 755 "$programs/condor_$name"
    done
}

configure() {
    mkdir -p "$home"/{log,spool,execute,lock,run}
    chmod 755 "$home" "$home"/{log,spool,execute,lock,run}
    cat >"$config" <<CONF
RELEASE_DIR = $root/usr
LOCAL_DIR = $home
LOG = $home/log
SPOOL = $home/spool
EXECUTE = $home/execute
LOCK = $home/lock
RUN = $home/run
BIN = $root/usr/bin
SBIN = $root/usr/sbin
LIBEXEC = $root/usr/libexec/condor
LIB = $root/usr/lib/condor
SHARE = $root/usr/share/condor
LOCAL_CONFIG_FILE =
LOCAL_CONFIG_DIR =
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD STARTD
# loopback only, through one port
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:$port
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
USE_SHARED_PORT = True
SHARED_PORT_PORT = $port
DAEMON_SOCKET_DIR = $home/lock/s
FULL_HOSTNAME = localhost
NO_DNS = True
DEFAULT_DOMAIN_NAME = local
UID_DOMAIN = local
FILESYSTEM_DOMAIN = local
TRUST_UID_DOMAIN = True
SOFT_UID_DOMAIN = True
# one account, one host
SEC_DEFAULT_AUTHENTICATION = PREFERRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, CLAIMTOBE
SEC_DEFAULT_ENCRYPTION = OPTIONAL
SEC_DEFAULT_INTEGRITY = OPTIONAL
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADMINISTRATOR = *
ALLOW_ADVERTISE_MASTER = *
ALLOW_ADVERTISE_SCHEDD = *
ALLOW_ADVERTISE_STARTD = *
# slots that are there from the beginning match fastest
NUM_CPUS = $slots
MEMORY = 16000
NUM_SLOTS = $slots
NUM_SLOTS_TYPE_1 = $slots
SLOT_TYPE_1 = cpus=1
SLOT_TYPE_1_PARTITIONABLE = False
START = True
SUSPEND = False
PREEMPT = False
KILL = False
RANK = 0
WANT_SUSPEND = False
WANT_VACATE = False
CONTINUE = True
MACHINE_RESOURCE_NAMES =
STARTD_CRON_JOBLIST =
BENCHMARKS_JOBLIST =
RunBenchmarks = False
# nothing waits longer than it must
NEGOTIATOR_INTERVAL = 1
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
NEGOTIATOR_INFORM_STARTD = False
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
SCHEDD_INTERVAL_TIMESLICE = 1
UPDATE_INTERVAL = 5
STARTER_UPDATE_INTERVAL = 3
STARTER_INITIAL_UPDATE_INTERVAL = 1
SHADOW_QUEUE_UPDATE_INTERVAL = 3
POLLING_INTERVAL = 1
PERIODIC_EXPR_INTERVAL = 3
MAX_PERIODIC_EXPR_INTERVAL = 5
# a node that went away while a job was sent there is waited for so many seconds
JOB_DEFAULT_LEASE_DURATION = 120
CLAIM_WORKLIFE = 1200
JOB_START_COUNT = 50
JOB_START_DELAY = 0
JOB_STOP_COUNT = 50
JOB_STOP_DELAY = 0
MAX_JOBS_RUNNING = $((slots * 4))
KILLING_TIMEOUT = 5
MachineMaxVacateTime = 5
SHUTDOWN_GRACEFUL_TIMEOUT = 10
MAX_HISTORY_LOG = 50000000
HISTORY = $home/spool/history
CONDOR_FSYNC = False
# neither cgroups nor containers, nor changes to the host
BASE_CGROUP =
CGROUP_MEMORY_LIMIT_POLICY = none
DISCARD_SESSION_KEYRING_ON_STARTUP = False
SENDMAIL = /bin/true
MAIL = /bin/true
CONDOR_ADMIN =
SINGULARITY = /bin/false
DOCKER =
ENABLE_KERNEL_TUNING = False
LINUX_KERNEL_TUNING_SCRIPT =
CONF
}

has_slots() { [ "$("$programs/condor_status" -af Name | wc -l)" -ge 1 ]; }

start() {
    configure
    write_clients
    if ! alive "$pidfile"; then
        rm -f "$pidfile"
        CONDOR_CONFIG=$config as_somebody setsid "$root/usr/sbin/condor_master" -pidfile "$pidfile" \
            </dev/null >>"$home/log/master.out" 2>&1
    fi
    wait_until 60 has_slots || { tail -n 5 "$home"/log/*Log; return 1; }
    wait_until 60 "$programs/condor_q" -totals
    say "up: $("$programs/condor_status" -af Name | wc -l) slots"
}

stop() {
    alive "$pidfile" || return 0
    timeout 10 "$programs/condor_rm" -all >/dev/null 2>&1 || true
    end_daemon "$pidfile" QUIT
}

case "${1:-}" in
    install) install ;;
    installed) [ -e "$root/installed" ] ;;
    start) start ;;
    stop) stop ;;
    env) printf 'export CONDOR_CONFIG=%q PATH=%q:"$PATH"\n' "$config" "$programs" ;;
    start-node) "$programs/condor_on" -startd >/dev/null && wait_until 60 has_slots ;;
    stop-node) "$programs/condor_off" -fast -startd >/dev/null ;;
    *) echo "usage: $0 install|installed|start|stop|env|stop-node|start-node" >&2; exit 2 ;;
esac

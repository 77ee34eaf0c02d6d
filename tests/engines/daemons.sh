# What both engines share: apt, waiting, and daemons that are known by the file of their pid.
# Sourced by slurm.sh and htcondor.sh.

say() { echo "[$engine] $*"; }

# what a script has ended at: a daemon whose port another one has only stays away
set -E
trap 'say "failed in ${FUNCNAME[*]}" >&2' ERR

# A zombie is gone: the first process of a container often does not reap.
runs() { [ -r "/proc/$1/status" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; }
alive() { [ -s "$1" ] && runs "$(cat "$1")"; }

# wait_until SECONDS COMMAND...: tries ten times a second; 1 when it never succeeded.
wait_until() {
    local left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.1
    done
}

ended() { ! runs "$1"; }

# end_daemon PIDFILE [SIGNAL]: asks first, kills after 15 s.
end_daemon() {
    alive "$1" || { rm -f "$1"; return 0; }
    local pid
    pid=$(cat "$1")
    kill "-${2:-TERM}" "$pid"
    wait_until 15 ended "$pid" || kill -KILL "$pid"
    rm -f "$1"
}

# need PACKAGE...: installs what is missing, without starting any service of it.
need() {
    local missing=() package policy=/usr/sbin/policy-rc.d
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || { say "only root can install ${missing[*]}"; return 1; }
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt-get -o DPkg::Lock::Timeout=300 update -qq
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
        --no-install-recommends "${missing[@]}" >/dev/null
}

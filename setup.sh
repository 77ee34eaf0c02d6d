# Set-up of higgsflow. Source it in bash or zsh; it may be sourced again at any time:
#
#     source setup.sh
#
# It makes .venv when there is none, when an install was interrupted, or when setup.cfg, setup.py,
# pyproject.toml, the kernels that are compiled (higgsflow/compiled/*.pyx), the place of the checkout
# or the Python asked for have changed. It activates
# .venv, exports HIGGSFLOW_BASE, HIGGSFLOW_STORE, LAW_HOME and LAW_CONFIG_FILE, keeps law's index
# of tasks and the program's bytecode current and switches completion of law and higgsflow on. On
# failure it returns 1 and says why.
#
#   HIGGSFLOW_PYTHON   the Python (3.10 or newer, best up to 3.14) to make .venv with
#   HIGGSFLOW_STORE    where outputs go, <checkout>/store by default
#
# Whatever takes time or may fail runs in a child process, `bash setup.sh --install`, whatever the
# options of the shell that sources this file. That shell only gets variables, the functions
# `deactivate` (of the virtual environment), `_law_complete` and `_higgsflow_complete`.

if [ -z "${BASH_VERSION:-}${ZSH_VERSION:-}" ]; then
    echo "higgsflow: setup.sh needs bash or zsh; start one of them, then: source setup.sh" >&2
    return 1 2>/dev/null || exit 1
fi

# ---- the child process ---------------------------------------------------------------------

if [ -n "${BASH_VERSION:-}" ] && [ "${BASH_SOURCE[0]:-}" = "$0" ]; then
    set +eu
    set -o pipefail

    say() { echo "higgsflow: $*" >&2; }

    # The checkout: the directory of this file, however many symbolic links lead to it.
    base_of() {
        local file=$1 link
        while [ -L "$file" ]; do
            link=$(readlink "$file")
            case $link in
                /*) file=$link ;;
                *) file=$(dirname "$file")/$link ;;
            esac
        done
        (CDPATH='' cd -P -- "$(dirname "$file")" && pwd -P)
    }

    version_of() { "$1" -E -s -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }

    # Says in one line what is wrong with an interpreter, nothing when it can make our .venv.
    fault_of() {
        local version
        version=$(version_of "$1")
        case $version in
            3.[1-9][0-9].*) ;;
            [0-9]*.[0-9]*.[0-9]*) echo "is Python $version, but 3.10 or newer is needed"; return ;;
            *) echo "is no Python that starts here"; return ;;
        esac
        "$1" -E -s -c 'import ensurepip, venv' 2>/dev/null ||
            echo "cannot make virtual environments (on Debian: apt-get install python3-venv)"
    }

    # The packages are made for this one and those before. A newer one is taken where there is no other.
    newest=3.14
    is_newer() {
        local version
        version=$(version_of "$1")
        case $version in
            3.[1-9][0-9].*) version=${version#3.}; [ "${version%%.*}" -gt "${newest#3.}" ] ;;
            *) return 1 ;;
        esac
    }

    # Where a Python may be, best first, one a line. Found means nothing yet: the reader tries it.
    candidates() {
        local minor name
        command -v python3
        for minor in 14 13 12 11 10; do command -v "python3.$minor"; done
        for minor in 14 13 12 11 10; do
            printf '%s\n' "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/3.$minor".*/bin/python3 | sort -rV
        done
        if [ -d /cvmfs/sft.cern.ch/lcg/views ]; then
            printf '%s\n' /cvmfs/sft.cern.ch/lcg/views/LCG_*/x86_64-el9-gcc*-opt/bin/python3 | sort -rV
        fi
        if ! type module >/dev/null 2>&1 && [ -r "${MODULESHOME:-}/init/bash" ]; then
            . "$MODULESHOME/init/bash" >/dev/null 2>&1
        fi
        if type module >/dev/null 2>&1; then
            for name in python/3.14 python/3.13 python/3.12 python/3.11 python/3.10 python3; do
                (module load "$name" >/dev/null 2>&1 && command -v python3)
            done
        fi
    }

    first_usable() {
        local candidate newer=
        while IFS= read -r candidate; do
            [ -x "$candidate" ] && [ -z "$(fault_of "$candidate")" ] || continue
            is_newer "$candidate" || { printf '%s\n' "$candidate"; return 0; }
            newer=${newer:-$candidate}
        done
        [ -n "$newer" ] && printf '%s\n' "$newer"
    }

    find_python() {
        local fault
        if [ -n "${HIGGSFLOW_PYTHON:-}" ]; then
            command -v "$HIGGSFLOW_PYTHON"
            return
        fi
        candidates 2>/dev/null | first_usable && return
        fault=$(command -v python3 >/dev/null && fault_of python3)
        say "no Python 3.10 or newer was found${fault:+ (python3 on PATH $fault)}"
        echo "  on lxplus or cvmfs: source an LCG view first; on a cluster: module load a newer python" >&2
        echo "  elsewhere: install one, then  export HIGGSFLOW_PYTHON=/path/to/python3  and source again" >&2
        return 1
    }

    # HIGGSFLOW_PYTHON is a wish that is never passed over in silence, even when .venv is there.
    check_wish() {
        local fault
        [ -n "${HIGGSFLOW_PYTHON:-}" ] || return 0
        fault=$(fault_of "$HIGGSFLOW_PYTHON")
        [ -z "$fault" ] && return 0
        say "HIGGSFLOW_PYTHON=$HIGGSFLOW_PYTHON $fault"
        echo "  name another one, or  unset HIGGSFLOW_PYTHON  to have one looked for" >&2
        return 1
    }

    # What .venv was, or is to be, made from: the stamp of an install that ran to its end.
    stamp_for() {
        "$1" -E -s -S - "$base" <<'PYTHON' 2>/dev/null
import glob, hashlib, sys
digest = hashlib.sha256(repr((sys.argv[1], sys.version_info[:2], "on the path")).encode())
kernels = sorted(glob.glob(glob.escape(sys.argv[1]) + "/higgsflow/compiled/*.pyx"))
for name in (*(sys.argv[1] + "/" + n for n in ("setup.cfg", "setup.py", "pyproject.toml")), *kernels):
    with open(name, "rb") as file:
        digest.update(file.read())
print(digest.hexdigest())
PYTHON
    }

    is_installed() {
        local wanted
        [ -r "$stamp" ] && [ -x "$venv/bin/python" ] || return 1
        wanted=$(stamp_for "$venv/bin/python") || return 1
        if [ -n "${HIGGSFLOW_PYTHON:-}" ]; then wanted=$(stamp_for "$HIGGSFLOW_PYTHON"); fi
        [ "$(cat "$stamp")" = "$wanted" ]
    }

    # Whether a file is newer than all Python and settings in the folders given.
    is_newest() {
        local made=$1
        shift
        [ -r "$made" ] || return 1
        [ -z "$(find "$@" "$LAW_CONFIG_FILE" -type f \
            \( -name '*.py' -o -name law.cfg \) -newer "$made" 2>/dev/null | head -n 1)" ]
    }

    # law needs the index to find a task by its name, not only for completion.
    is_indexed() { is_newest "$LAW_HOME/index" "$base/tasks" "$base/workflows"; }
    is_compiled() { is_newest "$LAW_HOME/compiled" "$base/higgsflow" "$base/tasks" "$base/workflows"; }

    # One install at a time, also of two hosts on one file system. flock lets go when its holder
    # dies; where there is none, the directory of a dead or hour-old holder is taken over.
    take_lock() {
        local directory=$LAW_HOME/setup.lock.d owner said=
        if command -v flock >/dev/null; then
            exec 9>>"$LAW_HOME/setup.lock"
            flock -n 9 && return
            if [ $? -eq 1 ]; then
                say "another shell is setting up this checkout; waiting for it"
                flock 9 && return
            fi
        fi
        until mkdir "$directory" 2>/dev/null; do
            [ -n "$said" ] || say "another shell is setting up this checkout; waiting for it"
            said=yes
            owner=$(cat "$directory/owner" 2>/dev/null)
            if { [ "${owner% *}" = "$(hostname)" ] && ! kill -0 "${owner##* }" 2>/dev/null; } ||
                [ -n "$(find "$directory" -maxdepth 0 -mmin +60 2>/dev/null)" ]; then
                # Only one of several waiters wins the rename.
                mv "$directory" "$directory.$$" 2>/dev/null && rm -rf "$directory.$$"
                continue
            fi
            sleep 1
        done
        echo "$(hostname) $$" >"$directory/owner"
        trap 'rm -rf "$LAW_HOME/setup.lock.d"' EXIT
    }

    # A .venv that can be completed is kept. One of another place or another Python cannot.
    make_venv() {
        local python kept=
        if grep -qF "$venv" "$venv/bin/activate" 2>/dev/null && "$venv/bin/python" -m pip --version; then
            kept=$(version_of "$venv/bin/python")
        fi
        case $kept in 3.[1-9][0-9].*) ;; *) kept= ;; esac
        if [ -n "$kept" ]; then
            [ -z "${HIGGSFLOW_PYTHON:-}" ] && return
            [ "$(stamp_for "$HIGGSFLOW_PYTHON")" = "$(stamp_for "$venv/bin/python")" ] && return
        fi
        python=$(find_python 2>&3) || return 2
        "$python" -E -s -m venv --clear "$venv"
    }

    install_packages() {
        # After a change of settings, what is installed often meets it: no network is asked then.
        # This builds with the setuptools (from 70.1 on they need no wheel) and the Cython in .venv.
        if [ -e "$stamp" ] && "$venv/bin/python" -E -s -c 'import Cython' &&
            "$venv/bin/python" -m pip install --no-index --no-build-isolation --no-compile \
                -e ".[test]"; then
            return 0
        fi
        rm -f "$stamp"
        "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-compile \
            "setuptools>=70.1" "cython>=3.1" -e ".[test]" || return 1
        # Compiled on all cores; pip would use one. A file that does not compile is never imported.
        "$venv/bin/python" -m compileall -q -j 0 -x '/(tests?|pip|setuptools|mypyc)/' "$venv/lib" || :
    }

    # pip makes the packages known to a finder that Python asks last. Where a program starts beside
    # the checkout, or any folder that is called as a package, Python would take that for it.
    put_on_path() {
        local packages
        packages=$("$venv/bin/python" -E -s -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        printf '%s\n' "$base" >"$packages/higgsflow.checkout.pth"
    }

    # Kernels split the first line of a script at blanks. pip knows for the commands it makes, not
    # for scripts that come ready-made, as law's: they are started through sh instead.
    mend_scripts() {
        local script
        case $venv in *[[:space:]]*) ;; *) return ;; esac
        for script in "$venv"/bin/*; do
            case $(head -n 1 "$script" | tr -d '\0') in "#!$venv/bin/python"*) ;; *) continue ;; esac
            {
                printf '#!/bin/sh\n'
                printf "'''exec' \"%s\" \"\$0\" \"\$@\"\n' '''\n" "$venv/bin/python"
                tail -n +2 "$script"
            } >"$script.$$" && chmod +x "$script.$$" && mv -f "$script.$$" "$script"
        done
    }

    explain_pip() {
        local reason missing
        missing=$(sed -n 's/.*No matching distribution found for //p' "$log" | tail -n 1)
        if grep -qE 'Connection refused|NewConnection|Timeout|ProxyError|name resolution' "$log"; then
            reason="the package index cannot be reached"
        elif [ -n "$missing" ]; then
            # pip without retries says no more than this when there is no network.
            reason="$missing was not found; perhaps the package index cannot be reached"
        else
            reason=$(grep -E '^ *(ERROR|error):' "$log" | tail -n 1 | cut -c 1-100)
        fi
        say "pip could not install the packages: ${reason:-it stopped}"
        is_newer "$venv/bin/python" &&
            echo "  some may not be made for Python $(version_of "$venv/bin/python") yet; with $newest or older: export HIGGSFLOW_PYTHON=/path/to/python$newest" >&2
        echo "  its output: $log" >&2
        echo "  source setup.sh again to go on; without network, PIP_FIND_LINKS=<what 'pip download' fetched>" >&2
    }

    # What way() says, whatever HIGGSFLOW_KERNELS asks for.
    tell_of_kernels() {
        local answer='from higgsflow.compiled.choice import way; print(way())'
        answer=$(env -u HIGGSFLOW_KERNELS "$venv/bin/python" -E -s -c "$answer" 2>/dev/null)
        [ "$answer" = numpy ] || return 0
        say "no C compiler worked here, so jobs use numpy instead of compiled loops: same numbers, more time"
        echo "  to have them compiled: gcc and Python's headers (on Debian: apt-get install gcc python3-dev), then" >&2
        echo "  rm '$stamp' && source setup.sh" >&2
    }

    install() {
        say "installing into $venv (about a minute; log: $log)"
        # A line of its own for errors of find_python, which are for the user, not for the log.
        make_venv 3>&2 >"$log" 2>&1
        case $? in
            0) ;;
            2) return 1 ;;
            *) say "the virtual environment could not be made: $(tail -n 1 "$log" | cut -c 1-100)"
               echo "  output: $log" >&2
               return 1 ;;
        esac
        install_packages >>"$log" 2>&1 || { explain_pip; return 1; }
        mend_scripts 2>/dev/null
        put_on_path
        # bytecode is of one Python
        rm -f "$LAW_HOME/compiled"
        stamp_for "$venv/bin/python" >"$stamp.$$" && mv -f "$stamp.$$" "$stamp"
        tell_of_kernels
    }

    # Jobs may run on a checkout that they cannot write to, or where Python is told to write no
    # bytecode (PYTHONDONTWRITEBYTECODE): each of them would compile the program again.
    compile_program() {
        touch "$LAW_HOME/compiled.$$"
        "$venv/bin/python" -m compileall -q -j 0 \
            "$base/higgsflow" "$base/tasks" "$base/workflows" >/dev/null 2>&1
        mv -f "$LAW_HOME/compiled.$$" "$LAW_HOME/compiled"
    }

    index() {
        local output
        output=$("$venv/bin/law" index -q 2>&1) && return
        printf '%s\n' "$output" >"$LAW_HOME/index.log"
        say "law could not index every task; \`law run\` will not find those (log: $LAW_HOME/index.log)"
        printf '%s\n' "$output" | grep -m 1 'error in module' | sed 's/^/  /' >&2
    }

    main() {
        check_wish || return 1
        if is_installed && { { is_compiled && is_indexed; } || [ ! -w "$base" ]; }; then return 0; fi
        if ! mkdir -p "$LAW_HOME" 2>/dev/null || [ ! -w "$LAW_HOME" ]; then
            say "$LAW_HOME cannot be written; copy the checkout to a place of yours"
            return 1
        fi
        take_lock
        is_installed || install || return 1
        is_compiled || compile_program
        is_indexed || index
        return 0
    }

    base=$(base_of "${BASH_SOURCE[0]}") || exit 1
    case "${1:-}" in
        --base) printf '%s\n' "$base"; exit 0 ;;
        --install | --is-installed) ;;
        *) say "setup.sh is sourced, not run:  source setup.sh"; exit 1 ;;
    esac
    case "${HIGGSFLOW_PYTHON:-}" in /*) ;; */*) HIGGSFLOW_PYTHON=$PWD/$HIGGSFLOW_PYTHON ;; esac
    cd "$base" || exit 1
    # An interrupt ends the child in order, so that the shell above can tidy up and return.
    exec 4>&2
    trap 'say "interrupted; source setup.sh again to go on" 2>&4; exit 130' INT TERM HUP
    case "${PYTHONPATH:-}" in */cvmfs/*) unset PYTHONPATH ;; esac
    # Whatever sends pip's packages elsewhere has no meaning inside a virtual environment.
    unset PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX
    venv=$base/.venv
    stamp=$venv/.higgsflow-installed
    PATH=${PATH//"$venv/bin:"/}
    export LAW_HOME=$base/.law LAW_CONFIG_FILE=$base/law.cfg HIGGSFLOW_BASE=$base
    export HIGGSFLOW_STORE=${HIGGSFLOW_STORE:-$base/store}
    log=$LAW_HOME/setup.log
    if [ "$1" = --is-installed ]; then is_installed; exit; fi
    main
    exit
fi

# ---- the shell that sources ----------------------------------------------------------------

_higgsflow_setup() {
    # zsh: the user's options stay outside; bash: everything below holds under `set -eu`.
    if [ -n "${ZSH_VERSION:-}" ]; then
        emulate -L zsh
        setopt null_glob
    fi
    local base completion
    base="$(command bash "$1" --base)" || return 1
    command bash "$base/setup.sh" --install || return 1

    # An LCG view puts its own packages before those of any virtual environment; other
    # PYTHONPATHs are the user's business.
    case "${PYTHONPATH:-}" in */cvmfs/*) unset PYTHONPATH ;; esac
    # A store that was the default of another checkout is not the user's wish for this one.
    if [ "${HIGGSFLOW_STORE:-}" = "${HIGGSFLOW_BASE:-none}/store" ]; then unset HIGGSFLOW_STORE; fi
    export HIGGSFLOW_BASE="$base"
    export HIGGSFLOW_STORE="${HIGGSFLOW_STORE:-$base/store}"
    export LAW_HOME="$base/.law"
    export LAW_CONFIG_FILE="$base/law.cfg"
    source "$base/.venv/bin/activate" || return 1

    # The file that `law completion` names; asking law for it would cost half a second. It is
    # told to leave the registration to us: in zsh it would start the completion system anew.
    for completion in "$base"/.venv/lib/python3*/site-packages/law/cli/completion.sh; do
        if [ ! -r "$completion" ]; then continue; fi
        if [ -n "${BASH_VERSION:-}" ]; then
            ZSH_VERSION='' LAW_CLI_SKIP_COMPLETION=1 source "$completion"
            # An exported function would travel to every job.
            export -fn _law_complete
            complete -o bashdefault -o default -F _higgsflow_complete law
        elif [[ -o interactive ]]; then
            LAW_CLI_SKIP_COMPLETION=1 source "$completion"
            whence compdef >/dev/null || { autoload -Uz compinit && compinit -i; }
            whence complete >/dev/null || { autoload -Uz bashcompinit && bashcompinit; }
            complete -o bashdefault -o default -F _higgsflow_complete law
        fi
    done

    # higgsflow completes itself by argcomplete, which answers on file descriptor 8 and adds the
    # blank after the only completion. law knows stages and options; what names something of an
    # analysis behind an option is asked for as of a command of higgsflow, which calls it the same.
    _higgsflow_complete() {
        local IFS=$'\013' line="$COMP_LINE" point="$COMP_POINT"
        local named='^law +run +[^ ]+ (.* )?--(analysis|sample|year|variation)[= ]+[^ ]*$'
        local where='^law +run +[^ ]+ (.* )?--workflow[= ]+[^ ]*$' engine
        if [[ "$line" == law\ * ]]; then
            line="${line:0:$point}"
            if [[ "$line" =~ $where ]]; then
                COMPREPLY=()
                for engine in local htcondor slurm; do
                    if [[ "$engine" == "${line##*[= ]}"* ]]; then COMPREPLY+=("$engine"); fi
                done
                return 0
            fi
            if ! [[ "$line" =~ $named ]]; then
                unset IFS
                _law_complete "$@"
                return
            fi
            line="higgsflow why --${line#* --}"
            point=${#line}
        fi
        COMPREPLY=($(_ARGCOMPLETE=1 _ARGCOMPLETE_COMP_WORDBREAKS="${COMP_WORDBREAKS:-}" \
            COMP_LINE="$line" COMP_POINT="$point" COMP_TYPE="${COMP_TYPE:-9}" \
            command higgsflow 8>&1 >/dev/null 2>&1 </dev/null))
        # the shell adds the blank itself where it completes law, but none behind a folder
        if [[ "$COMP_LINE" == law\ * ]]; then
            COMPREPLY=("${COMPREPLY[@]% }")
            if [[ "${COMPREPLY[*]}" == */ ]]; then compopt -o nospace 2>/dev/null || :; fi
        fi
    }
    if [ -n "${BASH_VERSION:-}" ] || whence complete >/dev/null; then
        complete -o nospace -o bashdefault -o default -F _higgsflow_complete higgsflow
    fi
    return 0
}

if [ -n "${ZSH_VERSION:-}" ] && [[ "${ZSH_EVAL_CONTEXT:-file}" != *file* ]]; then
    echo "higgsflow: setup.sh is sourced, not run:  source setup.sh" >&2
    unset -f _higgsflow_setup
    exit 1
fi
_higgsflow_setup "${BASH_SOURCE[0]:-${(%):-%x}}" && { unset -f _higgsflow_setup; return 0; }
unset -f _higgsflow_setup
return 1

"""The script that engines start on a node: its environment, a scratch folder, and the program."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration
from higgsflow.output.atomic import created, writing
from tasks.execution.batch.engine import kind_of
from tasks.execution.batch.proxy import proxy_of

if TYPE_CHECKING:
    from higgsflow.model.engines import Site

_ROOT = Path(__file__).resolve().parents[3]
_PROXY = "x509_proxy"
_SHELL = 128  # what shells add to the number of a signal
# seconds for the program to follow a signal; engines wait for half a minute before they kill all
_GRACE = 10
_CODE = "the exit code of this job is"
_UMASK = re.compile(r"^Umask:\s*([0-7]+)$", re.MULTILINE)
_CODE_TOLD = re.compile(rf"^{_CODE} (\d+)\n?", re.MULTILINE)

# The scratch folder goes whatever ends the program. What a killed script left goes after days.
# A signal is passed on: the shell itself would wait for the program and then be killed. So it would
# be with a program that does not follow, such as one that waits for a server: it is ended before.
# The code of a program that failed is told, since sacct takes 128 from the larger ones.
_TEMPLATE = """#!/bin/bash
# A job of higgsflow: $1 is its batch, $2 its number in it.
export HOME="${{HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}}"
export PATH="${{PATH:-/usr/local/bin:/usr/bin:/bin}}" LANG="${{LANG:-C.UTF-8}}"
export PYTHONPATH={root} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
export OPENBLAS_NUM_THREADS={cores} OMP_NUM_THREADS={cores} MKL_NUM_THREADS={cores}
{rights}
{exports}
base="${{_CONDOR_SCRATCH_DIR:-${{SLURM_TMPDIR:-${{TMPDIR:-/tmp}}}}}}"
find "$base" -maxdepth 1 -user "$(id -u)" -name 'higgsflow-job.*' -mtime +2 \\
    -exec rm -rf {{}} + 2>/dev/null
scratch=
child=
begins=
before=
late=
told=
end() {{
    # where the program has only just been started, its number is not noted yet
    [ -n "$child" ] || [ -z "$begins" ] || [ "$!" = "$before" ] || child=$!
    [ -n "$child" ] || exit {terminated}
    told=yes
    kill -TERM "$child" 2>/dev/null
    (sleep {grace}; kill -KILL "$child") >/dev/null 2>&1 &
    late=$!
}}
clean() {{
    [ -z "$late" ] || kill "$late" 2>/dev/null
    [ -z "$scratch" ] || rm -rf "$scratch"
}}
trap clean EXIT
trap end TERM INT HUP
scratch=$(mktemp -d "$base/higgsflow-job.XXXXXX") || exit {environment}
cd "$scratch" || exit {environment}
{setup}
before=$!
begins=yes
{run} {python} -m tasks.execution.batch.node {folder}/"$1".jsonl "$2" {seal} &
child=${{child:-$!}}
wait "$child"
code=$?
# interrupted by a signal, which the program has been told: what it ends with is still to come, or
# is remembered where it has ended meanwhile
while [ -n "$told" ]; do told=; wait "$child"; code=$?; done
[ "$code" = 0 ] || echo "{code} $code"
exit "$code"
"""


def write_script(path: Path, site: Site, batches: Path, seal: str) -> None:
    """Writes the script for jobs of a site and batch, in a folder of batches.

    Raises:
        InvalidConfiguration: when the proxy is not there.
    """
    exports = {name: shlex.quote(value) for name, value in site.environment.items()}
    if site.proxy and not kind_of(site.engine).prepares_nodes:
        exports["X509_USER_PROXY"] = shlex.quote(str(_copied_proxy(site, path.parent)))
    text = _TEMPLATE.format(
        root=shlex.quote(str(_ROOT)),
        cores=site.cores,
        rights=_rights(),
        exports="\n".join(f"export {name}={value}" for name, value in exports.items()),
        environment=_environment(),
        terminated=_SHELL + signal.SIGTERM,
        grace=_GRACE,
        setup="\n".join(site.setup),
        run=_in_container(site),
        python=shlex.quote(site.python or sys.executable),
        folder=shlex.quote(str(batches)),
        seal=seal,
        code=_CODE,
    )
    # variables of the site may be secrets
    with writing(path), os.fdopen(created(path, 0o700), "w", encoding="utf-8") as file:
        file.write(text)


def told_code(printed: str) -> tuple[int | None, str]:
    """The exit code that a script has told, if it has, and what it printed before."""
    found = _CODE_TOLD.search(printed)
    if found is None:
        return None, printed
    return int(found.group(1)), printed[: found.start()] + printed[found.end() :]


def _rights() -> str:
    """A line by which others may do with files of jobs what they may with those made here.

    HTCondor gives jobs a mask of its own: a group that shares a store could not write to folders
    that they make. The system tells it: to ask for the mask is to change it, for all threads.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return next((f"umask {rest}" for rest in _UMASK.findall(status)), "")


def _environment() -> int:
    from higgsflow.records.error_classes import EXIT_CODES

    return EXIT_CODES["environment"]


def _in_container(site: Site) -> str:
    """The program that opens the image, where the engine does not do it by itself."""
    if not site.container or kind_of(site.engine).prepares_nodes:
        return ""
    return f'apptainer exec --bind "$scratch" {shlex.quote(site.container)}'


def _copied_proxy(site: Site, folder: Path) -> Path:
    """A copy that nodes can read: proxies lie in the /tmp of one machine."""
    source = proxy_of(site)
    target = folder / _PROXY
    try:
        with source.open("rb") as proxy, os.fdopen(created(target, 0o600), "wb") as copy:
            shutil.copyfileobj(proxy, copy)
    except OSError as error:
        raise InvalidConfiguration(
            f"no proxy at {source}", error.strerror or str(error), "make one: voms-proxy-init"
        ) from error
    return target

"""What the machine gives: room for outputs, a proxy for files at servers, and compiled loops."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.addresses import REMOTE
from higgsflow.catalog.store import folder_of, store_of
from higgsflow.check.links import check_links
from higgsflow.check.problem import Problem
from higgsflow.compiled.choice import NUMPY, SWITCH, way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.model.analysis import AnalysisModel

_LEAST = 1e9  # bytes; less than this is used up before anybody looks


def check_before_run(analysis: AnalysisModel) -> list[Problem]:
    """What can be known at once when something is run: the rest is known when files are indexed."""
    return [*check_store(analysis), *check_proxy(analysis)]


def check_store(analysis: AnalysisModel, needed: float = _LEAST) -> Iterator[Problem]:
    """Whether the store can be written, where all of it lies, and what is of this analysis."""
    folder = folder_of(analysis)
    found = list(check_disk(store_of(analysis), needed))
    yield from found or check_disk(folder, needed)
    yield from check_links(folder)


def check_disk(store: Path, needed: float = _LEAST) -> Iterator[Problem]:
    """Whether a folder of the store can be written and has room for so many bytes."""
    folder = _last_there(store)
    if not os.access(folder, os.W_OK | os.X_OK) or not folder.is_dir():
        remedy = "export HIGGSFLOW_STORE, or say store: in the configuration"
        yield Problem(about="disk", what=f"cannot write to {folder}", remedy=remedy)
        return
    free = shutil.disk_usage(folder).free
    if free < needed:
        yield Problem(
            about="disk",
            what=f"{free / 1e9:.1f} GB are free where outputs go, {needed / 1e9:.1f} GB are needed",
            where=str(store),
            remedy="make room, or export HIGGSFLOW_STORE",
        )


def free_space(store: Path) -> int:
    """Free bytes where outputs go."""
    return shutil.disk_usage(_last_there(store)).free


def _last_there(store: Path) -> Path:
    """The folder, or what there is of the way to it; one that nobody can look into, itself."""
    for path in (store, *store.parents):
        try:
            if path.exists():
                return path
        except PermissionError:
            continue
    return Path("/")


def needs_proxy(analysis: AnalysisModel) -> bool:
    """Whether some files are at servers."""
    pairs = analysis.samples.pairs
    return any(address.startswith(REMOTE) for pair in pairs for address in pair.addresses)


def check_proxy(analysis: AnalysisModel) -> Iterator[Problem]:
    """Whether files at servers can be asked for as long as a job may take."""
    if not needs_proxy(analysis):
        return
    path = proxy_path()
    if not path.is_file():
        what = f"files at servers, but no grid proxy at {path}"
        remedy = "voms-proxy-init --voms cms, unless the servers ask for none"
        yield Problem(about="proxy", what=what, remedy=remedy, serious=False)
        return
    yield from _check_life(path, analysis.jobs_manager.time_limit)


def check_given_proxy(path: Path, longest: float) -> Iterator[Problem]:
    """Whether the proxy that jobs of an engine are given can be read, and outlives the longest."""
    try:
        path.open("rb").close()
    except OSError as error:
        yield Problem(
            about="proxy",
            what=f"no proxy at {path}, as engines.yaml says",
            where=error.strerror or str(error),
            remedy="make one: voms-proxy-init",
        )
        return
    yield from _check_life(path, longest)


def _check_life(path: Path, longest: float) -> Iterator[Problem]:
    left = seconds_left(path)
    if left is None:
        what = f"how long the proxy {path} lives cannot be told"
        yield Problem(about="proxy", what=what, remedy="is openssl installed?", serious=False)
    elif left < longest:
        lives = f"lives for {left / 3600:.1f} h" if left > 0 else "has expired"
        yield Problem(
            about="proxy",
            what=f"the grid proxy {lives}, a job may take {longest / 3600:.1f} h",
            where=str(path),
            remedy="voms-proxy-init --voms cms --valid 192:00",
        )


def check_kernels() -> Iterator[Problem]:
    """Whether loops are compiled, unless numpy is asked for: pip does not say that they are not."""
    if way() == NUMPY and os.environ.get(SWITCH) != NUMPY:
        yield Problem(
            about="kernels",
            what="jobs use numpy instead of compiled loops: same numbers, more time",
            remedy="install gcc and Python's headers, then higgsflow once more",
            serious=False,
        )


def proxy_path() -> Path:
    """Where grid tools keep the proxy."""
    given = os.environ.get("X509_USER_PROXY")
    return Path(given) if given else Path(f"/tmp/x509up_u{os.getuid()}")


def seconds_left(path: Path) -> float | None:
    """How long the certificate of a PEM file is valid, negative when it is not; None if unknown."""
    command = ["openssl", "x509", "-noout", "-enddate", "-in", str(path)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        end = ssl.cert_time_to_seconds(said.stdout.strip().removeprefix("notAfter="))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return end - time.time()

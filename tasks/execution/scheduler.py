"""luigi's scheduler: the one on this machine where it runs, else none is waited for.

luigi itself would try for a minute. HIGGSFLOW_SCHEDULER names another address, or says `none`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import luigi.rpc

from tasks.execution.sockets import listener_is_ours

DEFAULT = "http://127.0.0.1:8082"
VARIABLE = "HIGGSFLOW_SCHEDULER"
# luigi's own
_OPTIONS = ("--local-scheduler", "--scheduler-")
# so that luigi waits for what another command makes, see `TrackedScheduler`
_WAITS = ("keep_alive", "count_last_scheduled")
# seconds for somebody to listen at all, and for who listens to answer; longer where one was named
_TIMEOUT, _ANSWER, _ANSWER_NAMED = 0.5, 2.0, 15.0


@dataclass(frozen=True)
class Scheduler:
    """A scheduler that answers.

    Attributes:
        url: of its page.
        store: the folder that it serves as `/store`; None for a plain luigid.
    """

    url: str
    store: Path | None = None

    def url_of(self, path: Path) -> str:
        """Where a browser finds a file of the store."""
        if self.store is not None and path.is_relative_to(self.store):
            return f"{self.url}/store/{path.relative_to(self.store).as_posix()}"
        return path.as_uri()


current: list[Scheduler] = []
_chosen: list[Scheduler | None] = []


def address() -> str | None:
    """Where a scheduler is looked for; None for nowhere."""
    text = os.environ.get(VARIABLE, "") or DEFAULT
    if text == "none":
        return None
    return text.rstrip("/") if "://" in text else f"http://{text.rstrip('/')}"


def find() -> Scheduler | None:
    """The scheduler that answers now, at once or not at all."""
    url = address()
    if url is None or not _listens(url) or not _is_luigi(url):
        return None
    return Scheduler(url, _served(url))


def _listens(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        # what was named is no address
        return False
    # on a shared machine it may be somebody else's scheduler
    if VARIABLE not in os.environ and not listener_is_ours(port):
        return False
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=_TIMEOUT):
            return True
    # of a name that no host can have, Python raises the latter
    except (OSError, UnicodeError):
        return False


def _is_luigi(url: str) -> bool:
    """Whether the list of workers is answered; anything may listen on a port."""
    return isinstance(_answer(f"{url}/api/worker_list?data=%7B%7D"), dict)


def _served(url: str) -> Path | None:
    found = _answer(f"{url}/higgsflow")
    return Path(found["store"]) if isinstance(found, dict) and "store" in found else None


def _answer(url: str) -> Any:
    patience = _ANSWER_NAMED if VARIABLE in os.environ else _ANSWER
    try:
        with urllib.request.urlopen(url, timeout=patience) as answer:
            return json.loads(answer.read())
    except (OSError, ValueError):
        return None


def choose(config: Any) -> None:
    """Tells luigi which scheduler to use, unless the user has."""
    forget(config)
    said_so = any(word.startswith(_OPTIONS) for word in sys.argv)
    if said_so or config.has_option("core", "local_scheduler"):
        return
    found = find()
    _chosen.append(found)
    config.set("core", "local_scheduler", str(found is None))
    if found is not None:
        from tasks.execution.scheduler_client import TrackedScheduler

        current.append(found)
        config.set("core", "scheduler_url", found.url)
        for option in _WAITS:
            config.set("worker", option, "True")
        # luigi's command line knows no other way to be given a client
        vars(luigi.rpc)["RemoteScheduler"] = TrackedScheduler
        bury(found.url)


def bury(url: str) -> None:
    """Tells of commands on this machine that were killed: it would wait a minute for them."""
    answer = _answer(f"{url}/api/worker_list?data=%7B%7D") or {}
    for worker in answer.get("response", ()):
        if worker.get("host") != socket.gethostname() or Path(f"/proc/{worker['pid']}").exists():
            continue
        for task_id in worker["running"]:
            told = {"worker": worker["name"], "task_id": task_id, "status": "FAILED"}
            told["expl"] = json.dumps("its command was killed")
            _answer(f"{url}/api/add_task?{urlencode({'data': json.dumps(told)})}")


def forget(config: Any) -> None:
    """Forgets what was chosen."""
    if _chosen:
        config.remove_option("core", "local_scheduler")
    for option in _WAITS:
        if current and config.has_option("worker", option):
            config.remove_option("worker", option)
    current.clear()
    _chosen.clear()


def is_done_without() -> bool:
    """Whether it was chosen to use none."""
    return bool(_chosen) and _chosen[-1] is None


def said() -> str:
    """One line for the user about the scheduler."""
    if current:
        return f"progress: {current[-1].url}"
    url = address()
    return f"no scheduler of yours at {url}, going on without its page" if url else ""

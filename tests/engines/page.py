"""luigi's page: a central scheduler on loopback, asked as the page in a browser asks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios import wait_for

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

LUIGID = Path(sys.executable).parent / "luigid"


class Page:
    """What one clicks there, by its address."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, **data: Any) -> Any:
        """One request of the page."""
        form = urllib.parse.urlencode({"data": json.dumps(data)})
        address = f"http://127.0.0.1:{self.port}/api/{method}?{form}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            return json.load(answer)["response"]

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            self.ask("worker_list")
        except OSError:
            return False
        return True

    def running(self, family: str) -> dict[str, Any] | None:
        """A stage that runs."""
        found = self.ask("task_list", status="RUNNING", upstream_status="", search="")
        tasks = [{"id": key, **task} for key, task in found.items() if task["name"] == family]
        return tasks[0] if tasks else None

    def tell(self, task: dict[str, Any], content: str) -> str:
        """The answer to a message that was typed into the window of a stage."""
        assert task["accepts_messages"] is True
        sent = self.ask(
            "send_scheduler_message",
            worker=task["worker_running"],
            task=task["id"],
            content=content,
        )
        asked = {"task_id": task["id"], "message_id": sent["message_id"]}
        return str(
            wait_for(lambda: self.ask("get_scheduler_message_response", **asked)["response"])
        )


@contextmanager
def luigi_page(folder: Path) -> Iterator[Page]:
    """A luigid that runs meanwhile."""
    port = free_port()
    command = [str(LUIGID), "--address", "127.0.0.1", "--port", str(port)]
    paths = ["--state-path", str(folder / "luigi.state"), "--logdir", str(folder)]
    environment = {**os.environ, "LUIGI_CONFIG_PATH": str(folder / "none.cfg")}
    with (folder / "luigid.out").open("w") as out:
        daemon = subprocess.Popen(
            [*command, *paths], env=environment, cwd=folder, stdout=out, stderr=out
        )
    page = Page(port)
    try:
        wait_for(page.is_up)
        yield page
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)

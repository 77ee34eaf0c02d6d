"""What runs is seen on luigi's page: in a browser, with a real scheduler on loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from tasks.execution import scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from conftest import Lab

HALF_SLOW = """

import time
from pathlib import Path


@tagger(reads=["event"])
def half_slow(events, marker=""):
    if events.event[0] >= 2000 and not Path(marker).exists():
        time.sleep(600.0)
    return events.event > 0
"""


def ask(page: str, method: str, **data: Any) -> Any:
    """As the page itself asks."""
    form = urllib.parse.urlencode({"data": json.dumps(data)})
    with urllib.request.urlopen(f"{page}/api/{method}?{form}", timeout=60) as answer:
        return json.load(answer)["response"]


def wait_for(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def half_done(page: str) -> dict[str, Any] | None:
    """The stage that runs the jobs of Sig (2017), once one of two chunks is done."""
    running = ask(page, "task_list", status="RUNNING", upstream_status="", search="")
    return next(
        (
            {"id": name, **task}
            for name, task in running.items()
            if task["progress_percentage"] == 50
        ),
        None,
    )


def tell(page: str, stage: dict[str, Any], content: str) -> str:
    """The answer to a message that was typed on the page."""
    assert stage["accepts_messages"] is True
    to = {"worker": stage["worker_running"], "task": stage["id"]}
    sent = ask(page, "send_scheduler_message", content=content, **to)
    asked = {"task_id": stage["id"], "message_id": sent["message_id"]}
    return str(wait_for(lambda: ask(page, "get_scheduler_message_response", **asked)["response"]))


def row_of(seen: str) -> str:
    """The row of that stage in the table of what runs."""
    name = re.escape("ProcessSample(sample=Sig, year=2017)")
    found = re.search(rf"<tr>\s*<td>{name}</td>.*?</tr>", seen, re.DOTALL)
    return found[0] if found else ""


def test_a_browser_sees_what_runs_how_far_it_is_and_its_jobs(
    command_line: Lab,
    scheduler_page: str,
    browser: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command is killed, and the next one does not wait for what it left behind."""
    lab, page = command_line.without_data(), scheduler_page
    monkeypatch.setenv(scheduler.VARIABLE, page)
    marker = lab.folder / "marker"
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + HALF_SLOW, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(
        0,
        {
            "name": "half_slow",
            "tagger": "toy_taggers:half_slow",
            "options": {"marker": str(marker)},
        },
    )
    process = lab.start("MergeSample", "--sample", "Sig")
    try:
        stage = wait_for(lambda: half_done(page))
        assert tell(page, stage, "memory = much").startswith("cannot set memory")
        assert tell(page, stage, "parallel_jobs = 1") == "parallel_jobs is 1 from now on"
        row = wait_for(lambda: row_of(browser(f"{page}/static/visualiser/index.html#tab=workers")))
        assert 'aria-valuenow="50"' in row
        address = f"{page}/store/toy/v1/jobs/Sig/2017/jobs.html"
        assert f'href="{address}"' in row
        jobs = browser(address)
        assert "Jobs of Sig (2017)" in jobs
        assert "1/2 chunks, 1 running, 40 of 80 events" in jobs
        assert "Sig_2017_1.root" in jobs
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        told = process.communicate(timeout=60)[1]
    assert f"progress: {page}" in told
    marker.touch()
    again = lab.law_run("MergeSample", "--sample", "Sig")
    assert again.returncode == 0, again.stderr
    assert "another command" not in again.stderr

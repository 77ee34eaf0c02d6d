from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tasks.execution import scheduler

ROOT = Path(__file__).resolve().parents[3]


def got(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def refusal(url: str) -> tuple[int, str]:
    """Status and text of an answer that is none."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        got(url)
    with refused.value as answer:
        return answer.code, answer.read().decode()


def test_it_is_a_scheduler_and_serves_what_people_read(
    scheduler_page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, folder = scheduler_page, tmp_path / "store" / "demo" / "v1"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>peak</p>")
    (folder / "events.parquet").write_text("secret")
    assert "peak" in got(f"{server}/store/demo/v1/report.html")
    status, page = refusal(f"{server}/store/demo/v1/later.html")
    assert (status, "not made yet" in page) == (404, True)
    for path in ("demo/v1/events.parquet", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd"):
        assert refusal(f"{server}/store/{path}")[0] in (403, 404), path
    monkeypatch.setenv(scheduler.VARIABLE, server)
    found = scheduler.find()
    assert found is not None
    assert json.loads(got(f"{server}/higgsflow"))["store"] == str(found.store)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "tasks.execution.page_server", "--port", port,
             "--store", str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}" in done.stderr
    assert "--port takes another number" in done.stderr

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.execution import scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]


def got(url: str | urllib.request.Request) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def refusal(url: str | urllib.request.Request) -> tuple[int, str]:
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


def test_a_link_does_not_lead_out_of_the_store(scheduler_page: str, tmp_path: Path) -> None:
    """Who may write a store could have read what only its server may."""
    folder = tmp_path / "store" / "demo"
    folder.mkdir(parents=True)
    (tmp_path / "secret.json").write_text('"secret"')
    (tmp_path / "store" / "own.json").write_text('"own"')
    (folder / "out.json").symlink_to(tmp_path / "secret.json")
    (folder / "in.json").symlink_to(tmp_path / "store" / "own.json")
    assert refusal(f"{scheduler_page}/store/demo/out.json")[0] == 403
    assert got(f"{scheduler_page}/store/demo/in.json") == '"own"'


SOMEBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
ASK = 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET $1 HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3'


@pytest.mark.parametrize("path", ["/store/own.json", "/api/worker_list?data=%%7B%%7D"])
def test_other_users_of_the_machine_get_no_answer(
    scheduler_page: str, tmp_path: Path, path: str
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "own.json").write_text('"own"')
    ask = ["bash", "-c", ASK, scheduler_page.rpartition(":")[2], path]
    mine = subprocess.run(ask, capture_output=True, text=True, check=False, timeout=60)
    assert "200 OK" in mine.stdout
    try:
        theirs = subprocess.run(
            [*SOMEBODY, *ask], capture_output=True, text=True, check=False, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("needs setpriv")
    if "setpriv: " in theirs.stderr:
        pytest.skip("only root can be somebody else")
    assert theirs.stdout == ""


@pytest.mark.parametrize("host", ["evil.example:8082", "127.0.0.1.evil.example", "evil.example"])
def test_a_name_of_somebody_else_that_leads_here_gets_no_answer(
    scheduler_page: str, tmp_path: Path, host: str
) -> None:
    """A page of theirs would be of the same origin, and its scripts read the store."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "own.json").write_text('"own"')
    for path in ("store/own.json", "api/task_list?data={}", "higgsflow"):
        asked = urllib.request.Request(f"{scheduler_page}/{path}", headers={"Host": host})
        status, told = refusal(asked)
        assert (status, "under no other name" in told) == (403, True)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:8082", "LOCALHOST", "[::1]:8082"])
def test_its_own_names_may_have_any_port_as_through_a_tunnel(
    scheduler_page: str, tmp_path: Path, host: str
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "own.json").write_text('"own"')
    url = f"{scheduler_page}/store/own.json"
    assert got(urllib.request.Request(url, headers={"Host": host})) == '"own"'


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:8888"},
        {"Origin": "null"},
        # a picture or a link has no origin
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_somebody_else_cannot_drive_the_scheduler(
    scheduler_page: str, headers: dict[str, str]
) -> None:
    """It may have the browser send what it does not read the answer of."""
    address, form = f"{scheduler_page}/api/disable_worker", b"data=%7B%22worker%22%3A%22w%22%7D"
    for asked in (f"{address}?{form.decode()}", address):
        data = form if asked == address else None
        status, told = refusal(urllib.request.Request(asked, data=data, headers=headers))
        assert (status, "for no other page" in told) == (403, True)
    own = {"Origin": scheduler_page, "Sec-Fetch-Site": "same-origin"}
    for these in (own, {}):
        assert got(urllib.request.Request(address, data=form, headers=these))
    assert "luigi" in got(urllib.request.Request(f"{scheduler_page}/", headers=headers)).lower()


def test_a_script_in_the_store_does_not_run(
    scheduler_page: str, tmp_path: Path, browser: Callable[[str], str]
) -> None:
    """Of who may write to it; it would be of the same origin as the scheduler."""
    (tmp_path / "store").mkdir()
    script = "document.body.append('it ran')"
    page = f'<style>p {{color: red}}</style><p onclick="{script}">peak</p><script>{script}</script>'
    (tmp_path / "store" / "report.html").write_text(page)
    assert browser((tmp_path / "store" / "report.html").as_uri()).count("it ran") == 3
    seen = browser(f"{scheduler_page}/store/report.html")
    assert "peak" in seen
    assert seen.count("it ran") == 2


def test_a_name_that_no_file_could_have_is_refused(scheduler_page: str) -> None:
    assert refusal(f"{scheduler_page}/store/a.json%00.html")[0] == 403


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


def test_the_store_is_the_one_that_stages_write_to(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tasks.execution.page_server", "--port", "0"]
    named = {**os.environ, "HOME": str(tmp_path), "HIGGSFLOW_STORE": "$HOME/mine"}
    with subprocess.Popen(
        program, env=named, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        server.terminate()
    assert said.endswith(f"reports of {tmp_path}/mine\n")
    unknown = {**named, "HIGGSFLOW_STORE": "$NO_SUCH_VARIABLE/mine"}
    done = subprocess.run(
        program, env=unknown, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert (done.returncode, "undefined variable" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr

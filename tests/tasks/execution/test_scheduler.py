from __future__ import annotations

import configparser
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.execution import scheduler
from tasks.execution.scheduler import Scheduler, address, find, said
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def silent() -> Iterator[str]:
    """Something that listens, and is no scheduler."""

    class NotFound(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), NotFound)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("said_", "expected"),
    [
        ("", scheduler.DEFAULT), ("none", None), ("host:90", "http://host:90"),
        ("http://host:90/", "http://host:90"),
    ],
)  # fmt: skip
def test_the_address_is_what_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, said_: str, expected: str | None
) -> None:
    monkeypatch.setenv(scheduler.VARIABLE, said_)
    assert address() == expected


def test_where_nobody_listens_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(scheduler.VARIABLE, f"127.0.0.1:{free_port()}")
    assert find() is None


def test_what_is_no_scheduler_is_none(monkeypatch: pytest.MonkeyPatch, silent: str) -> None:
    monkeypatch.setenv(scheduler.VARIABLE, silent)
    assert find() is None


@pytest.mark.parametrize("named", ["foo:bar", "localhost:99999999", "http://[foo", f"{'a' * 70}:1"])
def test_where_no_address_is_named_it_goes_on_without(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr(scheduler, "current", [])
    monkeypatch.setenv(scheduler.VARIABLE, named)
    assert find() is None
    assert named in said()
    assert len(said().splitlines()) == 1


def test_one_line_says_that_it_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "current", [])
    monkeypatch.setenv(scheduler.VARIABLE, "http://127.0.0.1:1")
    assert said() == "no scheduler of yours at http://127.0.0.1:1, going on without its page"
    monkeypatch.setenv(scheduler.VARIABLE, "none")
    assert said() == ""
    monkeypatch.setattr(scheduler, "current", [Scheduler("http://127.0.0.1:2")])
    assert said() == "progress: http://127.0.0.1:2"


def test_files_of_the_store_have_addresses() -> None:
    served = Scheduler("http://h:1", Path("/store"))
    assert served.url_of(Path("/store/a/b.html")) == "http://h:1/store/a/b.html"
    assert served.url_of(Path("/other/b.html")) == "file:///other/b.html"


@pytest.mark.parametrize("word", ["--local-scheduler=False", "--scheduler-url"])
def test_what_the_user_tells_luigi_stays(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr(scheduler, "_chosen", [])
    config = configparser.ConfigParser()
    config.add_section("core")
    scheduler.choose(config)
    assert config["core"]["local_scheduler"] == "True"
    config.remove_option("core", "local_scheduler")
    monkeypatch.setattr(sys, "argv", ["law", "run", word])
    scheduler.choose(config)
    assert not config.has_option("core", "local_scheduler")

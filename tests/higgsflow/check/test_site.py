from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from higgsflow.check.site import (
    check_before_run,
    check_disk,
    check_kernels,
    check_proxy,
    free_space,
    proxy_path,
    seconds_left,
)
from higgsflow.compiled.choice import NUMPY, SWITCH, using

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel

    Load = Callable[[], AnalysisModel]

with_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def certificate(path: Path, days: int) -> Path:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=proxy"]
    key = str(path.with_suffix(".key"))
    subprocess.run(
        [*command, "-keyout", key, "-out", str(path), "-days", str(days)],
        check=True,
        capture_output=True,
    )
    return path


def test_room_is_looked_for_where_outputs_will_be(tmp_path: Path) -> None:
    store = tmp_path / "not" / "yet"
    assert list(check_disk(store, 1.0)) == []
    (found,) = check_disk(store, 1e21)
    assert found.about == "disk"
    assert found.where == str(store)
    # others write meanwhile
    assert free_space(store) == pytest.approx(free_space(tmp_path), rel=0.1)


def test_a_store_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = check_disk(tmp_path / "file" / "store")
    assert found.what == f"cannot write to {tmp_path / 'file'}"


def test_local_files_need_no_proxy(loaded: Load) -> None:
    assert list(check_proxy(loaded())) == []


def test_without_a_proxy_there_is_a_note(
    lab: Lab, loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X509_USER_PROXY", str(tmp_path / "none"))
    lab.sig["files"]["2017"] = "root://server.example//store/a.root"
    (found,) = check_proxy(loaded())
    assert not found.serious
    assert "voms-proxy-init" in found.remedy


def test_the_usual_place_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X509_USER_PROXY", raising=False)
    assert proxy_path().name.startswith("x509up_u")


@with_openssl
def test_a_proxy_has_to_outlive_a_job(
    lab: Lab, loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path / "proxy", 2)
    left = seconds_left(path)
    assert left == pytest.approx(2 * 86400, abs=3600)
    monkeypatch.setenv("X509_USER_PROXY", str(path))
    lab.sig["files"]["2017"] = "root://server.example//store/a.root"
    assert list(check_proxy(loaded())) == []
    lab.jobs["time_limit"] = 3 * 86400
    (found,) = check_proxy(loaded())
    assert found.serious
    assert found.what == "the grid proxy lives for 48.0 h, a job may take 72.0 h"


def test_what_is_no_certificate_cannot_be_told(tmp_path: Path) -> None:
    (tmp_path / "proxy").write_text("nothing", encoding="utf-8")
    assert seconds_left(tmp_path / "proxy") is None


def test_before_a_run_the_disk_is_looked_at(
    loaded: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_before_run(loaded()) == []
    (tmp_path / "file").touch()
    monkeypatch.setenv("HIGGSFLOW_STORE", str(tmp_path / "file" / "store"))
    assert [p.about for p in check_before_run(loaded())] == ["disk"]


def test_loops_that_are_not_compiled_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH, raising=False)
    with using(NUMPY):
        (found,) = check_kernels()
    assert "numpy instead of compiled loops" in found.what
    assert not found.serious


def test_who_asks_for_numpy_is_not_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, NUMPY)
    with using(NUMPY):
        assert list(check_kernels()) == []

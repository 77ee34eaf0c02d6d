"""What the server is told of a user reaches nothing that the run leaves behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Lab

SECRETS = {"XRD_PASSWORD_OF_ME": "geheim-1234", "XRD_TOKEN_OF_ME": "eyJtoken.5678"}
LOGIN, QUERY = "me:$XRD_PASSWORD_OF_ME@", "?authz=Bearer%20$XRD_TOKEN_OF_ME"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def address(server: Any, path: str) -> str:
    """With all that the server is told."""
    return f"root://{LOGIN}127.0.0.1:{server.port}//{path}{QUERY}"


def tellers(folder: Path) -> list[Path]:
    """Files that hold a secret."""
    values = [value.encode() for value in SECRETS.values()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(value in path.read_bytes() for value in values)]


@pytest.mark.parametrize("path", ["Sig_2017_{}.root", "Sig_2017_*.root", ""])
def test_run_with_credentials_gives_the_same_and_leaves_none(
    lab: Lab, server: Any, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of single files, a glob and a folder."""
    lab.without_data()
    assert lab.run("MergeSample", sample="Sig")
    expected = lab.table().sort_by("event")
    shutil.rmtree(lab.store)
    one = server()
    for i in (0, 1):
        one.put(lab.files / f"Sig_2017_{i}.root")
    lab.sig["files"]["2017"] = sorted({address(one, path.format(i)) for i in (0, 1)})
    assert lab.run("RunAnalysis")
    assert lab.table().sort_by("event").equals(expected)
    told = capfd.readouterr()
    assert not any(value in told.out + told.err for value in SECRETS.values())
    assert tellers(lab.folder) == []
    urls = {part["url"] for part in lab.read("jobs", "Sig", "2017", "jobs.json")["ranges"]}
    assert urls == {address(one, f"Sig_2017_{i}.root") for i in (0, 1)}


def test_files_are_the_same_whatever_the_token_is(
    lab: Lab, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token lives for hours, a store for years: jobs read with that of today."""
    lab.without_data()
    one = server()
    paths = [one.put(lab.files / f"Sig_2017_{i}.root") for i in (0, 1)]
    lab.sig["files"]["2017"] = [address(one, Path(path).name) for path in paths]
    assert lab.run("MergeSample", sample="Sig")
    before = {path: path.stat().st_mtime_ns for path in lab.store.rglob("*.parquet")}
    index = lab.output("index", "Sig", "2017", "index.json")
    found = json.loads(index.read_text("utf-8"))["index"]["files"]
    assert [file["url"] for file in found] == lab.sig["files"]["2017"]
    looked_up = index.stat().st_mtime_ns
    monkeypatch.setenv("XRD_TOKEN_OF_ME", "eyJanother.9012")
    assert lab.run("MergeSample", sample="Sig")
    assert {path: path.stat().st_mtime_ns for path in lab.store.rglob("*.parquet")} == before
    assert index.stat().st_mtime_ns == looked_up


def test_errors_name_the_address_without_credentials(
    lab: Lab, server: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of the server while files are looked up, and of one that is gone while jobs run."""
    lab.without_data()
    lab.jobs.update(attempts=1)
    one = server()
    one.put(lab.files / "Sig_2017_0.root")
    for path in ("absent.root", "nowhere/"):
        lab.sig["files"]["2017"] = [address(one, path)]
        assert not lab.run("IndexSample", sample="Sig")
    lab.sig["files"]["2017"] = [address(one, "Sig_2017_0.root")]
    assert lab.run("IndexSample", sample="Sig")
    one.stop()
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr()
    for secret in SECRETS.values():
        assert secret not in told.out + told.err
    assert "absent.root?authz=Bearer%20$XRD_TOKEN_OF_ME" in told.err
    assert tellers(lab.folder) == []

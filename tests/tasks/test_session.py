from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.snapshot import read_snapshot, write_snapshot
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from tasks import session

if TYPE_CHECKING:
    from conftest import Lab


@pytest.fixture
def ready(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.syspath_prepend(str(lab.taggers.parent))
    lab.write()
    return lab


def test_an_analysis_is_found_by_path_and_copied_to_the_store(ready: Lab) -> None:
    found = session.load(str(ready.path), "")
    assert (found.name, found.version) == ("toy", "v1")
    # not by a look at it
    assert not ready.store.exists()
    session.check_once(found)
    assert read_snapshot(ready.output("analysis.yaml")) == found


def test_an_analysis_is_found_in_the_store_by_name(ready: Lab) -> None:
    written = session.load(str(ready.path), "")
    session.check_once(written)
    assert session.load("toy", "") == written


def test_another_configuration_whose_place_it_takes_is_told_once(
    ready: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    found = session.load(str(ready.path), "")
    other = found.model_copy(update={"python_path": ("/elsewhere",)})
    write_snapshot(other, session.folder_of(found))
    session.check_once(found)
    told = capfd.readouterr().err
    assert told.startswith("note: ")
    assert "made by another configuration called 'toy'\n  that one is in /elsewhere" in told
    # every stage asks
    write_snapshot(other, session.folder_of(found))
    session.check_once(found)
    assert capfd.readouterr().err == ""
    write_snapshot(found, session.folder_of(found))
    session.begin()
    session.check_once(session.load(str(ready.path), ""))
    assert capfd.readouterr().err == ""


def test_a_version_is_a_folder_of_its_own(ready: Lab) -> None:
    session.check_once(session.load(str(ready.path), "v2"))
    assert (ready.store / "toy" / "v2" / "analysis.yaml").is_file()
    assert not ready.output().exists()


@pytest.mark.parametrize("version", ["../v2", "a/b", ".hidden", "a b"])
def test_a_version_cannot_leave_the_store(ready: Lab, version: str) -> None:
    with pytest.raises(InvalidConfiguration, match="cannot be a name"):
        session.load(str(ready.path), version)


def test_an_unknown_name_offers_what_is_in_config_and_in_the_store(ready: Lab) -> None:
    session.check_once(session.load(str(ready.path), ""))
    with pytest.raises(UnknownName, match=r"Did you mean 'demo'\?\n  known: .*demo.*toy"):
        session.load("dmeo", "")


def test_another_invocation_has_another_identity() -> None:
    found, before = session.current, session.current.id
    found.retry_failed = found.all_samples = found.checked = True
    found.profile = found.only_reads = True
    found.asked = ("RunAnalysis", "2017")
    found.listed[Path("index")] = {"files": "d"}
    session.begin()
    assert session.current is found
    known = dict(vars(found))
    assert known.pop("id") != before
    assert known == {
        "all_samples": False, "asked": ("", ""), "retry_failed": False, "listed": {},
        "checked": False, "profile": False, "only_reads": False,
    }  # fmt: skip


def test_an_analysis_that_is_only_looked_at_leaves_nothing_in_the_store(ready: Lab) -> None:
    analysis = load_analysis(ready.path)
    session.hold(analysis)
    assert session.load("toy", "v1") is analysis
    assert not ready.store.exists()


def test_what_can_only_be_read_is_not_to_be_removed(
    ready: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk has room for that."""
    analysis = session.load(str(ready.path), "")
    usage = shutil.disk_usage(ready.folder)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    session.check_store(analysis)
    ready.store.touch()
    with pytest.raises(UserError, match=f"cannot write to {ready.store}"):
        session.check_store(analysis)

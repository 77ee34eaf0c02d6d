"""A file that is changed in place keeps its UUID; its events are read again all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

from higgsflow.events import file_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab


@pytest.fixture
def updated(
    lab: Lab, make_toy_columns: Callable[..., Any], make_root_file: Callable[..., Path]
) -> tuple[Lab, Path]:
    """One file without a Runs tree, which would tell another sum of weights; it was run."""
    lab.without_data().jobs["n_events_per_output"] = 20
    path = make_root_file(lab.folder / "a.root", Events=make_toy_columns(1, is_data=False))
    lab.sig["files"] = {"2017": str(path)}
    assert lab.run()
    return lab, path


def write_anew(path: Path, columns: dict[str, Any]) -> None:
    with uproot.update(path) as file:
        file.mktree("Events", {name: values.dtype for name, values in columns.items()})
        file["Events"].extend(columns)


def numbers_of(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.table().to_pydict()
    return found


def test_events_are_those_of_the_file_as_it_is(
    updated: tuple[Lab, Path], make_toy_columns: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, path = updated
    before = numbers_of(lab)
    columns = make_toy_columns(1, is_data=False)
    columns["mass"] = columns["mass"] * np.float32(1.01)
    columns["genWeight"] = columns["genWeight"] * np.float32(2)
    write_anew(path, columns)
    assert lab.run()
    found = numbers_of(lab)
    passed = columns["mass"] > 100
    assert found["event"] == columns["event"][passed].tolist()
    assert found["m_gg"] == columns["mass"][passed].astype(np.float64).tolist()
    assert found["weight_central_initial"] == columns["genWeight"][passed].tolist()
    assert found["m_gg"] != before["m_gg"]
    assert lab.run("VerifyStore")
    lab.store = lab.folder / "fresh"
    monkeypatch.setenv("HIGGSFLOW_STORE", str(lab.store))
    assert lab.run()
    assert numbers_of(lab) == found


def test_jobs_of_an_index_that_knows_uuids_alone_stay_current(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = lab.without_data().own_files()
    with monkeypatch.context() as before:
        before.setattr(file_head, "_named", lambda uuid, _: str(uuid))
        assert lab.run()
    old = lab.read("index", "Sig", "2017", "index.json")["index"]["files"]
    assert [len(file["uuid"]) for file in old] == [36, 36]
    state = lab.state()
    assert lab.run()
    assert lab.changed_since(state) == set()
    # their events can be made again
    record = min(lab.output("chunks", "Sig", "2017").glob("*.json"))
    record.unlink()
    table = numbers_of(lab)
    assert lab.run()
    assert numbers_of(lab) == table
    # and a new index has them as they were, except for a file that is another one
    with uproot.open(paths[0]) as file:
        columns = file["Events"].arrays(library="np")
    columns["mass"] = columns["mass"] * np.float32(1.01)
    write_anew(paths[0], columns)
    assert lab.run()
    new = lab.read("index", "Sig", "2017", "index.json")["index"]["files"]
    assert new[1] == old[1]
    assert new[0]["uuid"].startswith(f"{old[0]['uuid']}+")
    assert numbers_of(lab)["m_gg"] != table["m_gg"]


def test_a_file_without_a_uuid_is_told(updated: Any, capfd: pytest.CaptureFixture[str]) -> None:
    lab, path = updated
    with uproot.open(path) as file:
        uuid = file.file.uuid
    path.write_bytes(path.read_bytes().replace(uuid.bytes, bytes(16)))
    assert not lab.run()
    told = capfd.readouterr().err
    assert f"{path} has no UUID" in told
    assert "Traceback" not in told

"""Records of a store that are damaged below their head: told, and made again once they are gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

    Captured = pytest.CaptureFixture[str]
    Damage = Callable[[Any], Any]


def _counts_another_chunk(content: Any) -> None:
    content["chunks"][0] = "0123456789ab"


def _without(*place: Any) -> Damage:
    """Takes a value of the content away."""

    def damage(content: Any) -> None:
        for name in place[:-1]:
            content = content[name]
        del content[place[-1]]

    return damage


@pytest.mark.parametrize(
    ("record", "damage", "made_from_it"),
    [
        ("chunks/Sig/2017/*.json", _without("attempt"), ["jobs"]),
        ("jobs/Sig/2017/jobs.json", _without("completeness"), ["scale1fb"]),
        ("scale1fb/Sig/2017/scale1fb.json", _without("complete"), []),
        ("scale1fb/Sig/2017/scale1fb.json", _counts_another_chunk, ["merged"]),
        ("merged/Sig/2017/nominal.json", _without("columns"), ["summary"]),
    ],
)
def test_it_is_told_until_it_is_removed(
    lab: Lab, capfd: Captured, record: str, damage: Damage, made_from_it: list[str]
) -> None:
    assert lab.without_data().run()
    before = lab.table()
    path = sorted(lab.output().glob(record))[0]
    content = json.loads(path.read_bytes())
    damage(content)
    path.write_text(json.dumps(content))
    for stage in made_from_it:
        for file in lab.output(stage).rglob("*.json"):
            file.unlink()
    for _ in range(2):
        capfd.readouterr()
        assert not lab.run()
        said = capfd.readouterr()
        told = (said.out + said.err).splitlines()
        (first,) = (n for n, line in enumerate(told) if f"failed: {path} is damaged" in line)
        assert told[first + 2] == "  remove it and run again"
        assert not [line for line in told if "Traceback" in line]
    path.unlink()
    assert lab.run()
    assert lab.table().equals(before)


def test_the_index_is_made_again(lab: Lab) -> None:
    assert lab.without_data().run()
    path = lab.output("index", "Sig", "2017", "index.json")
    before = path.read_bytes()
    content = json.loads(before)
    _without("index", "files", 0, "n_entries")(content)
    path.write_text(json.dumps(content))
    lab.output("jobs", "Sig", "2017", "jobs.json").unlink()
    (reason,) = lab.task("IndexSample", sample="Sig", year="2017").reasons()
    assert reason == f"{path} is damaged, index.files.0.n_entries: is required, but missing"
    assert lab.run()
    assert json.loads(path.read_bytes())["index"] == json.loads(before)["index"]

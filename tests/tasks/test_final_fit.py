"""When the trees for FinalFit are made, and when they are made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tasks.final_fit import trees_of

if TYPE_CHECKING:
    from conftest import Lab

    from tasks.merge_sample import MergeSample


@pytest.fixture
def asked(lab: Lab) -> Lab:
    """The simulated sample, one of whose processes FinalFit is given."""
    lab.without_data()
    lab.content["outputs"] = {"finalfit": {"processes": {"Sig": "ggh"}}}
    return lab


def merging(lab: Lab, **more: Any) -> MergeSample:
    task: MergeSample = lab.task("MergeSample", sample="Sig", year="2017", **more)
    return task


def test_they_are_made_where_they_are_asked_for(asked: Lab) -> None:
    assert trees_of(merging(asked)) is not None
    # one variation alone says nothing of the others
    assert trees_of(merging(asked, variation=("nominal",))) is None
    asked.content["outputs"]["finalfit"]["processes"] = {}
    assert trees_of(merging(asked)) is None
    asked.content["outputs"] = {}
    assert trees_of(merging(asked)) is None


def test_without_its_trees_a_merge_is_not_complete_and_makes_these_alone(asked: Lab) -> None:
    assert asked.run("MergeSample", sample="Sig")
    assert merging(asked).complete()
    state = asked.state()
    asked.output("finalfit", "Sig", "2017", "finalfit.root").unlink()
    assert not merging(asked).complete()
    assert asked.run("MergeSample", sample="Sig")
    made = {name.split("/")[0] for name in asked.changed_since(state)}
    assert made == {"finalfit"}
    assert merging(asked).complete()


def test_another_option_makes_the_trees_again_and_no_event(asked: Lab) -> None:
    assert asked.run("MergeSample", sample="Sig")
    state = asked.state()
    asked.content["outputs"]["finalfit"]["processes"]["Sig"] = "vbf"
    assert not merging(asked).complete()
    assert asked.run("MergeSample", sample="Sig")
    changed = asked.changed_since(state)
    assert any("finalfit.root" in name for name in changed)
    assert not any(name.endswith(".parquet") for name in changed)


def test_merged_files_that_changed_make_the_trees_again(asked: Lab) -> None:
    assert asked.run("MergeSample", sample="Sig")
    state = asked.state()
    asked.sig["xs"] = 2 * asked.sig["xs"]
    assert asked.run("MergeSample", sample="Sig")
    assert any("finalfit.root" in name for name in asked.changed_since(state))

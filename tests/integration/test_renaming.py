"""What is only called otherwise is not made again, and is told by the name that it has now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_again import (
    N_CHUNKS,
    assert_same,
    collections,
    contents,
    rerun,
    weights_of,
)
from workflows.why import why

if TYPE_CHECKING:
    from conftest import Lab


def renamed(found: dict[str, Any], **names: str) -> None:
    """Calls entries otherwise; several at once, so that names can be swapped."""
    taken = {new: found.pop(old) for old, new in names.items()}
    found |= taken


BESIDE = {"up": "puWeightDown", "down": "puWeightUp"}
UNMADE = {"jobs", "scale1fb", "merged"}


@pytest.fixture
def named(lab: Lab) -> Lab:
    """The simulated sample with two weights and two object systematics, merged."""
    lab.without_data()
    weights_of(lab)["beside"] = {"branches": BESIDE}
    collections(lab).update(a=lab.met_scale(), b=lab.met_scale(0.2))
    assert lab.run("MergeSample", sample="Sig")
    return lab


SWAPPED = {"pileup": "beside", "beside": "pileup", "a": "b", "b": "a"}


@pytest.mark.parametrize("names", [{"pileup": "pu", "beside": "a_name", "a": "scale"}, SWAPPED])
def test_a_renamed_systematic_is_only_merged(
    named: Lab, names: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    for kind in (weights_of(named), collections(named)):
        renamed(kind, **{old: new for old, new in names.items() if old in kind})
    capfd.readouterr()
    assert rerun(named) == (UNMADE, [])
    told = capfd.readouterr().err
    for old, new in names.items():
        assert f"systematic {old} renamed to {new}: nothing to make again" in told


def test_a_renamed_tag_is_only_merged(named: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """What names tags follows: options of weights, counters, and what files say of themselves."""
    lab = named
    weights_of(lab)["beside"]["modifies_taggers"] = ["high_met"]
    assert lab.run("MergeSample", sample="Sig")
    weights_of(lab)["beside"]["modifies_taggers"] = ["met_tag"]
    lab.content["tag_sequence"][1][0]["name"] = "met_tag"
    capfd.readouterr()
    assert rerun(lab) == (UNMADE, [])
    assert "tagger high_met renamed to met_tag: nothing to make again" in capfd.readouterr().err
    about = json.loads(lab.table().schema.metadata[b"higgsflow"])
    assert about["tags"] == ["met_tag", "rest"]


def test_a_change_after_a_renaming_is_told_by_the_new_name(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    tag = named.content["tag_sequence"][1][0]
    tag["name"] = "met_tag"
    assert rerun(named) == (UNMADE, [])
    tag["options"] = {"threshold": 80.0}
    capfd.readouterr()
    assert named.run("MergeSample", sample="Sig")
    (told, *_) = (x for x in capfd.readouterr().err.splitlines() if x.startswith("Process"))
    changed = f"tagger met_tag: threshold 60 -> 80 ({N_CHUNKS} of {N_CHUNKS} chunks)"
    assert told == f"ProcessSample Sig 2017 again: {changed}"


def test_swapped_names_of_tags_are_not_swapped_tags(named: Lab) -> None:
    lab = named
    lab.content["tag_sequence"][1] = [
        {"name": "rest", "tagger": "toy_taggers:high_met"},
        {"name": "high_met", "tagger": "toy_taggers:rest"},
    ]
    assert rerun(lab) == (UNMADE, [])


def test_weights_that_preserve_sums_can_swap_their_names(lab: Lab) -> None:
    lab.without_data()
    bins = {"preserve": {"column": "mass", "edges": [0, 120, 999]}}
    other = {"preserve": {"column": "MET_pt", "edges": [0, 50, 999]}}
    columns = {"central": "puWeightUp", "up": "puWeight", "down": "puWeightDown"}
    turned = {"central": "puWeightDown", "up": "puWeightUp", "down": "puWeight"}
    lab.content["systematics"] = {
        "weights": {
            "a": lab.pileup(**bins),
            "b": lab.pileup(branches=columns, preserve={}),
            "c": lab.pileup(branches=turned, **other),
        },
        "independent_collections": {"met_scale": lab.met_scale()},
    }
    assert lab.run("MergeSample", sample="Sig")
    renamed(weights_of(lab), a="c", c="b", b="a")
    assert rerun(lab) == (UNMADE, [])


def test_a_renamed_systematic_beside_another_change(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Only the change is made, and both are told."""
    lab = named
    renamed(collections(lab), a="b", b="c")
    collections(lab)["c"] = lab.met_scale(0.3)
    capfd.readouterr()
    assert rerun(lab)[1] == [["c_down", "c_up"]] * N_CHUNKS
    told = capfd.readouterr().err
    assert "systematic a renamed to b: nothing to make again" in told
    assert "systematic c is new" in told


def test_a_sample_may_hold_chunks_of_old_and_new_names(named: Lab) -> None:
    """A chunk that is lost after a renaming is made under the new names, and names may go back."""
    lab = named
    before = contents(lab)
    renamed(collections(lab), a="b", b="a")
    renamed(weights_of(lab), pileup="beside", beside="pileup")
    lab.content["tag_sequence"][1][0]["name"] = "met_tag"
    next(lab.output("chunks", "Sig", "2017").glob("*.parquet")).unlink()
    assert rerun(lab)[1] == [["a_down", "a_up", "b_down", "b_up", "nominal"]]
    assert lab.run("VerifyStore")
    renamed(collections(lab), a="b", b="a")
    renamed(weights_of(lab), pileup="beside", beside="pileup")
    lab.content["tag_sequence"][1][0]["name"] = "high_met"
    assert rerun(lab) == (UNMADE, [])
    assert lab.run("VerifyStore")
    assert_same(contents(lab), before, "back")


def test_two_systematics_of_one_content_are_both_there(named: Lab) -> None:
    lab = named
    collections(lab)["twin"] = collections(lab)["a"]
    weights_of(lab)["other"] = weights_of(lab)["beside"]
    assert rerun(lab) == (UNMADE, [])
    assert lab.table(variation="twin_up").equals(lab.table(variation="a_up"))
    assert lab.table()["weight_other_up"].equals(lab.table()["weight_beside_up"])
    del collections(lab)["a"], weights_of(lab)["beside"]
    assert rerun(lab) == (UNMADE, [])


def rename_sample(lab: Lab, old: str, new: str) -> None:
    samples = lab.content["samples"]["samples"]
    samples[new] = samples.pop(old)


def test_a_renamed_sample_adopts_its_chunks(named: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """Its outputs get a second name in the folder of the new one; what is missing is made."""
    lab = named
    rename_sample(lab, "Sig", "Old")
    gone = next(lab.output("chunks", "Sig", "2017").glob("*.parquet"))
    lab.store.joinpath("toy", "v1", "chunks", "Sig").rename(lab.output("chunks", "Old"))
    rename_sample(lab, "Old", "Sig")
    renamed(collections(lab), a="b", b="a")
    lab.output("chunks", "Old", "2017", gone.name).unlink()
    capfd.readouterr()
    stages, jobs = rerun(lab)
    assert len(jobs) == N_CHUNKS  # one was adopted, with its record, and one was made
    assert "adopted 1 of 2 chunks of Old" in capfd.readouterr().err
    assert stages == {"chunks", "jobs", "scale1fb", "merged"}
    assert lab.run("VerifyStore")


def test_a_change_after_a_sample_was_renamed_is_told_as_before(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also where its outputs have columns that were dropped before they were adopted."""
    lab = named
    lab.content["variables_of_interest"] = ["m_gg"]
    assert lab.run("MergeSample", sample="Sig")
    rename_sample(lab, "Sig", "New")
    assert lab.run("MergeSample", sample="New")
    collections(lab)["a"] = lab.met_scale(0.3)
    capfd.readouterr()
    assert lab.run("MergeSample", sample="New")
    told = capfd.readouterr().err
    assert "ProcessSample New 2017 again: systematic a: kwargs.shift 0.1 -> 0.3 (2 of 2" in told


def test_what_was_changed_and_renamed_at_once_is_told_against_the_former_name(
    named: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = named
    rename_sample(lab, "Sig", "New")
    lab.task("MergeSample", sample="New")
    (first, *_) = why("MergeSample", analysis=str(lab.path), sample="New", year="2017")
    assert first.text == (
        "was never made; of the same files, what jobs have made the same way for Sig is adopted"
    )
    lab.content["tag_sequence"][0] = {"tagger": "toy_taggers:pair", "options": {"low": 110.0}}
    capfd.readouterr()
    assert lab.run("MergeSample", sample="New")
    told = capfd.readouterr().err
    assert "New 2017 again: unlike what Sig has: tagger pair: low 100 -> 110 (2 of 2" in told
    # another sample of these files is no former name
    lab.content["samples"]["samples"]["Twin"] = {**lab.content["samples"]["samples"]["New"]}
    lab.content["tag_sequence"][0]["options"] = {"low": 120.0}
    assert lab.run("MergeSample", sample="Twin")
    assert "unlike what New" not in capfd.readouterr().err


SCORED = """
from typing import ClassVar

from higgsflow import Decision, Tagger
from higgsflow.model.columns import required


class Scored(Tagger):
    column: str = "score"
    names_columns: ClassVar = ("column",)

    def reads(self, context):
        return required("MET_pt")

    def adds(self, context):
        return {self.column: "float64"}

    def select(self, events, context):
        return Decision(mask=events.MET_pt > 60, columns={self.column: events.MET_pt / 2})
"""


def test_a_variable_that_an_option_names_may_be_renamed(lab: Lab) -> None:
    lab.without_data()
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + SCORED, encoding="utf-8")
    scored: dict[str, Any] = {"name": "scored", "tagger": "toy_taggers:Scored"}
    lab.content["tag_sequence"][1] = [scored, "toy_taggers:rest"]
    lab.content["variables_of_interest"] = ["m_gg", "score"]
    collections(lab)["met_scale"] = lab.met_scale()
    assert lab.run("MergeSample", sample="Sig")
    before = lab.table()
    scored["options"] = {"column": "bdt"}
    lab.content["variables_of_interest"] = ["m_gg", "bdt"]
    assert rerun(lab) == (UNMADE, [])
    assert lab.table()["bdt"].equals(before["score"])


def test_samples_that_swap_their_names_adopt_from_each_other(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    samples = lab.without_data().content["samples"]["samples"]
    samples["Other"] = {**lab.sig, "files": {"2017": str(lab.files / "Sig_2018_*.root")}}
    assert lab.run()
    renamed(samples, Sig="Other", Other="Sig")
    capfd.readouterr()
    assert rerun(lab)[0] == {"index", "chunks", "jobs", "scale1fb", "merged"}
    assert "Sig 2017: adopted 2 of 2 chunks of Other" in capfd.readouterr().err
    # of none of them did a job write the record again
    old = {path.name for path in lab.output("chunks", "Other", "2017").iterdir()}
    assert {path.name for path in lab.output("chunks", "Sig", "2017").iterdir()} >= old
    assert lab.run()
    assert lab.run("VerifyStore")


def test_a_file_that_was_moved_is_told_by_its_address_of_today(lab: Lab) -> None:
    lab.without_data()
    files = lab.own_files()
    assert lab.run("MergeSample", sample="Sig")
    moved = [path.rename(path.with_name(f"moved_{path.name}")) for path in files]
    lab.sig["files"]["2017"] = [str(path) for path in moved]
    assert rerun(lab)[1] == []
    jobs = lab.read("jobs", "Sig", "2017", "jobs.json")
    assert {part["url"] for part in jobs["ranges"]} == {str(path) for path in moved}

"""Why jobs of a sample have to run, and which need not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasks.job_reasons import adopt, reasons

if TYPE_CHECKING:
    from conftest import Lab

    from tasks.process_sample import ProcessSample


@pytest.fixture
def made(lab: Lab) -> Lab:
    """The simulated sample, of whose two chunks the first is made."""
    lab.without_data()
    assert lab.run("ProcessSample", sample="Sig", year="2017", branch=0)
    return lab


def processing(lab: Lab, sample: str = "Sig") -> ProcessSample:
    assert lab.run("IndexSample", sample=sample)
    task: ProcessSample = lab.task("ProcessSample", sample=sample, year="2017")
    return task


def renamed(lab: Lab) -> None:
    samples = lab.content["samples"]["samples"]
    samples["New"] = samples.pop("Sig")


def test_of_a_sample_that_was_never_made_that_is_all_there_is_to_say(lab: Lab) -> None:
    task = processing(lab)
    assert reasons(task) == ("was never made",)
    assert not adopt(task)


def test_each_reason_has_its_number_of_chunks(made: Lab) -> None:
    assert reasons(processing(made)) == ("was never made (1 of 2 chunks)",)
    made.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    assert reasons(processing(made)) == (
        "tagger high_met: threshold 60 -> 80 (1 of 2 chunks)",
        "was never made (1 of 2 chunks)",
    )


def test_what_another_name_has_is_adopted_once(made: Lab) -> None:
    renamed(made)
    task = processing(made, "New")
    assert reasons(task) == (
        "was never made (1 of 2 chunks)",
        "is to be adopted from Sig (1 of 2 chunks)",
    )
    assert adopt(task)
    assert reasons(task) == ("was never made (1 of 2 chunks)",)
    assert not adopt(task)


def test_what_was_renamed_and_changed_is_told_against_the_former_name(made: Lab) -> None:
    made.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    renamed(made)
    assert reasons(processing(made, "New")) == (
        "unlike what Sig has: tagger high_met: threshold 60 -> 80 (1 of 2 chunks)",
    )


def test_of_two_former_names_the_one_that_is_most_alike_is_told(lab: Lab) -> None:
    """The samples have the same files, and of `Other` the first tagger is another one, too."""
    samples = lab.without_data().content["samples"]["samples"]
    cuts = {"Sig": (100.0, 60.0), "Other": (90.0, 80.0), "New": (100.0, 70.0)}
    description = samples.pop("Sig")
    for name, (low, threshold) in cuts.items():
        samples.clear()
        samples[name] = description
        first = {"name": "pair", "tagger": "toy_taggers:pair", "options": {"low": low}}
        lab.content["tag_sequence"][0] = first
        lab.content["tag_sequence"][1][0]["options"] = {"threshold": threshold}
        if name != "New":
            assert lab.run("ProcessSample", sample=name, year="2017", branch=0)
    assert reasons(processing(lab, "New")) == (
        "unlike what Sig has: tagger high_met: threshold 60 -> 70 (1 of 2 chunks)",
    )

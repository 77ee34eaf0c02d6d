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

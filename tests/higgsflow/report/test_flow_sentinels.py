from __future__ import annotations

from typing import Any

from higgsflow.report.content import SampleSummary
from higgsflow.report.flow_sentinels import about_flows
from higgsflow.report.variation_content import FlowSummary, VariationSummary
from higgsflow.selection.cutflow import Counter


def flow(step: int, tagger: str, total: int, passed: int, group: str = "events") -> Any:
    """The ends of a cut flow."""
    ends = {"total": Counter(n=total), "passed": Counter(n=passed)}
    return FlowSummary.model_construct(step=step, tagger=tagger, group=group, **ends)


def sample(*flows: Any, before: dict[str, int], n_candidates: int | None = None) -> Any:
    """One whose taggers of the last step take so many events."""
    nominal = VariationSummary.model_construct(flows=flows, before=before)
    return SampleSummary.model_construct(
        sample="a", year="2017", variations={"nominal": nominal}, n_candidates=n_candidates
    )


def test_masks_of_just_their_cuts_are_nothing_to_tell() -> None:
    both = (flow(0, "pair", 100, 40), flow(1, "tth", 40, 9))
    assert not list(about_flows([sample(*both, before={"tth": 9}), sample(before={})]))


def test_a_mask_of_the_last_step_that_asks_for_more_is_told_once() -> None:
    one = sample(flow(0, "tth", 1000, 603), before={"tth": 290})
    other = sample(flow(0, "tth", 20, 7), before={"tth": 7})
    (found,) = about_flows([one, other])
    assert (found.kind, found.where, found.severity) == ("unnamed cut", "tth", "note")
    assert found.text == (
        "610 events pass all cuts of its cut flow, and its mask takes 297: the mask is of other "
        "cuts than these"
    )


def test_a_mask_of_an_earlier_step_is_known_from_what_the_next_one_sees() -> None:
    one = sample(flow(0, "pair", 100, 40), flow(1, "tth", 38, 9), before={"tth": 9})
    (found,) = about_flows([one])
    assert found.where == "pair"
    assert "40 events pass all cuts of its cut flow, and its mask takes 38:" in found.text


def test_what_the_next_step_sees_are_events_whatever_cuts_it_names_first() -> None:
    later = (flow(1, "tth", 95, 30, group="jets"), flow(1, "tth", 40, 9))
    assert not list(about_flows([sample(flow(0, "pair", 100, 40), *later, before={"tth": 9})]))


def test_a_mask_that_asks_for_less_is_told() -> None:
    (found,) = about_flows([sample(flow(0, "tth", 10, 1), before={"tth": 3})])
    assert found.text.startswith("1 event pass")


def test_cuts_of_objects_are_no_cuts_of_events() -> None:
    jets = flow(0, "tth", 500, 200, group="jets")
    assert not list(about_flows([sample(jets, before={"tth": 9})]))


def test_candidates_of_events_that_fail_a_cut_of_events_are_told_of() -> None:
    kept = flow(0, "probe", 4000, 367)
    assert not list(about_flows([sample(kept, before={"probe": 367}, n_candidates=584)]))
    (found,) = about_flows([sample(kept, before={"probe": 400}, n_candidates=600)])
    assert found.where == "probe"

from __future__ import annotations

import numpy as np

from higgsflow.events.lists import Lists
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.selection.cutflow import Counter, CutFlow
from higgsflow.taggers.cut_groups import CutGroup, coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.sequence import StepResult
from higgsflow.taggers.tth import TTHTagger
from higgsflow.tally import FlowMemo, step_flows, with_opening, with_total


def bits(text: str) -> np.ndarray:
    return np.array([character == "1" for character in text])


# the worked example of the cut flow
WEIGHT = np.array([2.0, 2.0, -2.0, 2.0, 2.0, 2.0])
CUTS = coded({"A": bits("111101"), "B": bits("110110"), "C": bits("101111")})
PHOTONS = coded({"pt": bits("1101")}, Lists(np.array([0, 2, 2, 3, 4, 4, 4])))


def step(rows: np.ndarray, *groups: dict[str, CutGroup]) -> StepResult:
    decisions = [PlainDecision(mask=bits("1" * len(rows)), cuts=cuts) for cuts in groups]
    taggers = [TTHTagger(name=f"t{i}") for i in range(len(groups))]
    return StepResult(rows, tuple(taggers), tuple(decisions))


def flows(of: StepResult, number: int = 1) -> tuple[StepFlow, ...]:
    return step_flows(number, of, WEIGHT, FlowMemo())


def test_worked_example_of_the_cut_flow() -> None:
    (found,) = flows(step(np.arange(6), {"events": CUTS}))
    assert (found.step, found.tagger, found.group) == (1, "t0", "events")
    flow = found.flow
    assert [(c.n, c.sumw) for c in flow.alone] == [(5, 6.0), (4, 8.0), (5, 6.0)]
    assert [(c.n, c.sumw) for c in flow.prefix] == [(5, 6.0), (3, 6.0), (2, 4.0)]
    assert [c.n for c in flow.others] == [3, 4, 3]
    assert flow.total == Counter(n=6, sumw=8.0, sumw2=24.0)


def test_rows_that_reached_the_step_are_counted() -> None:
    (found,) = flows(step(np.array([2, 3]), {"events": coded({"A": bits("01")})}))
    assert found.flow.total == Counter(n=2, sumw=0.0, sumw2=8.0)
    assert found.flow.passed == Counter(n=1, sumw=2.0, sumw2=4.0)


def test_objects_count_with_the_weight_of_their_event() -> None:
    (found,) = flows(step(np.arange(6), {"photons": PHOTONS}), 0)
    assert found.flow.total == Counter(n=4, sumw=4.0, sumw2=16.0)
    assert found.flow.passed == Counter(n=3, sumw=6.0, sumw2=12.0)


def test_every_tagger_has_flows_also_where_they_share_objects() -> None:
    found = flows(step(np.arange(6), {"p": PHOTONS}, {"p": PHOTONS}))
    assert [flow.tagger for flow in found] == ["t0", "t1"]
    assert found[0].flow == found[1].flow


def test_same_cuts_of_other_weights_are_counted_anew() -> None:
    memo, one = FlowMemo(), step(np.arange(6), {"events": CUTS})
    (first,), (again,), (other,) = (step_flows(1, one, w, memo) for w in (WEIGHT, WEIGHT, -WEIGHT))
    assert first.flow is again.flow
    assert other.flow.total == Counter(n=6, sumw=-8.0, sumw2=24.0)


def test_variation_shares_what_was_counted_nominally_and_keeps_the_rest_to_itself() -> None:
    nominal, one = FlowMemo(), step(np.arange(6), {"events": CUTS})
    (known,) = step_flows(1, one, WEIGHT, nominal)
    varied = FlowMemo(nominal)
    (shared,) = step_flows(1, one, WEIGHT, varied)
    assert shared.flow is known.flow
    other = step(np.arange(6), {"events": coded({"A": bits("000001")})})
    (own,) = step_flows(1, other, WEIGHT, varied)
    assert own.flow.passed == Counter(n=1, sumw=2.0, sumw2=4.0)
    # the next variation does not hold the arrays of this one
    assert step_flows(1, other, WEIGHT, FlowMemo(nominal))[0].flow is not own.flow


def test_end_counts_the_rows_that_pass() -> None:
    memo, rows, mask = FlowMemo(), np.array([1, 2, 3]), bits("110")
    found = memo.end(mask, rows, WEIGHT)
    assert found == Counter(n=2, sumw=0.0, sumw2=8.0)
    assert memo.end(mask, rows, WEIGHT) is found


def test_opening_replaces_the_first_step_of_nominal_and_the_totals_of_others() -> None:
    total = Counter(n=100, sumw=50.0, sumw2=70.0)
    end = Counter(n=3, sumw=1.0, sumw2=1.0)
    opening = [
        StepFlow(
            step=0, tagger="d", group="events", flow=CutFlow(cuts=("a",), total=total, passed=end)
        )
    ]
    after = StepFlow(
        step=0, tagger="d", group="events", flow=CutFlow(cuts=(), total=Counter(), passed=end)
    )
    later = StepFlow(
        step=1, tagger="t", group="events", flow=CutFlow(cuts=(), total=end, passed=end)
    )
    ledger = Ledger(flows=(after, later))
    assert with_opening(ledger, opening).flows == (opening[0], later)
    varied = with_total(ledger, total).flows
    assert varied[0].flow == CutFlow(cuts=(), total=total, passed=end)
    assert varied[1] == later

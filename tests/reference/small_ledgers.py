"""Ledgers of six events, whose cut flow is the worked example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from cut_flows import count_cuts

from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import Moments, measure
from higgsflow.selection.cutflow import Counter, CutFlow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.selection.cutflow import Mask, Weight

# the worked example of cut flows
WEIGHT = np.array([2.0, 2.0, -2.0, 2.0, 2.0, 2.0])
CUTS = {
    "A": np.array([1, 1, 1, 1, 0, 1], dtype=bool),
    "B": np.array([1, 1, 0, 1, 1, 0], dtype=bool),
    "C": np.array([1, 0, 1, 1, 1, 1], dtype=bool),
}


def flow(cuts: Mapping[str, Mask], weight: Weight = WEIGHT) -> StepFlow:
    """The cut flow of one tagger, of all events."""
    return StepFlow(step=0, tagger="t", group="events", flow=count_cuts(cuts, weight))


def nominal_ledger() -> Ledger:
    """Counters of two tags, of which the second is left without events."""
    factor = np.array([1.1, 1.3])
    return Ledger(
        flows=(flow(CUTS),),
        before={"a": Counter(n=3), "b": Counter(n=2)},
        after={"a": Counter(n=3), "b": Counter(n=0)},
        overlap=((3, 2), (2, 2)),
        moments={
            "a": {
                "m_gg": measure([124.0, 126.0], np.ones(2)),
                "weight_pu_up": measure(factor[:1], np.ones(1)),
            },
            "b": {"m_gg": Moments(), "weight_pu_up": measure(factor[1:], np.ones(1))},
        },
        yields={
            "a": {
                "central": Counter(n=3, sumw=6.0, sumw2=12.0),
                "pu_up": Counter(n=3, sumw=6.6, sumw2=14.0),
                "pu_down": Counter(n=3, sumw=5.4, sumw2=10.0),
            },
            "b": {"central": Counter(), "pu_up": Counter(), "pu_down": Counter()},
        },
    )


def shifted_ledger(sumw: float) -> Ledger:
    """The same under a variation of the events; `sumw` are the weights of the first tag."""
    end = CutFlow(cuts=(), total=Counter(n=6), passed=Counter(n=2))
    return Ledger(
        flows=(StepFlow(step=0, tagger="t", group="events", flow=end),),
        before={"a": Counter(n=2), "b": Counter(n=1)},
        after={"a": Counter(n=2), "b": Counter(n=1)},
        overlap=((2, 0), (0, 1)),
        moments={"a": {}, "b": {}},
        yields={
            "a": {"central": Counter(n=2, sumw=sumw, sumw2=8.0)},
            "b": {"central": Counter(n=1, sumw=1.0, sumw2=1.0)},
        },
    )

"""ttH tags: leptons or none, central jets, b-tagged jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from higgsflow.selection.measured import Measured, Measures, at_least, equal, measured
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.hadronic_activity import ActivityTagger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.events.lists import Mask
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Decision
    from higgsflow.taggers.cut_groups import CutGroup
    from higgsflow.taggers.hadronic_activity import Activity

Channel = Literal["leptonic", "hadronic"]


class TTHTagger(ActivityTagger):
    """Selects ttH candidates, leptonic or hadronic; the category is the channel's position."""

    channels: tuple[Channel, ...] = Field(default=("leptonic", "hadronic"), min_length=1)
    leptonic_jets_min: int = Field(default=2, description="central jets >= this, leptonic")
    hadronic_jets_min: int = Field(default=4, description="central jets >= this, hadronic")
    b_jets_min: int = Field(default=1, description="b-tagged jets >= this")

    def decide(self, events: PlainEvents, context: Context) -> PlainDecision:
        """Any of the channels; an event is in one at most, since they differ in leptons."""
        activity, shared = self.activity(events, context), self.preselection(events, context)
        only = len(self.channels) == 1
        groups = {
            "events" if only else f"events_{channel}": self._cuts(channel, activity, shared)
            for channel in self.channels
        }
        mask = np.zeros(len(events), dtype=np.bool_)
        category = np.zeros(len(events), dtype=np.int16)
        for position, group in enumerate(groups.values()):
            passing = group.passing
            category += np.int16(position) * (passing & ~mask)
            mask |= passing
        return PlainDecision(mask, activity.columns, {**groups, **activity.cuts}, category)

    def measures(self, events: Any, decision: Decision, context: Context) -> dict[str, Measures]:
        """Objects, and per channel what their numbers must be."""
        only = len(self.channels) == 1
        groups = {
            "events" if only else f"events_{c}": Measures(self._measured(c, events, decision))
            for c in self.channels
        }
        return {**self.object_measures(events, decision, context), **groups}

    def _measured(self, channel: Channel, events: Any, decision: Decision) -> dict[str, Measured]:
        leptonic = channel == "leptonic"
        n_jets_min = self.leptonic_jets_min if leptonic else self.hadronic_jets_min
        columns = decision.columns
        return {
            **self.shared_measures(events, decision),
            "leptons": measured(columns["n_leptons"], at_least(1) if leptonic else equal(0)),
            "jets": measured(columns["n_central_jets"], at_least(n_jets_min), what="central"),
            "b_jets": measured(columns["n_b_jets"], at_least(self.b_jets_min)),
        }

    def _cuts(self, channel: Channel, activity: Activity, shared: Mapping[str, Mask]) -> CutGroup:
        leptonic = channel == "leptonic"
        n_jets_min = self.leptonic_jets_min if leptonic else self.hadronic_jets_min
        cuts = {
            **shared,
            "leptons": activity.n_leptons >= 1 if leptonic else activity.n_leptons == 0,
            "jets": activity.n_central >= n_jets_min,
            "b_jets": activity.n_b >= self.b_jets_min,
        }
        return coded(cuts)

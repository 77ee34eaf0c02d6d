"""ttH tags: leptons or none, central jets, b-tagged jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import lazy_loader as lazy
from pydantic import Field

from higgsflow.selection.measured import Measured, Measures, at_least, equal, measured
from higgsflow.taggers.base import Decision, all_of
from higgsflow.taggers.hadronic_activity import Activity, ActivityTagger

if TYPE_CHECKING:
    from higgsflow.model.context import Context

ak = lazy.load("awkward")

Channel = Literal["leptonic", "hadronic"]


class TTHTagger(ActivityTagger):
    """Selects ttH candidates, leptonic or hadronic; the category is the channel's position."""

    channels: tuple[Channel, ...] = Field(default=("leptonic", "hadronic"), min_length=1)
    leptonic_jets_min: int = Field(default=2, description="central jets >= this, leptonic")
    hadronic_jets_min: int = Field(default=4, description="central jets >= this, hadronic")
    b_jets_min: int = Field(default=1, description="b-tagged jets >= this")

    def select(self, events: Any, context: Context) -> Decision:
        """Any of the channels; an event is in one at most, since they differ in leptons."""
        activity = self.activity(events, context)
        by_channel = {c: self._cuts(c, events, activity) for c in self.channels}
        masks = [all_of(cuts) for cuts in by_channel.values()]
        mask, category = masks[0], ak.zeros_like(activity.n_leptons)
        for position, other in enumerate(masks[1:], start=1):
            category = ak.where(other & ~mask, position, category)
            mask = mask | other
        only = len(self.channels) == 1
        groups = {"events" if only else f"events_{c}": cuts for c, cuts in by_channel.items()}
        return Decision(mask, activity.columns, {**groups, **activity.cuts}, category)

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

    def _cuts(self, channel: Channel, events: Any, activity: Activity) -> dict[str, Any]:
        leptonic = channel == "leptonic"
        n_jets_min = self.leptonic_jets_min if leptonic else self.hadronic_jets_min
        leptons = activity.n_leptons >= 1 if leptonic else activity.n_leptons == 0
        return {
            **self.preselection(events, activity),
            "leptons": leptons,
            "jets": activity.n_central >= n_jets_min,
            "b_jets": activity.n_b >= self.b_jets_min,
        }

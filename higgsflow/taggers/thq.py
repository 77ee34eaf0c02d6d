"""The tHq tag: a lepton, a b-tagged jet, a forward jet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from higgsflow.selection.measured import Measures, at_least, measured
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.hadronic_activity import ActivityTagger

if TYPE_CHECKING:
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Decision


class THQTagger(ActivityTagger):
    """Selects leptonic tHq candidates."""

    b_jets_min: int = Field(default=1, description="b-tagged jets >= this")
    forward_jets_min: int = Field(default=1, description="forward jets >= this")

    def decide(self, events: PlainEvents, context: Context) -> PlainDecision:
        """Events with a lepton, a b-tagged jet and a forward jet."""
        activity = self.activity(events, context)
        cuts = {
            **self.preselection(events, context),
            "leptons": activity.n_leptons >= 1,
            "b_jets": activity.n_b >= self.b_jets_min,
            "forward_jets": activity.n_forward >= self.forward_jets_min,
        }
        group = coded(cuts)
        return PlainDecision(group.passing, activity.columns, {"events": group, **activity.cuts})

    def measures(self, events: Any, decision: Decision, context: Context) -> dict[str, Measures]:
        """Objects, and what their numbers must be."""
        columns = decision.columns
        cuts = {
            **self.shared_measures(events, decision),
            "leptons": measured(columns["n_leptons"], at_least(1)),
            "b_jets": measured(columns["n_b_jets"], at_least(self.b_jets_min)),
            "forward_jets": measured(columns["n_forward_jets"], at_least(self.forward_jets_min)),
        }
        return {**self.object_measures(events, decision, context), "events": Measures(cuts)}

"""The tHq tag: a lepton, a b-tagged jet, a forward jet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from higgsflow.selection.measured import Measures, at_least, measured
from higgsflow.taggers.base import Decision, all_of
from higgsflow.taggers.hadronic_activity import ActivityTagger

if TYPE_CHECKING:
    from higgsflow.model.context import Context


class THQTagger(ActivityTagger):
    """Selects leptonic tHq candidates."""

    b_jets_min: int = Field(default=1, description="b-tagged jets >= this")
    forward_jets_min: int = Field(default=1, description="forward jets >= this")

    def select(self, events: Any, context: Context) -> Decision:
        """Events with a lepton, a b-tagged jet and a forward jet."""
        activity = self.activity(events, context)
        cuts = {
            **self.preselection(events, activity),
            "leptons": activity.n_leptons >= 1,
            "b_jets": activity.n_b >= self.b_jets_min,
            "forward_jets": activity.n_forward >= self.forward_jets_min,
        }
        return Decision(all_of(cuts), activity.columns, {"events": cuts, **activity.cuts})

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

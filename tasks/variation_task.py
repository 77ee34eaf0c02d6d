"""What stages share that can be narrowed to some variations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.errors import UnknownName
from tasks.parameters import Words
from tasks.sample_task import SampleTask

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel


class VariationTask(SampleTask):
    """Base of stages that can be narrowed to some variations."""

    variation = Words(default=(), description="some variations, such as nominal; default: all")
    exclude_index = True

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Variations must be those of the sample."""
        super().check(analysis, params)
        for pair in analysis.samples.of_sample(params["sample"]) if params["variation"] else ():
            known = analysis.systematics_of(pair).variations
            for name in params["variation"]:
                if params["year"] in ("", pair.year) and name not in known:
                    raise UnknownName("variation", name, known, pair.name)

    @property
    def variations(self) -> tuple[str, ...]:
        """The variations it is about, in the order of the systematics."""
        known = self.plan.systematics.variations
        return tuple(v for v in known if v in self.variation) if self.variation else known

    @property
    def suffix(self) -> str:
        """What tells outputs of a narrowed stage from those of the whole one."""
        return "." + "+".join(self.variations) if self.variation else ""

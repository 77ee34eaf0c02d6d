"""What stages share that can be narrowed to some variations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from higgsflow.errors import UnknownName, UserError
from tasks.parameters import Words
from tasks.sample_task import SampleTask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.systematic import Systematics


def refuse_variation(name: str, systematics: Iterable[Systematics], where: str) -> NoReturn:
    """Raises for a variation that no systematics make events of.

    Raises:
        UserError: that tells where one of a weight is, or the nearest of those with events.
    """
    systematics = tuple(systematics)
    if any(name in weight.variations for one in systematics for weight in one.weights.values()):
        raise UserError(
            f"'{name}' has no events of its own: it is of a weight",
            where,
            f"say --variation nominal, whose column weight_{name} has it",
        )
    known = dict.fromkeys(variation for one in systematics for variation in one.variations)
    raise UnknownName("variation", name, known, where)


class VariationTask(SampleTask):
    """Base of stages that can be narrowed to some variations."""

    variation = Words(
        default=(), description="some variations, such as nominal,photon_pt_scale_up; default: all"
    )
    exclude_index = True

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Variations must be those of the sample."""
        super().check(analysis, params)
        for pair in analysis.samples.of_sample(params["sample"]) if params["variation"] else ():
            systematics = analysis.systematics_of(pair)
            for name in params["variation"] if params["year"] in ("", pair.year) else ():
                if name not in systematics.variations:
                    refuse_variation(name, [systematics], pair.name)

    @property
    def variations(self) -> tuple[str, ...]:
        """The variations it is about, in the order of the systematics."""
        known = self.plan.systematics.variations
        return tuple(v for v in known if v in self.variation) if self.variation else known

    @property
    def suffix(self) -> str:
        """What tells outputs of a narrowed stage from those of the whole one."""
        return "." + "+".join(self.variations) if self.variation else ""

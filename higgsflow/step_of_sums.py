"""Before the cuts of which step the sums are counted that a weight preserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration
from higgsflow.needs import is_made, is_one_object
from higgsflow.weight_columns import input_columns as weight_inputs

if TYPE_CHECKING:
    from higgsflow.model.context import Context
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.taggers.base import Tagger
    from higgsflow.taggers.sequence import Steps


def step_of_sums(weight: WeightSystematic, steps: Steps, context: Context) -> int:
    """The first step that knows all a weight needs: its sums are counted before its cuts.

    Raises:
        InvalidConfiguration: where a step before it may have cut on what the weight looks at, or
            it looks at candidates.
    """
    _check_of_events(weight, steps[-1][0], context)
    targets = weight.target_collections
    needed = {*weight_inputs(weight), *targets}
    found = 0
    for number, step in enumerate(steps):
        added = {name for tagger in step for name in tagger.adds(context)}
        makes_one = any(is_one_object(target, added) for target in targets)
        found = number if makes_one or any(is_made(n, added) for n in needed) else found
    for tagger in (tagger for step in steps[:found] for tagger in step):
        shared = sorted({need.name for need in tagger.reads(context)} & needed)
        if shared and tagger.name not in weight.cuts_before:
            raise InvalidConfiguration(
                f"'{weight.name}' preserves sums, but '{tagger.name}' cuts before they are counted",
                f"both look at {shared[0]}",
                f"make its bins before, or say `after: [{tagger.name}]` where that cut is harmless",
            )
    return found


def _check_of_events(weight: WeightSystematic, tagger: Tagger, context: Context) -> None:
    """Raises where sums over events would be made of what there is for each candidate."""
    added = tagger.adds(context) if tagger.candidate() else {}
    names = {*weight_inputs(weight), *weight.target_collections}
    for name in sorted(n for n in names if is_made(n, added) or is_one_object(n, added)):
        raise InvalidConfiguration(
            f"'{weight.name}' preserves sums over events, and looks at '{name}'",
            f"there is one for each {tagger.candidate()}",
            "let it look at what is one for each event",
        )

"""What is wrong with a configuration besides its samples: nobody wants to hear of that later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from higgsflow.errors import InvalidConfiguration, UserError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import ABSENT, findings
from higgsflow.model.noun import known_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLES = "samples"


def with_the_rest(error: UserError, content: Mapping[str, Any], where: str) -> UserError:
    """The error of the samples of a configuration, which tells all else that is wrong there, too.

    It is the same where that is nothing.
    """
    others = _wrong({key: value for key, value in content.items() if key != _SAMPLES})
    if not others:
        return error
    told = ", ".join(" ".join(str(part).split()) for part in error.parts if part)
    of_samples = error.findings if isinstance(error, InvalidConfiguration) else ()
    found = (*(of_samples or (told,)), *others)
    more = (f"and {len(found) - 2} more",) if len(found) > 2 else ()
    both = InvalidConfiguration(f"{where} is not valid:", found[0], "; ".join((found[1], *more)))
    both.findings = found
    return both


def _wrong(content: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        AnalysisModel.model_validate(content)
    except ValidationError as error:
        found = findings(error, content, known_keys(AnalysisModel))
        # what somebody has yet to write, and the samples, are no mistakes
        return tuple(one for one in found if not one.endswith(ABSENT))
    except UserError as error:
        return (error.short,)
    return ()

"""What is told of samples that are current and incomplete: their jobs may be tried again."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from higgsflow.errors import shorten
from higgsflow.report.formatting import processed
from tasks import session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear

_MOST = 3  # that are named


def tell_incomplete(analysis: AnalysisModel, pairs: Iterable[SampleYear]) -> None:
    """Says which of them lack entries, and how to try again; they must be normalised."""
    found = [(pair.name, _scale1fb(analysis, pair)) for pair in pairs]
    lacking = [f"{n} {processed(said['fraction'])}" for n, said in found if not said["complete"]]
    if lacking:
        sys.stdout.write(
            f"incomplete: {shorten(lacking, _MOST)}; "
            "--retry-failed tries again what failed for good\n"
        )


def _scale1fb(analysis: AnalysisModel, pair: SampleYear) -> Any:
    """As JSON, since making an object of it would take longer than all else that is told."""
    folder = session.stage_folder(analysis, "scale1fb", pair.sample.name, pair.year)
    return json.loads((folder / "scale1fb.json").read_bytes())

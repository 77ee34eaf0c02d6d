"""Cut flows of named masks, counted as those of taggers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.selection.cutflow import CutFlow, count_codes
from higgsflow.taggers.cut_groups import coded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.selection.cutflow import Mask, Weight


def count_cuts(cuts: Mapping[str, Mask], weight: Weight) -> CutFlow:
    """The cut flow of masks with one value per entry of weight; of none the total is known."""
    codes = coded(cuts).codes if cuts else np.zeros(len(weight), np.uint8)
    return count_codes(tuple(cuts), codes, weight)

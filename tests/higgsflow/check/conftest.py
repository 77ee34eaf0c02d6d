from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import load_analysis

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel


@pytest.fixture
def loaded(lab: Lab) -> Callable[[], AnalysisModel]:
    """Reads the toy analysis as its content now is."""
    sys.path.insert(0, str(lab.taggers.parent))
    return lambda: load_analysis(lab.write())

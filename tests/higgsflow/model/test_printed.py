from __future__ import annotations

import pytest

from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed


class Answer(Printed, Noun):
    value: int

    def __str__(self) -> str:
        return f"the answer\nis {self.value}"


def test_a_notebook_shows_what_print_shows() -> None:
    pretty = pytest.importorskip(
        "IPython.lib.pretty", reason="to run this test: pip install -e '.[notebook]'"
    )
    assert pretty.pretty(Answer(value=42)) == "the answer\nis 42"

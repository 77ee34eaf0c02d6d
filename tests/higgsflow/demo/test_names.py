from __future__ import annotations

import pytest

from higgsflow.demo.names import demo_samples, demo_years, file_name
from higgsflow.errors import UnknownName


def test_every_file_has_a_name_of_its_own() -> None:
    named = {file_name(s, y, n) for s in demo_samples() for y in demo_years() for n in range(3)}
    assert len(named) == 3 * len(demo_samples()) * len(demo_years())
    assert "ttH_M125_2017_0.root" in named


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ttH_M215", "2017", 0), "no sample 'ttH_M215' in the demo. Did you mean 'ttH_M125'"),
        (("Data", "2019", 0), "no year '2019' in the demo"),
        (("Data", "2018", 3), "no file number '3'"),
    ],
)
def test_an_unknown_file_is_named(arguments: tuple[str, str, int], message: str) -> None:
    with pytest.raises(UnknownName) as error:
        file_name(*arguments)
    assert str(error.value).startswith(message)

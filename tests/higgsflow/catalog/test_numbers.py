from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.numbers import ingredients_of_scale1fb, numbers_of
from higgsflow.model.samples import Samples

if TYPE_CHECKING:
    from higgsflow.model.sample import SampleYear

YEARS = {
    "2017": {"luminosity": 40.0, "apply_golden_json": False},
    "2018": {"luminosity": 60.0, "apply_golden_json": False},
}


def numbers(year: str = "2017", **more: Any) -> Any:
    sample = {"name": "S", "files": {"2017": "f.root", "2018": "g.root"}, **more}
    return numbers_of(pair(sample, year))


def pair(sample: dict[str, Any], year: str) -> SampleYear:
    samples = Samples.model_validate(
        {"samples": [sample], "years": YEARS, "selected_years": list(YEARS)}
    )
    return samples.pair("S", year)


def test_simulation_has_its_numbers_of_the_year() -> None:
    xs = {"2017": 0.5, "2018": 0.7}
    first, second = (numbers(y, kind="simulation", xs=xs, bf=0.1) for y in ("2017", "2018"))
    assert (first["xs"], second["xs"]) == (0.5, 0.7)
    assert (first["luminosity"], second["luminosity"]) == (40.0, 60.0)
    assert first["bf"] == second["bf"] == 0.1


@pytest.mark.parametrize("change", [{"xs": 2}, {"bf": 0.2}, {"k_factor": 2}, {"scale1fb": 1}])
def test_each_number_is_among_them(change: dict[str, Any]) -> None:
    assert numbers(kind="simulation", **{"xs": 1, **change}) != numbers(kind="simulation", xs=1)


def test_data_have_a_luminosity_only() -> None:
    found = numbers(kind="data")
    assert {name for name, value in found.items() if value is not None} == {"luminosity"}


def test_a_normalisation_is_made_from_numbers_and_jobs() -> None:
    one = pair({"name": "S", "kind": "simulation", "xs": 0.5, "files": {"2017": "f.root"}}, "2017")
    found = ingredients_of_scale1fb(one, "digest")
    assert found != ingredients_of_scale1fb(one, "another")
    assert found.items() >= numbers_of(one).items()

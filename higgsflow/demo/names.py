"""The names of the demo's samples, years and files."""

from __future__ import annotations

from higgsflow.demo import constants
from higgsflow.errors import UnknownName

N_FILES = constants.N_FILES


def demo_samples() -> tuple[str, ...]:
    """Names of the demo samples: simulation first, then the data."""
    return constants.SAMPLES


def demo_years() -> tuple[str, ...]:
    """The years every demo sample has."""
    return constants.YEARS


def file_name(sample: str, year: str, number: int) -> str:
    """Name of one file, such as `ttH_M125_2017_0.root`.

    Raises:
        UnknownName: the demo has no such sample, year or file.
    """
    _check(sample, year, number)
    return f"{sample}_{year}_{number}.root"


def _check(sample: str, year: str, number: int) -> None:
    known = {"sample": constants.SAMPLES, "year": constants.YEARS}
    for kind, name in (("sample", sample), ("year", year)):
        if name not in known[kind]:
            raise UnknownName(kind, name, known[kind], "the demo")
    if number not in range(N_FILES):
        numbers = [str(n) for n in range(N_FILES)]
        raise UnknownName("file number", str(number), numbers, f"'{sample} ({year})' of the demo")

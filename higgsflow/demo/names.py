"""The names of the demo's samples, years and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.demo import constants
from higgsflow.errors import UnknownName

if TYPE_CHECKING:
    from pathlib import Path

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


def file_paths(store: Path, sample: str, year: str) -> tuple[Path, ...]:
    """Where the files of a sample and year lie in a store, made or not.

    The same for every version, and for every analysis that uses them.

    Raises:
        UnknownName: the demo has no such sample or year.
    """
    folder = store / "demo_files" / sample / year
    return tuple(folder / file_name(sample, year, number) for number in range(N_FILES))


def _check(sample: str, year: str, number: int) -> None:
    known = {"sample": constants.SAMPLES, "year": constants.YEARS}
    for kind, name in (("sample", sample), ("year", year)):
        if name not in known[kind]:
            raise UnknownName(kind, name, known[kind], "the demo")
    if number not in range(N_FILES):
        numbers = [str(n) for n in range(N_FILES)]
        raise UnknownName("file number", str(number), numbers, f"'{sample} ({year})' of the demo")

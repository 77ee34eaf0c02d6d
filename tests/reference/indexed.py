"""Indices as IndexSample makes them, without a task and without what it keeps."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.files import resolve_files
from higgsflow.events.sample_index import look_into, put_together
from higgsflow.model.sample import SampleYear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.catalog.files import InputFile
    from higgsflow.events.index import SampleIndex


def sample_year(*, is_data: bool = False, **changes: Any) -> SampleYear:
    """A sample of 2017, whose files do not matter."""
    kind = {"kind": "data"} if is_data else {"kind": "simulation", "xs": 1.0}
    sample = {"name": "S", "files": {"2017": "x"}, **kind, **changes}
    era = {"luminosity": 1.0, "apply_golden_json": False}
    return SampleYear.model_validate({"sample": sample, "year": "2017", "era": era})


def index_sample(
    pair: SampleYear, files: Sequence[InputFile], cache: Path, needed: Sequence[str] = ()
) -> SampleIndex:
    """The index of these files; what is known of them is in the folder."""
    return put_together(pair, files, (look_into(file, pair, cache, needed) for file in files))


def index_of(pair: SampleYear, *paths: Path | str) -> SampleIndex:
    """The index of files of which nothing is known."""
    with tempfile.TemporaryDirectory() as cache:
        return index_sample(pair, resolve_files(list(map(str, paths)), pair.name), Path(cache))


def entry_of(path: Path | str, *, is_data: bool = False) -> dict[str, Any]:
    """What a file holds, as it is kept."""
    pair = sample_year(is_data=is_data)
    with tempfile.TemporaryDirectory() as cache:
        (file,) = resolve_files([str(path)], pair.name)
        return look_into(file, pair, Path(cache))

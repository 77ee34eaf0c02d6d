"""Catalogues of HiggsDNA: samples in JSON become a catalogue of this project.

The files meant are exactly those HiggsDNA would read; what it decides in silence, such as that a
sample without a cross section is data, has to be said here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from higgsflow.catalog.addresses import DATASET
from higgsflow.catalog.das import is_dataset
from higgsflow.errors import InvalidConfiguration, nearest
from higgsflow.model.once import keys_once
from higgsflow.model.sample import Sample

_KNOWN = ("kind", "xs", "bf", "files", "process_id", "scale1fb", "systematics")
# what HiggsDNA does not ask and has to be said here stands in its entries as in ours
_OURS = (
    "process", "signal", "skim", "partial", "alternative", "filter_efficiency", "k_factor",
    "allow_equal_sums", "negative_denominator", "triggers",
)  # fmt: skip
# files per output: it shapes the jobs of HiggsDNA, not what comes out of them
_HARMLESS = ("fpo",)
_NAMED_LIKE_DATA = re.compile(
    r"(data|egamma|double(eg|egamma|photon|electron|muon)|muoneg|single(photon|electron|muon)"
    r"|jetht|jetmet|htmht)(run)?([_\-\d].*)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\d{4}")
_SAMPLE: TypeAdapter[Any] = TypeAdapter(Sample)


def import_higgsdna(path: Path) -> dict[str, Any]:
    """The samples of a HiggsDNA catalogue, as `{"samples": {name: entry}}`.

    Raises:
        InvalidConfiguration: naming file and sample, for what HiggsDNA would have guessed and
            for what this project does not know.
    """
    content = _read(path)
    return {"samples": {name: _entry(name, info, path) for name, info in content.items()}}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=keys_once)
    except OSError as error:
        raise InvalidConfiguration(f"cannot read {path}", str(error.strerror)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidConfiguration(f"{path} is not a HiggsDNA catalogue", str(error)) from error
    if not isinstance(content, dict) or not all(isinstance(i, dict) for i in content.values()):
        raise InvalidConfiguration(f"{path} is not a HiggsDNA catalogue", "it has no samples")
    return content


def _entry(name: str, info: dict[str, Any], path: Path) -> dict[str, Any]:
    where = f"sample '{name}' in {path}"
    _check_keys(info, where)
    kind = _kind(name, info, where)
    entry: dict[str, Any] = {"kind": kind}
    entry |= {key: info[key] for key in ("xs", "bf") if key in info}
    entry["files"] = _files(info.get("files"), where)
    _check_years(entry, where)
    entry |= {key: info[key] for key in ("process_id", "scale1fb") if info.get(key) is not None}
    entry |= {key: info[key] for key in _OURS if key in info}
    if info.get("systematics"):
        entry["systematics"] = _systematics(info["systematics"], where)
    try:
        _SAMPLE.validate_python({"name": name, **entry})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise InvalidConfiguration(
            f"{where} cannot be used", f"{place}: {first['msg']}".lstrip(": ")
        ) from error
    return entry


def _check_keys(info: dict[str, Any], where: str) -> None:
    known = (*_KNOWN, *_OURS)
    unknown = [key for key in info if key not in known and key not in _HARMLESS]
    if unknown:
        guesses = {key: nearest(key, known) for key in unknown}
        told = [f"'{k}'" + (f" (did you mean '{g}'?)" if g else "") for k, g in guesses.items()]
        raise InvalidConfiguration(
            f"unknown keys: {', '.join(told)}", f"of {where}", f"known: {', '.join(known)}"
        )


def _kind(name: str, info: dict[str, Any], where: str) -> str:
    """Simulation or data; HiggsDNA takes every sample without cross section for data."""
    said = info.get("kind")
    has_xs = info.get("xs") is not None
    if said == "data" and has_xs:
        raise InvalidConfiguration("data has no cross section", f"{where} has xs", "remove one")
    if has_xs:
        return "simulation"
    if said != "data" and not _NAMED_LIKE_DATA.fullmatch(name):
        raise InvalidConfiguration(
            f"no cross section of {where}", "", 'give xs, or say it is data: "kind": "data"'
        )
    leftover = [key for key in ("bf", "scale1fb") if info.get(key) is not None]
    if leftover:
        raise InvalidConfiguration(f"data has no {leftover[0]}", where, "give xs, or remove it")
    return "data"


def _files(files: Any, where: str) -> dict[str, list[str]]:
    if not isinstance(files, dict) or not files:
        raise InvalidConfiguration(f"no files of {where}", "", 'such as "files": {"2017": [...]}')
    by_year = {str(y): [v] if isinstance(v, str) else v for y, v in files.items()}
    for year, addresses in by_year.items():
        if not isinstance(addresses, list) or not all(isinstance(a, str) for a in addresses):
            raise InvalidConfiguration(f"files of {year} are not addresses", where)
        if not all(address.strip() for address in addresses):
            raise InvalidConfiguration(f"an address of the files of {year} is empty", where)
    return {year: [_address(a) for a in addresses] for year, addresses in by_year.items()}


def _address(address: str) -> str:
    """The same files in the words of this project.

    HiggsDNA reads the files directly in a folder, where here a folder means all below it.
    """
    in_das = is_dataset(address) and address.endswith(("/NANOAOD", "/NANOAODSIM", "/USER"))
    if in_das and not Path(address).exists():
        return f"{DATASET}{address}"
    last = address.rpartition("/")[2]
    if "*" in last or last.endswith((".root", ".txt")) or address.startswith(DATASET):
        return address
    return f"{address.rstrip('/')}/*.root"


def _check_years(entry: dict[str, Any], where: str) -> None:
    for key in ("xs", "bf"):
        if isinstance(entry.get(key), dict):
            for year in entry["files"]:
                if year not in entry[key]:
                    raise InvalidConfiguration(
                        f"no {key} for year '{year}'", f"of {where}", f"it has {list(entry[key])}"
                    )


def _systematics(systematics: Any, where: str) -> dict[str, Any]:
    """Systematics of a sample, which HiggsDNA takes for all years or for each."""
    _check_mapping(systematics, where)
    if not all(_YEAR.match(key) for key in systematics):
        return {kind: _sources(of_kind) for kind, of_kind in systematics.items()}
    merged: dict[str, Any] = {}
    for year, of_year in systematics.items():
        _check_mapping(of_year, where)
        for kind, of_kind in of_year.items():
            _check_mapping(of_kind, where)
            _merge(merged.setdefault(kind, {}), _sources(of_kind), year, where)
    return merged


def _check_mapping(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise InvalidConfiguration("systematics are not a mapping", where)


def _merge(merged: dict[str, Any], sources: dict[str, Any], year: str, where: str) -> None:
    """Add the systematics of one year; each acts in the years that name it."""
    for name, source in sources.items():
        _check_mapping(source, where)
        known = merged.setdefault(name, {**source, "years": []})
        if {**known, "years": None} != {**source, "years": None}:
            raise InvalidConfiguration(
                f"systematic '{name}' differs between years", where, "give it two names"
            )
        known["years"].append(year)


def _sources(of_kind: Any) -> Any:
    if not isinstance(of_kind, dict):
        return of_kind
    return {name: _source(source) for name, source in of_kind.items()}


def _source(source: Any) -> Any:
    """HiggsDNA writes a column as collection and field, always two words."""
    if not isinstance(source, dict):
        return source
    joined = dict(source)
    if "branch_modified" in source:
        joined["branch_modified"] = _column(source["branch_modified"])
    if isinstance(source.get("branches"), dict):
        joined["branches"] = {d: _column(column) for d, column in source["branches"].items()}
    return joined


def _column(value: Any) -> Any:
    return "_".join(str(part) for part in value) if isinstance(value, list) else value

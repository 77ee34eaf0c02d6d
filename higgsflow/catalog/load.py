"""Configuration files become frozen nouns.

Paths in a file are relative to that file; environment variables and `~` are expanded. What comes
out holds absolute paths only, so that a copy of it in the store can be read from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from higgsflow.catalog.addresses import PRODUCED, REMOTE
from higgsflow.catalog.folder import CONFIG_FOLDER, known_analyses
from higgsflow.catalog.higgsdna import import_higgsdna
from higgsflow.catalog.mistaken import no_catalog, no_file, refuse_catalog
from higgsflow.catalog.paths import expanded, with_absolute_files
from higgsflow.catalog.rest import with_the_rest
from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.credentials import refuse_secrets
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import explain, findings
from higgsflow.model.noun import Noun, known_keys, safe_name
from higgsflow.model.once import each_once
from higgsflow.model.samples import Samples, select_names
from higgsflow.there import is_file

T = TypeVar("T", bound=Noun)

_DATASETS = "primary_datasets"
_REPLICAS = "replicas"
_KNOWN = "known_samples"
_SUCH_YEARS = "such as years: {2017: {luminosity: 41.5}}"


def find_analysis(name: str) -> Path | None:
    """The configuration file of an analysis given by path or by its name in config/.

    Raises:
        InvalidConfiguration: for a path where no file is.
    """
    as_path = Path(expanded(name, "the name of the analysis"))
    if as_path.suffix in (".yaml", ".yml"):
        if not is_file(as_path):
            raise no_file(as_path)
        return as_path.resolve()
    return CONFIG_FOLDER / f"{name}.yaml" if name in known_analyses() else None


def load_analysis(path: Path) -> AnalysisModel:
    """The analysis that a configuration file describes.

    Raises:
        UserError: naming file, place and reason, with the nearest known name.
    """
    path = path.resolve()
    content = read_yaml(path)
    refuse_catalog(content, path)
    content.setdefault("name", path.stem)
    folders = content.get("python_path", () if path.parent == CONFIG_FOLDER else ".")
    folders = (folders,) if isinstance(folders, str) else folders
    content["python_path"] = tuple(
        str((path.parent / expanded(str(f), "python_path")).resolve()) for f in folders
    )
    if isinstance(content.get("store"), str):
        content["store"] = str(path.parent / expanded(content["store"], f"store: of {path}"))
    for section in ("systematics", "tag_sequence"):
        if section in content:
            content[section] = with_absolute_files(content[section], path.parent, section)
    if "samples" in content:
        try:
            content["samples"] = resolve_samples(content["samples"], path.parent, path)
        except UserError as error:
            raise with_the_rest(error, content, str(path)) from error
    return validated(AnalysisModel, content, str(path))


def resolve_samples(section: Any, folder: Path, where: Path | str) -> Samples:
    """The samples section: a catalogue (path, paths or inline), a list of names, and years.

    Raises:
        InvalidConfiguration: for a section without samples, or with two kinds of them.
        UnknownName: for a key, sample or year that is not known.
    """
    section = {"catalog": section} if isinstance(section, str | list) else section
    section = _mapping(section, "samples", str(where), "such as samples: {catalog: demo}")
    of_place = ("samples", "years", _DATASETS, _REPLICAS)
    known = {"catalog", "sample_list", "selected_years", _KNOWN, *of_place}
    for key in section:
        if key not in known:
            known -= {_KNOWN, "selected_years"}  # only copies in a store have them
            raise UnknownName("key", str(key), known, f"{where}: samples")
    chosen = section.get("sample_list")
    if "samples" in section:
        if "catalog" in section:
            raise InvalidConfiguration("samples are given in a catalog and in place", str(where))
        inline = {key: section[key] for key in of_place if key in section}
        catalog = _absolute_catalog(inline, folder, str(where))
        # a copy of an analysis holds the samples that were chosen, and the names of all
        catalog[_KNOWN] = section.get(_KNOWN) or ()
        return select_samples(catalog, chosen, section.get("selected_years"), str(where))
    if "catalog" not in section:
        raise InvalidConfiguration("no catalogue of samples", str(where), "say samples.catalog")
    source = section["catalog"]
    catalog, files = load_catalog(source, folder), catalog_files(source, folder)
    return select_samples(catalog, chosen, section.get("years"), str(where), files)


def load_catalog(source: Any, folder: Path) -> dict[str, Any]:
    """One catalogue, from a path, several paths (merged) or an inline mapping.

    Raises:
        InvalidConfiguration: for what is no catalogue, or two of one sample.
    """
    if isinstance(source, Mapping):
        return _absolute_catalog(dict(source), folder, "the catalogue")
    if isinstance(source, str | Path):
        path = _catalog_path(source, folder)
        # the samples of HiggsDNA are JSON; they know no luminosities: list a file with years beside
        content = import_higgsdna(path) if path.suffix == ".json" else read_yaml(path)
        if "tag_sequence" in content:
            what = f"{path} is an analysis, no catalogue of samples"
            raise InvalidConfiguration(
                what, "samples.catalog", "give the file that has the samples"
            )
        return _absolute_catalog(content, path.parent, str(path))
    if not isinstance(source, Sequence) or not source:
        raise InvalidConfiguration(f"{source!r} is no catalogue of samples", "", "give its path")
    merged: dict[str, Any] = {"years": {}, "samples": {}, _DATASETS: (), _REPLICAS: {}}
    for part in source:
        _add_catalog(merged, load_catalog(part, folder), f"in {part}")
    return merged


def catalog_files(source: Any, folder: Path) -> str:
    """The files that a catalogue is in, for messages; empty where it is given in place."""
    if isinstance(source, Mapping):
        return ""
    if isinstance(source, str | Path):
        return str(_catalog_path(source, folder))
    return ", ".join(filter(None, (catalog_files(part, folder) for part in source)))


def _add_catalog(merged: dict[str, Any], more: Mapping[str, Any], where: str) -> None:
    for name in more["samples"]:
        if name in merged["samples"]:
            raise InvalidConfiguration(f"sample '{name}' is in two catalogues", where)
    for year, era in more["years"].items():
        if merged["years"].setdefault(year, era) != era:
            raise InvalidConfiguration(f"year '{year}' differs between two catalogues", where)
    merged["samples"].update(more["samples"])
    merged[_DATASETS] = (*merged[_DATASETS], *more[_DATASETS])
    merged[_REPLICAS].update(more[_REPLICAS])


def _catalog_path(source: str | Path, folder: Path) -> Path:
    """A path relative to the folder, or a name in config/samples."""
    text = expanded(str(source), "the catalogue's path")
    candidates = (folder / text, CONFIG_FOLDER / "samples" / f"{text}.yaml")
    for candidate in candidates:
        if is_file(candidate):
            return candidate.resolve()
    raise no_catalog(source, candidates[0])


def select_samples(
    catalog: Mapping[str, Any],
    sample_list: Any,
    years: Any,
    where: str,
    files: str = "",
) -> Samples:
    """The chosen samples and years of a catalogue; all of them where nothing is chosen.

    Args:
        catalog: as `load_catalog` gives it.
        sample_list: names or patterns of samples.
        years: the chosen ones.
        where: who chooses, for messages.
        files: those of the catalogue, where it is not given there.

    Raises:
        UnknownName: for a sample or year that is not there, or a year without luminosity.
    """
    place = files or where
    entries = _as_entries(catalog.get("samples", {}), place)
    names = tuple(entries)
    if not names:
        raise InvalidConfiguration("the catalogue has no samples", place, "add some below samples:")
    chosen = select_names(_chosen(sample_list, names, "sample_list", where), names, "sample")
    known_years = tuple(str(year) for year in catalog.get("years", {}))
    selected = _chosen(years, known_years, "years", where)
    for name in chosen:
        of_years = entries[name].get("files")
        for year in of_years if isinstance(of_years, Mapping) else ():
            if str(year) not in known_years:
                of_sample = f"the catalogue's years, which '{name}' has files for"
                raise UnknownName("luminosity for year", str(year), known_years, of_sample)
    listed = tuple(map(str, catalog.get(_DATASETS) or ()))
    order = select_names(listed, names, f"sample of {_DATASETS}")
    content = {
        _DATASETS: [name for name in order if name in chosen],
        "samples": [{"name": name, **entries[name]} for name in chosen],
        "years": catalog.get("years", {}),
        "selected_years": selected,
        _REPLICAS: catalog.get(_REPLICAS) or {},
        _KNOWN: tuple(dict.fromkeys((*catalog.get(_KNOWN, ()), *names))),
    }
    return validated(Samples, content, place)


def _chosen(value: Any, known: tuple[str, ...], what: str, where: str) -> tuple[str, ...]:
    """The names chosen, one or a list of them; all where nothing is said."""
    if value is None:
        return known
    listed = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not listed:
        raise InvalidConfiguration(f"{what} is empty", where, "name some, or leave it out for all")
    # `NO` is read as false
    if not all(type(one) in (str, int) for one in listed):
        raise InvalidConfiguration(f"{what} is {value!r}, not a list of names", where)
    try:
        return each_once(tuple(str(one) for one in listed))
    except ValueError as error:
        raise InvalidConfiguration(f"{what}: {error}", where) from error


def _mapping(value: Any, what: str, where: str, remedy: str = "") -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise InvalidConfiguration(f"{what} does not hold keys and values", where, remedy)
    return value


def _as_entries(samples: Any, where: str) -> dict[str, dict[str, Any]]:
    """The entries by name, from a mapping or from a list of entries with names."""
    if isinstance(samples, Mapping):
        named = [(str(n), _mapping(e, f"sample '{n}'", where)) for n, e in samples.items()]
    elif isinstance(samples, list | tuple):
        listed = [_mapping(entry, "an entry of samples", where) for entry in samples]
        named = [(str(entry.get("name", "")), entry) for entry in listed]
    else:
        raise InvalidConfiguration("samples are neither a mapping nor a list", where)
    entries: dict[str, dict[str, Any]] = {}
    for name, entry in named:
        if name in entries or not name or str(entry.get("name", name)) != name:
            reason = "is given twice" if name in entries else "needs one name"
            raise InvalidConfiguration(f"sample '{name}' {reason}", where)
        _check_name(name, where)
        entries[name] = dict(entry)
    return entries


def _check_name(name: str, where: str) -> None:
    """The name of a sample is that of its folder, which no dataset of DAS has as a name."""
    try:
        safe_name(name)
    except ValueError as error:
        hint = f"such as {re.sub('[^A-Za-z0-9.+-]+', '_', name).strip('_')}"
        if name.startswith("/"):
            hint = f"give it a short name, and das:{name} among its files"
        raise InvalidConfiguration(f"sample {error}", where, hint) from error


def validated(noun: type[T], content: Any, where: str) -> T:
    """The noun made from content, with pydantic's findings told in three lines.

    Raises:
        InvalidConfiguration: with all that pydantic finds.
        UserError: of the noun itself, with the place added where it says none.
    """
    try:
        return noun.model_validate(content)
    except ValidationError as error:
        said = (error, content, known_keys(noun))
        found = InvalidConfiguration(f"{where} is not valid:", *explain(*said))
        found.findings = tuple(findings(*said))
        raise found from error
    except UserError as error:
        if not error.where:
            error.happened_in(where)
        raise


def _absolute_catalog(catalog: dict[str, Any], folder: Path, where: str) -> dict[str, Any]:
    """The catalogue with every path made absolute."""
    years = {
        str(year): {
            key: str(folder / expanded(value, f"years.{year}.{key}"))
            if key == "golden_json" and isinstance(value, str)
            else value
            for key, value in _mapping(entries, f"year '{year}'", where, _SUCH_YEARS).items()
        }
        for year, entries in _mapping(
            catalog.get("years") or {}, "years", where, _SUCH_YEARS
        ).items()
    }
    samples = {
        name: _absolute_sample(name, entry, folder)
        for name, entry in _as_entries(catalog.get("samples") or {}, where).items()
    }
    known = ("years", "samples", _DATASETS, _REPLICAS)
    for key in catalog:
        if key not in known:
            raise UnknownName("key", str(key), known, where)
    rest = {_DATASETS: catalog.get(_DATASETS) or (), _REPLICAS: catalog.get(_REPLICAS) or {}}
    return {"years": years, "samples": samples, **rest}


def _absolute_sample(name: str, entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "systematics" in entry:
        where = f"systematics of '{name}'"
        entry = {
            **entry,
            "systematics": with_absolute_files(entry["systematics"], folder, where),
        }
    files = entry.get("files")
    if not isinstance(files, Mapping):
        return entry
    absolute = {}
    for year, addresses in files.items():
        listed = [addresses] if isinstance(addresses, str) else addresses or []
        if not isinstance(listed, list | tuple) or not all(isinstance(a, str) for a in listed):
            raise InvalidConfiguration(f"files of '{name}' ({year}) are not addresses", str(folder))
        absolute[str(year)] = tuple(_absolute(a, folder, name) for a in listed)
    return {**entry, "files": absolute}


def _absolute(address: str, folder: Path, owner: str) -> str:
    refuse_secrets(address, f"files of '{owner}'")
    # as a path it would lose a slash, and nobody could tell what was meant
    if address.startswith((*REMOTE, PRODUCED, "root:")) or "://" in address:
        return address
    return str(folder / expanded(address, f"files of '{owner}'"))

"""Files and folders that are given in place of the one that was meant, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from higgsflow.catalog.folder import CONFIG_FOLDER, known_analyses
from higgsflow.catalog.paths import expanded
from higgsflow.catalog.snapshot import FILE_NAME
from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.errors import InvalidConfiguration, UserError, nearest


def no_file(path: Path) -> InvalidConfiguration:
    """What is told of a configuration that is not there: the nearest one beside it, or here."""
    guess = next(filter(None, (_beside(path), *_elsewhere(path))), "")
    if not guess and path.stem in known_analyses():
        guess = path.stem
    hint = f"did you mean '{guess}'?" if guess else ""
    return InvalidConfiguration(f"no configuration file {path}", f"in {Path.cwd()}", hint)


def _beside(path: Path) -> str:
    # by their endings all names would be alike
    there = {found.stem: found.name for found in path.parent.glob("*.y*ml")}
    name = there.get(nearest(path.stem, there))
    return str(path.with_name(name)) if name else ""


def _elsewhere(path: Path) -> Iterator[str]:
    """It as it is called, without its folder, in one of its own, or in one that is spelled so."""
    folder, above = path.parent, path.parent.parent
    own = path.with_suffix("") / path.name
    around = [found.name for found in above.glob("*/")] if not folder.is_dir() else []
    like = above / nearest(folder.name, around) / path.name
    for found in (Path(path.name), own, like):
        yield str(found) if found.is_file() else ""


def refuse_path(name: str) -> None:
    """Raises for what is no name but a path: of a folder, or without its ending.

    Raises:
        InvalidConfiguration: that offers the configuration in it, or with its ending.
    """
    path = Path(expanded(name, "the name of the analysis"))
    # its own, also in the store, before others
    own = (path / f"{path.resolve().name}.yaml", path / FILE_NAME, Path(f"{path}.yaml"))
    found = next((p for p in (*own, *sorted(path.glob("*.yaml"))) if p.is_file()), None)
    if found is not None:
        hint = f"did you mean '{found}'?"
        raise InvalidConfiguration(f"'{name}' is no configuration", "", hint)


def refuse_catalog(content: Mapping[str, Any], path: Path) -> None:
    """Raises for a catalogue in the place of the analysis that names it.

    Raises:
        InvalidConfiguration: that offers such an analysis beside it.
    """
    if "years" in content and "samples" in content:
        beside = (found.name for found in sorted(path.parent.glob("*.y*ml")))
        hint = "give the configuration that names it in samples.catalog"
        named = next((name for name in beside if _names(path.parent / name, path.name)), "")
        if named:
            hint = f"did you mean '{path.with_name(named)}'?"
        raise InvalidConfiguration("this is a catalogue of samples, no analysis", str(path), hint)


def _names(analysis: Path, catalog: str) -> bool:
    with suppress(UserError):
        samples = read_yaml(analysis).get("samples")
        named = samples.get("catalog") if isinstance(samples, Mapping) else samples
        return catalog in (named if isinstance(named, list) else [named])
    return False


def no_catalog(source: object, path: Path) -> InvalidConfiguration:
    """What is told of a catalogue where no file is: the nearest one beside it, or in config/."""
    where, given = f"looked for {path}", Path(str(source))
    if path.is_dir():
        hint = f"it is a folder: give a file, such as {given / 'samples.yaml'}"
        return InvalidConfiguration(f"no catalogue '{source}'", where, hint)
    known = {found.stem: found.stem for found in (CONFIG_FOLDER / "samples").glob("*.yaml")}
    if given.suffix:
        known |= {f.stem: str(given.with_name(f.name)) for f in path.parent.glob("*.y*ml")}
    guess = known.get(nearest(given.stem, known), "")
    hint = f"did you mean '{guess}'?" if guess else ""
    return InvalidConfiguration(f"no catalogue '{source}'", where, hint)

"""The first files of an analysis: a configuration, a tagger, a systematic, and their test."""

from __future__ import annotations

import keyword
import re
from string import Template
from typing import TYPE_CHECKING

from higgsflow.catalog.folder import CONFIG_FOLDER, known_analyses
from higgsflow.errors import InvalidConfiguration, StoreError
from higgsflow.model.noun import safe_name
from higgsflow.output.atomic import write_text
from higgsflow.there import is_there

if TYPE_CHECKING:
    from pathlib import Path

_TEMPLATES = {
    "{}.yaml": "analysis.yaml.txt",
    "{}_tagger.py": "tagger.py.txt",
    "{}_systematic.py": "systematic.py.txt",
    "test_{}.py": "test.py.txt",
}


def new_analysis(name: str, folder: Path) -> tuple[Path, ...]:
    """Writes an analysis that runs as it stands into a folder of its name; returns its files.

    What is there already and was changed is never written over.

    Raises:
        UserError: for a name that no module can have, or that a shipped analysis has, files of
            yours, or a folder of others.
    """
    _check_name(name)
    if name in known_analyses():
        raise InvalidConfiguration(
            f"'{name}' is a shipped analysis, whose outputs it would take for its own",
            str(CONFIG_FOLDER / f"{name}.yaml"),
            f"did you mean 'my_{name}'?",
        )
    files = {folder / name / file.format(name): text for file, text in _texts(name).items()}
    for path, text in files.items():
        if is_there(path) and not _holds(path, text):
            raise InvalidConfiguration(
                f"{path} is there already", "", "choose another name, or another --folder"
            )
    for path, text in files.items():
        try:
            write_text(path, text)
        except StoreError as error:
            raise StoreError(error.what, error.where, "choose another --folder") from error
    return tuple(files)


def _texts(name: str) -> dict[str, str]:
    """What each file holds, by the pattern of its name."""
    return {
        file: Template((CONFIG_FOLDER / "new" / template).read_text(encoding="utf-8")).substitute(
            name=name
        )
        for file, template in _TEMPLATES.items()
    }


def _check_name(name: str) -> None:
    """It becomes a part of the names of modules, so a word of Python is what it has to be."""
    if name.isascii() and name.isidentifier() and not keyword.iskeyword(name):
        _check_length(name)
        return
    guess = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    if not guess.isidentifier() or keyword.iskeyword(guess):
        guess = f"analysis_{guess}".rstrip("_")
    raise InvalidConfiguration(
        f"'{name}' cannot be the name of an analysis with modules of its own",
        "it may have letters, digits and _, and begins with a letter",
        f"did you mean '{guess}'?",
    )


def _check_length(name: str) -> None:
    """It becomes a part of the names of files and folders."""
    try:
        safe_name(name)
    except ValueError as error:
        raise InvalidConfiguration(str(error), "", "choose a shorter one") from error


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False

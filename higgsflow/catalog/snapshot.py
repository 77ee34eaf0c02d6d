"""The copy of a resolved configuration in the store, which stages and nodes read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from higgsflow.catalog.yaml_file import as_yaml_text, read_yaml
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import explain
from higgsflow.output.atomic import write_text, writing
from higgsflow.there import is_file

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "analysis.yaml"


def as_yaml(analysis: AnalysisModel) -> str:
    """The resolved configuration as text, from which an equal one can be made."""
    return as_yaml_text(analysis.model_dump(mode="json", by_alias=True))


def write_snapshot(analysis: AnalysisModel, folder: Path) -> Path:
    """Writes the copy, if it is not there already."""
    path = folder / FILE_NAME
    text = as_yaml(analysis)
    with writing(path):
        is_current = is_file(path) and path.read_bytes() == text.encode()
    if not is_current:
        write_text(path, text)
    return path


def read_snapshot(path: Path) -> AnalysisModel:
    """The analysis of a copy.

    Raises:
        InvalidConfiguration: when there is none, or it is of another version of the program.
    """
    if not is_file(path):
        raise InvalidConfiguration(f"no analysis at {path}")
    try:
        # whoever may write to the store may have put anything there
        content = read_yaml(path)
    except InvalidConfiguration as error:
        raise InvalidConfiguration(f"{path} is damaged", error.short, "remove it") from error
    try:
        return AnalysisModel.model_validate(content)
    except ValidationError as error:
        raise InvalidConfiguration(f"{path} is not valid:", *explain(error)) from error

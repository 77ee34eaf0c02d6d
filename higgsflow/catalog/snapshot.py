"""The copy of a resolved configuration in the store, which stages and nodes read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from higgsflow.catalog.yaml_file import as_yaml_text
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import explain
from higgsflow.output.atomic import write_text, writing

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
        is_current = path.is_file() and path.read_bytes() == text.encode()
    if not is_current:
        write_text(path, text)
    return path


def read_snapshot(path: Path) -> AnalysisModel:
    """The analysis of a copy.

    Raises:
        InvalidConfiguration: when there is none, or it is of another version of the program.
    """
    try:
        return AnalysisModel.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidConfiguration(f"no analysis at {path}", str(error)) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InvalidConfiguration(f"{path} is damaged", reason, "remove it") from error
    except ValidationError as error:
        raise InvalidConfiguration(f"{path} is not valid:", *explain(error)) from error

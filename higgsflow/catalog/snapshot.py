"""The copy of a resolved configuration in the store, which stages and nodes read."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from higgsflow.catalog.yaml_file import as_yaml_text
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.findings import explain
from higgsflow.model.reference import folder_of_module
from higgsflow.output.atomic import write_text, writing

FILE_NAME = "analysis.yaml"
# where what is shipped lies, which is found in any case
_PROGRAM = str(Path(__file__).resolve().parents[2])


def as_yaml(analysis: AnalysisModel) -> str:
    """The resolved configuration as text, from which an equal one can be made."""
    return as_yaml_text(analysis.model_dump(mode="json", by_alias=True))


def with_folders(analysis: AnalysisModel) -> AnalysisModel:
    """The analysis with the folders in which this process finds the code that it names.

    So another process finds it, too, such as the command line. Those that are configured come
    first, in their order: two may have a module of one name.
    """
    folders = {folder_of_module(reference) for reference in analysis.code_references}
    found = sorted(folders - {"", _PROGRAM, *analysis.python_path})
    return analysis.model_copy(update={"python_path": (*analysis.python_path, *found)})


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

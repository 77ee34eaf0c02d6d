"""The index of a sample and year as it lies in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.catalog.addresses import PRODUCED
from higgsflow.catalog.store import folder_of
from higgsflow.errors import InvalidConfiguration, Unreadable
from higgsflow.events.sample_index import IndexFile

if TYPE_CHECKING:
    from higgsflow.events.index import SampleIndex
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear


def is_produced(pair: SampleYear) -> bool:
    """Whether a task makes the files of a sample and year, so that only the index knows them."""
    return any(address.startswith(PRODUCED) for address in pair.addresses)


def stored_index(analysis: AnalysisModel, pair: SampleYear) -> SampleIndex:
    """What was found when the files were indexed last.

    Raises:
        InvalidConfiguration: when they were not indexed yet.
    """
    path = folder_of(analysis) / "index" / pair.sample.name / pair.year / "index.json"
    try:
        return IndexFile.model_validate_json(path.read_bytes()).index
    except PermissionError as error:
        raise Unreadable(error) from error
    except (OSError, ValueError) as error:
        raise InvalidConfiguration(
            f"the files of {pair.name} are made by a task, and not indexed yet",
            str(path),
            f"first: {run_stage('IndexSample', analysis, pair)}",
        ) from error


def run_stage(stage: str, analysis: AnalysisModel, pair: SampleYear) -> str:
    """The command that runs a stage for a sample and year."""
    about = f"--sample {pair.sample.name} --year {pair.year}"
    usual = type(analysis).model_fields["version"].default
    version = "" if analysis.version == usual else f" --version {analysis.version}"
    return f"law run {stage} --analysis {analysis.name} {about}{version}"

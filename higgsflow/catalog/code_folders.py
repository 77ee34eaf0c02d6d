"""The folders in which the code of users is found, for other processes.

Jobs of batch engines import this, but nothing that reads configurations.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.model.reference import folder_of_module

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel

# where what is shipped lies, which is found in any case
_PROGRAM = str(Path(__file__).resolve().parents[2])


def with_folders(analysis: AnalysisModel) -> AnalysisModel:
    """The analysis with the folders in which this process finds the code that it names.

    So another process finds it, too, such as the command line. Those that are configured come
    first, in their order: two may have a module of one name.
    """
    folders = {folder_of_module(reference) for reference in analysis.code_references}
    found = sorted(folders - {"", _PROGRAM, *analysis.python_path})
    return analysis.model_copy(update={"python_path": (*analysis.python_path, *found)})

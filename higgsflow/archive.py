"""What a store was made by: each configuration that was run, with the code of users that it names.

Merged files name both by their digests. The snapshot beside is only the last one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.snapshot import as_yaml
from higgsflow.code import own_digest, own_sources
from higgsflow.ingredients import digest
from higgsflow.output.atomic import write_text, writing, written_atomically
from higgsflow.there import is_file

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel

FOLDER = "made_by"
# what says where things are and run, not what comes out
_ELSEWHERE = {"store", "jobs_manager", "python_path", "version"}


def configuration_digest(analysis: AnalysisModel) -> str:
    """A digest of all that is configured, but for where it runs and is kept."""
    return digest(analysis.model_dump(mode="json", by_alias=True, exclude=_ELSEWHERE))


def keep(analysis: AnalysisModel, folder: Path) -> Path:
    """Keeps configuration and code as they are now, if they are not kept already.

    The configuration looks for its code beside itself first, so that it runs as it lies.

    Returns:
        the configuration as it is kept.
    """
    own = own_digest(analysis.code_references)
    place = folder / FOLDER / "_".join(filter(None, (configuration_digest(analysis), own)))
    path = place / f"{analysis.name}.yaml"
    with writing(place):
        is_kept = is_file(path)
    if not is_kept:
        for name, source in own_sources(analysis.code_references).items():
            # as it is: a module may say that it is of another encoding than UTF-8
            content = source.read_bytes()
            with written_atomically(place / _within(name, source)) as temporary:
                temporary.write_bytes(content)
        beside = analysis.model_copy(update={"python_path": (".", *analysis.python_path)})
        # last: where it lies, the code does
        write_text(path, as_yaml(beside))
    return path


def _within(name: str, source: Path) -> Path:
    """Where a module lies in the folder from which it is imported."""
    if name == "__main__":
        return Path(source.name)
    path = Path(*name.split("."))
    return path / source.name if source.name == "__init__.py" else path.with_suffix(".py")

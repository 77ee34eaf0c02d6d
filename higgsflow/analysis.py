"""The Python way in: an analysis that runs itself and gives its results back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from higgsflow.catalog.code_folders import with_folders
from higgsflow.catalog.folder import known_analyses
from higgsflow.catalog.load import find_analysis, load_analysis
from higgsflow.catalog.mistaken import refuse_path
from higgsflow.catalog.paths import expanded, with_absolute_files
from higgsflow.catalog.snapshot import as_yaml
from higgsflow.check.report import CheckReport, check_analysis
from higgsflow.errors import StoreError, UnknownName
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.reference import look_in
from higgsflow.model.samples import Samples
from higgsflow.model.told import Told
from higgsflow.result import Result
from higgsflow.runners import find_runner

if TYPE_CHECKING:
    from higgsflow.explain.content import Explanation
    from higgsflow.forecast.content import Forecast
    from higgsflow.report.analysis_status import AnalysisStatus


class Analysis(AnalysisModel, metaclass=Told):
    """Samples, systematics, a tag sequence, what to write, and where jobs run.

    Relative paths, of the store, correction files and modules, start at the working directory.

    Example:
        `Analysis(samples=SamplesManager(["ttH_*"]), tag_sequence=TagSequence(tag_list=[...]),
        variables_of_interest=["m_gg"]).run()`
    """

    @model_validator(mode="before")
    @classmethod
    def _paths_are_of_here(cls, value: Any) -> Any:
        """Relative ones start in the folder of this session, wherever jobs and stages run."""
        if not isinstance(value, Mapping):
            return value
        here, found = Path.cwd(), dict(value)
        samples = found.get("samples")
        is_catalog = isinstance(samples, Mapping) and "samples" in samples
        if "samples" in found and not is_catalog and not isinstance(samples, Samples):
            raise ValueError("samples: give SamplesManager(sample_list=[...], years=[...])")
        for section in ("systematics", "tag_sequence"):
            if section in found:
                found[section] = with_absolute_files(found[section], here, section)
        if isinstance(found.get("python_path"), list | tuple):
            folders = (expanded(str(folder), "python_path") for folder in found["python_path"])
            found["python_path"] = tuple(str((here / folder).resolve()) for folder in folders)
        if isinstance(found.get("store"), str | Path):
            found["store"] = str(here / expanded(str(found["store"]), "store"))
        return found

    @classmethod
    def from_yaml(cls, path: str | Path) -> Analysis:
        """The analysis that a configuration file describes, by path or by its name in config/.

        Raises:
            UnknownName: for a name that is not in config/.
            UserError: naming file, place and reason.
        """
        found = find_analysis(str(path))
        if found is None:
            refuse_path(str(path))
            raise UnknownName("configuration", str(path), known_analyses(), "config/")
        model = load_analysis(found)
        return cls(**{name: getattr(model, name) for name in AnalysisModel.model_fields})

    def to_yaml(self, path: str | Path) -> None:
        """Writes a configuration file that describes the same analysis.

        Raises:
            StoreError: where it cannot be written.
        """
        try:
            Path(path).write_text(as_yaml(with_folders(self)), encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"cannot write {path}", str(error.strerror), "name a file in a folder of yours"
            ) from error

    def check(self) -> CheckReport:
        """What `higgsflow check` shows: all that is wrong, before anything runs."""
        look_in(self.python_path)
        return check_analysis(self)

    def status(self) -> AnalysisStatus:
        """What `higgsflow status` shows: what of it is done, running, failed, stale or open."""
        found: AnalysisStatus = find_runner("status")(self)
        return found

    def run(self) -> Result:
        """Does what `law run RunAnalysis` does; what is done already is not done again.

        Raises:
            UserError: when something the user can put right is in the way.
        """
        return Result(find_runner("law")(self))

    def forecast(self, n_events: int = 20_000, job_length: float | str = 3600.0) -> Forecast:
        """What its jobs will take, from a probe of `n_events` of each sample and year.

        Suggests `n_events_per_output` for jobs of `job_length`, in seconds or as `2 h`.

        Raises:
            UserError: for numbers that make no sense.
        """
        from higgsflow.forecast.forecast import forecast  # noqa: PLC0415

        look_in(self.python_path)
        return forecast(self, n_events, job_length)

    def explain(
        self, sample: str, year: str | int, event: str, variation: str = "nominal"
    ) -> Explanation:
        """The way of the event `RUN:LUMI:EVENT` through corrections, cuts, tags and weights.

        Raises:
            UserError: for an unknown name, and for an event that is not there.
        """
        # only who asks pays for what jobs import
        from higgsflow.explain.explanation import explain_event  # noqa: PLC0415

        look_in(self.python_path)
        return explain_event(self, *map(str, (sample, year, event, variation)))

"""The trees for FinalFit of a sample and year, which MergeSample makes of its merged files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.ingredients import digest, flattened, marked
from tasks.monitor_jobs import MonitorJobs
from tasks.targets import StageTarget

if TYPE_CHECKING:
    from higgsflow.ingredients import Ingredients
    from tasks.merge_sample import MergeSample


def trees_of(task: MergeSample) -> StageTarget | None:
    """The trees, where they are asked for and all variations take part."""
    options = task.model.outputs.finalfit
    names = (task.sample, task.year, task.pair.is_data)
    if task.variation or options is None or options.prefix(*names) is None:
        return None
    path = task.stage_folder("finalfit") / "finalfit.json"
    return StageTarget(path, lambda: _made_from(task), beside=(path.with_suffix(".root"),))


def write_trees(task: MergeSample, target: StageTarget) -> None:
    """Makes them; all that they are made of is there."""
    from higgsflow.model.systematic import NOMINAL
    from higgsflow.normalization import Normalization
    from higgsflow.output.finalfit import write_final_fit
    from higgsflow.output.finalfit_branches import FinalFitOrder
    from higgsflow.output.manifest import read_manifest
    from higgsflow.records.generator_bins import generator_bins
    from higgsflow.records.sample_jobs import SampleJobs

    made_from = _made_from(task) or {}
    jobs = MonitorJobs.req(task).output().read_current(SampleJobs)
    order = FinalFitOrder(
        analysis=task.model,
        pair=task.pair,
        merged={v: read_manifest(t.file) for v, t in task.output().items()},
        factor_sums=jobs.factor_sums,
        generator_bins=generator_bins(jobs.ledgers[NOMINAL].kept),
        ratios=task.input().read_current(Normalization).weight_ratios.get(NOMINAL, {}),
        inputs=digest(made_from),
        path=target.file.with_suffix(".root"),
    )
    target.file.unlink(missing_ok=True)
    target.write(write_final_fit(order), made_from)


def _made_from(task: MergeSample) -> Ingredients | None:
    """What the trees depend on: all merged files of the sample, and the options."""
    outputs = task.output()
    if not all(target.exists() for target in outputs.values()):
        return None
    merged = {f"merged {v}": marked(str(t.recorded())) for v, t in outputs.items()}
    options = flattened(task.model.outputs.model_dump(mode="json"))
    return {"format of merged files": task.file_format, **merged, **options}

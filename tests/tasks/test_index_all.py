from __future__ import annotations

from typing import TYPE_CHECKING

import law
import luigi

if TYPE_CHECKING:
    from conftest import Lab


def needed(task: luigi.Task, seen: set[str]) -> int:
    """How many times a stage is named by another one that needs it."""
    if task.task_id in seen:
        return 0
    seen.add(task.task_id)
    found = [t for t in law.util.flatten(task.requires()) if isinstance(t, luigi.Task)]
    return len(found) + sum(needed(one, seen) for one in found)


def n_needed(lab: Lab, n_samples: int) -> int:
    samples = {f"S{n}": lab.sig for n in range(n_samples)}
    lab.content["samples"]["samples"] = {"Sig": lab.sig, **samples}
    return needed(lab.task("RunAnalysis"), set())


def test_what_stages_need_grows_as_the_number_of_samples(lab: Lab) -> None:
    """luigi follows all of it each time that a stage ends."""
    few, more, many = (n_needed(lab, n) for n in (1, 3, 5))
    assert many - more == more - few


def test_is_complete_once_every_sample_is_indexed(lab: Lab) -> None:
    assert not lab.task("RunAnalysis").complete()
    from tasks.index_all import IndexAll

    assert lab.run("IndexSample", sample="Sig")
    assert not IndexAll(analysis=str(lab.path)).complete()
    assert lab.run("IndexSample", sample="Data")
    assert IndexAll(analysis=str(lab.path)).complete()

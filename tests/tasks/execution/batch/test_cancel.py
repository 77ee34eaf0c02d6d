from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import UserError
from tasks.execution.batch.batch_file import header_of, new_batch, portions_of
from tasks.execution.batch.cancel import cancel_jobs
from tasks.execution.driver_lock import driving


def test_nothing_in_a_queue_is_said(bench: Any) -> None:
    model = bench.prepare().task.model
    assert cancel_jobs(model, model.samples.pairs) == (
        "cancelled jobs: none, there are none in a queue\n"
    )


def test_jobs_that_a_command_drives_are_not_cancelled_under_it(bench: Any) -> None:
    """It would just submit them again."""
    model = bench.prepare().task.model
    batch = new_batch(bench.places.jobs)
    wanted, portions = portions_of([[(bench.jobs[0], model.jobs_manager.resources)]])
    header = header_of(batch, bench.jobs[0], "slurm", bench.places.jobs)
    batch.write(header.model_copy(update={"wanted": wanted}), portions)
    with (
        driving(bench.places.jobs, lambda: None),
        pytest.raises(UserError, match="would submit the jobs of Sig"),
    ):
        cancel_jobs(model, model.samples.pairs)

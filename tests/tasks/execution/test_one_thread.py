from __future__ import annotations

import multiprocessing
import os
from typing import Any

import numpy as np
import pytest

from tasks.execution.one_thread import keep_to_one_thread
from tasks.execution.workers import Workers

PATIENCE = 60.0


def table_of(n_threads: int) -> int:
    """How many rows a table of XGBoost has, which is filled in a loop of OpenMP."""
    xgboost: Any = pytest.importorskip("xgboost")
    table = xgboost.DMatrix(np.zeros((1000, 3), np.float32), nthread=n_threads)
    found: int = table.num_row()
    return found


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has one thread")
def test_a_model_that_had_threads_where_its_module_was_imported_answers_in_a_worker() -> None:
    assert table_of(2) == 1000
    workers = Workers(1)
    # as many threads as it likes
    assert workers.schedule(table_of, [0], PATIENCE).result(PATIENCE) == 1000
    workers.close()
    workers.join()


def test_libraries_that_are_loaded_later_are_told_by_the_environment() -> None:
    with multiprocessing.get_context("fork").Pool(1, keep_to_one_thread) as pool:
        assert pool.apply(os.getenv, ["OMP_NUM_THREADS"]) == "1"

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from higgsflow.demo import truth


def test_the_expected_yield_is_cross_section_times_luminosity() -> None:
    assert truth.expected_yield("ttH_M125", "2016") == pytest.approx(3.0426 * 0.00227 * 1000 * 35.9)


def test_the_truth_stands_beside_the_file() -> None:
    assert truth.truth_path(Path("a/GJet_2016_0.root")) == Path("a/GJet_2016_0.truth.json")


def test_weights_are_summed_in_double_precision() -> None:
    weights = np.array([16_777_216.0, 1.0, -2.0], dtype=np.float32)
    facts = truth.describe_simulation("ttH_M125", weights)
    assert facts["sum_weights"] == 16_777_215.0
    assert facts["n_negative"] == 1


def test_absent_processes_are_counted_as_none() -> None:
    counts = truth.count_processes(np.array([0, 0, 3]))
    assert counts == {"ttH_M125": 2, "tHq_M125": 0, "ggH_M125": 0, "DiPhoton": 1, "GJet": 0}

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.errors import StoreError
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkWriter
from higgsflow.output.rescale import Ratio
from higgsflow.records.job_record import Output
from higgsflow.records.names import Called
from higgsflow.verification.certificate import NotAsClaimed
from higgsflow.verification.counted import CENTRAL, INITIAL, Counted, ToCount, added, in_output

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = st.lists(st.integers(-1000, 1000), max_size=30)


def of(weights: list[int]) -> Counted:
    values = [float(weight) for weight in weights]
    return Counted(len(values), {CENTRAL: sum(values)}, {CENTRAL: sum(map(abs, values))})


@given(WEIGHTS, st.lists(st.integers(0, 30), max_size=4))
def test_what_is_counted_in_parts_is_that_of_the_whole(weights: list[int], cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(weights)) for cut in cuts), len(weights)]
    # whole numbers, whose sums are the same in any order
    assert added(of(weights[begin:end]) for begin, end in pairwise(edges)) == of(weights)


def test_nothing_is_counted_in_nothing() -> None:
    assert added([]) == Counted(0, {}, {})


CENTRALS = {"nominal": [1.5, -0.25, 3.0], "jes_up": [0.5, -7.0]}
BINS = {"nominal": [0, 1, 1], "jes_up": [1, 0]}


def written(folder: Path, **rows: int) -> ToCount:
    """The output of a job with two variations, whose weights keep a sum in two bins."""
    path = folder / "c.1.parquet"
    writer = ChunkWriter(path)
    writer.add({
        variation: {
            CENTRAL: np.array(values),
            INITIAL: np.array(values) * 2,
            "bin_w": np.array(BINS[variation], np.int16),
        }
        for variation, values in CENTRALS.items()
    })  # fmt: skip
    counted = {**writer.close(), **rows}
    output = Output(name=path.name, size=path.stat().st_size, checksum=checksum(path), rows=counted)
    ratio = Ratio(bins="bin_w", values=(2.0, 0.5))
    return ToCount(path, output, Called(), {"nominal": {CENTRAL: (ratio,)}, "jes_up": {}})


def test_each_variation_of_an_output_is_counted(tmp_path: Path) -> None:
    found = in_output(written(tmp_path))
    assert list(found) == ["nominal", "jes_up"]
    # by the ratio of the bin of each
    by_hand = {"nominal": [1.5 * 2.0, -0.25 * 0.5, 3.0 * 0.5], "jes_up": [0.5, -7.0]}
    for variation, centrals in by_hand.items():
        initials = [2 * w for w in CENTRALS[variation]]
        assert found[variation] == Counted(
            len(centrals),
            {CENTRAL: math.fsum(centrals), INITIAL: math.fsum(initials)},
            {CENTRAL: math.fsum(map(abs, centrals)), INITIAL: math.fsum(map(abs, initials))},
        )


def test_an_output_with_other_rows_than_its_record_says_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotAsClaimed, match="rows: 3 is claimed, 2 is there"):
        in_output(written(tmp_path, jes_up=3))


def test_an_output_that_was_changed_is_told(tmp_path: Path) -> None:
    one = written(tmp_path)
    content = bytearray(one.path.read_bytes())
    content[20] ^= 1
    one.path.write_bytes(content)
    with pytest.raises(StoreError, match="is not what its job wrote"):
        in_output(one)

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.corrections.draws import normal


def events(n: int, n_objects: int = 2) -> Any:
    return ak.zip(
        {
            "run": np.full(n, 300_000, np.uint32),
            "luminosityBlock": np.arange(n, dtype=np.uint32) // 50,
            "event": np.arange(n, dtype=np.uint64) + np.uint64(2**64 - n),
            "Photon": ak.zip({"pt": np.ones((n, n_objects))}),
        },
        depth_limit=1,
    )


EVENTS = events(400)
KNOWN = [[1.58022516433, 0.338481791955], [-0.745061027426, 0.919078895224]]


def test_they_are_normal() -> None:
    many = ak.to_numpy(ak.flatten(normal(events(50_000), "s", "Photon")))
    n = len(many)
    assert abs(many.mean()) < 4 / np.sqrt(n)
    assert abs(many.std() - 1) < 4 / np.sqrt(2 * n)
    assert abs((np.abs(many) < 1).mean() - 0.682689) < 4 * np.sqrt(0.22 / n)
    assert abs((np.abs(many) > 3).mean() - 0.0027) < 4 * np.sqrt(0.0027 / n)


def test_no_two_objects_share_one() -> None:
    many = ak.to_numpy(ak.flatten(normal(EVENTS, "s", "Photon")))
    assert len(np.unique(many)) == len(many)


def test_objects_of_an_event_are_not_correlated() -> None:
    both = ak.to_numpy(normal(events(20_000), "s", "Photon"))
    assert abs(np.corrcoef(both.T)[0, 1]) < 4 / np.sqrt(len(both))
    neighbours = np.corrcoef(both[:-1, 0], both[1:, 0])[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(len(both))


def test_source_and_seed_change_all_of_them() -> None:
    known = normal(EVENTS, "s", "Photon")
    for other in (normal(EVENTS, "t", "Photon"), normal(EVENTS, "s", "Photon", seed=1)):
        assert not ak.any(known == other)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 399), unique=True), st.permutations(range(10)))
def test_neither_chunks_nor_order_change_one(rows: list[int], order: list[int]) -> None:
    whole = normal(EVENTS, "s", "Photon")
    part = np.array(rows, dtype=np.int64)
    assert ak.array_equal(normal(EVENTS[part], "s", "Photon"), whole[part])
    assert ak.array_equal(normal(EVENTS[order], "s", "Photon"), whole[order])


def test_an_object_keeps_its_number_whatever_stands_behind_it() -> None:
    more = normal(events(400, 3), "s", "Photon")
    assert ak.array_equal(more[:, :2], normal(EVENTS, "s", "Photon"))


def test_one_per_event() -> None:
    assert normal(EVENTS, "s").shape == (400,)


def test_they_are_known_numbers() -> None:
    """A change of these changes every smeared event: it must be meant."""
    found = normal(events(2), "photon_smearing", "Photon").tolist()
    assert np.round(found, 12).tolist() == KNOWN

"""Arrays of awkward as numpy arrays."""

from __future__ import annotations

import awkward as ak

from higgsflow.events.objects import Objects
from higgsflow.events.plain_values import plain_values, values_of_objects

JETS = ak.Array([[{"pt": 50.0, "id": 1}, {"pt": 20.0, "id": 2}], [], [{"pt": 30.0, "id": 3}]])


def test_what_numpy_cannot_hold_stays_awkward() -> None:
    nested = ak.Array([[{"x": [1.0]}], []])
    assert plain_values(nested) is nested
    assert isinstance(plain_values(JETS), Objects)
    assert plain_values(ak.Array([None, 1.0])).tolist() == [None, 1.0]


def test_jagged_numbers_come_apart_into_numbers_and_offsets() -> None:
    found = values_of_objects(JETS.pt[1:])
    assert found is not None
    assert (found[0].tolist(), found[1].tolist()) == ([30.0], [0, 0, 1])
    assert values_of_objects(ak.Array([1.5, 2.5])) is None
    assert values_of_objects(ak.Array([[None, 1.0]])) is None

from __future__ import annotations

import numpy as np

from higgsflow.demo import padded


def test_existing_objects_come_by_falling_pt() -> None:
    exists = np.array([[True, False, True], [False, False, False]])
    array = padded.jagged(exists, {"pt": np.array([[1.0, 9.0, 2.0], [5.0, 6.0, 7.0]])})
    assert array.pt.tolist() == [[2.0, 1.0], []]


def test_all_columns_of_an_object_move_together() -> None:
    exists = np.ones((1, 2), dtype=bool)
    columns = {"pt": np.array([[1.0, 2.0]]), "charge": np.array([[-1, 1]], dtype=np.int32)}
    array = padded.jagged(exists, columns)
    assert array.charge.tolist() == [[1, -1]]
    assert str(array.type.content.content.content("charge")) == "int32"


def test_a_collection_without_objects_keeps_its_columns() -> None:
    array = padded.jagged(np.zeros((2, 1), dtype=bool), {"pt": np.zeros((2, 1), dtype=np.float32)})
    assert str(array.type) == "2 * var * {pt: float32}"


def test_vectors_of_fixed_length_are_jagged_columns() -> None:
    array = padded.fixed(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert str(array.type) == "2 * var * float32"


def test_floats_are_stored_in_single_precision() -> None:
    assert padded.float32(pt=np.ones(2))["pt"].dtype == np.float32

from __future__ import annotations

import numpy as np

from higgsflow.demo import padded, unused


def test_there_are_some_250_unused_columns() -> None:
    scalars = unused.scalar_columns(np.random.default_rng(1), 5)
    objects = sum(len(names.split()) for names in unused.OBJECT_FLOATS.values())
    assert 230 <= len(scalars) + objects <= 270


def test_trigger_paths_have_different_names() -> None:
    names = unused.trigger_names()
    assert len(set(names)) == len(names)


def test_widening_leaves_the_objects_as_they_are() -> None:
    photons = padded.jagged(np.eye(2, dtype=bool), {"pt": np.array([[1.0, 2.0], [3.0, 4.0]])})
    wide = unused.widen(np.random.default_rng(1), {"Photon": photons[1:]})["Photon"]
    assert wide.pt.tolist() == [[4.0]]
    assert set(unused.OBJECT_FLOATS["Photon"].split()) < set(wide.fields)

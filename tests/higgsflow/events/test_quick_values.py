"""Numbers of events: what is quick about them; their answers are held in test_quick_views.py."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.events.arithmetic import Arithmetic
from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.events.quick_values import QuickValues, numbers_of
from higgsflow.events.quick_views import quick_of

COUNTS = [2, 0, 3]


def pt() -> Any:
    photons = Objects(from_counts(np.array(COUNTS)), {"pt": np.arange(5.0)})
    return quick_of(PlainEvents(3, {}, {"Photon": photons}), Arithmetic()).Photon.pt


def test_what_becomes_of_objects_stays_quick() -> None:
    number, product = ak.num(pt()), np.sqrt(ak.prod(pt(), axis=1))
    weight = 2 - ak.where(number == 2, product, 1.0)
    assert weight.tolist() == [2.0, 1.0, 1.0]
    for found in (number, product, weight, number * product):
        assert isinstance(found, QuickValues)
    assert numbers_of(number).tolist() == COUNTS
    # before, a constant has a type of its own, which awkward's have not
    is_weak = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
    for found in (number == 2, number * 2.5):
        assert isinstance(found, QuickValues) == is_weak


def test_anything_else_is_awkwards() -> None:
    number = ak.num(pt())
    for found in (ak.max(pt(), axis=1), ak.singletons(number), number[number > 1], pt() * number):
        assert not isinstance(found, QuickValues)
    assert ak.num(pt(), axis=0) == 3
    assert ak.sum(number) == 5
    assert numbers_of(ak.max(pt(), axis=1)) is numbers_of(np.arange(3)) is None


def test_an_error_of_awkward_ends_with_it() -> None:
    with pytest.raises(ValueError, match="axis"):
        ak.prod(pt(), axis=7)
    assert isinstance(ak.num(pt()), QuickValues)
    with pytest.raises(ValueError, match="broadcast"):
        _ = ak.num(pt()) + np.arange(2)


def test_they_are_arrays_like_any_other() -> None:
    number = ak.num(pt())
    assert len(ak.num(pt())) == 3
    assert ak.num(pt()).fields == []
    assert str(number.type) == "3 * int64"
    assert np.asarray(ak.num(pt())).tolist() == COUNTS
    for same in (pickle.loads(pickle.dumps(ak.num(pt()))), copy.deepcopy(ak.num(pt()))):
        assert (same + 1).tolist() == [3, 1, 4]
    # one that is given other numbers computes with these
    number.layout = ak.Array([1.0, 2.0, 3.0]).layout
    assert (number * 2).tolist() == [2.0, 4.0, 6.0]
    assert ak.where(number > 1, number, 0.0).tolist() == [0.0, 2.0, 3.0]


def test_what_awkward_has_no_numbers_for_is_as_it_says() -> None:
    for number in (ak.num(pt()), ak.Array(COUNTS)):
        with pytest.raises(TypeError, match="unsupported dtype"):
            np.frompyfunc(str, 1, 1)(number)

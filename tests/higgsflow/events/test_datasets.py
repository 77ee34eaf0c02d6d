from __future__ import annotations

from itertools import product

import awkward as ak
import numpy as np
import pytest

from higgsflow.events.datasets import is_own, left_to_others, own_rows
from higgsflow.model.dataset import PrimaryDataset, dataset_of

# every combination of what three triggers can say
FIRED = list(product([False, True], repeat=3))
EVENTS = ak.Array([dict(zip(("a", "b", "c"), fired, strict=True)) for fired in FIRED])
TRIGGERS = {"One": ("a",), "Two": ("b", "a"), "Three": ("c?", "b")}


def test_every_event_that_fired_is_of_exactly_one_dataset() -> None:
    datasets = [dataset_of(name, "2017", tuple(TRIGGERS), TRIGGERS) for name in TRIGGERS]
    owned = [is_own(dataset, EVENTS) for dataset in datasets if dataset is not None]
    assert np.sum(owned, axis=0).tolist() == [int(any(fired)) for fired in FIRED]
    assert [int(mask.sum()) for mask in owned] == [4, 2, 1]


def test_trigger_that_is_absent_did_not_fire() -> None:
    dataset = PrimaryDataset(triggers=("a", "x?"), before=("y?",))
    assert is_own(dataset, EVENTS).tolist() == [fired[0] for fired in FIRED]


def test_integers_are_flags_too() -> None:
    assert is_own(PrimaryDataset(triggers=("t",)), ak.Array([{"t": 0}, {"t": 1}])).tolist() == [
        False, True,
    ]  # fmt: skip


def test_rows_without_a_list_of_datasets_stay() -> None:
    rows = np.array([0, 7])
    assert own_rows(None, EVENTS, rows).tolist() == [0, 7]
    assert left_to_others(None, rows, rows) == {}


def test_what_others_have_is_counted() -> None:
    dataset, rows = PrimaryDataset(triggers=("c",), before=("a",)), np.array([1, 5, 6])
    own = own_rows(dataset, EVENTS, rows)
    assert own.tolist() == [1]
    assert left_to_others(dataset, rows, own) == {"events_of_other_datasets": 2.0}


def test_absent_trigger_that_must_be_there_is_no_trigger_that_did_not_fire() -> None:
    with pytest.raises(Exception, match="no field 'x'"):
        is_own(PrimaryDataset(triggers=("a", "x")), EVENTS)

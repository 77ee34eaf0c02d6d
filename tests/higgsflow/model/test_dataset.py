from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.dataset import PrimaryDataset, dataset_of

TRIGGERS: dict[str, Any] = {
    "DoubleEG": {"2017": ("HLT_a", "HLT_b?")},
    "SingleElectron": ("HLT_c",),
    "MET": ("HLT_a", "HLT_d"),
}
ORDER = ("DoubleEG", "SingleElectron", "MET")


def test_first_of_the_list_leaves_nothing_to_others() -> None:
    found = dataset_of("DoubleEG", "2017", ORDER, TRIGGERS)
    assert found == PrimaryDataset(triggers=("HLT_a", "HLT_b?"))


def test_last_of_the_list_leaves_to_all_before() -> None:
    found = dataset_of("MET", "2017", ORDER, TRIGGERS)
    assert found == PrimaryDataset(triggers=("HLT_a", "HLT_d"), before=("HLT_a", "HLT_b?", "HLT_c"))


def test_dataset_that_does_not_take_part_keeps_nothing_from_others() -> None:
    others = {name: TRIGGERS[name] for name in ("SingleElectron", "MET")}
    found = dataset_of("MET", "2018", ORDER, others)
    assert found is not None
    assert found.before == ("HLT_c",)


def test_sample_outside_the_list_has_all_its_events() -> None:
    assert dataset_of("Other", "2017", ORDER, TRIGGERS) is None


def test_trigger_that_may_be_absent_is_an_optional_column() -> None:
    needs = PrimaryDataset(triggers=("HLT_a", "HLT_b?")).needs
    assert [(n.name, n.optional) for n in needs] == [("HLT_a", False), ("HLT_b", True)]


def test_dataset_without_triggers_is_an_error() -> None:
    with pytest.raises(InvalidConfiguration, match="'MET' has no triggers"):
        dataset_of("MET", "2017", ("MET",), {"MET": ()})
    with pytest.raises(UnknownName, match="no year '2018' in triggers of 'DoubleEG'"):
        dataset_of("DoubleEG", "2018", ORDER, TRIGGERS)

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import InputFileError, MissingColumn
from higgsflow.events.columns import (
    assemble,
    assemble_plain,
    combine,
    get_column,
    has_column,
    locate,
)
from higgsflow.events.raw_numbers import RawColumn
from higgsflow.model.columns import first_of, optional, required

PT = ak.values_astype(ak.Array([[50.0, 30.0], [], [25.0]]), np.float32)
ETA = ak.Array([[0.1, 0.2], [], [0.3]])


def events() -> Any:
    return assemble({"Photon_pt": PT, "Photon_eta": ETA, "MET_pt": np.array([1.0, 2.0, 3.0])}, 3)


def test_first_name_that_a_file_has_is_the_source() -> None:
    needs = (*required("run"), *first_of("mva", "new", "old", "older"))
    assert locate(needs, {"run", "old", "older"}, "a.root", {}) == {"run": "run", "mva": "old"}


def test_optional_column_may_be_absent() -> None:
    assert locate(optional("Photon_r9"), {"Photon_pt"}, "a.root", {}) == {}


def test_missing_column_names_who_needs_it_and_the_nearest() -> None:
    with pytest.raises(MissingColumn) as caught:
        locate(required("Photon_mvID"), {"Photon_mvaID"}, "a.root", {"Photon_mvID": "diphoton"})
    text = str(caught.value)
    assert "'Photon_mvID', which diphoton needs" in text
    assert "in a.root" in text
    assert "Photon_mvaID" in text


def test_all_names_of_a_missing_column_are_told() -> None:
    with pytest.raises(MissingColumn, match="'new or old'"):
        locate(first_of("mva", "new", "old"), {"run"}, "a.root", {})


def test_jagged_columns_of_one_prefix_are_a_collection() -> None:
    assert events().Photon.fields == ["pt", "eta"]
    assert events().Photon.pt.to_list() == [[50.0, 30.0], [], [25.0]]
    assert events().MET_pt.to_list() == [1.0, 2.0, 3.0]


def test_jagged_column_without_prefix_stays_a_column() -> None:
    made = assemble({"LHEScaleWeight": PT}, 3)
    assert made.LHEScaleWeight.to_list() == PT.to_list()


def test_floats_are_float64_and_the_rest_is_left() -> None:
    flags = ak.Array([[True, False], [], [True]])
    made = assemble({"Photon_pt": PT, "Photon_veto": flags, "run": np.ones(3, np.uint32)}, 3)
    assert str(made.Photon.pt.type) == "3 * var * float64"
    assert str(made.Photon.veto.type) == "3 * var * bool"
    assert str(made.run.type) == "3 * uint32"


def test_no_columns_still_have_a_length() -> None:
    assert len(assemble({}, 4)) == 4
    assert assemble({}, 4).fields == []


def test_no_events_keep_columns_and_types() -> None:
    made = assemble({"Photon_pt": PT[:0], "run": np.zeros(0, np.uint32)}, 0)
    assert len(made) == 0
    assert str(made.Photon.pt.type) == "0 * var * float64"


def test_columns_read_later_join_their_collection() -> None:
    later = assemble({"Photon_r9": ETA, "Jet_pt": ETA, "rho": np.ones(3)}, 3)
    both = combine(events(), later)
    assert both.Photon.fields == ["pt", "eta", "r9"]
    assert both.fields == ["MET_pt", "Photon", "rho", "Jet"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nothing_joined_changes_nothing(order: tuple[int, int]) -> None:
    parts = (events(), assemble({}, 3))
    both = combine(parts[order[0]], parts[order[1]])
    assert both.to_list() == events().to_list()


def test_nothing_and_nothing_is_nothing() -> None:
    assert len(combine(assemble({}, 3), assemble({}, 3))) == 3


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("Photon_pt", True),
        ("MET_pt", True),
        ("Photon", True),
        ("Photon_r9", False),
        ("MET", False),
        ("m_gg", False),
    ],
)
def test_columns_are_known_by_their_flat_names(name: str, there: bool) -> None:
    assert has_column(events(), name) is there


def test_column_is_found_in_its_collection() -> None:
    assert get_column(events(), "Photon_pt").to_list() == [[50.0, 30.0], [], [25.0]]
    assert get_column(events(), "MET_pt").to_list() == [1.0, 2.0, 3.0]


OFFSETS = np.array([0, 2, 2, 3])
NUMBERS = np.array([50.0, 30.0, 25.0])


def raw_columns() -> dict[str, Any]:
    return {
        "run": RawColumn(np.array([1, 1, 2])),
        "Photon_pt": RawColumn(NUMBERS, OFFSETS),
        "Photon_id": RawColumn(np.array([1, 2, 3], np.uint8), OFFSETS),
    }


def test_raw_columns_become_plain_ones_that_are_not_copied() -> None:
    events = assemble_plain(raw_columns(), 3)
    assert len(events) == 3
    assert events.collections["Photon"].pt is NUMBERS
    assert events.view.Photon.pt.to_list() == PT.to_list()
    assert events.view.to_list() == assemble(raw_columns(), 3).to_list()


@pytest.mark.parametrize(
    "changed",
    [
        {"Photon_pt": PT},
        {"Photon_eta": RawColumn(NUMBERS, OFFSETS.copy())},
        {"jagged": RawColumn(NUMBERS, OFFSETS)},
        {"Jet_pt": PT, "run": np.array([1, 1, 2])},
    ],
    ids=["from uproot", "own lists", "no collection", "both"],
)
def test_whatever_the_columns_are_the_events_are_the_same(changed: dict[str, Any]) -> None:
    columns = raw_columns() | changed
    found = assemble_plain(columns, 3).view
    assert found[sorted(found.fields)].to_list() == [
        {name: row[name] for name in sorted(row)} for row in assemble(columns, 3).to_list()
    ]


def test_raw_lists_of_one_collection_that_differ_are_refused_like_others() -> None:
    columns = raw_columns() | {"Photon_eta": RawColumn(NUMBERS, np.array([0, 1, 2, 3]))}
    with pytest.raises(InputFileError, match="have different numbers of objects"):
        assemble_plain(columns, 3)


def test_no_columns_keep_the_number_of_events() -> None:
    assert len(assemble_plain({}, 5)) == 5


@pytest.mark.parametrize("put_together", [assemble, assemble_plain])
def test_columns_of_other_lists_are_not_put_together(put_together: Any) -> None:
    other = ak.Array([[0.1], [0.2], [0.3]])
    with pytest.raises(InputFileError, match="'Photon_pt' and 'Photon_eta' have different numbers"):
        put_together({"Photon_pt": PT, "Photon_eta": other}, 3)

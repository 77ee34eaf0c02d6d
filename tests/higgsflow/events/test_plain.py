"""Plain columns against the awkward arrays that they are made from."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import InputFileError
from higgsflow.events.plain import PlainEvents, concatenated, plain

EVENTS = ak.Array(
    {
        "run": [1, 2, 3],
        "met": [1.5, 2.5, 3.5],
        "scale": [[1.0, 2.0], [], [3.0]],
        "Jet": [[{"pt": 50.0, "id": 1}, {"pt": 20.0, "id": 2}], [], [{"pt": 30.0, "id": 3}]],
    }
)
some_rows = st.lists(st.integers(0, 2), max_size=5)


def test_view_is_what_it_was_made_from() -> None:
    events = plain(EVENTS)
    assert events.view.tolist() == EVENTS.tolist()
    assert sorted(events.names) == ["Jet_id", "Jet_pt", "met", "run", "scale"]
    assert plain(events) is events


def test_view_shares_the_memory() -> None:
    events = plain(EVENTS)
    assert np.shares_memory(ak.to_numpy(events.view.met), events.flat["met"])
    assert np.shares_memory(ak.to_numpy(ak.flatten(events.view.Jet.pt)), events.column("Jet_pt"))


@settings(deadline=None, max_examples=30)
@given(some_rows, some_rows)
def test_rows_are_taken_and_put_together_as_in_awkward(a: list[int], b: list[int]) -> None:
    events = plain(EVENTS)
    rows = [np.array(chosen, np.int64) for chosen in (a, b)]
    parts = [events.take(chosen) for chosen in rows]
    expected = [EVENTS[chosen] for chosen in rows]
    assert parts[0].view.tolist() == expected[0].tolist()
    assert concatenated(parts).view.tolist() == ak.concatenate(expected).tolist()


@pytest.mark.parametrize("chosen", [slice(1, 3), slice(2, None), np.array([2, 0])])
def test_parts_of_other_arrays_are_packed(chosen: object) -> None:
    assert plain(EVENTS[chosen]).view.tolist() == EVENTS[chosen].tolist()


def test_columns_are_replaced_and_added_where_they_belong() -> None:
    events = plain(EVENTS).with_columns(
        {"Jet_pt": np.array([1.0, 2.0, 3.0]), "Jet_new": np.zeros(3), "m_gg": np.ones(3)}
    )
    assert events.view.Jet.pt.tolist() == [[1.0, 2.0], [], [3.0]]
    assert (events.view.m_gg.tolist(), events.has("Jet_new")) == ([1.0] * 3, True)
    assert plain(EVENTS).column("Jet_pt").tolist() == [50.0, 20.0, 30.0]


def test_numbers_of_events_never_go_into_a_collection() -> None:
    events = plain(EVENTS).with_numbers({"Jet_n": np.array([2, 0, 1])})
    assert events.view["Jet_n"].tolist() == [2, 0, 1]
    assert events.lists_of("Jet_n") is None


def test_columns_that_are_chosen_or_left_out_make_up_the_whole() -> None:
    events = plain(EVENTS)
    assert sorted(events.only({"Jet_id", "met", "absent"}).names) == ["Jet_id", "met"]
    assert sorted(events.only({"Jet"}).names) == ["Jet_id", "Jet_pt"]
    assert sorted(events.without({"Jet_id", "met"}).names) == ["Jet_pt", "run", "scale"]
    assert "Jet" not in events.without({"Jet_id", "Jet_pt"}).view.fields
    both = events.only({"Jet_id"}).joined(events.only({"Jet_pt", "run"}))
    assert both.view.Jet.tolist() == EVENTS.Jet[["id", "pt"]].tolist()


def test_missing_real_numbers_are_none_that_pass_a_cut() -> None:
    """RNTuples have columns of what may be missing."""
    jets = ak.zip({"pt": [[1.5, None], []], "id": ak.Array([[1, 2, None], []])[:, :2]})
    events = plain(ak.Array({"met": [1.5, None], "n": [1, None], "run": [1, 2], "Jet": jets}))
    np.testing.assert_array_equal(events.flat["met"], [1.5, np.nan])
    np.testing.assert_array_equal(events.column("Jet_pt"), [1.5, np.nan])
    # where none is missing they are as any other; of whole numbers code has to say what they are
    assert events.column("Jet_id").tolist() == [1, 2]
    assert events.others["n"].tolist() == [1, None]


def test_objects_of_a_mask() -> None:
    jets = plain(EVENTS).collections["Jet"]
    hard = jets[jets.pt > 25]
    assert hard.view.tolist() == EVENTS.Jet[EVENTS.Jet.pt > 25].tolist()
    with pytest.raises(AttributeError, match="phi"):
        _ = jets.phi


def test_results_are_kept_while_their_inputs_are_the_same() -> None:
    events, made = PlainEvents(1), []
    a, b = np.zeros(1), np.zeros(1)
    for inputs in ((a,), (a,), (b,)):
        events.once("key", inputs, lambda: made.append(1))
    assert len(made) == 2


def test_columns_of_other_lists_are_not_joined() -> None:
    one = plain(ak.Array({"Jet": ak.zip({"pt": [[1.0, 2.0], []]})}))
    other = plain(ak.Array({"Jet": ak.zip({"eta": [[1.0], [2.0]]})}))
    assert set(one.joined(one).names) == {"Jet_pt"}
    with pytest.raises(InputFileError, match="'Jet_pt' and 'Jet_eta' have different numbers"):
        one.joined(other)

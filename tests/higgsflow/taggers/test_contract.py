"""A tagger that breaks its word is told so, in at most three lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from higgsflow.errors import TaggerError, UserError
from higgsflow.model.context import Context
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.contract import cast, checked

if TYPE_CHECKING:
    from higgsflow.taggers.decisions import PlainDecision

TRUE = np.array([True, True, False])


class Declared(Tagger):
    """Declares some columns; what it decides is given by the test."""

    columns: dict[str, str] = {}

    def reads(self, context: Context) -> Any:
        del context
        return ()

    def adds(self, context: Context) -> dict[str, str]:
        del context
        return self.columns

    def select(self, events: Any, context: Context) -> Decision:
        raise NotImplementedError


def check(n: int = 3, adds: dict[str, str] | None = None, **decision: Any) -> PlainDecision:
    tagger = Declared(name="mine", columns=adds or {})
    context = Context(sample="S", year="2017", is_data=False)
    return checked(tagger, Decision(**{"mask": TRUE, **decision}), n, context)


def broken(**what: Any) -> str:
    with pytest.raises(UserError) as caught:
        check(**what)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_nothing_is_no_answer() -> None:
    context = Context(sample="S", year="2017", is_data=False)
    with pytest.raises(TaggerError, match="'mine' returned nothing"):
        checked(Declared(name="mine"), None, 3, context)  # type: ignore[arg-type]
    assert "'mine' returned a mask that is None" in broken(mask=None)
    assert "'mine' returned 'x' that is None" in broken(adds={"x": "float64"}, columns={"x": None})


@pytest.mark.parametrize(
    "values", [[1, "a", 2], np.array([1, None, 2], dtype=object), [object()] * 3]
)
def test_values_of_several_types_are_an_error(values: Any) -> None:
    assert "'mine' returned 'x' " in broken(adds={"x": "float64"}, columns={"x": values})


@pytest.mark.parametrize(
    ("columns", "remedy"),
    [
        ({}, 'return it beside the mask, as in `return mask, {"ht": values}`'),
        ({"HT": [1.0, 2.0, 3.0]}, "it returned 'HT': call it 'ht'"),
        (
            {"m": [1.0] * 3},
            'it returned m: return it beside the mask, as in `return mask, {"ht": values}`',
        ),
    ],
)
def test_declared_column_that_is_not_returned_is_told_what_to_do(columns: Any, remedy: str) -> None:
    told = broken(adds={"ht": "float64"}, columns=columns)
    assert told == f"tagger 'mine' returned no column 'ht', which it declares in `adds`\n  {remedy}"


def test_column_of_objects_is_told_to_be_added_up() -> None:
    values = ak.Array([[1.0], [], [2.0, 3.0]])
    assert broken(adds={"x": "float64"}, columns={"x": values}) == (
        "tagger 'mine' returned 'x' with more than one value per event: var * float64\n"
        "  return one for each event, as `ak.sum(values, axis=1)` is"
    )


def test_cuts_of_events_do_not_stand_beside_those_of_objects() -> None:
    cuts = {"jets": {"hard": ak.Array([[True], [], [False]]), "many": TRUE}}
    assert "cut 'many' of events beside cuts of objects" in broken(cuts=cuts)


def test_mask_of_another_length() -> None:
    assert "'mine' returned a mask with 2 entries for 3 events" in broken(mask=TRUE[:2])


@pytest.mark.parametrize("mask", [np.array([1, 0, 1]), ak.Array([0.5, 0.1, 0.0])])
def test_mask_of_another_type(mask: Any) -> None:
    assert "not bool" in broken(mask=mask)


@pytest.mark.parametrize("mask", [ak.Array([[True], [], [False]]), np.ones((3, 2), dtype=bool)])
def test_mask_of_objects(mask: Any) -> None:
    told = broken(mask=mask)
    assert "more than one value per event" in told
    assert told.endswith("return one for each event, as `ak.any(values, axis=1)` is")


@pytest.mark.parametrize(
    ("mask", "what"),
    [
        (True, "bool"),
        ("yes", "str"),
        ({"mask": TRUE}, "dict"),
        (np.array(True), "one value"),
        (ak.Array([{"pt": 1.0}] * 3), "records"),
        (ak.Array([[{"pt": 1.0}], [], []]), "records"),
    ],
)
def test_what_is_no_column_at_all(mask: Any, what: str) -> None:
    assert f"'mine' returned a mask that is {what}\n  return one value" in broken(mask=mask)
    column = {"adds": {"x": "float64"}, "columns": {"x": mask}}
    assert f"'mine' returned 'x' that is {what}\n  return one value" in broken(**column)


@pytest.mark.parametrize("values", [ak.Array(["a", "b", "c"]), np.array([1j, 2j, 3j])])
def test_column_of_what_are_no_real_numbers(values: Any) -> None:
    text = broken(adds={"x": "float64"}, columns={"x": values})
    assert "'mine' returned 'x' of type" in text


@pytest.mark.parametrize("columns", [None, [TRUE]])
def test_columns_have_names(columns: Any) -> None:
    text = f"'mine' returned columns that are {type(columns).__name__}, not values by name"
    assert text in broken(columns=columns)


@pytest.mark.parametrize("cuts", [[TRUE], {"met": TRUE}])
def test_cuts_have_a_group_and_a_name(cuts: Any) -> None:
    text = broken(cuts=cuts)
    assert "'mine' returned cuts that are" in text
    assert text.endswith('return {"events": {"cut": mask}}')


@pytest.mark.parametrize("what", [{"columns": {1: TRUE}}, {"cuts": {"events": {None: TRUE}}}])
def test_names_are_texts(what: Any) -> None:
    assert "for a name, which is no text" in broken(**what)


@pytest.mark.parametrize("kind", [">f8", ">f4", ">i4", ">u2"])
def test_numbers_in_the_byte_order_of_files_are_numbers(kind: str) -> None:
    """Of such are tables that were read with numpy."""
    values = np.array([1, 2, 300], kind)
    found = check(columns={"x": values}, adds={"x": "float64"}).columns["x"]
    assert found.dtype == np.float64
    assert_array_equal(found, [1, 2, 300])


def test_missing_decision_is_no() -> None:
    assert check(mask=ak.Array([True, None, False])).mask.tolist() == [True, False, False]


def test_no_events_need_no_type() -> None:
    decision = check(n=0, mask=ak.Array([]), adds={"x": "int16"}, columns={"x": []})
    assert (decision.mask.dtype, decision.columns["x"].dtype) == (np.bool_, np.int16)


def test_column_that_is_declared_but_not_there() -> None:
    assert "no column 'met'" in broken(adds={"met": "float64"}, columns={"MET": [1.0, 2.0, 3.0]})


def test_column_that_is_there_but_not_declared() -> None:
    assert "column 'met', which it does not declare" in broken(columns={"met": [1.0, 2.0, 3.0]})


def test_columns_get_their_declared_type_and_nan_where_missing() -> None:
    columns = {"x": ak.Array([1.5, None, 2.0]), "n": np.array([1, 2, 3])}
    plain = check(adds={"x": "float64", "n": "int16"}, columns=columns).columns
    np.testing.assert_equal(plain["x"], [1.5, np.nan, 2.0])
    assert plain["n"].dtype == np.int16


@pytest.mark.parametrize("values", [[1, 2, 70_000], [1.5, 2.0, 3.0], [1, None, 3]])
def test_whole_numbers_that_do_not_fit_are_an_error(values: list[Any]) -> None:
    text = broken(adds={"n": "int16"}, columns={"n": ak.Array(values)})
    assert "'n' with values that are not int16" in text
    assert ("some are missing: say what they are" in text) == (None in values)


def test_collections_become_plain() -> None:
    jets = ak.Array([[{"pt": 1.0}], [], [{"pt": 2.0}, {"pt": 3.0}]])
    found = check(adds={"J": "collection"}, columns={"J": jets}).columns["J"]
    assert (found.lists.counts.tolist(), found.pt.tolist()) == ([1, 0, 2], [1.0, 2.0, 3.0])


def test_collection_that_cannot_be_plain_passes_as_it_is() -> None:
    jets = ak.Array([[{"tracks": [1.0, 2.0]}], [], []])
    found = check(adds={"J": "collection"}, columns={"J": jets}).columns["J"]
    assert found.tolist() == jets.tolist()


def test_category_is_a_small_integer() -> None:
    assert check(category=ak.Array([1, 0, 2])).category.dtype == np.int16
    assert "categories" in broken(category=[0.5, 1.0, 1.0])


def test_cuts_of_another_length() -> None:
    assert "cut 'a' with 2 entries for 3 events" in broken(cuts={"events": {"a": TRUE[:2]}})
    jagged = ak.Array([[True], [False]])
    assert "2 lists for 3 events" in broken(cuts={"photons": {"pt": jagged}})


def test_cuts_of_another_type() -> None:
    assert "cut 'a' of type int64, not bool" in broken(cuts={"events": {"a": np.arange(3)}})


def test_without_cuts_the_mask_is_the_only_one() -> None:
    assert check().cuts["events"].names == ("mask",)
    assert check(cuts={"events": {}}).cuts["events"].names == ("mask",)


def test_cuts_of_objects_know_their_lists() -> None:
    jagged = ak.Array([[True, False], [], [True]])
    group = check(cuts={"photons": {"pt": jagged, "eta": jagged}}).cuts["photons"]
    assert group.lists is not None
    assert (group.names, group.lists.counts.tolist()) == (("pt", "eta"), [2, 0, 1])
    assert group["eta"].tolist() == group.passing.tolist() == [True, False, True]
    taken = group.take(np.array([2, 1]))
    assert (taken["pt"].tolist(), taken.lists and taken.lists.counts.tolist()) == ([True], [1, 0])
    assert group.spliced(taken, np.arange(5))["pt"].tolist() == [True, False, True, True]


def test_more_cuts_than_bits_are_an_error() -> None:
    cuts = {"events": {str(i): TRUE for i in range(65)}}
    assert "64 are the most" in broken(cuts=cuts)


def test_cast_leaves_numbers_of_the_type_alone() -> None:
    values = np.array([1.0, np.nan])
    assert cast(values, "float64", "x") is values
    with pytest.raises(TaggerError, match="not int16"):
        cast(values, "int16", "x")

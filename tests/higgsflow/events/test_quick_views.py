"""Quick views against the ordinary ones."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.events.arithmetic import Arithmetic
from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.events.quick_views import QuickNumbers, quick, quick_of

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = [2, 0, 3, 1]
N = sum(COUNTS)


def events() -> PlainEvents:
    lists = from_counts(np.array(COUNTS))
    photons = {
        "pt": np.array([30.0, np.nan, 0.0, -0.0, np.inf, 71.0]),
        "eta": np.linspace(-2.4, 2.3, N),
        "r9": np.linspace(0.1, 1.0, N).astype(np.float32),
        "charge": np.array([-1, 1, 0, 1, -1, 1], np.int32),
        "good": np.array([True, False, True, True, False, True]),
    }
    jets = {"pt": np.arange(4.0)}
    return PlainEvents(
        len(COUNTS),
        {"MET_pt": np.array([1.0, 2.0, 3.0, 4.0])},
        {
            "Photon": Objects(lists, photons),
            "Jet": Objects(from_counts(np.array([1, 1, 1, 1])), jets),
        },
    )


def _high(pt: Any) -> Any:
    return pt[pt > 20]


def _root(eta: Any) -> Any:
    return np.sqrt(ak.prod(np.exp(-eta), axis=1))


def _some(view: Any) -> Any:
    return ak.num(view.Photon.pt) > 1


FORMULAS: dict[str, Callable[[Any], Any]] = {
    "scale": lambda e: e.Photon.pt * 1.01,
    "shift": lambda e: e.Photon.pt * (1 - 0.5 * (1 + np.sin(3 + abs(e.Photon.eta)) ** 2)),
    "item": lambda e: e["Photon"]["pt"] - e["Photon", "eta"],
    "compare": lambda e: (e.Photon.pt > 25) & (abs(e.Photon.eta) < 2.1) & ~e.Photon.good,
    "integers": lambda e: e.Photon.charge * e.Photon.charge,
    "integers and constants": lambda e: e.Photon.charge * 2 + 300,
    "integers and parts": lambda e: e.Photon.charge / 2 + 0.5 ** abs(e.Photon.charge),
    "integers and numpy": lambda e: np.float64(2) * e.Photon.charge - np.float64(0.5),
    "bits": lambda e: (e.Photon.charge & 3) << 1 == 2,
    "float32": lambda e: e.Photon.r9 * e.Photon.r9,
    "float32 and constants": lambda e: 1 + e.Photon.r9 * 1.1,
    "float32 and numpy": lambda e: np.float64(1.1) * e.Photon.r9,
    "mixed": lambda e: e.Photon.r9 * e.Photon.pt + e.Photon.good,
    "truth": lambda e: e.Photon.good * 2.0 + True,
    "numpy constant": lambda e: np.minimum(e.Photon.pt, np.float64(50)),
    "numpy float32": lambda e: e.Photon.pt * np.float32(0.1),
    "of the event": lambda e: e.Photon.pt + e.MET_pt,
    "numpy of the event": lambda e: e.Photon.pt + np.arange(4.0),
    "of a mask": lambda e: e.Photon.pt[e.Photon.good] * 2,
    "of two masks": lambda e: _high(e.Photon.pt[e.Photon.good]) * e.Photon.eta[0][0],
    "of a mask of awkward": lambda e: np.exp(-e.Photon.pt[(e.Photon.charge * 2 & 3) == 2]),
    "of a mask of nobody": lambda e: e.Photon.pt[e.Photon.pt > 1000] + 1,
    "of a mask with holes": lambda e: e.Photon.pt[ak.mask(e.Photon.good, e.Photon.good)],
    "of a mask of others": lambda e: e.Photon.pt[e.Jet.pt > 1],
    "of events": lambda e: e.Photon.pt[e.MET_pt > 2],
    "of positions": lambda e: e.Photon.pt[ak.argmax(e.Photon.pt, axis=1, keepdims=True)],
    "where": lambda e: ak.where(e.Photon.good, e.Photon.pt, 0.0) * e.Photon.eta,
    "two answers": lambda e: np.modf(e.Photon.eta)[0],
    "first": lambda e: ak.firsts(e.Photon.pt * 2),
    "sum": lambda e: ak.sum(e.Photon.pt * 2, axis=1),
    "records": lambda e: ak.zip({"a": e.Photon.pt * 2, "b": e.Photon.eta}),
    "object": lambda e: e.Photon[e.Photon.good].pt,
    "event": lambda e: e[1:].Photon.pt * 2,
    "flat": lambda e: e.MET_pt * 2,
    "unzipped": lambda e: ak.unzip(e.Photon)[0],
    "count": lambda e: ak.num(e.Photon.pt),
    "count by name": lambda e: ak.num(array=e.Photon.pt, axis=-1),
    "count of chosen": lambda e: ak.num(e.Photon.pt[e.Photon.good]) == 1,
    "count of an answer": lambda e: ak.num(e.Photon.pt * 2) * 2.0 - 1,
    "count and parts": lambda e: ak.num(e.Photon.pt) % 2 / 3,
    "count and numpy": lambda e: np.float32(2) * ak.num(e.Photon.pt) + np.arange(4.0),
    "weight": lambda e: 2 - ak.where(ak.num(e.Photon.pt) == 2, _root(e.Photon.eta), 1.0),
    "where, integers": lambda e: ak.where(_some(e), ak.num(e.Photon.pt), 7),
    "where, integers and parts": lambda e: ak.where(_some(e), ak.num(e.Photon.pt), 0.5),
    "where, constants": lambda e: ak.where(_some(e), 1.0, 2),
    "where, an integer": lambda e: ak.where(_some(e), 1, _root(e.Photon.eta)),
    "where, both": lambda e: ak.where(_some(e), ak.sum(e.Photon.pt, axis=1), _root(e.Photon.eta)),
    "where, a number": lambda e: ak.where(ak.num(e.Photon.pt), _root(e.Photon.eta), 1.0),
    "where, objects": lambda e: ak.where(_some(e), e.Photon.pt, 0.0),
    "where, numpy": lambda e: ak.where(_some(e), np.arange(4.0), _root(e.Photon.eta)),
    "where of numpy": lambda e: np.where(_some(e), _root(e.Photon.eta), 1.0),
    "where, by name": lambda e: ak.where(_some(e), 0.0, _root(e.Photon.eta), mergebool=False),
    "where, one event": lambda e: ak.where(_some(e)[:1], _root(e.Photon.eta)[:1], 1.0),
    "sum of the event": lambda e: ak.sum(e.Photon.eta, axis=1) * e.MET_pt,
    "sum and objects": lambda e: e.Photon.eta * ak.sum(e.Photon.eta, axis=1),
    "objects and sum": lambda e: ak.sum(e.Photon.eta, axis=1) * e.Photon.eta,
    "sums": lambda e: ak.sum(e.Photon.eta, axis=1) + ak.num(e.Jet.pt),
    "sums of other lengths": lambda e: ak.sum(e.Photon.eta, axis=1) + ak.num(e.Jet.pt)[:1],
    "largest": lambda e: ak.max(e.Photon.eta, axis=1) * 2,
    "truth of the event": lambda e: ak.any(e.Photon.good, axis=1) & ~ak.all(e.Photon.good, axis=1),
    "mean": lambda e: ak.mean(e.Photon.eta * 2, axis=1) + 1,
    "sum of chosen events": lambda e: _root(e.Photon.eta)[_some(e)] * 2,
    "sorted": lambda e: ak.sort(_root(e.Photon.eta), axis=0),
    "one behind the other": lambda e: ak.concatenate([_root(e.Photon.eta), e.MET_pt]),
    "record of the event": lambda e: ak.zip({"n": ak.num(e.Photon.pt), "s": _root(e.Photon.eta)}),
    "two answers of the event": lambda e: np.modf(_root(e.Photon.eta))[0],
    "with a name": lambda e: ak.with_parameter(_root(e.Photon.eta), "of", "photons") * 2,
}


@pytest.mark.parametrize("kept", [None, Arithmetic()])
@pytest.mark.parametrize("name", FORMULAS)
def test_the_answer_is_the_same(name: str, kept: Arithmetic | None) -> None:
    formula, plain = FORMULAS[name], events()
    with np.errstate(all="ignore"):
        # what is said of other events, and again, is not mixed up with it
        for one in (events(), plain):
            found = formula(quick(one.view, kept))
        found, expected = formula(quick(plain.view, kept)), formula(plain.view)
    assert str(found.type) == str(expected.type)
    (form, n, buffers), (form_of, n_of, buffers_of) = (ak.to_buffers(x) for x in (found, expected))
    assert (form, n) == (form_of, n_of)
    for key, values in buffers.items():
        np.testing.assert_array_equal(values, buffers_of[key], strict=True)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_answer_is_the_same_of_columns_that_wait(name: str) -> None:
    formula, plain = FORMULAS[name], events()
    rows = np.array([3, 2, 0, 1])
    with np.errstate(all="ignore"):
        found = formula(quick_of(plain.later(rows), Arithmetic()))
        expected = formula(plain.take(rows).view)
    assert str(found.type) == str(expected.type)
    assert ak.array_equal(found, expected, equal_nan=True)


def test_of_collections_that_nobody_looks_at_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(Objects, "awaited", property(lambda one: made.append(one) or one.layout))
    plain = events()
    view = quick_of(plain, Arithmetic())
    assert len(view) == len(COUNTS)
    assert ak.sum(view["Jet"]["pt"] + view.Jet.pt) == 12
    assert made == [plain.collections["Jet"]]
    assert view.fields == ["MET_pt", "Photon", "Jet"]
    assert made == [plain.collections["Jet"], plain.collections["Photon"]]


def test_what_somebody_writes_into_columns_that_wait_stays_there() -> None:
    plain = events()
    view = quick_of(plain, Arithmetic())
    view["Photon", "pt"] = view.Photon.pt * 2
    view["n"] = ak.num(view.Jet)
    assert view.Photon.pt[0, 0] == 60.0
    assert view.n.to_list() == [1, 1, 1, 1]
    assert quick_of(plain, Arithmetic()).Photon.pt[0, 0] == 30.0
    with pytest.raises(AttributeError, match="no field named 'met'"):
        _ = quick_of(plain, Arithmetic()).met


def test_arithmetic_stays_quick_view() -> None:
    photons = quick(events().view).Photon
    assert isinstance(photons.pt * (1 + np.sin(abs(photons.eta)) ** 2), QuickNumbers)
    assert isinstance(photons.pt[(photons.pt > 20) & photons.good], QuickNumbers)


def test_lists_that_do_not_fit_are_an_error_as_ever() -> None:
    view = quick(events().view)
    with pytest.raises(ValueError, match="broadcast"):
        _ = view.Photon.pt + view.Jet.pt


def test_what_somebody_writes_into_a_view_stays_there() -> None:
    plain = events()
    view = quick(plain.view)
    view["Photon", "pt"] = view.Photon.pt * 2
    photons = view.Photon
    photons["twice"] = photons.pt * 2
    assert ak.to_list(view.Photon.pt)[0][0] == 60.0
    assert plain.collections["Photon"].pt[0] == quick(plain.view).Photon.pt[0, 0] == 30.0
    assert "twice" not in quick(plain.view).Photon.fields


def test_views_survive_pickling() -> None:
    pt = quick(events().view).Photon.pt
    assert ak.array_equal(pickle.loads(pickle.dumps(pt)), pt, equal_nan=True)


def test_answers_are_arrays_like_any_other() -> None:
    view, ordinary = quick(events().view), events().view
    answer, expected = view.Photon.pt * 2, ordinary.Photon.pt * 2
    assert isinstance(answer, QuickNumbers)
    assert str(answer.type) == str(expected.type)
    # each of a fresh answer, which awkward has not looked at yet
    assert ak.array_equal(pickle.loads(pickle.dumps(view.Photon.pt * 2)), expected, equal_nan=True)
    assert ak.array_equal(copy.deepcopy(view.Photon.pt * 2), expected, equal_nan=True)
    assert ak.num(view.Photon.pt * 2).tolist() == COUNTS
    assert repr((view.Photon.pt * 2)[0]) == repr(expected[0])
    assert (view.Photon.pt * 2 + answer).tolist()[2] == (expected * 2).tolist()[2]
    assert (answer > 40).layout.is_equal_to((expected > 40).layout)
    # an array that is given other numbers computes with these
    answer.layout = (ordinary.Photon.eta + 0).layout
    assert ak.array_equal(answer + 1, ordinary.Photon.eta + 1)


def test_what_awkward_has_no_numbers_for_is_as_it_says() -> None:
    as_text = np.frompyfunc(str, 1, 1)
    for view in (quick(events().view), events().view):
        with pytest.raises(TypeError, match="unsupported dtype"):
            as_text(view.Photon.pt)


def test_numbers_know_how_many_events_they_are_of() -> None:
    """Without a layout, which awkward would be asked for."""
    pt = quick_of(events(), Arithmetic()).Photon.pt
    assert len(pt) == len(pt * 2) == len(COUNTS)
    assert pt.fields == (pt * 2).fields == []

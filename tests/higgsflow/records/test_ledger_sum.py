"""Adding rows gives what adding ledgers gives, to the bit."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pytest
from cut_flows import count_cuts
from hypothesis import example, given, settings
from hypothesis import strategies as st

from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.ledger_sum import LedgerSum
from higgsflow.records.moments import measure
from higgsflow.records.packed import pack
from higgsflow.selection.cutflow import count

law = settings(deadline=None, max_examples=60)
events = st.lists(st.tuples(st.floats(-1e3, 1e3), st.booleans(), st.booleans()), max_size=6)
COLUMNS = ("m_gg", "pt")


def ledger(rows: list[Any], columns: tuple[str, ...] = COLUMNS, tagger: str = "t") -> Ledger:
    weight = np.array([w for w, _, _ in rows], np.float64)
    masks = [np.array([row[i] for row in rows], np.bool_) for i in (1, 2)]
    flow = count_cuts({"x": masks[0], "y": masks[1]}, weight)
    tags = dict(zip("ab", masks, strict=True))
    return Ledger(
        flows=(StepFlow(step=0, tagger=tagger, group="events", flow=flow),),
        before={tag: count(weight, mask) for tag, mask in tags.items()},
        after={tag: count(weight, mask) for tag, mask in tags.items()},
        overlap=tuple(tuple(int((m & k).sum()) for k in masks) for m in masks),
        moments={t: {c: measure(weight[m], weight[m]) for c in columns} for t, m in tags.items()},
        yields={t: {c: count(weight, m) for c in columns} for t, m in tags.items()},
    )


def added(*records: dict[str, Ledger], wanted: Any = None) -> dict[str, Ledger]:
    total = LedgerSum()
    for record in records:
        total.add(pack(record), record if wanted is None else wanted)
    return total.ledgers()


def plainly(*ledgers: Ledger) -> Ledger:
    return functools.reduce(operator.add, ledgers)


@law
@given(st.lists(events, min_size=1, max_size=5))
def test_sum_of_rows_is_the_sum_of_ledgers_to_the_bit(parts: list[list[Any]]) -> None:
    ledgers = [ledger(part) for part in parts]
    shifted = [ledger(part[::-1]) for part in parts]
    records = [{"nominal": n, "up": s} for n, s in zip(ledgers, shifted, strict=True)]
    assert added(*records) == {"nominal": plainly(*ledgers), "up": plainly(*shifted)}


@law
@given(
    st.lists(
        st.tuples(events, st.sampled_from([COLUMNS, ("m_gg",), ("pt", "m_gg", "new"), ()])),
        min_size=1,
        max_size=4,
    )
)
def test_column_that_one_job_did_not_make_is_not_known(parts: list[Any]) -> None:
    ledgers = [ledger(rows, columns) for rows, columns in parts]
    assert added(*({"nominal": one} for one in ledgers)) == {"nominal": plainly(*ledgers)}


@law
@example(  # a square that pow rounds otherwise than a product
    [(x, True, False) for x in (0.0, 0.0, 147.8641438345976, 973.8641438345976)]
    + [(x, True, False) for x in (618.1348695235954, 624.1348695235954)],
    [(915.0383689988071, True, False)],
)
@given(events, events)
def test_no_ledger_is_the_identity(one: list[Any], other: list[Any]) -> None:
    records = [Ledger(), ledger(one), Ledger(), ledger(other)]
    assert added(*({"nominal": r} for r in records)) == {"nominal": plainly(*records)}


def test_variations_of_a_record_may_have_unlike_layouts() -> None:
    some, other = ledger([(1.0, True, True)]), ledger([(0.3, True, False)], ("m_gg",))
    found = added({"nominal": some, "up": other}, {"nominal": other, "up": other, "down": some})
    assert found == {"nominal": some + other, "up": other + other, "down": some}


def test_variations_that_lost_a_column_keep_adding_together() -> None:
    some, less = ledger([(1.1, True, True)]), ledger([(0.3, True, False)], ("pt",))
    full = dict.fromkeys(("a", "b", "c"), some)
    found = added(full, {**full, "b": less}, full, {**full, "c": less}, full)
    assert found["a"] == plainly(*[some] * 5)
    assert found["b"] == plainly(some, less, some, some, some)
    assert found["c"] == plainly(some, some, some, less, some)


def test_only_wanted_variations_are_added() -> None:
    some, other = ledger([(1.0, True, True)]), ledger([(2.0, True, True)])
    record = {"nominal": some, "up": other, "down": some}
    assert added(record, record, wanted=("up",)) == {"up": other + other}


def test_what_was_added_is_not_changed() -> None:
    packed = pack({"nominal": ledger([(1.0, True, True)])})
    before = packed[0].rows.copy()
    total = LedgerSum()
    for _ in range(3):
        total.add(packed, ("nominal",))
    assert np.array_equal(packed[0].rows, before, equal_nan=True)


def test_ledgers_of_unlike_steps_do_not_add() -> None:
    one, other = ledger([(1.0, True, True)]), ledger([(1.0, True, True)], tagger="z")
    with pytest.raises(ValueError, match="unlike steps"):
        added({"nominal": one}, {"nominal": other})


def test_nothing_added_is_nothing() -> None:
    assert LedgerSum().ledgers() == {}

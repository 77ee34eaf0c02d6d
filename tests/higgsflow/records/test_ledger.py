from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cut_flows import count_cuts
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import measure, measure_all
from higgsflow.selection.cutflow import count

law = settings(deadline=None, max_examples=40)
# whole numbers add exactly, in any order
events = st.lists(
    st.tuples(st.integers(-2, 2).map(float), st.booleans(), st.booleans()), max_size=10
)


def ledger(rows: list[Any], columns: tuple[str, ...] = ("m_gg",)) -> Ledger:
    """Two tags with priorities, counted as a job does."""
    weight = np.array([w for w, _, _ in rows], np.float64)
    masks = [np.array([row[i] for row in rows], np.bool_) for i in (1, 2)]
    taken = {"a": masks[0], "b": masks[1] & ~masks[0]}
    return Ledger(
        flows=(
            StepFlow(step=0, tagger="a", group="events", flow=count_cuts({"x": masks[0]}, weight)),
        ),
        before={tag: count(weight, m) for tag, m in zip("ab", masks, strict=True)},
        after={tag: count(weight, m) for tag, m in taken.items()},
        overlap=tuple(tuple(int((m & k).sum()) for k in masks) for m in masks),
        moments={t: {c: measure(weight[m], weight[m]) for c in columns} for t, m in taken.items()},
        yields={t: {"central": count(weight, m)} for t, m in taken.items()},
        kept={"s::0": count(weight)},
    )


def exact(made: Ledger) -> dict[str, Any]:
    content = made.model_dump()
    for tag in content["moments"].values():
        for name, numbers in tag.items():
            tag[name] = pytest.approx(numbers, abs=1e-9)
    return content


@law
@given(events, st.integers(0, 10))
def test_ledgers_of_parts_add_to_that_of_the_whole(rows: list[Any], cut: int) -> None:
    total = ledger(rows[:cut]) + ledger(rows[cut:])
    assert total.model_dump() == exact(ledger(rows))


@law
@given(events, events, events)
def test_addition_is_associative(a: list[Any], b: list[Any], c: list[Any]) -> None:
    x, y, z = ledger(a), ledger(b), ledger(c)
    assert ((x + y) + z).model_dump() == exact(x + (y + z))


def test_no_ledger_is_the_identity() -> None:
    some = ledger([(1.0, True, False)])
    assert some + Ledger() == some == Ledger() + some


def test_column_that_one_job_did_not_make_is_not_known() -> None:
    rows = [(1.0, True, True), (2.0, False, True)]
    total = ledger(rows, ("m_gg", "weight_old")) + ledger(rows)
    assert list(total.moments["a"]) == ["m_gg"]
    assert total.moments["b"]["m_gg"].n == 2


def test_ledgers_of_blocks_add_as_what_was_looked_at() -> None:
    """Blocks hold moments as rows of numbers; columns of other names or order are added alone."""
    x, w = np.array([1.0, 4.0, 2.5]), np.array([1.0, -2.0, 0.5])
    columns = {"m_gg": x, "pt": -x}
    groups = {"a": np.array([0, 2]), "b": np.array([1]), "c": np.arange(0)}
    parts = [
        Ledger.trusted(**{**dict(ledger([])), "moments": measure_all(of, w, groups)})
        for of in (columns, columns, {"pt": x, "m_gg": -x}, {"pt": x})
    ]
    seen = [p.changed(moments={t: dict(c) for t, c in p.moments.items()}) for p in parts]
    for first, *rest in ((0, 1), (0, 2), (0, 3), (0, 2, 1), (0, 1, 2, 3)):
        found = sum((parts[i] for i in rest), parts[first])
        assert found.moments == sum((seen[i] for i in rest), seen[first]).moments


def test_ledgers_of_unlike_steps_do_not_add() -> None:
    one = ledger([(1.0, True, True)])
    flow = one.flows[0].model_copy(update={"tagger": "z"})
    with pytest.raises(ValueError, match="unlike steps: 0 a and 0 z"):
        one + one.model_copy(update={"flows": (flow,)})
    with pytest.raises(ValueError, match="shorter"):
        one + one.model_copy(update={"flows": ()})


def test_sum_survives_being_written() -> None:
    total = ledger([(1.0, True, True)]) + ledger([(2.0, False, True)])
    assert Ledger.model_validate_json(total.model_dump_json()) == total

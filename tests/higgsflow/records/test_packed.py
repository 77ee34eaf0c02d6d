from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cut_flows import count_cuts
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import MeasuredColumns, Moments, measure, measure_all
from higgsflow.records.packed import as_text, from_text, pack, unpack
from higgsflow.selection.cutflow import Counter, count

law = settings(deadline=None, max_examples=40)
events = st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans(), st.booleans()), max_size=8)


def ledger(rows: list[Any], columns: tuple[str, ...] = ("m_gg", "pt")) -> Ledger:
    weight = np.array([w for w, _, _ in rows], np.float64)
    masks = [np.array([row[i] for row in rows], np.bool_) for i in (1, 2)]
    cuts = {"x": masks[0], "y": masks[1]}
    flow = StepFlow(step=0, tagger="t", group="events", flow=count_cuts(cuts, weight))
    end = StepFlow(step=1, tagger="t", group="jets", flow=count_cuts({}, weight))
    tags = dict(zip("ab", masks, strict=True))
    return Ledger(
        flows=(flow, end),
        before={tag: count(weight, mask) for tag, mask in tags.items()},
        after={tag: count(weight, mask) for tag, mask in tags.items()},
        overlap=tuple(tuple(int((m & k).sum()) for k in masks) for m in masks),
        moments={t: {c: measure(weight[m], weight[m]) for c in columns} for t, m in tags.items()},
        yields={t: {"central": count(weight, m)} for t, m in tags.items()},
        kept={f"b::{k}": count(weight, m) for k, m in enumerate(masks)},
    )


@law
@given(events, events)
def test_packing_loses_no_bit(first: list[Any], second: list[Any]) -> None:
    ledgers = {"nominal": ledger(first), "jes_up": ledger(second, ("m_gg",))}
    text = as_text(pack(ledgers))
    assert unpack(from_text(text)) == ledgers
    assert as_text(pack(unpack(from_text(text)))) == text


def test_types_come_back() -> None:
    (made,) = unpack(pack({"nominal": ledger([(1.5, True, False)])})).values()
    assert isinstance(made.before["a"].n, int)
    assert isinstance(made.overlap[0][0], int)
    assert made.moments["b"]["m_gg"] == Moments()
    assert Ledger.model_validate(made.model_dump()) == made


def test_moments_that_nobody_has_looked_at_are_packed_as_those_that_are_objects() -> None:
    x, groups = np.array([1.5, np.nan, 2.5]), {"a": np.array([0, 2]), "b": np.array([1])}
    moments = measure_all({"m_gg": x, "pt": -x}, np.array([1.0, 2.0, -1.0]), groups)
    late = Ledger.trusted(**{**dict(Ledger()), "moments": moments})
    looked_at = Ledger(moments={tag: dict(columns) for tag, columns in moments.items()})
    assert late == looked_at == Ledger.model_validate(late.model_dump())
    assert as_text(pack({"nominal": late})) == as_text(pack({"nominal": looked_at}))


def test_moments_are_no_objects_before_somebody_looks_at_them() -> None:
    """Of two hundred variations the summary shows none of them."""
    (made,) = unpack(pack({"nominal": ledger([(1.5, True, False)])})).values()
    assert all(isinstance(columns, MeasuredColumns) for columns in made.moments.values())


def test_large_counts_are_exact() -> None:
    n = 2**53 - 1
    some = Ledger(before={"a": Counter(n=n)}, overlap=((n,),))
    (made,) = unpack(from_text(as_text(pack({"nominal": some})))).values()
    assert (made.before["a"].n, made.overlap) == (n, ((n,),))


def test_ledgers_of_one_layout_are_together() -> None:
    some, other = ledger([(1.0, True, True)]), ledger([], ("m_gg",))
    groups = pack({"nominal": other, "up": some, "down": ledger([])})
    assert [group.variations for group in groups] == [("nominal",), ("up", "down")]


def test_nothing_is_nothing() -> None:
    assert unpack(from_text(as_text(pack({})))) == {}
    assert unpack(from_text(as_text(pack({"nominal": Ledger()})))) == {"nominal": Ledger()}


def test_damaged_rows_are_refused() -> None:
    content = as_text(pack({"nominal": ledger([(1.0, True, True)])}))
    (group,) = content["packed"]
    text = group["rows"]
    for damaged in ("", text[: len(text) // 2], text[:-4]):
        with pytest.raises(ValueError, match=r".+"):
            from_text({"packed": [{**group, "rows": damaged}]})
    with pytest.raises(ValueError, match="reshape"):
        from_text({"packed": [{**group, "variations": ["nominal", "up"]}]})

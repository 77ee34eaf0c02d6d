from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import Moments, measure
from higgsflow.records.packed import pack
from higgsflow.records.packed_ledgers import PackedLedgers, SampleLedgers
from higgsflow.selection.cutflow import Counter, CutFlow, count

ADAPTER: TypeAdapter[SampleLedgers] = TypeAdapter(SampleLedgers)


def ledger(n: int, **changes: Any) -> Ledger:
    weights = np.linspace(-0.1, 1.3, n)
    counter = count(weights)
    flow = CutFlow(cuts=("a",), total=counter, passed=counter, alone=(counter,),
                   prefix=(counter,), others=(counter,))  # fmt: skip
    known = {
        "flows": (StepFlow(step=0, tagger="t", group="events", flow=flow),),
        "before": {"tag": counter},
        "after": {"tag": counter},
        "overlap": ((n,),),
        "moments": {"tag": {"m_gg": measure(weights / 3, weights), "none": Moments()}},
        "yields": {"tag": {"": counter}},
    }
    return Ledger(**{**known, **changes})


@pytest.fixture
def known() -> dict[str, Ledger]:
    """Of three layouts; the nominal one has one of its own."""
    nominal = ledger(3, kept={"all": Counter(n=3, sumw=1.5, sumw2=0.1)})
    other = ledger(7, kept={"other": Counter()})
    return {"jes_up": ledger(5), "nominal": nominal, "jes_down": ledger(4), "x_up": other}


def test_each_is_what_was_packed(known: dict[str, Ledger]) -> None:
    found = PackedLedgers(pack(known))
    assert found == known
    assert len(found) == 4
    assert found["jes_down"] == known["jes_down"]
    with pytest.raises(KeyError):
        found["jer_up"]


def test_no_number_is_lost_in_a_file_and_everybody_can_read_the_nominal_ones(
    known: dict[str, Ledger],
) -> None:
    for ledgers in (known, PackedLedgers(pack(known))):
        text = ADAPTER.dump_json(ledgers)
        assert ADAPTER.validate_json(text) == known
        content = json.loads(text)
        assert set(content) == {"nominal", "packed"}
        assert content["nominal"] == known["nominal"].model_dump(mode="json")
        # of one layout together
        assert [group["variations"] for group in content["packed"]] == [
            ["jes_up", "jes_down"],
            ["x_up"],
        ]


def test_without_a_nominal_one_and_without_any(known: dict[str, Ledger]) -> None:
    for ledgers in ({"jes_up": known["jes_up"]}, {}):
        assert ADAPTER.validate_json(ADAPTER.dump_json(ledgers)) == ledgers


def test_files_of_earlier_versions_have_all_of_them_as_text(known: dict[str, Ledger]) -> None:
    text = json.dumps({name: ledger.model_dump(mode="json") for name, ledger in known.items()})
    assert ADAPTER.validate_json(text) == known


@pytest.mark.parametrize("text", ["3", '{"nominal": 3}', '{"packed": [{"layout": {}}]}'])
def test_what_is_damaged_is_refused(text: str) -> None:
    with pytest.raises((ValidationError, KeyError)):
        ADAPTER.validate_json(text)

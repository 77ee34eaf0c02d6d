from __future__ import annotations

import pytest
from pydantic import ValidationError

from higgsflow.model.noun import Frozen
from higgsflow.report.as_written import AsWritten, as_written
from higgsflow.report.variation_content import FlowSummary, VariationSummary
from higgsflow.selection.cutflow import Counter

FLOWS = tuple(
    FlowSummary(
        step=step,
        tagger="a",
        group="events",
        total=Counter(n=3, sumw=0.1 + 0.2, sumw2=1e-17),
        passed=Counter(n=n, sumw=float("nan")),
        efficiency=n / 3,
        cuts=(),
    )
    for step, n in enumerate((2, 1))
)
EMPTY = {"before": {}, "after": {}, "overlap": (), "yields": {}, "moments": {}}


def test_they_are_the_nouns_they_were_written_from():
    finite = tuple(flow.changed(passed=flow.total) for flow in FLOWS)
    kept = as_written(FlowSummary, finite)
    assert kept == finite
    assert (len(kept), kept[1], kept[:1], tuple(kept)) == (2, finite[1], finite[:1], finite)
    assert (repr(kept), hash(kept)) == (repr(finite), hash(finite))
    assert kept != finite[:1]


def test_a_variation_is_written_the_same_whichever_it_holds():
    whole = VariationSummary(flows=FLOWS, **EMPTY)
    kept = whole.changed(flows=as_written(FlowSummary, FLOWS))
    assert kept.model_dump_json() == whole.model_dump_json()
    finite = whole.changed(flows=FLOWS[:0])
    assert finite.changed(flows=as_written(FlowSummary, ())).model_dump() == finite.model_dump()


def test_of_a_file_they_are_made_when_somebody_asks():
    text = VariationSummary(flows=FLOWS[:0], **EMPTY).model_dump_json()
    found = VariationSummary.model_validate_json(text.replace('"flows":[]', '"flows":[{"n":1}]'))
    assert isinstance(found.flows, AsWritten)
    with pytest.raises(ValidationError, match="tagger"):
        tuple(found.flows)


def test_what_is_no_list_is_refused_at_once():
    text = VariationSummary(flows=FLOWS[:0], **EMPTY).model_dump_json()
    with pytest.raises(ValidationError, match="flows"):
        VariationSummary.model_validate_json(text.replace('"flows":[]', '"flows":7'))


def test_what_is_made_by_code_is_looked_at_at_once():
    with pytest.raises(ValidationError, match="flows"):
        VariationSummary(flows=(Frozen(),), **EMPTY)

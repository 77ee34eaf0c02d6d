import json
from pathlib import Path

import pytest

from higgsflow.report import schema
from higgsflow.report.content import SampleSummary, Summary
from higgsflow.report.variation_content import VariationSummary

FILE = Path(__file__).resolve().parents[3] / "docs" / "summary.schema.json"


def definitions():
    content = schema.schema()
    return {**content["$defs"], "Summary": content}


def test_written_schema_is_current():
    again = "run: python -m higgsflow.report.schema docs/summary.schema.json"
    assert FILE.read_text(encoding="utf-8") == schema.written(), again


def test_every_noun_and_field_is_described():
    for name, definition in definitions().items():
        assert definition["description"], name
        for field, content in definition["properties"].items():
            assert content["description"], f"{name}.{field}"


@pytest.mark.parametrize("noun", [Summary, SampleSummary, VariationSummary])
def test_schema_has_every_field(noun):
    assert set(definitions()[noun.__name__]["properties"]) == set(noun.model_fields)


def test_schema_takes_the_summary(make_summary):
    content = json.loads(make_summary().model_dump_json())
    known = definitions()
    assert set(content) == set(known["Summary"]["properties"])
    for sample in content["samples"]:
        assert set(sample) == set(known["SampleSummary"]["properties"])


def test_field_without_description_is_refused(monkeypatch):
    monkeypatch.setattr(schema, "_WORDS", {})
    with pytest.raises(LookupError, match="has no description"):
        schema.schema()

"""The schema of summary.json: `python -m higgsflow.report.schema docs/summary.schema.json`.

Descriptions come from the fields themselves or from the `Attributes:` of the docstrings. Words that
mean the same everywhere are described once, here.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.model.documented import documented, nouns_of
from higgsflow.report.content import Summary

if TYPE_CHECKING:
    from higgsflow.model.noun import Frozen

# one word, one meaning
_WORDS = {
    "analysis": "name of the analysis",
    "chunks": "ids of the chunks whose events count",
    "complete": "whether every entry was processed",
    "configuration": "the analysis as YAML",
    "denominator": "the sum of weights D that scale1fb divides by; null for data",
    "direction": "of the systematic: up, down, or a name of its own",
    "fraction": "of the entries that were processed",
    "group": "name of the group of cuts, such as events or photons",
    "luminosity": "integrated, in fb^-1",
    "max": "largest value, null without entries",
    "min": "smallest value, null without entries",
    "n": "number of events or objects",
    "n_chunks": "number of chunks",
    "n_done": "chunks with a job record of today",
    "n_failed": "chunks of which the last attempt failed",
    "n_missing": "chunks that were not tried, or not since something changed",
    "process": "the process that the sample belongs to",
    "sample": "name of the sample",
    "signal": "whether the sample is signal",
    "step": "position in the tag sequence, from 0",
    "sumw": "sum of weights",
    "sumw2": "sum of squared weights",
    "systematic": "name of the source",
    "tagger": "name of the tagger in the sequence",
    "url": "address of the file",
    "uuid": "of the file, and a digest of what it says of itself first",
    "version": "of the analysis, as given",
    "year": "of data taking, a string",
}


def schema() -> dict[str, Any]:
    """The JSON schema of the summary, with a description for every field.

    Raises:
        LookupError: for a field without one.
    """
    content = Summary.model_json_schema(mode="serialization")
    content["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    nouns = {noun.__name__: noun for noun in nouns_of(Summary)}
    for name, definition in {**content["$defs"], "Summary": content}.items():
        if "properties" in definition:
            _describe(definition, nouns[name])
    found: dict[str, Any] = _without_defaults(content)
    return found


def written() -> str:
    """The schema as it is written."""
    made = json.dumps(schema(), indent=1, sort_keys=True) + "\n"
    # as JSON calls it
    return re.sub(r"\bNone\b", "null", made)


def _without_defaults(content: Any) -> Any:
    """The same without `additionalProperties: true`, which not all versions of pydantic say."""
    if isinstance(content, list):
        return [_without_defaults(one) for one in content]
    if not isinstance(content, dict):
        return content
    said = ((k, v) for k, v in content.items() if (k, v) != ("additionalProperties", True))
    return {key: _without_defaults(value) for key, value in said}


def _describe(definition: dict[str, Any], noun: type[Frozen]) -> None:
    """Fills in the descriptions of a noun and its fields."""
    text = inspect.cleandoc(noun.__doc__ or "").partition("\n\nAttributes:")[0]
    definition["description"] = " ".join(text.split())
    known = {**_WORDS, **documented(noun)}
    for name, field in definition["properties"].items():
        if "description" not in field:
            if name not in known:
                raise LookupError(f"{noun.__name__}.{name} has no description")
            field["description"] = known[name]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(), encoding="utf-8")

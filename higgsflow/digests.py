"""What determines the events of a variation, in words and as digests.

Extra columns (weights, variables of interest) have digests of their own: asking for more columns
makes the nominal events again, asking for fewer makes nothing.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.code import code_parts, freeze, physics_parts
from higgsflow.given_files import checksum_of, may_be_file
from higgsflow.identities import Parts, identities, sample_of
from higgsflow.ingredients import digest, flattened, marked
from higgsflow.model.shift import Shift
from higgsflow.model.systematic import NOMINAL
from higgsflow.records.job_record import Product
from higgsflow.records.names import Names
from higgsflow.records.recipes import Recipe
from higgsflow.taggers.function import FunctionTagger
from higgsflow.variations import find_variation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from higgsflow.identities import Identities
    from higgsflow.ingredients import Ingredients
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.preserved import Bins
    from higgsflow.model.systematic import Systematic
    from higgsflow.plan import Plan

_FORMAT = 2
_CODE = "code of "
# what decides where a systematic acts, not what it computes
_FILTERS = {"samples": True, "years": True, "name": True, "kinds": True}


def products(plan: Plan) -> dict[str, Product]:
    """What today's configuration wants of each variation."""
    return recipe(plan).products


def recipe(plan: Plan) -> Recipe:
    """What today's configuration wants of each variation, and what determines it."""
    basic, parts = _basic(plan), _parts(plan)
    known = identities(plan, parts)
    return Recipe(
        common=_common(plan, basic, parts),
        own=parts.collections,
        sources={variation: source for variation, (source, _) in _sources(plan).items()},
        weights=parts.weights,
        made_by={column: weight.name for column, weight in plan.weight_columns.items()},
        products=_products(plan, basic, known),
        names=Names(
            weights=known.weights,
            collections=known.collections,
            corrections=known.corrections,
            taggers=tuple(tuple(name for name, _ in step) for step in parts.taggers),
        ),
    )


def _parts(plan: Plan) -> Parts:
    known = plan.systematics
    return Parts(
        weights={weight.name: _of_systematic(weight) for weight in plan.weights},
        corrections={n: _of_systematic(c) for n, c in known.corrections.items()},
        collections={n: _of_systematic(s) for n, s in known.independent_collections.items()},
        taggers=[[(tagger.name, _of_tagger(tagger)) for tagger in step] for step in plan.steps],
    )


def _central(plan: Plan) -> list[str]:
    """The weights that every event has, under any variation."""
    return [weight.name for weight in plan.weights if weight.modify_central_weight]


def _common(plan: Plan, basic: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    """What all variations depend on, in words."""
    return {
        **basic,
        **_told("tagger", {name: found for step in parts.taggers for name, found in step}),
        **_told("central weight", {name: parts.weights[name] for name in _central(plan)}),
        **_told("correction", parts.corrections),
        "order of the taggers": [name for step in parts.taggers for name, _ in step],
        "order of the corrections": list(parts.corrections),
    }


def _products(plan: Plan, basic: Mapping[str, Any], known: Identities) -> dict[str, Product]:
    """The digests of each variation; columns of weights and bins are those of the nominal one."""
    common = digest(
        {
            **basic,
            "taggers": known.taggers,
            "central_weights": sorted(known.weights[name] for name in _central(plan)),
            # in their order
            "corrections": list(known.corrections.values()),
        }
    )
    bins = {f"gen:{n}": digest(["gen", b.model_dump(mode="json")]) for n, b in _bins(plan)}
    nominal = Product(digest=common, columns={**known.variables, **known.columns, **bins})
    return {
        variation: Product(
            digest=digest([common, known.variations[variation]]), columns=known.variables
        )
        if source
        else nominal
        for variation, (source, _) in _sources(plan).items()
    }


def freeze_code(analysis: AnalysisModel) -> None:
    """Keeps the digests of all code that an analysis names, for the run that begins."""
    freeze(analysis.code_references)


def job_digest(chunk_id: str, wanted: dict[str, Product]) -> str:
    """What names the files of a job: the chunk and what was wanted of it, whatever its name."""
    contents = ((p.digest, sorted(p.columns.values())) for p in wanted.values())
    return digest([chunk_id, sorted(contents)])[:12]


def _bins(plan: Plan) -> Iterable[tuple[str, Bins]]:
    return plan.generator_bins.items()


def _sources(plan: Plan) -> dict[str, tuple[str, str]]:
    """The systematic and the direction of each variation; none of the nominal one."""
    found = {}
    for variation in plan.systematics.variations:
        if variation == NOMINAL:
            found[variation] = ("", "")
        else:
            source, direction = find_variation(plan.systematics, variation)
            found[variation] = (source.name, direction)
    return found


def _told(kind: str, things: Mapping[str, Ingredients]) -> dict[str, Any]:
    """Ingredients of several things; a module that many use is told once."""
    return {
        name if name.startswith(_CODE) else f"{kind} {thing}: {name}": value
        for thing, ingredients in things.items()
        for name, value in ingredients.items()
    }


def _basic(plan: Plan) -> dict[str, Any]:
    """What every variation depends on besides taggers and systematics."""
    return {
        "format of the events": _FORMAT,
        "sample": sample_of(plan),
        "year": plan.context.year,
        "is data": plan.context.is_data,
        "golden JSON": _golden(plan),
        "primary dataset": _dataset(plan),
        "keep_untagged": plan.analysis.tag_sequence.keep_untagged,
        **_code(physics_parts()),
    }


def _code(parts: Mapping[str, str]) -> dict[str, str]:
    """The modules of some code as ingredients."""
    return {f"{_CODE}{name}": marked(found[:16]) for name, found in sorted(parts.items())}


def _dataset(plan: Plan) -> list[Any]:
    dataset = plan.pair.dataset
    return [] if dataset is None else [list(dataset.triggers), list(dataset.before)]


def _golden(plan: Plan) -> str:
    era = plan.pair.era
    if not plan.pair.is_data or not era.apply_golden_json or era.golden_json is None:
        return ""
    path = str(era.golden_json)
    return _content_of_golden(path, checksum_of(path))


@functools.cache
def _content_of_golden(path: str, found: str) -> str:
    del found
    return marked(digest(json.loads(Path(path).read_text(encoding="utf-8"))))


def _of_tagger(tagger: Any) -> dict[str, Any]:
    spec = tagger.spec()
    said = tagger.model_dump(mode="json")
    reference = spec["tagger"]
    if isinstance(tagger, FunctionTagger):
        reference = tagger.function
        # saying what is the default anyway is no change
        said = {**tagger.defaults(), **said.pop("options"), **said}
    return {
        "made by": reference,
        **_options(said),
        **_contents("file", map(str, tagger.files())),
        **_code(code_parts(reference)),
    }


def _of_systematic(source: Systematic) -> dict[str, Any]:
    # a correction file counts by its content, wherever it lies
    files = {"correction": {"file"}, "scale_factor": {"file"}}
    # of what changes events a function is told one, which counts in the variation
    others = {"function_directions": True} if isinstance(source, Shift) else {}
    said = source.model_dump(mode="json", exclude={**_FILTERS, **files, **others})
    return {
        **_options(said),
        **_contents("correction file", (str(c.file) for c in source.corrections)),
        **_code(code_parts(source.function) if source.function else {}),
    }


def _options(said: Mapping[str, Any]) -> dict[str, Any]:
    """Options as ingredients; a file that one names counts by its content, wherever it lies."""
    return {name: _by_content(value) for name, value in flattened(said).items()}


def _by_content(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_by_content(one) for one in value]
    found = checksum_of(value) if may_be_file(value) else ""
    return marked(found) if found else value


def _contents(what: str, paths: Iterable[str]) -> dict[str, str]:
    """Files as ingredients, by their position."""
    found = enumerate((marked(checksum_of(path)) for path in paths), start=1)
    return {f"{what} {number}" if number > 1 else what: one for number, one in found}

"""JSON schemas of what users write, made from the models, for editors that complete and check.

A schema takes all that is valid, and refuses keys that do not exist and values of another kind.
What only a whole analysis can tell, such as a year without luminosity, `higgsflow check` tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema

from higgsflow.errors import UnknownName
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.documented import documented, nouns_of
from higgsflow.model.engines import Engines
from higgsflow.model.noun import Frozen, Noun
from higgsflow.model.quantities import (
    MEGABYTES,
    PICOBARNS,
    SECONDS,
    inverse_femtobarns,
    megabytes,
    picobarns,
    seconds,
)
from higgsflow.model.reference import resolve
from higgsflow.model.sample import Sample, Year
from higgsflow.model.samples import Replicas
from higgsflow.model.tagging import SHIPPED, Spec, TagSequence

if TYPE_CHECKING:
    from collections.abc import Mapping

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# where the key is the name, or a name has a default
_NAMED = ("WeightSystematic", "IndependentCollection", "NominalCorrection", "DataSample",
          "SimulatedSample", "TaggerSpec")  # fmt: skip
# what stands for the whole noun, where its validator takes that for one of its values
_SHORT_FORMS = {
    "CorrectionInput": ["string", "number"],
    "FinalFitProcess": ["string"],
    "MetPropagation": ["string"],
}

OneOrMore = str | int | tuple[str | int, ...]


class Catalog(Noun):
    """Samples with their files per year, and what belongs to the years.

    Attributes:
        years: luminosity and golden JSON of each year.
        samples: by name.
        primary_datasets: data in order: an event is of the first whose triggers it fired.
        replicas: other beginnings of addresses, by one that files are listed with.
    """

    years: dict[str, Year] = {}
    samples: dict[str, Sample] | tuple[Sample, ...] = {}
    primary_datasets: tuple[str, ...] = ()
    replicas: Replicas = {}


class SamplesSection(Noun):
    """Which samples and years of which catalogue.

    Attributes:
        catalog: a name in config/samples, a path, several of them, or the catalogue itself.
        sample_list: names or patterns; all when it is not there.
        years: those chosen; where samples stand in place, luminosity and golden JSON of each.
        samples: in place of a catalogue.
        selected_years: those chosen, where samples stand in place.
        primary_datasets, replicas: where samples stand in place, as in a catalogue.
        known_samples: names that filters of systematics may have beside those that stand in place.
    """

    catalog: str | tuple[str | Catalog, ...] | Catalog | None = None
    sample_list: OneOrMore | None = None
    years: OneOrMore | dict[str, Year] | None = None
    samples: dict[str, Sample] | tuple[Sample, ...] | None = None
    selected_years: OneOrMore | None = None
    primary_datasets: tuple[str, ...] | None = None
    replicas: Replicas | None = None
    known_samples: tuple[str, ...] | None = None


def schemas() -> tuple[str, ...]:
    """What there is a schema of."""
    return ("analysis", "catalog", "engines")


def json_schema(what: str = "analysis") -> dict[str, Any]:
    """The schema of a configuration, of a catalogue of samples, or of the file with the sites.

    Raises:
        UnknownName: for anything else.
    """
    roots: dict[str, type[Noun]] = {
        "analysis": _analysis(), "catalog": Catalog, "engines": Engines
    }  # fmt: skip
    if what not in roots:
        raise UnknownName("schema", what, roots, "this version")
    made = TypeAdapter(roots[what]).json_schema(schema_generator=_AsWritten)
    definitions = made.setdefault("$defs", {})
    nouns = {noun.__name__: noun for noun in nouns_of(roots[what])}
    for name, definition in {**definitions, roots[what].__name__: made}.items():
        _describe(definition, nouns.get(name))
        if name in _NAMED:
            definition["required"] = _required(definition)
    if "TaggerSpec" in definitions:
        definitions["TaggerSpec"] = _tagger(definitions["TaggerSpec"], definitions)
    for name in _SHORT_FORMS.keys() & definitions.keys():
        definitions[name] = {"anyOf": [definitions[name], {"type": _SHORT_FORMS[name]}]}
    # pydantic has a title of its own, the name of the class
    return {"$schema": DIALECT, **made, "title": f"higgsflow: {what}"}


def _required(definition: dict[str, Any]) -> list[str]:
    """The keys that must be written: the name is the key, and the kind of a sample is said."""
    asked = {*definition.get("required", ()), "kind"} - {"name"}
    return [key for key in definition["properties"] if key in asked]


def _analysis() -> type[Noun]:
    """The configuration as it is written: shorter, in places, than it is kept."""
    steps = tuple[Spec | tuple[Spec, ...], ...]
    shorter: dict[str, Any] = {
        "samples": (SamplesSection | str | tuple[str, ...], ...),
        "tag_sequence": (steps | TagSequence, ...),
        "python_path": (str | tuple[str, ...], ()),
    }
    model: type[Noun] = create_model("Analysis", __base__=AnalysisModel, **shorter)
    return model


class _AsWritten(GenerateJsonSchema):
    """Also takes the short forms that the models' validators understand."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """A title says the name of a key again."""
        del schema
        return False

    def function_before_schema(self, schema: Any) -> dict[str, Any]:
        """What a validator puts right may be written."""
        inner = self.generate_inner(schema["schema"])
        if pattern := _AMOUNTS.get(schema["function"]["function"]):
            return {"anyOf": [inner, {"type": "string", "pattern": pattern}]}
        return _shorter(inner)


def _shorter(found: dict[str, Any]) -> dict[str, Any]:
    """One for a list of one, words for a column, a number for a text."""
    if "anyOf" in found:
        return {**found, "anyOf": [_shorter(part) for part in found["anyOf"]]}
    kind = found.get("type")
    if kind == "array" and "items" in found:
        one = _shorter(found["items"])
        return {"anyOf": [{**found, "items": one}, one]}
    if kind == "string":
        return {"anyOf": [{**found, "type": ["string", "number"]}, _WORDS, _REFERENCE]}
    if kind == "object" and isinstance(found.get("additionalProperties"), dict):
        return {**found, "additionalProperties": _shorter(found["additionalProperties"])}
    return found


_WORDS = {"type": "array", "items": {"type": "string"}}
# how amounts are written, by what reads them: a number and perhaps one of the units
_AMOUNTS = {
    megabytes: f"^ *[0-9]+([.][0-9]+)? *({'|'.join(MEGABYTES)})? *$",
    seconds: f"^ *[0-9]+([.][0-9]+)? *({'|'.join(SECONDS)})? *$",
    inverse_femtobarns: r"^ *[0-9]+([.][0-9]*)?([eE][-+]?[0-9]+)? *(/[fpn]b|[fpn]b\^?-1)? *$",
    picobarns: f"^ *[-+]?[0-9]+([.][0-9]*)?([eE][-+]?[0-9]+)? *({'|'.join(PICOBARNS)})? *$",
}
_REFERENCE = {
    "type": "object",
    "properties": {
        key: {"type": "string"} for key in ("module", "module_name", "name", "function")
    },
    "additionalProperties": False,
}


def _tagger(mapping: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A name, or a mapping; the options of shipped taggers are those that they have."""
    mapping["required"] = []
    mapping["anyOf"] = [{"required": ["name"]}, {"required": ["tagger"]}]
    rules = []
    for name, shipped in SHIPPED.items():
        options = resolve(shipped["tagger"]).model_json_schema(
            schema_generator=_AsWritten, ref_template="#/$defs/{model}"
        )
        definitions |= options.pop("$defs", {})
        options["required"] = []
        options["properties"].pop("name")
        chosen = {"required": ["tagger"], "properties": {"tagger": {"const": name}}}
        of_name = {
            "required": ["name"], "properties": {"name": {"const": name}},
            "not": {"required": ["tagger"]},
        }  # fmt: skip
        then = {"properties": {"options": options}}
        rules.append({"if": {"anyOf": [chosen, of_name]}, "then": then})
    reference = {"type": "string", "pattern": "^[^:]+[:.][^:]+$"}
    return {"anyOf": [{"enum": list(SHIPPED)}, reference, {**mapping, "allOf": rules}]}


def _describe(definition: dict[str, Any], noun: type[Frozen] | None) -> None:
    """Fills in what docstrings say, in a line."""
    known: Mapping[str, str] = documented(noun) if noun is not None else {}
    text = str(definition.get("description", "")).partition("\n\nAttributes:")[0]
    if text:
        definition["description"] = " ".join(text.split())
    for name, field in definition.get("properties", {}).items():
        if name in known:
            field.setdefault("description", known[name])

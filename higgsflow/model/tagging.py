"""The tag sequence as configured: which taggers, in which steps, with which options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from higgsflow.errors import UnknownName
from higgsflow.model.findings import shown
from higgsflow.model.noun import Name, Noun
from higgsflow.model.reference import Reference, to_reference
from higgsflow.model.told import Told

# what counters of events without a tag are called
UNTAGGED = "untagged"
SHIPPED: dict[str, dict[str, Any]] = {
    "diphoton": {"tagger": "higgsflow.taggers.diphoton:DiphotonTagger"},
    "tth": {"tagger": "higgsflow.taggers.tth:TTHTagger"},
    "tth_leptonic": {
        "tagger": "higgsflow.taggers.tth:TTHTagger",
        "options": {"channels": ["leptonic"]},
    },
    "tth_hadronic": {
        "tagger": "higgsflow.taggers.tth:TTHTagger",
        "options": {"channels": ["hadronic"]},
    },
    "thq": {"tagger": "higgsflow.taggers.thq:THQTagger"},
    "thq_leptonic": {"tagger": "higgsflow.taggers.thq:THQTagger"},
}


def _as_spec(value: Any) -> Any:
    """A tagger may be given as a name, a mapping, a tagger object, its class or a function."""
    if isinstance(value, TaggerSpec):
        return value
    if hasattr(value, "spec") and not isinstance(value, type):
        return value.spec()
    if isinstance(value, str):
        return _from_name(value, {})
    if isinstance(value, Mapping):
        return _from_mapping(dict(value))
    reference = to_reference(value)
    return {"name": reference.rpartition(":")[2], "tagger": reference}


def _from_name(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if ":" in name or "." in name:
        reference = to_reference(name)
        return {"name": reference.rpartition(":")[2], "tagger": reference, "options": dict(options)}
    if name not in SHIPPED:
        raise UnknownName("tagger", name, SHIPPED, "the shipped taggers (yours are module:name)")
    shipped = SHIPPED[name]
    return {
        "name": name,
        "tagger": shipped["tagger"],
        "options": {**shipped.get("options", {}), **options},
    }


def _from_mapping(value: dict[str, Any]) -> dict[str, Any]:
    tagger = value.get("tagger", value.get("name", ""))
    if not isinstance(tagger, str):
        tagger = to_reference(tagger)
    options = value.get("options", {})
    if not isinstance(options, Mapping):
        raise ValueError(f"the options of a tagger are keys and values (it is {shown(options)})")
    if not tagger and len(value) == 1:
        (name,) = value
        raise ValueError(f"write `{{name: {name}, options: {{...}}}}` for a tagger with options")
    if not tagger:
        raise ValueError("a tagger needs a `name` of a shipped one, or a `tagger` of yours")
    named = _from_name(tagger, options)
    extra = {k: v for k, v in value.items() if k not in ("tagger", "options")}
    return {**named, **extra}


class TaggerSpec(Noun):
    """One tagger of the sequence: its name, its code and its options."""

    name: Name
    tagger: Reference
    options: dict[str, Any] = {}


def _as_steps(value: Any) -> Any:
    if not isinstance(value, Sequence) or isinstance(value, str):
        such = "[diphoton, [tth, thq]]"
        raise ValueError(f"a list of steps is needed, such as {such} (it is {shown(value)})")
    steps = [step if _is_list(step) else (step,) for step in value]
    for step in steps:
        if within := [one for one in step if _is_list(one)]:
            raise ValueError(
                f"a step is a tagger or a list of taggers: {shown(within[0])} is in one"
            )
    return tuple(map(tuple, steps))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


Spec = Annotated[TaggerSpec, BeforeValidator(_as_spec)]


class TagSequence(Noun, metaclass=Told):
    """Steps in order; each is one tagger, or, last only, several in order of priority."""

    tag_list: Annotated[tuple[tuple[Spec, ...], ...], BeforeValidator(_as_steps)] = Field(
        min_length=1
    )
    keep_untagged: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        # whatever is no mapping was meant as the steps, which say what they are
        return value if isinstance(value, Mapping) else {"tag_list": value}

    @model_validator(mode="after")
    def _well_formed(self) -> TagSequence:
        names = [spec.name for spec in self.taggers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two taggers are named '{name}': give one another name")
        if UNTAGGED in names:
            raise ValueError(f"'{UNTAGGED}' are events without a tag: give the tagger another name")
        for step in self.tag_list[:-1]:
            if len(step) != 1:
                raise ValueError("only the last step of a tag sequence may have several taggers")
        if not self.tag_list[-1]:
            raise ValueError("the last step of the tag sequence is empty")
        return self

    @property
    def taggers(self) -> tuple[TaggerSpec, ...]:
        """All taggers in order."""
        return tuple(spec for step in self.tag_list for spec in step)

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the tags, in order of priority; tag_idx counts them."""
        return tuple(spec.name for spec in self.tag_list[-1])

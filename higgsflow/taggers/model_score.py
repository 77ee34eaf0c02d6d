"""Taggers that evaluate a trained model, ONNX or XGBoost, with boundaries of categories."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, model_validator

from higgsflow.errors import InvalidConfiguration, TaggerError, UnknownName, shorten
from higgsflow.events.columns import get_column
from higgsflow.model.columns import Need, required
from higgsflow.model.noun import Name  # noqa: TC001 - pydantic evaluates annotations
from higgsflow.selection.measured import Measures, above, measured, within
from higgsflow.taggers.base import Decision, Tagger, all_of
from higgsflow.taggers.external_weights import external_files
from higgsflow.taggers.trained_model import TrainedModel, load, stamp

if TYPE_CHECKING:
    from higgsflow.model.context import Context

ak = lazy.load("awkward")

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Finite = Annotated[float, Field(allow_inf_nan=False)]
ENDINGS = (".onnx", ".json", ".ubj")
_INPUT = "input:"


def _absolute(value: Any) -> Path:
    """The path with `~` and variables of the environment expanded."""
    path = Path(os.path.expandvars(str(value))).expanduser()
    if not path.is_absolute():
        raise ValueError(f"'{value}' must be absolute, or start with ~ or a defined ${{VARIABLE}}")
    if path.suffix not in ENDINGS:
        raise ValueError(f"'{value}' does not end with one of {', '.join(ENDINGS)}")
    return path


class ModelTagger(Tagger):
    """Adds the score of a model, float64 of what was computed in float32.

    Events that fail `requires` are not evaluated: their score is NaN and they are not tagged.
    With boundaries the category counts the intervals from the lowest, from 0.
    """

    names_columns: ClassVar[tuple[str, ...]] = ("score",)

    model: Annotated[Path, BeforeValidator(_absolute)] = Field(
        description="file of an ONNX model (.onnx) or of XGBoost (.json, .ubj)"
    )
    inputs: tuple[str, ...] = Field(
        min_length=1,
        description="in the model's order: columns of earlier steps, or input:NAME of the file",
    )
    score: Name | None = Field(default=None, description="the column it adds; <name>_score")
    output: int | str | None = Field(
        default=None, description="which number, where a model gives several: index, or name[index]"
    )
    boundaries: tuple[Finite, ...] = Field(
        default=(), description="categories are [low, high), the last closed; outside is no tag"
    )
    missing: Finite | Literal["pass"] | None = Field(
        default=None,
        description="what stands for NaN; `pass` gives ONNX the NaN, as XGBoost always gets it",
    )
    requires: tuple[str, ...] = Field(
        default=(), description="columns that must be > 0, named as inputs are"
    )
    rounds: Literal["all", "best"] | None = Field(
        default=None, description="which trees of an XGBoost model that was stopped early"
    )

    @model_validator(mode="after")
    def _consistent(self) -> ModelTagger:
        if len(self.boundaries) == 1 or any(low >= high for low, high in pairwise(self.boundaries)):
            raise ValueError("boundaries must be at least two numbers, each above the one before")
        if self.rounds and self.model.suffix == ".onnx":
            raise ValueError("rounds are chosen for XGBoost models only")
        return self

    def reads(self, context: Context) -> tuple[Need, ...]:
        """Those inputs that are columns of the file."""
        return required(*(n.removeprefix(_INPUT) for n in self._names if n.startswith(_INPUT)))

    def needs(self) -> tuple[str, ...]:
        """Those inputs that earlier steps add."""
        return tuple(name for name in self._names if not name.startswith(_INPUT))

    def adds(self, context: Context) -> dict[str, str]:
        """The score."""
        return {self._score: "float64"}

    def files(self) -> tuple[Path, ...]:
        """The model, and the files that large ONNX models keep their weights in."""
        beside = external_files(self.model) if self.model.suffix == ".onnx" else ()
        return (self.model, *beside)

    def check(self, context: Context) -> None:
        """Raises where the model cannot be read, or does not fit inputs and output."""
        self._place(self._loaded())

    def select(self, events: Any, context: Context) -> Decision:
        """Events whose score lies within the boundaries."""
        # tags of one step that differ in their boundaries evaluate the model once
        what = self.model_dump_json(exclude={"name", "score", "boundaries"})
        cuts, score = context.once((__name__, what), lambda: self._evaluated(events))
        category = None
        if self.boundaries:
            category = _intervals(score, self.boundaries)
            cuts = {**cuts, "score": category >= 0}
        mask = all_of(cuts) if cuts else np.ones(len(events), dtype=np.bool_)
        by_group = {"events": cuts} if cuts else {}
        return Decision(mask, {self._score: score}, by_group, category)

    def measures(self, events: Any, decision: Decision, context: Context) -> dict[str, Measures]:
        """What is required, and the score."""
        cuts = {
            name.removeprefix(_INPUT): measured(self._column(events, name), above(0))
            for name in self.requires
        }
        if self.boundaries:
            allowed = within(self.boundaries[0], self.boundaries[-1])
            cuts["score"] = measured(decision.columns[self._score], allowed)
        return {"events": Measures(cuts)} if cuts else {}

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.inputs, *self.requires)

    @property
    def _score(self) -> str:
        return self.score or f"{self.name}_score"

    def _evaluated(self, events: Any) -> tuple[dict[str, Mask], npt.NDArray[np.float64]]:
        """Masks of what is required, and the scores: NaN where something is not met."""
        cuts = {n.removeprefix(_INPUT): self._column(events, n) > 0 for n in self.requires}
        rows = np.flatnonzero(all_of(cuts)) if cuts else np.arange(len(events))
        columns = [self._input(events, name, rows) for name in self.inputs]
        model = self._loaded()
        found = model.scores(self._place(model), columns)
        if n_bad := int((~np.isfinite(found)).sum()):
            what = (
                f"the score of tagger '{self.name}' is not finite for {n_bad} of {len(rows)} events"
            )
            raise TaggerError(what, str(self.model), "look at the inputs of these events")
        score = np.full(len(events), np.nan)
        score[rows] = found
        return cuts, score

    def _column(self, events: Any, name: str) -> npt.NDArray[Any]:
        values = get_column(events, name.removeprefix(_INPUT))
        if values.ndim != 1 or values.fields:
            what = f"'{name}', which tagger '{self.name}' needs, is not one number per event"
            raise TaggerError(what, str(ak.type(values)), "let a tagger before it pick one")
        return np.asarray(ak.to_numpy(values))

    def _input(self, events: Any, name: str, rows: npt.NDArray[np.int64]) -> Floats:
        """The values as the model gets them.

        Raises:
            TaggerError: for infinite values, and for NaN where nothing says what stands for it.
        """
        with np.errstate(over="ignore"):
            values = self._column(events, name)[rows].astype(np.float32)
        absent = np.isnan(values)
        if isinstance(self.missing, float):
            values[absent] = self.missing
        elif self.missing is None and self.model.suffix == ".onnx" and absent.any():
            self._refuse(name, "NaN", absent, "say `missing: NUMBER`, or `requires` a column")
        if np.isinf(values).any():
            self._refuse(
                name, "infinite as float32", np.isinf(values), "bound it in a tagger before"
            )
        return values

    def _refuse(self, name: str, what: str, bad: Mask, remedy: str) -> None:
        counts = f"{int(bad.sum())} of {len(bad)} events"
        raise TaggerError(f"input '{name}' is {what} in {counts}", f"tagger '{self.name}'", remedy)

    def _loaded(self) -> TrainedModel:
        names = tuple(name.removeprefix(_INPUT) for name in self.inputs)
        stamps = tuple(stamp(path) for path in self.files())
        return load(stamps, names, self.rounds, os.getpid())

    def _place(self, model: TrainedModel) -> tuple[str, int]:
        """Where the score stands among what the model gives."""
        if self.output is None and len(set(model.places.values())) != 1:
            several = f"the model gives several numbers: {shorten(model.places)}"
            raise InvalidConfiguration(several, str(self.model), "say which one with `output`")
        wanted = next(iter(model.places)) if self.output is None else str(self.output)
        if wanted not in model.places:
            raise UnknownName("output", wanted, model.places, str(self.model))
        return model.places[wanted]


def _intervals(score: npt.NDArray[np.float64], boundaries: tuple[float, ...]) -> Any:
    """Index of the interval that has each score; -1 for none."""
    index = np.searchsorted(boundaries, score, side="right") - 1
    last = len(boundaries) - 2
    index[score == boundaries[-1]] = last
    return np.where(index > last, -1, index).astype(np.int16)

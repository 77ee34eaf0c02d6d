"""Sources that change columns of the events: shifts before the selection, and corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from higgsflow.model.correction import Correction  # noqa: TC001 (pydantic reads it)
from higgsflow.model.noun import Noun
from higgsflow.model.once import ONCE
from higgsflow.model.short_forms import as_names, as_tuple, by_direction
from higgsflow.model.source import CENTRAL, Column, Columns, Names, Systematic

# two columns may be replaced by the same one
Origins = Annotated[tuple[Column, ...], BeforeValidator(as_names)]
T = TypeVar("T", bound="Shift")


class MetPropagation(Noun):
    """Lets missing momentum follow the objects that are shifted.

    Attributes:
        collection: `MET` stands for the columns `MET_pt` and `MET_phi`.
        pt_min: only objects of more pt [GeV] before the shift count.
    """

    collection: str = "MET"
    pt_min: float = Field(default=15.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        return {"collection": value} if isinstance(value, str) else value

    @property
    def columns(self) -> tuple[str, str]:
        """The columns that it changes."""
        return (f"{self.collection}_pt", f"{self.collection}_phi")


class GenMatching(Noun):
    """Where generated jets are, for those that have one.

    Attributes:
        index: column with the position of the matched one, -1 without.
        collection: of the generated jets, with pt, eta and phi.
        distance: a match has dR < this.
        n_widths: and |pt - pt_gen| < this many resolutions times pt.
    """

    index: Column = "Jet_genJetIdx"
    collection: str = "GenJet"
    distance: float = Field(default=0.2, gt=0)
    n_widths: float = Field(default=3.0, gt=0)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (self.index, *(f"{self.collection}_{name}" for name in ("pt", "eta", "phi")))


class Shift(Systematic):
    """What changes columns.

    Attributes:
        branch_modified: the columns that are replaced, such as `Photon_pt`.
        branches: per direction the column that replaces the modified one (or one for each).
        additive: the branches are shifts to be added, not replacements.
        mode: what a correctionlib file gives: a factor (scale), a number to add (additive), a
            relative uncertainty (uncertainty), the relative width of a normal distribution
            (smear), or the relative resolution of jets (resolution).
        scale_factor: of a resolution, by which it is worse in data.
        gen: generated jets; jets without one are smeared with a random draw.
        seed: of the random draws that `mode: smear` and `mode: resolution` make.
        met: lets missing momentum follow.
    """

    branch_modified: Columns = Field(min_length=1)
    branches: Annotated[dict[str, Origins], BeforeValidator(by_direction)] = {}
    function_directions: Names = Field(default=("up", "down"), alias="directions")
    additive: bool = False
    mode: Literal["scale", "additive", "uncertainty", "smear", "resolution"] = "scale"
    scale_factor: Correction | None = None
    gen: GenMatching | None = None
    seed: int = Field(default=0, ge=0)
    met: MetPropagation | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_column_as_pair(cls, value: Any) -> Any:
        # HiggsDNA writes one column as ["Photon", "pt"]
        pair = value.get("branch_modified") if isinstance(value, Mapping) else None
        if isinstance(pair, list | tuple) and len(pair) == 2 and _is_pair(pair):
            pair = "_".join(pair)
            value = {**value, "branch_modified": pair}
        if isinstance(pair, str) and isinstance(value.get("branches"), Mapping):
            collection = pair.partition("_")[0]
            joined = {d: _joined(b, collection) for d, b in value["branches"].items()}
            value = {**value, "branches": joined}
        return value

    @model_validator(mode="after")
    def _one_source_per_column(self) -> Shift:
        for direction, sources in self.branches.items():
            if len(sources) != len(self.branch_modified):
                raise ValueError(
                    f"'{self.name}' {direction}: {len(sources)} branches for "
                    f"{len(self.branch_modified)} modified columns"
                )
        if self.method == "from_branch" and not self.branches:
            raise ValueError(f"systematic '{self.name}' is from_branch, but names no branches")
        return self

    @model_validator(mode="after")
    def _is_of_one_collection_where_it_must(self) -> Shift:
        prefixes = {name.partition("_")[0] for name in self.branch_modified}
        if (self.met is not None or self.method == "correctionlib") and len(prefixes) != 1:
            raise ValueError(f"'{self.name}' modifies columns of several collections")
        if self.met is not None and f"{self.collection}_pt" not in self.branch_modified:
            raise ValueError(f"'{self.name}' changes no pt that missing momentum could follow")
        return self

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> Shift:
        varied = self.correction.variations.values() if self.correction is not None else ()
        if self.mode == "uncertainty" and any(isinstance(value, str) for value in varied):
            raise ValueError(f"'{self.name}': variations are numbers of uncertainties")
        if (self.mode == "resolution") != (self.scale_factor is not None):
            raise ValueError(f"'{self.name}': mode: resolution and a scale_factor go together")
        if self.mode != "scale" and self.correction is None:
            raise ValueError(f"'{self.name}': mode: {self.mode} is for method: correctionlib")
        if self.gen is not None and self.scale_factor is None:
            raise ValueError(f"'{self.name}': generated jets are for mode: resolution")
        return self

    def check(self) -> None:
        """Raises for variations that are given to nothing, too."""
        super().check()
        self.check_variations()
        if self.seed and not self.draws:
            raise ValueError(f"'{self.name}' draws nothing with its seed: {self._of_seed}")
        if self.mode != "uncertainty" and any(c.counts_uncertainties for c in self.corrections):
            raise ValueError(
                f"'{self.name}': variations that are numbers are for mode: uncertainty, or for an "
                "input with `variation: true`"
            )

    @property
    def draws(self) -> bool:
        """Whether it is made with random numbers."""
        return self.mode in ("smear", "resolution")

    @property
    def _of_seed(self) -> str:
        """Where a seed means something, where it does not here."""
        if self.method == "from_function":
            return f"hand it on to the function, kwargs: {{seed: {self.seed}}}"
        if self.method == "from_correction":
            return "the draws are those of the correction, say it there"
        return "it is for mode: smear or resolution"

    @property
    def varied(self) -> Correction | None:
        """The correction that says the directions."""
        return self.scale_factor or self.correction

    def settled(self: T, sample: str, year: str) -> T:
        """The same with what depends on the sample and the year settled."""
        found = super().settled(sample, year)
        if self.scale_factor is None:
            return found
        return found.model_copy(update={"scale_factor": self.scale_factor.settled(sample, year)})

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """All that it asks of files."""
        return tuple(c for c in (self.correction, self.scale_factor) if c is not None)

    @property
    def collection(self) -> str:
        """The collection whose columns it changes."""
        return self.branch_modified[0].partition("_")[0]

    @property
    def directions(self) -> tuple[str, ...]:
        """Directions of the shift, without the central one."""
        if self.method == "from_branch":
            return tuple(d for d in self.branches if d != CENTRAL)
        if self.varied is not None:
            return self.varied.directions
        return self.function_directions

    @property
    def changes(self) -> tuple[str, ...]:
        """All columns that it changes."""
        met = self.met.columns if self.met is not None else ()
        return tuple(dict.fromkeys((*self.branch_modified, *met)))


class IndependentCollection(Shift):
    """A source that changes columns of the events, so that the selection is run again.

    Attributes:
        bound: largest relative shift of the modified columns; lets the skim act before it.
        method: `from_correction` is another direction of a nominal correction.
        nominal_correction: which one; that of the same name when empty.
    """

    methods: ClassVar[tuple[str, ...]] = (*Shift.methods, "from_correction")

    bound: float | None = Field(default=None, ge=0)
    nominal_correction: str = ""

    @model_validator(mode="after")
    def _has_directions(self) -> IndependentCollection:
        if not self.directions:
            raise ValueError(f"'{self.name}' has no direction other than the central one")
        return self

    def check(self) -> None:
        """Raises for a central one, too: what all events get is a correction."""
        super().check()
        if CENTRAL in self.directions:
            raise ValueError(f"'{self.name}': what is central belongs to `corrections`")

    @property
    def directions(self) -> tuple[str, ...]:
        """Directions of the shift."""
        return tuple(self.branches) if self.method == "from_branch" else super().directions

    @property
    def of_correction(self) -> str:
        """The nominal correction of which this is another direction; empty for other methods."""
        is_one = self.method == "from_correction"
        return (self.nominal_correction or self.name) if is_one else ""


class NominalCorrection(Shift):
    """A correction of the nominal events, applied also when variations are switched off.

    Attributes:
        kinds: simulation, data or both; `applies_to` in a configuration.
        already_in: column of the factor that the input carries already, such as `Photon_eCorr`.
        undo: divide by that factor first; else such an input is an error.
    """

    kinds: Annotated[tuple[Literal["simulation", "data"], ...], BeforeValidator(as_tuple), ONCE] = (
        Field(default=("simulation", "data"), alias="applies_to", min_length=1)
    )
    already_in: Column | None = None
    undo: bool = False

    @model_validator(mode="after")
    def _has_a_central_value(self) -> NominalCorrection:
        if self.method == "from_branch" and CENTRAL not in self.branches:
            raise ValueError(f"correction '{self.name}' has no central branch")
        if self.correction is not None and self.mode == "uncertainty":
            raise ValueError(f"correction '{self.name}': an uncertainty is no correction")
        if self.undo and self.already_in is None:
            raise ValueError(f"correction '{self.name}': say already_in, the factor to undo")
        varied = self.varied.variations if self.varied is not None else {}
        if varied and CENTRAL not in varied:
            raise ValueError(f"correction '{self.name}' has no central variation")
        return self

    def acts_on(self, is_data: bool) -> bool:
        """Whether it is for data, or for simulation."""
        return ("data" if is_data else "simulation") in self.kinds


def _joined(source: Any, collection: str) -> Any:
    """`["Photon", "pt_up"]` as the source of a column of Photon is one column."""
    is_pair = isinstance(source, list | tuple) and len(source) == 2 and source[0] == collection
    return "_".join(source) if is_pair and isinstance(source[1], str) else source


def _is_pair(value: list[Any] | tuple[Any, ...]) -> bool:
    return all(isinstance(part, str) and "_" not in part for part in value)

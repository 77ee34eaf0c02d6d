"""What is written besides the merged events, and how ROOT files are laid out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from higgsflow.errors import UnknownName
from higgsflow.model.noun import Name, Noun
from higgsflow.model.sample import for_year
from higgsflow.model.short_forms import with_tuples

if TYPE_CHECKING:
    from higgsflow.model.preserved import Bins

# Trees2WS tells systematics, untagged events and failures by these parts of a tree's name
_RESERVED = ("sigma", "NOTAG", "ERROR")
# RooFit looks for a branch of such a name by another one, and takes 1 for all events
_LOST_BY_ROOFIT = ("+", "-")
FIXED_BRANCHES = ("CMS_hgg_mass", "weight", "dZ", "centralObjectWeight")
DATA = "Data"


def _with_text(value: Any) -> Any:
    """YAML reads `13` and `125` as numbers; here they are parts of names."""
    if isinstance(value, Mapping):
        return {str(key): _with_text(entry) for key, entry in value.items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if is_number else value


def _process(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _is_lost(branch: str) -> bool:
    return any(sign in branch for sign in _LOST_BY_ROOFIT)


class FinalFitProcess(Noun):
    """What FinalFit calls a sample: the production mode and the mass [GeV] of its Higgs boson."""

    name: Name
    mass: Annotated[Name, BeforeValidator(_with_text)] = "125"


class FinalFit(Noun):
    """The trees that Trees2WS of flashggFinalFit reads, one file per sample and year.

    Attributes:
        processes: of each simulated sample its production mode, such as `tth`, or name and mass;
            samples that are not here get no file, data always get one.
        sqrts: the energy in the names of trees; one, or one per year.
        normalisation: of `weight`: per fb (flashgg: FinalFit divides by 1000 xs bf), efficiency
            (weights over D: the later FinalFit takes their sum as efficiency times acceptance), or
            events at the luminosity of the year.
        mass: the column that becomes CMS_hgg_mass.
        dz: a column [cm], or one number where there are no vertices; up to 1 cm is the right one.
        variables: more branches of every tree, by their name there, such as the STXS bin.
        tags: other names of tags; of a tag with categories a list, one name for each.
        systematics: what FinalFit calls a systematic, where that differs.
        notag: the weight of all events that no tag has, in one row, simulation only.
        notag_bins: or in a row per bin of these `generator_bins`, such as those of STXS.
    """

    processes: dict[str, Annotated[FinalFitProcess, BeforeValidator(_process)]] = {}
    sqrts: Annotated[str | dict[str, str], BeforeValidator(_with_text)] = "13TeV"
    normalisation: Literal["per_fb", "efficiency", "luminosity"] = "per_fb"
    mass: str = "m_gg"
    dz: str | FiniteFloat = 0.0
    variables: dict[Name, str] = {}
    tags: Annotated[dict[str, tuple[Name, ...]], BeforeValidator(with_tuples)] = {}
    systematics: dict[str, Name] = {}
    notag: bool = False
    notag_bins: str = ""
    directory: str = Field(default="tagsDumper/trees", pattern=r"^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$")

    @model_validator(mode="after")
    def _names_are_free(self) -> FinalFit:
        for name in self.variables:
            if name in FIXED_BRANCHES:
                raise ValueError(f"branch '{name}' is filled already: give the other another name")
            if _is_lost(name):
                raise ValueError(f"RooFit reads no branch '{name}': name it without + and -")
        for tag, names in self.tags.items():
            if not names or len(set(names)) != len(names):
                raise ValueError(f"tag '{tag}' needs one name, or a different one per category")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of merged events that it needs besides tags and weights."""
        dz = (self.dz,) if isinstance(self.dz, str) else ()
        return tuple(dict.fromkeys((self.mass, *dz, *self.variables.values())))

    def check_bins(self, known: Mapping[str, Bins]) -> None:
        """Raises where the bins of events without a tag cannot be told in their trees."""
        if not self.notag_bins:
            return
        if self.notag_bins not in known:
            raise UnknownName("bins", self.notag_bins, known, "generator_bins, for notag_bins")
        bins = known[self.notag_bins]
        if not self.notag or not bins.values:
            raise ValueError("outputs.finalfit: notag_bins go with notag: true, and have values")
        if bins.column not in self.variables.values():
            raise ValueError(
                f"outputs.finalfit: notag_bins need their column as a branch, such as "
                f"variables: {{stage1p2bin: {bins.column}}}"
            )

    def prefix(self, sample: str, year: str, is_data: bool) -> str | None:
        """How the trees of a sample begin; None where it gets none."""
        energy = for_year(self.sqrts, year, "finalfit.sqrts")
        if is_data:
            return f"{DATA}_{energy}"
        found = self.processes.get(sample)
        return f"{found.name}_{found.mass}_{energy}" if found else None

    def categories(self, tags: tuple[str, ...]) -> dict[str, tuple[int, int | None]]:
        """Per category of FinalFit the position of the tag and, where it matters, its category.

        Raises:
            ValueError: for a name that two have, or that FinalFit reads otherwise.
        """
        found: dict[str, tuple[int, int | None]] = {}
        for position, tag in enumerate(tags):
            names = self.tags.get(tag, (tag,))
            for number, name in enumerate(names):
                if name in found:
                    raise ValueError(f"finalfit: two tags are called '{name}'")
                found[name] = (position, number if len(names) > 1 else None)
        for name in found:
            if any(word in name for word in _RESERVED):
                raise ValueError(f"finalfit: tag '{name}' has a word that Trees2WS reads otherwise")
        return found

    def check_systematics(self, known: Collection[str]) -> None:
        """Raises for another name of a systematic that is not there."""
        for name in self.systematics:
            if name not in known:
                raise UnknownName("systematic", name, known, "outputs.finalfit.systematics")

    def factor_branch(self, systematic: str, direction: str) -> str:
        """The branch of a direction of a weight systematic."""
        name = self.systematics.get(systematic, systematic)
        end = f"{direction.capitalize()}01sigma" if direction in ("up", "down") else f"_{direction}"
        return f"{name}{end}"

    def check_factors(self, directions: Iterable[tuple[str, str]]) -> None:
        """Raises for a weight systematic whose branch would have no effect in a fit."""
        for systematic, direction in directions if self.processes else ():
            branch = self.factor_branch(systematic, direction)
            if _is_lost(branch):
                raise ValueError(
                    f"outputs.finalfit: RooFit reads no branch '{branch}': give '{systematic}' a "
                    f"name without + and - in outputs.finalfit.systematics"
                )


class OutputOptions(Noun):
    """How merged ROOT files are laid out, and what is written besides.

    Attributes:
        trees: of a ROOT file: all events in the tree `events`, or a tree for each tag.
        finalfit: the input of FinalFit; none when it is not there.
    """

    trees: Literal["single", "per_tag"] = "single"
    finalfit: FinalFit | None = None

    def check(
        self, output_format: str, tags: tuple[str, ...], samples: tuple[str, ...], variables: Any
    ) -> None:
        """Raises where the options do not fit the rest of an analysis."""
        if self.trees == "per_tag" and output_format != "root":
            raise ValueError("outputs.trees: per_tag needs output_format: root")
        if self.finalfit is None:
            return
        self.finalfit.categories(tags)
        for kind, names, known in (
            ("tag", self.finalfit.tags, tags),
            ("simulated sample", self.finalfit.processes, samples),
            ("variable of interest", self.finalfit.columns, variables),
        ):
            for name in names:
                if name not in known:
                    raise UnknownName(kind, name, known, "outputs.finalfit")

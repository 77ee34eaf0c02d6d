"""What a thing is does not depend on what it, or anything that it names, is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.digests import recipe
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.function import tagger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.records.recipes import Recipe

PILEUP = {"branches": {"central": "puWeight", "up": "puWeightUp"}, "modify_central_weight": True}
PREFIRING = {"branches": {"up": "L1Up", "down": "L1Dn"}}
SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": ["Photon", "pt"],
    "kwargs": {"shift": 0.01},
}
JES = {"branch_modified": "Jet_pt", "branches": {"up": "Jet_ptUp", "down": "Jet_ptDn"}}
CENTRAL = {**JES, "branches": {"central": "Jet_ptNom", "up": "Jet_ptUp"}}
TAGS = ["diphoton", ["tth_leptonic", "tth_hadronic"]]


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def deaf(events: Any) -> Any:
    raise NotImplementedError


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def curious(events: Any, context: Any) -> Any:
    return events.MET_pt > (100 if context.sample == "ttH" else 50)


class ByName(Tagger):
    """Decides by what it is called."""

    def reads(self, context: Any) -> Any:
        del context
        return ()

    def adds(self, context: Any) -> dict[str, str]:
        del context
        return {}

    def select(self, events: Any, context: Any) -> Decision:
        del context
        return Decision(mask=events.run > len(self.name))


def made(sample: str = "S", systematics: Any = None, tags: Any = None, **more: Any) -> Recipe:
    entry = {"name": sample, "files": {"2017": "f.root"}, "kind": "simulation", "xs": 1}
    content = {
        "samples": {
            "samples": [entry],
            "years": {"2017": {"luminosity": 1.0}},
            "selected_years": ["2017"],
        },
        "tag_sequence": tags or TAGS,
        "variables_of_interest": ["m_gg", "input:MET_pt"],
        "systematics": systematics or {},
        **more,
    }
    model = AnalysisModel.model_validate(content)
    return recipe(make_plan(model, model.samples.pairs[0]))


def contents(found: Recipe) -> list[Any]:
    return sorted((p.digest, sorted(p.columns.values())) for p in found.products.values())


def systematics(**changes: Any) -> dict[str, Any]:
    return {
        "weights": {"pileup": PILEUP, "l1": PREFIRING},
        "independent_collections": {"scale": SCALE, "jes": JES},
        **changes,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"weights": {"z": PILEUP, "l1": PREFIRING}},
        {"weights": {"l1": PILEUP, "pileup": PREFIRING}},
        {"independent_collections": {"scale": JES, "jes": SCALE}},
        {"independent_collections": {"escale": SCALE, "jec": JES}},
    ],
)
def test_names_of_systematics_are_in_no_digest(other: dict[str, Any]) -> None:
    before, after = made(systematics=systematics()), made(systematics=systematics(**other))
    assert contents(before) == contents(after)
    assert before.made == after.made
    assert before.named() != after.named()


def test_directions_and_kinds_of_columns_are_told_apart() -> None:
    columns = made(systematics=systematics()).products["nominal"].columns
    assert len(set(columns.values())) == len(columns)
    assert {"weight_pileup_up", "weight_full_pileup_up", "weight_l1_down"} <= set(columns)


def under(variation: str) -> dict[str, Any]:
    shape = {
        "branches": {"central": "b", "up": "bUp", "up_jes": "bJes"},
        "modify_central_weight": True,
        "under": {f"{variation}_up": "up_jes"},
    }
    shifts = {variation: JES, "other": {**JES, "bound": 0.5}}
    return {"weights": {"btag": shape}, "independent_collections": shifts}


def test_a_weight_under_a_variation_does_not_know_its_name() -> None:
    before, after = made(systematics=under("jes")), made(systematics=under("jec"))
    assert contents(before) == contents(after)
    other = under("jes")
    other["weights"]["btag"] = {**other["weights"]["btag"], "under": {"other_up": "up_jes"}}
    assert contents(before) != contents(made(systematics=other))


def test_a_shift_that_a_weight_names_makes_nothing_again_but_itself() -> None:
    before, other = made(systematics=under("jes")), under("jes")
    other["independent_collections"]["jes"] = {**JES, "bound": 0.25}
    after = made(systematics=other)
    assert changed(before, after) == {"jes_up", "jes_down"}


def test_a_weight_under_a_variation_makes_that_one_again() -> None:
    before, other = made(systematics=under("jes")), under("jes")
    other["weights"]["btag"]["under"] = {"jes_up": "up"}
    assert changed(before, made(systematics=other)) == {"jes_up"}
    other["weights"]["btag"]["under"] = {}
    assert changed(before, made(systematics=other)) == {"jes_up"}


def changed(before: Recipe, after: Recipe) -> set[str]:
    """The variations that what was made before does not cover."""
    return {n for n, p in after.products.items() if not before.products[n].covers(p)}


def of_tag(tag: str, *names: str) -> Recipe:
    tags = ["diphoton", [{"name": n, "tagger": t} for n, t in zip(names, TAGS[1], strict=True)]]
    return made(
        systematics={"weights": {"l1": {**PREFIRING, "modifies_taggers": [tag]}}}, tags=tags
    )


def test_a_weight_of_some_tags_does_not_know_their_names() -> None:
    before = of_tag("a", "a", "b")
    assert contents(before) == contents(of_tag("c", "c", "b"))
    assert contents(before) == contents(of_tag("b", "b", "a"))
    assert contents(before) != contents(of_tag("b", "a", "b"))


def corrected(first: str, second: str, of: str) -> Recipe:
    more = {"already_in": "Jet_corr"}
    shift = {
        "method": "from_correction",
        "branch_modified": "Jet_pt",
        "directions": ["up"],
        "nominal_correction": of,
    }
    return made(
        systematics={
            "corrections": {first: CENTRAL, second: {**CENTRAL, **more}},
            "independent_collections": {"jes": shift},
        }
    )


def test_a_direction_of_a_correction_does_not_know_its_name_but_which_it_is() -> None:
    before = corrected("a", "b", "a")
    assert contents(before) == contents(corrected("b", "a", "b"))
    assert contents(before) != contents(corrected("a", "b", "b"))


def test_a_source_that_draws_is_another_one_under_another_name() -> None:
    def smeared(name: str) -> Recipe:
        smear = {
            "method": "correctionlib",
            "mode": "smear",
            "branch_modified": "Photon_pt",
            "correction": {"file": "none.json", "name": "width", "inputs": {"eta": "eta"}},
        }
        return made(systematics={"corrections": {name: smear}})

    assert contents(smeared("smearing")) == contents(smeared("smearing"))
    assert contents(smeared("smearing")) != contents(smeared("width"))


def test_the_name_of_a_sample_counts_where_a_tagger_looks_at_it() -> None:
    def of(sample: str, function: str) -> Recipe:
        tags = ["diphoton", {"name": "mine", "tagger": f"{__name__}:{function}"}]
        return made(sample, tags=tags)

    assert contents(made("ttH")) == contents(made("ttH_M125"))
    assert contents(of("ttH", "deaf")) == contents(of("ttH_M125", "deaf"))
    assert contents(of("ttH", "curious")) != contents(of("ttH_M125", "curious"))


@pytest.mark.parametrize(("code", "same"), [("deaf", True), ("ByName", False)])
def test_the_name_of_a_tagger_counts_where_its_code_looks_at_it(code: str, same: bool) -> None:
    def of(name: str) -> Recipe:
        return made(tags=["diphoton", {"name": name, "tagger": f"{__name__}:{code}"}])

    assert (contents(of("mine")) == contents(of("yours"))) is same


def test_two_weights_of_one_content_are_one_unless_they_preserve_sums() -> None:
    def of(**more: Any) -> dict[str, str]:
        twin = {**PREFIRING, **more}
        return made(systematics={"weights": {"a": twin, "b": twin}}).names.weights

    plain, preserving = of(), of(preserve={"column": "nJet", "edges": [0, 2, 9]})
    assert plain["a"] == plain["b"]
    assert preserving["a"] != preserving["b"]


SCORES = """
from typing import ClassVar

from higgsflow import Decision, Tagger


class Score(Tagger):
    column: str = "score"
    factor: float = 1.0
    names_columns: ClassVar = ("column",)

    def reads(self, context):
        return ()

    def adds(self, context):
        return {self.column: "float64"}

    def select(self, events, context):
        return Decision(events.run > 0, {self.column: events.run * self.factor})
"""


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recipe]:
    """Two taggers of the last step whose options name what they add, perhaps one before them."""
    (tmp_path / "scores_by_name.py").write_text(SCORES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def of(*names: str, early: str = "", reads: str = "") -> Recipe:
        def score(name: str, factor: float) -> dict[str, Any]:
            options = {"column": name, "factor": factor}
            return {"name": f"t{factor:g}", "tagger": "scores_by_name:Score", "options": options}

        first = [score(early, 1.0)] if early else []
        last = [score(name, factor) for name, factor in zip(names, (2.0, 3.0), strict=True)]
        weights = {"w": {"branches": {"up": reads}}} if reads else {}
        return made(
            tags=["diphoton", *first, last],
            systematics={"weights": weights},
            variables_of_interest=[*names, *((early,) if early else ())],
        )

    return of


def test_columns_that_options_name_are_known_by_who_adds_them(scored: Any) -> None:
    before = scored("a", "b")
    assert contents(before) == contents(scored("c", "b")) == contents(scored("b", "a"))
    columns, swapped = (r.products["nominal"].columns for r in (before, scored("b", "a")))
    assert (columns["a"], columns["b"]) == (swapped["b"], swapped["a"])


def test_what_looks_at_a_column_is_of_what_is_in_it(scored: Any) -> None:
    """Where names are swapped, a weight sees another column, and so does code of later steps."""
    before = scored("a", "b", reads="a").names.weights["w"]
    assert before == scored("a", "c", reads="a").names.weights["w"]
    assert before != scored("b", "a", reads="a").names.weights["w"]
    assert contents(scored("a", "b", early="x")) != contents(scored("a", "b", early="y"))

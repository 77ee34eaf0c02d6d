from __future__ import annotations

from higgsflow.model.columns import optional, required
from higgsflow.model.context import Context
from higgsflow.model.systematic import Systematics
from higgsflow.needs import (
    all_needs,
    first_needs,
    is_made,
    is_one_object,
    seen_before_cuts,
    split_corrections,
    unique,
)
from higgsflow.taggers.function import FunctionTagger, tagger

CONTEXT = Context(sample="S", year="2017", is_data=False)


@tagger(reads=["Photon_pt"], adds={"m_gg": "float64", "lead_pt": "float64", "Best": "collection"})
def pair(events: object) -> object:
    return events


@tagger(reads=["MET_pt"])
def met(events: object) -> object:
    return events


def step(name: str) -> tuple[FunctionTagger, ...]:
    return (FunctionTagger(name=name, function=f"{__name__}:{name}"),)


STEPS = (step("pair"), step("met"))


def shift(column: str, **more: object) -> dict[str, object]:
    return {"method": "from_function", "function": "m:f", "branch_modified": column, **more}


def weight(**more: object) -> dict[str, object]:
    return {"branches": {"central": "w", "up": "w_up"}, "modify_central_weight": True, **more}


def named(needs: object) -> list[str]:
    assert isinstance(needs, tuple | list)
    return [need.name for need in needs]


def test_columns_and_collections_of_taggers_are_made() -> None:
    added = {"m_gg": "float64", "Best": "collection"}
    assert is_made("m_gg", added)
    assert is_made("Best_pt", added)
    assert not is_made("Photon_pt", added)


def test_one_object_is_known_by_its_columns() -> None:
    assert is_one_object("lead", {"lead_pt"})
    assert not is_one_object("Best", {"Best", "Best_x"})
    assert not is_one_object("lead", {"leading"})


def test_each_column_once_and_required_wins() -> None:
    needs = unique((*optional("a"), *required("b", "a"), *optional("b")), without=("c",))
    assert [(need.name, need.optional) for need in needs] == [("a", False), ("b", False)]


def test_everything_has_an_owner() -> None:
    found = {"weights": {"w": weight()}, "independent_collections": {"s": shift("MET_pt")}}
    needs, owners = all_needs(STEPS, CONTEXT, Systematics.model_validate(found), {"m_gg": ""})
    assert set(named(needs)) == {"Photon_pt", "MET_pt", "w", "w_up"}
    assert owners == {
        "Photon_pt": "pair", "MET_pt": "met", "w": "systematic w", "w_up": "systematic w",
    }  # fmt: skip


def test_before_any_cut_only_the_first_step_is_read() -> None:
    first = ["run", "luminosityBlock", "event", "genWeight", "Photon_pt"]
    assert named(first_needs(STEPS, CONTEXT, ())) == first
    data = Context(sample="S", year="2017", is_data=True)
    assert "genWeight" not in named(first_needs(STEPS, data, ()))


def test_only_what_changes_factors_of_the_central_weight_is_seen_before_cuts() -> None:
    collections = {"met": shift("MET_pt"), "jets": shift("Jet_pt")}
    looking = {"requires_branches": ["Jet_pt"]}
    for of_weight, expected in (
        (weight(**looking, preserve={"column": "nJet", "values": [1]}), ["jets"]),
        (weight(**looking), ["jets"]),
        (weight(), []),
        ({"branches": {"up": "w_up"}, **looking}, []),
    ):
        found = Systematics.model_validate(
            {"weights": {"b": of_weight}, "independent_collections": collections}
        )
        seen = seen_before_cuts(found, found.weights.values())
        assert [source.name for source in seen] == expected


def test_corrections_before_the_skim_end_with_the_last_that_matters() -> None:
    columns = {"a": "Jet_pt", "b": "Photon_pt", "c": "MET_pt"}
    corrections = {name: shift(column, directions=[]) for name, column in columns.items()}
    found = Systematics.model_validate({"corrections": corrections})
    first, rest = split_corrections(found, STEPS, CONTEXT, ())
    assert ([c.name for c in first], [c.name for c in rest]) == (["a", "b"], ["c"])

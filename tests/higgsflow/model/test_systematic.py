from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.model.systematic import (
    IndependentCollection,
    Systematics,
    WeightSystematic,
)

PREFIRING: dict[str, Any] = {
    "branches": {"central": "L1_Nom", "up": "L1_Up", "down": "L1_Dn"},
    "modify_central_weight": True,
    "years": [2016, 2017],
}
SCALE: dict[str, Any] = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale",
    "branch_modified": "Photon_pt",
}


def both(weight: str = "l1", collection: str = "scale") -> Systematics:
    return Systematics.model_validate(
        {"weights": {weight: PREFIRING}, "independent_collections": {collection: SCALE}}
    )


def test_name_of_a_systematic_is_its_key() -> None:
    assert both().weights["l1"].name == "l1"


def test_variations_are_systematic_and_direction() -> None:
    assert both().weights["l1"].variations == ("l1_up", "l1_down")
    assert both().variations == ("nominal", "scale_up", "scale_down")


def test_weights_make_no_events_of_their_own() -> None:
    assert Systematics.model_validate({"weights": {"l1": PREFIRING}}).variations == ("nominal",)


def test_directions_can_be_named() -> None:
    source = IndependentCollection(name="jes", directions=["one", "two"], **SCALE)
    assert source.variations == ("jes_one", "jes_two")
    weight = WeightSystematic(name="pdf", branches={"a": "x", "b": "y"})
    assert weight.directions == ("a", "b")


@pytest.mark.parametrize(
    ("value", "column"), [(["Photon", "pt"], "Photon_pt"), ("Photon_pt", "Photon_pt")]
)
def test_column_in_two_words_is_one_column(value: object, column: str) -> None:
    assert IndependentCollection(
        name="s", **{**SCALE, "branch_modified": value}
    ).branch_modified == (column,)


def test_several_columns_may_shift_together() -> None:
    source = IndependentCollection(
        name="jes",
        branch_modified=["Jet_pt", "MET_pt"],
        branches={"up": ["Jet_pt_up", "MET_pt_up"]},
    )
    assert source.branches == {"up": ("Jet_pt_up", "MET_pt_up")}


@pytest.mark.parametrize(
    ("sample", "year", "applies"),
    [("ttH_M125", "2017", True), ("ttH_M125", "2018", False), ("ggH", "2017", False)],
)
def test_filters_choose_samples_and_years(sample: str, year: str, applies: bool) -> None:
    source = WeightSystematic(name="l1", samples="ttH*", **PREFIRING)
    assert source.applies_to(sample, year) is applies


def test_years_read_as_numbers_become_text() -> None:
    assert WeightSystematic(name="l1", **PREFIRING).years == ("2016", "2017")
    assert WeightSystematic(name="l1", **{**PREFIRING, "years": 2016}).years == ("2016",)


def test_order_of_systematics_does_not_matter() -> None:
    sources = dict.fromkeys(("b", "a", "c"), SCALE)
    ways = [
        Systematics.model_validate({"independent_collections": dict(order)}).of("ttH", "2017")
        for order in (sources.items(), reversed(sources.items()))
    ]
    assert ways[0] == ways[1]
    assert ways[0].model_dump_json() == ways[1].model_dump_json()
    assert ways[0].variations == ways[1].variations


def test_those_of_a_year_leave_out_the_others() -> None:
    assert tuple(both().of("ttH", "2018").weights) == ()
    assert tuple(both().of("ttH", "2018").independent_collections) == ("scale",)


def test_what_is_central_under_a_source_of_another_year_is_said_of_that_year_only() -> None:
    """Jet energy scales often have a source for each year, and one b-tagging weight for all."""
    weight = {
        "branches": {"central": "c", "up_jes": "u"},
        "modify_central_weight": True,
        "under": {"jes_2016_up": "up_jes", "jes_2017_up": "up_jes", "jess_up": "up_jes"},
    }
    systematics = Systematics.model_validate(
        {
            "weights": {"b_tag": weight},
            "independent_collections": {
                f"jes_{year}": {**SCALE, "years": [year]} for year in ("2016", "2017")
            },
        }
    )
    # a variation that nobody makes stays, and is told as an error
    expected = {"jes_2017_up": "up_jes", "jess_up": "up_jes"}
    assert systematics.of("ttH", "2017").weights["b_tag"].under == expected


def test_systematics_of_a_sample_win() -> None:
    own = Systematics.model_validate({"weights": {"l1": {"branches": {"up": "mine"}}}})
    merged = both().merged_with(own)
    assert merged.weights["l1"].branches == {"up": "mine"}
    assert tuple(merged.independent_collections) == ("scale",)


def test_merging_checks_names_again() -> None:
    own = Systematics.model_validate({"weights": {"scale": PREFIRING}})
    with pytest.raises(ValidationError, match="'scale' is both a weight and"):
        both().merged_with(own)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"method": "from_function", "branches": {}}, "is from_function, but names no function"),
        ({"branches": {}}, "is from_branch, but names no branches"),
        ({"branches": "puWeight"}, r"\(it is 'puWeight'\), such as {up: \.\.\., down: \.\.\.}"),
        (
            {"method": "from_branch", "function": "a:b"},
            "function is for method: from_function, not from_branch",
        ),
        ({"function": "a:b"}, "function is for method: from_function, which has to be said"),
        ({"kwargs": {"shift": 1}}, "kwargs is for method: from_function"),
        ({"directions": ["one"]}, "directions is for method: from_function"),
        ({"target_collections": "Muon"}, "names collections of objects: say `type: object`"),
        ({"branches": {"up": "x"}}, r"the central weight: name its central \(given: up\)"),
        (
            {"branches": {"nominal": "w", "up": "x"}, "modify_central_weight": False},
            "has a direction 'nominal': its name is 'central'",
        ),
        ({"type": "object"}, "is of type object: name its input_collection"),
        ({"modify_central": True}, "did you mean 'modify_central_weight'"),
        ({"function": "no_module"}, "is not 'module:name'"),
        ({"modifies_taggers": ["tth", "thq", "tth"]}, "'tth' is given twice"),
        ({"years": [2016, "2016"]}, "'2016' is given twice"),
        ({"type": "object", "target_collections": ["a", "a"]}, "'a' is given twice"),
        ({"requires_branches": ["nJet", "nJet"]}, "'nJet' is given twice"),
        (
            {
                "method": "from_function",
                "function": "a:b",
                "branches": {},
                "directions": ["central", "up"],
            },
            "what is central is no direction",
        ),
    ],
)
def test_incomplete_weight_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        WeightSystematic(name="l1", **{**PREFIRING, **change})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"method": "from_branch", "function": None}, "is from_branch, but names no branches"),
        ({"branches": {"up": "a"}}, "branches is for method: from_branch, not from_function"),
        ({"additive": True}, "additive is for method: from_branch"),
        ({"nominal_correction": "a"}, "is for method: from_correction"),
        (
            {"method": "from_branch", "function": None, "branches": {"up": ["a", "b"]}},
            "2 branches for 1 modified columns",
        ),
        ({"method": "from_branch", "branches": ["a", "b"]}, r"\(it is \['a', 'b'\]\), such as {up"),
        ({"bound": -0.1}, "greater than or equal to 0"),
        ({"branch_modifed": "x"}, "did you mean 'branch_modified'"),
        ({"directions": ["up", "up"]}, "'up' is given twice"),
        ({"branch_modified": ["MET_pt", ["MET", "pt"]]}, "'MET_pt' is given twice"),
    ],
)
def test_incomplete_collection_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        IndependentCollection(name="scale", **{**SCALE, **change})


@pytest.mark.parametrize("direction", ["../up", "up/down", "u p", "u" * 200])
def test_variation_can_be_the_name_of_a_file(direction: str) -> None:
    scale = {**SCALE, "directions": [direction, "down"]}
    with pytest.raises(ValidationError, match=r"'scale_.* cannot be a name"):
        Systematics.model_validate({"independent_collections": {"scale": scale}})


def test_variations_that_are_numbers_go_to_an_input() -> None:
    """Else all directions would be given the same factors."""
    correction = {"file": "a.json", "name": "c", "variations": {"up": 1, "down": -1}}

    def weight(**inputs: object) -> WeightSystematic:
        content = {"method": "correctionlib", "correction": {**correction, "inputs": inputs}}
        return WeightSystematic.model_validate({"name": "sf", **content})

    assert weight(n={"variation": True}, pt="MET_pt").directions == ("up", "down")
    with pytest.raises(ValidationError, match="say which input the variations go to"):
        weight(pt="MET_pt")


def test_variation_belongs_to_one_systematic() -> None:
    weight = {"branches": {"l": "x"}}
    with pytest.raises(ValidationError, match="'a_b_l' is made by two systematics"):
        Systematics.model_validate({"weights": {"a_b": weight, "a": {"branches": {"b_l": "x"}}}})


def test_json_round_trip_gives_equal_systematics() -> None:
    again = Systematics.model_validate_json(both().model_dump_json(by_alias=True))
    assert again == both()


def test_branches_of_one_column_may_be_in_two_words() -> None:
    """As HiggsDNA writes them."""
    source = IndependentCollection(
        name="fnuf",
        branch_modified=["Photon", "pt"],
        branches={"up": ["Photon", "pt_up"], "down": "Photon_pt_down"},
    )
    assert source.branches == {"up": ("Photon_pt_up",), "down": ("Photon_pt_down",)}


def test_branches_of_several_columns_stay_several() -> None:
    source = IndependentCollection(
        name="jes",
        branch_modified=[["Jet", "pt"], ["MET", "pt"]],
        branches={"up": [["Jet", "pt_up"], ["MET", "pt_up"]]},
    )
    assert source.branch_modified == ("Jet_pt", "MET_pt")
    assert source.branches == {"up": ("Jet_pt_up", "MET_pt_up")}


def test_branches_of_a_weight_may_be_in_two_words() -> None:
    weight = WeightSystematic(name="sf", branches={"up": ["Photon", "sf_up"]})
    assert weight.branches == {"up": "Photon_sf_up"}


@pytest.mark.parametrize(
    ("given", "targets"),
    [
        ("LeadPhoton", ("LeadPhoton",)),
        (["LeadPhoton", "SubleadPhoton"], ("LeadPhoton", "SubleadPhoton")),
        ([["Diphoton", "LeadPhoton"]], ("LeadPhoton",)),
        ([["Diphoton", "LeadPhoton"], "Muon"], ("LeadPhoton", "Muon")),
    ],
)
def test_target_collections_are_collections_of_the_events(
    given: object, targets: tuple[str, ...]
) -> None:
    weight = WeightSystematic(
        name="sf",
        type="object",
        input_collection=["Diphoton", "LeadPhoton"],
        target_collections=given,
        branches={"up": "sf_up"},
    )
    assert weight.target_collections == targets
    assert weight.input_collection == "LeadPhoton"
    again = WeightSystematic.model_validate_json(weight.model_dump_json(by_alias=True))
    assert again == weight

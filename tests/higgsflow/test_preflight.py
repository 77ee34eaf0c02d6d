from __future__ import annotations

from typing import Any

import pytest

from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.shift import NominalCorrection
from higgsflow.model.systematic import Systematics, WeightSystematic
from higgsflow.preflight import (
    check_functions,
    check_made_of,
    check_not_carried,
    check_one_object,
    check_systematics,
)

FILE = {"file": "no.json", "name": "c", "inputs": {"pt": "Photon_pt"}}
SMEARING = {
    "method": "from_function",
    "function": "m:f",
    "branch_modified": "Photon_pt",
    "directions": ["up"],
}
B_TAG: dict[str, Any] = {
    "branches": {"central": "c", "up": "u"},
    "modify_central_weight": True,
    "preserve": {"column": "n_all", "edges": [0, 1]},
    "under": {"jes_up": "up"},
}


def message(**content: Any) -> str:
    with pytest.raises(UserError) as caught:
        check_systematics(Systematics.model_validate(content))
    return str(caught.value)


def test_unknown_variation_of_the_events_has_a_hint() -> None:
    jes = {**SMEARING, "branch_modified": "Jet_pt"}
    text = message(weights={"b": B_TAG}, independent_collections={"jess": jes})
    assert "no variation 'jes_up' in under of 'b'. Did you mean 'jess_up'?" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"nominal_correction": "smear"}, "no correction 'smear'"),
        ({"directions": ["down"]}, "no direction 'down' in correction 'smearing'"),
        ({"branch_modified": "Photon_mass"}, "no column 'Photon_mass'"),
    ],
)
def test_other_direction_fits_its_correction(content: Any, expected: str) -> None:
    other = {**SMEARING, "method": "from_correction", "function": None, **content}
    text = message(corrections={"smearing": SMEARING}, independent_collections={"smearing": other})
    assert expected in text


def test_missing_momentum_is_varied_as_it_is_after_what_moves_it() -> None:
    """Of a sum of vectors the direction would need more than its length."""
    met = {"branch_modified": "MET_pt", "branches": {"central": "c", "up": "u"}}
    jets = {**SMEARING, "branch_modified": "Jet_pt", "met": "MET"}
    other = {"branch_modified": "MET_pt", "method": "from_correction", "directions": ["up"]}
    collections = {"of_met": {**other, "nominal_correction": "met"}}
    text = message(corrections={"met": met, "jets": jets}, independent_collections=collections)
    assert "'jets' moves missing momentum after 'met' did" in text
    assert "let 'met' come after 'jets'" in text
    for in_order in (
        {"jets": jets, "met": met},
        {"met": met, "jets": {**jets, "applies_to": "data"}},
    ):
        content = {"corrections": in_order, "independent_collections": collections}
        check_systematics(Systematics.model_validate(content))


def carried(**content: Any) -> NominalCorrection:
    entry = {**SMEARING, "name": "scale", "already_in": "Photon_eCorr", **content}
    return NominalCorrection.model_validate(entry)


def test_correction_that_the_input_carries_is_an_error_unless_undone() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        check_not_carried(carried(), ["Photon_pt", "Photon_eCorr"], "f.root")
    assert "'scale' would be applied twice: f.root carries it" in str(caught.value)
    check_not_carried(carried(), ["Photon_pt"], "f.root")
    check_not_carried(carried(undo=True), ["Photon_pt", "Photon_eCorr"], "f.root")


def test_object_of_the_event_has_all_columns() -> None:
    content = {"name": "id", "type": "object", "method": "correctionlib", "correction": FILE}
    weight = WeightSystematic.model_validate({**content, "input_collection": "Photon"})
    check_one_object(weight, "lead", ["lead_pt"])
    with pytest.raises(UnknownName, match="no column 'lead_pt'"):
        check_one_object(weight, "lead", ["lead_eta"])


SOURCES = {"SelectedJet": "Jet", "GoodJet": "SelectedJet", "lead": "Photon"}


def of_objects(*targets: str, **content: Any) -> WeightSystematic:
    entry = {"type": "object", "branches": {"up": "sf_up"}, "input_collection": "Jet", **content}
    return WeightSystematic.model_validate({"name": "id", "target_collections": targets, **entry})


@pytest.mark.parametrize(
    "weight",
    [
        of_objects("SelectedJet", "GoodJet"),
        of_objects("GoodJet", input_collection="SelectedJet"),
        of_objects("SelectedJet", input_collection="GoodJet"),
        of_objects("lead", input_collection="Photon"),
        of_objects("lead", input_collection=None, branches={"up": "Photon_sf_up"}),
        # of what nothing is said it is not known
        of_objects("TaggedJet", input_collection="Photon"),
    ],
)
def test_factors_are_for_objects_of_their_collection(weight: WeightSystematic) -> None:
    check_made_of(weight, SOURCES)


@pytest.mark.parametrize(
    "weight",
    [
        of_objects("lead"),
        of_objects("SelectedJet", "lead"),
        of_objects("lead", input_collection=None, branches={"up": "Jet_sf_up"}),
    ],
)
def test_factors_for_objects_of_another_collection_are_an_error(weight: WeightSystematic) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        check_made_of(weight, SOURCES)
    assert str(caught.value).splitlines() == [
        "'id' has factors of Jet, and 'lead' is made of Photon",
        "  in target_collections; made of Jet are: GoodJet, SelectedJet",
        "  name one of these, or say `input_collection: Photon`",
    ]


@pytest.mark.parametrize(
    ("first", "second", "branches", "column"),
    [
        ("x", "full_x", {"central": "c", "up": "u"}, "weight_full_x_up"),
        ("x", "y", {"central": "c", "up": "u"}, ""),
        ("a_b", "a", {"up": "u", "b_up": "v"}, "weight_a_b_up"),
        ("x", "central", {"no_lumi": "u"}, "weight_central_no_lumi"),
    ],
)
def test_no_two_weights_make_one_column(
    first: str, second: str, branches: dict[str, str], column: str
) -> None:
    modifies = {"modify_central_weight": "central" in branches}
    one = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
    weights = {first: one, second: {"branches": branches, **modifies}}
    if not column:
        check_systematics(Systematics.model_validate({"weights": weights}))
    elif first == "a_b":
        # such variations would be called the same, too
        with pytest.raises(ValueError, match="made by two systematics"):
            Systematics.model_validate({"weights": weights})
    else:
        assert f"both make the column '{column}'" in message(weights=weights)


def scale(events: Any, direction: str, shift: float, power: int = 1) -> Any:
    return events, direction, shift, power


def open_scale(events: Any, direction: str, **anything: float) -> Any:
    return events, direction, anything


def factors(events: Any, size: float = 0.1) -> Any:
    return events, size


def of_function(function: Any, kind: str, **kwargs: Any) -> Systematics:
    entry: dict[str, Any] = {"method": "from_function", "kwargs": kwargs}
    entry["function"] = function
    if kind != "weights":
        entry["branch_modified"] = "Photon_pt"
    return Systematics.model_validate({kind: {"s": entry}})


@pytest.mark.parametrize("kind", ["independent_collections", "corrections"])
@pytest.mark.parametrize(
    ("function", "kwargs", "told"),
    [
        (scale, {"sift": 0.1}, "no option 'sift' in the function of 's'. Did you mean 'shift'?"),
        (scale, {"events": 0.1, "shift": 1}, "no option 'events' in the function of 's'"),
        (scale, {}, "'s' cannot be called as configured: missing a required argument: 'shift'"),
        (factors, {}, None),
        (open_scale, {"whatever": 1}, None),
        (f"{__name__}:absent", {}, "no name 'absent'"),
        ("math:hypot", {}, None),
    ],
)
def test_kwargs_of_shifts_are_those_of_the_function(
    function: Any, kwargs: dict[str, Any], told: str | None, kind: str
) -> None:
    systematics = of_function(function, kind, **kwargs)
    if told is None:
        check_functions(systematics)
    else:
        with pytest.raises(UserError) as caught:
            check_functions(systematics)
        assert told in str(caught.value)
        assert len(str(caught.value).splitlines()) <= 3


def test_kwargs_of_weights_are_those_of_the_function() -> None:
    check_functions(of_function(factors, "weights", size=0.2))
    with pytest.raises(UnknownName, match=r"no option 'sze' .*Did you mean 'size'"):
        check_functions(of_function(factors, "weights", sze=0.2))


SHIPPED = {"method": "from_function", "function": "higgsflow.corrections.photons:scale_pt"}


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("independent_collections", {"branch_modified": "Jet_pt"}, "no column 'Jet_pt' in what"),
        (
            "independent_collections",
            {"branch_modified": "Photon_pt", "directions": ["up", "dwn"]},
            "no direction 'dwn' in what .*Did you mean 'down'",
        ),
        ("corrections", {"branch_modified": "Photon_pt"}, "no direction 'central' in what"),
    ],
)
def test_shipped_function_shifts_what_it_was_made_for(
    kind: str, content: dict[str, Any], told: str
) -> None:
    systematics = Systematics.model_validate({kind: {"s": {**SHIPPED, **content}}})
    with pytest.raises(UnknownName, match=told):
        check_functions(systematics)


def without_direction(events: Any) -> Any:
    return events


def test_function_without_room_for_the_direction_is_told() -> None:
    systematics = of_function(without_direction, "independent_collections")
    with pytest.raises(InvalidConfiguration, match="too many positional arguments"):
        check_functions(systematics)

"""Blocks of events made by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from hand_made import (
    HADRONIC,
    JETS,
    LEPTONIC,
    MODIFYING,
    MUON,
    NO_TAG,
    OF_OBJECTS,
    ONE_PHOTON,
    PAIR,
    event,
    model,
    run,
    systematics,
)

from higgsflow import every_variation
from higgsflow.block import process_block
from higgsflow.errors import InvalidConfiguration, UserError
from higgsflow.events.golden import Golden
from higgsflow.model.columns import Need, required
from higgsflow.plan import make_plan
from higgsflow.sums import RangeSum
from higgsflow.taggers import variants
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.function import tagger
from higgsflow.taggers.late_columns import have_one_source
from higgsflow.taggers.plain_tagger import PlainTagger

if TYPE_CHECKING:
    from higgsflow.events.plain import PlainEvents
    from higgsflow.model.context import Context

SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": "Photon_pt",
    "kwargs": {"shift": 0.5},
    "bound": 0.5,
}
OF_MUONS = {"type": "object", "branches": {"up": "sf"}, "input_collection": "Muon"}


@tagger(adds={"even": "bool"})
def raises(events: Any) -> Any:
    raise ZeroDivisionError


@tagger(
    reads=["Muon_pt"],
    adds={"n_good": "int16", "GoodMuon": "collection"},
    made_of={"GoodMuon": "Muon"},
)
def good_muons(events: Any) -> Any:
    good = events.Muon[events.Muon.pt > 20]
    return ak.num(events.Muon.pt) >= 0, {"n_good": ak.num(good.pt), "GoodMuon": good}


def by_angle(events: Any, direction: str) -> Any:
    return events.Muon.pt * np.where(events.Muon.eta[:, :1] > 0, 1.0, 0.5)


def shifted(events: Any, direction: str) -> Any:
    return events.Muon.pt * (2.0 if direction == "up" else 0.5)


SELECTING = {"tag_sequence": [[f"{__name__}:good_muons"]], "variables_of_interest": ["n_good"]}


def test_objects_that_the_first_step_selects_have_what_a_weight_looks_at() -> None:
    """Also a column that its tagger does not declare."""
    content = {**OF_MUONS, "target_collections": ["GoodMuon"], "requires_branches": ["Muon_eta"]}
    table = run(NO_TAG, LEPTONIC, **SELECTING, systematics=systematics(sf=content))
    assert table.tables["nominal"]["weight_sf_up"].tolist() == [1.0, 1.5]


def test_objects_that_the_first_step_selects_are_selected_again_under_a_variation() -> None:
    """Of columns that nobody declares, but something reads before the skim."""
    of_muons = {"method": "from_function", "branch_modified": "Muon_pt"}
    by_eta = {"function": f"{__name__}:by_angle", "requires_branches": ["Muon_eta"]}
    content = {
        "weights": {"sf": {**OF_MUONS, "target_collections": ["GoodMuon"]}},
        "corrections": {"angle": {**of_muons, **by_eta}},
        "independent_collections": {"shift": {**of_muons, "function": f"{__name__}:shifted"}},
    }
    # not all events change: the others are taken from the nominal ones
    tables = run(NO_TAG, LEPTONIC, NO_TAG, **SELECTING, systematics=content).tables
    numbers = {name: table["n_good"].tolist() for name, table in tables.items()}
    assert numbers == {"nominal": [0, 1, 0], "shift_up": [0, 1, 0], "shift_down": [0, 0, 0]}


class GoodMuons(PlainTagger):
    """The same on plain columns."""

    def reads(self, context: Context) -> tuple[Need, ...]:
        del context
        return required("Muon_pt")

    def adds(self, context: Context) -> dict[str, str]:
        del context
        return {"n_good": "int16", "GoodMuon": "collection"}

    def decide(self, events: PlainEvents, context: Context) -> PlainDecision:
        del context
        muons = events.collections["Muon"]
        good = muons[muons.pt > 20]
        n_good = good.lists.counts.astype(np.int16)
        every = n_good >= 0
        columns = {"n_good": n_good, "GoodMuon": good}
        return PlainDecision(every, columns, {"events": coded({"any": every})})


@tagger(reads=["Muon_charge"])
def positive(events: Any) -> Any:
    return ak.sum(events.Muon.charge, axis=1) > 0


@tagger()
def good(events: Any) -> Any:
    return ak.sum(events.GoodMuon.pt, axis=1) > 20


def of_some(events: Any, direction: str) -> Any:
    return events.Muon.pt * np.where(events.Muon.eta > 0, 1.0, 2.0)


@pytest.mark.parametrize("first", ["good_muons", "GoodMuons"])
def test_objects_that_the_first_step_selects_have_the_same_columns_everywhere(first: str) -> None:
    """Also where one changes all events, so that none are nominal ones, and another a few."""
    shift = {"method": "from_function", "branch_modified": "Muon_pt", "directions": ["up"]}
    few = {**shift, "function": f"{__name__}:of_some", "requires_branches": ["Muon_eta"]}
    tables = run(
        *(event(Muon=[{**MUON, "eta": eta}]) for eta in (1.0, -1.0)),
        tag_sequence=[f"{__name__}:{name}" for name in (first, "positive", "good")],
        variables_of_interest=["n_good"],
        systematics=systematics({"all": {**shift, "function": f"{__name__}:shifted"}, "few": few}),
    ).tables
    assert {len(table["n_good"]) for table in tables.values()} == {2}


def message(*events: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        run(*events, **changes)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_tables_hold_tagged_events_only() -> None:
    table = run(NO_TAG, HADRONIC, ONE_PHOTON, LEPTONIC).tables["nominal"]
    assert table["tag_idx"].tolist() == [1, 0]
    assert table["n_b_jets"].tolist() == [4, 2]
    assert table["m_gg"] == pytest.approx(120 * math.sin(1.5))


def test_untagged_events_are_kept_on_request() -> None:
    sequence = {"tag_list": ["diphoton", ["tth_leptonic"]], "keep_untagged": True}
    result = run(NO_TAG, ONE_PHOTON, LEPTONIC, NO_TAG, tag_sequence=sequence)
    assert result.tables["nominal"]["tag_idx"].tolist() == [-1, 0, -1]
    moments = result.ledgers["nominal"].moments
    assert {tag: m["m_gg"].n for tag, m in moments.items()} == {"tth_leptonic": 1, "untagged": 2}


@pytest.mark.parametrize("objects", [{}, {"scale": SCALE}])
def test_untagged_events_of_a_sequence_of_one_step_are_kept_too(objects: Any) -> None:
    """The skim of the first step must not drop them."""
    content = {
        "tag_sequence": {"tag_list": ["diphoton"], "keep_untagged": True},
        "variables_of_interest": ["m_gg"],
        "systematics": systematics(objects),
    }
    tables = run(event(Photon=[]), ONE_PHOTON, NO_TAG, **content).tables
    assert tables["nominal"]["tag_idx"].tolist() == [-1, -1, 0]
    assert np.isnan(tables["nominal"]["m_gg"]).tolist() == [True, True, False]
    assert {len(table["tag_idx"]) for table in tables.values()} == {3}


def test_moments_are_those_of_variables_and_weights() -> None:
    content = systematics({"scale": SCALE}, s=MODIFYING)
    ledgers = run(HADRONIC, systematics=content).ledgers
    of_all = {"m_gg", "n_b_jets", "weight_central"}
    assert set(ledgers["scale_up"].moments["tth_hadronic"]) == of_all
    nominal = ledgers["nominal"].moments["tth_hadronic"]
    assert set(nominal) == {*of_all, "weight_s_up", "weight_full_s_up"}
    assert nominal["weight_full_s_up"].mean == 1.5


def test_moments_of_bins_in_which_a_weight_preserves_sums_are_kept_apart() -> None:
    bins = {"column": "n_b_jets", "edges": [0, 3, 9]}
    content = systematics(s={**MODIFYING, "preserve": bins})
    moments = run(LEPTONIC, HADRONIC, HADRONIC, systematics=content).ledgers["nominal"].moments
    numbers = {tag: [of[f"m_gg@{k}"].n for k in range(2)] for tag, of in moments.items()}
    assert numbers == {"tth_leptonic": [1, 0], "tth_hadronic": [0, 2]}


def test_sums_are_before_any_cut() -> None:
    weights = [event(genWeight=w, w_up=2.0) for w in (1.0, -2.0, 4.0)]
    sums = run(*weights, systematics=systematics(s=MODIFYING)).sums
    assert sums.ranges == (RangeSum(3, (3.0,), 21.0, 7.0),)
    assert sums.factors == {"weight_s_central": 3.0, "weight_s_up": 6.0}


def test_golden_json_comes_before_everything_but_the_sums() -> None:
    golden = Golden(
        first=np.array([(1 << 32) | 2], np.uint64), last=np.array([(1 << 32) | 2], np.uint64)
    )
    other = {**HADRONIC, "luminosityBlock": 3}
    result = run(HADRONIC, other, LEPTONIC, golden=golden, kind="data")
    (of_all,) = result.sums.ranges
    assert (of_all.n_certified, of_all.sum_g) == (2, (3.0,))
    assert result.tables["nominal"]["luminosityBlock"].tolist() == [2, 2]
    assert result.ledgers["nominal"].flows[0].flow.total.n == 2


def test_data_have_unit_weights() -> None:
    table = run(
        {**HADRONIC, "genWeight": 7.0}, kind="data", systematics=systematics(s=MODIFYING)
    ).tables
    assert table["nominal"]["weight_central"].tolist() == [1.0]
    assert "weight_s_up" not in table["nominal"]


def test_variations_are_events_of_their_own() -> None:
    soft = {**HADRONIC, "Photon": [{**PAIR[0], "pt": 40.0}, {**PAIR[1], "pt": 40.0}]}
    result = run(soft, systematics=systematics({"scale": SCALE}))
    assert {v: len(t["m_gg"]) for v, t in result.tables.items()} == {
        "nominal": 0, "scale_up": 1, "scale_down": 0,
    }  # fmt: skip
    assert result.tables["scale_up"]["m_gg"] == pytest.approx(120 * math.sin(1.5))
    first = {v: [f for f in of.flows if f.step == 0] for v, of in result.ledgers.items()}
    assert {flows[0].flow.total.n for flows in first.values()} == {1}
    # what each cut does is counted nominally only, since it is before the skim
    (up,) = first["scale_up"]
    assert (up.flow.cuts, up.flow.passed.n, up.flow.alone) == ((), 1, ())
    assert first["nominal"][0].flow.cuts


def test_variations_of_pt_are_compared_by_the_photons_that_they_choose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def noted(a: Any, b: Any) -> bool:
        asked.append(have_one_source(a, b))
        return asked[-1]

    monkeypatch.setattr(variants, "have_one_source", noted)
    # the skim drops one of the events, so that photons stand elsewhere afterwards
    run(ONE_PHOTON, NO_TAG, HADRONIC, systematics=systematics({"scale": SCALE}))
    assert any(asked)


def test_only_nominal_has_the_columns_of_factors() -> None:
    tables = run(HADRONIC, systematics=systematics({"scale": SCALE}, s=MODIFYING)).tables
    extra = set(tables["nominal"]) - set(tables["scale_down"])
    assert extra == {"weight_s_up", "weight_full_s_up"}


def test_weight_that_looks_at_what_varies_is_made_again() -> None:
    per_photon = {
        "type": "object",
        "branches": {"central": "pt"},
        "input_collection": "Photon",
        "modify_central_weight": True,
    }
    tables = run(HADRONIC, systematics=systematics({"scale": SCALE}, s=per_photon)).tables
    assert tables["nominal"]["weight_central"].tolist() == [60.0 * 60.0]
    assert tables["scale_up"]["weight_central"].tolist() == [90.0 * 90.0]


def test_counters_of_a_variation_have_its_own_weights() -> None:
    """Also where the selection does not look at what it changes."""
    shift = {"branch_modified": "w", "branches": {"up": "w_up"}}
    events = [{**one, "w": 2.0, "w_up": 3.0} for one in (LEPTONIC, HADRONIC, NO_TAG)]
    ledgers = run(*events, systematics=systematics({"moved": shift}, s=MODIFYING)).ledgers
    for name, weight in (("nominal", 2.0), ("moved_up", 3.0)):
        ledger = ledgers[name]
        for flow in (one.flow for one in ledger.flows if one.group == "events"):
            assert (flow.total.sumw, flow.passed.sumw) == (
                weight * flow.total.n,
                weight * flow.passed.n,
            )
        assert ledger.before["tth_leptonic"].sumw == ledger.after["tth_leptonic"].sumw == weight
        assert ledger.yields["tth_hadronic"]["central"].sumw == weight


def test_factors_are_one_outside_their_tags() -> None:
    """Worked example: w = 1, central 2, up 3, mask on two of four."""
    content = {**MODIFYING, "modifies_taggers": ["tth_hadronic"]}
    events = [{**e, "w": 2.0, "w_up": 3.0} for e in (LEPTONIC, HADRONIC, HADRONIC, LEPTONIC)]
    result = run(*events, systematics=systematics(s=content))
    table = result.tables["nominal"]
    assert table["weight_central"].tolist() == [1.0, 2.0, 2.0, 1.0]
    assert table["weight_s_up"].tolist() == [1.0, 3.0, 3.0, 1.0]
    assert table["weight_full_s_up"].tolist() == [1.0, 3.0, 3.0, 1.0]
    assert result.ledgers["nominal"].flows[0].flow.total.sumw == 4.0
    yields = result.ledgers["nominal"].yields["tth_hadronic"]
    assert (yields["central"].sumw, yields["s_up"].sumw) == (4.0, 6.0)


def test_only_inside_its_tags_must_a_factor_be_finite() -> None:
    """As a factor of leptons, which does not exist where there are none."""
    undefined = {**HADRONIC, "event": 7, "w": math.nan, "w_up": math.inf}

    def of_tag(name: str) -> dict[str, Any]:
        return {"systematics": systematics(s={**MODIFYING, "modifies_taggers": [name]})}

    table = run(undefined, LEPTONIC, **of_tag("tth_leptonic")).tables["nominal"]
    assert table["weight_s_up"].tolist() == [1.0, 1.5]
    assert table["weight_central"].tolist() == [1.0, 1.0]
    text = message(LEPTONIC, undefined, **of_tag("tth_hadronic"))
    assert "'s' central is nan for event 1:2:7" in text


def test_object_weight_of_selected_objects() -> None:
    content = {**OF_MUONS, "target_collections": ["SelectedMuon"]}
    two = event(Jet=JETS[:2], Muon=[MUON, {**MUON, "pt": 10.0, "sf": 100.0}])
    table = run(two, HADRONIC, systematics=systematics(id=content)).tables["nominal"]
    assert table["weight_id_up"].tolist() == [1.5, 1.0]


def test_central_factor_of_zero_gives_no_nan() -> None:
    table = run({**HADRONIC, "w": 0.0}, systematics=systematics(s=MODIFYING)).tables["nominal"]
    assert (table["weight_central"].tolist(), table["weight_full_s_up"].tolist()) == ([0.0], [1.5])


CONFIGURATION = systematics({"scale": SCALE}, s=MODIFYING, id=OF_MUONS)


@pytest.mark.parametrize("events", [(), (ONE_PHOTON,), (NO_TAG,)])
def test_nothing_selected_gives_typed_columns_in_every_variation(events: Any) -> None:
    empty, full = (run(*e, systematics=CONFIGURATION).tables for e in (events, (HADRONIC,)))
    for variation, table in full.items():
        types = {name: values.dtype for name, values in table.items()}
        assert {name: values.dtype for name, values in empty[variation].items()} == types
        assert {len(values) for values in empty[variation].values()} == {0}


def test_nothing_selected_still_gives_counters() -> None:
    empty, full = (run(*e, systematics=CONFIGURATION).ledgers for e in ((), (HADRONIC,)))
    for variation, ledger in full.items():
        assert (empty[variation] + ledger) == ledger
        assert empty[variation].flows[0].flow.total.n == 0


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_size_of_stacks_changes_nothing(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [LEPTONIC, NO_TAG, HADRONIC]
    expected = run(*events, systematics=CONFIGURATION)
    monkeypatch.setattr(every_variation, "_ROWS", rows)
    result = run(*events, systematics=CONFIGURATION)
    assert result.ledgers == expected.ledgers
    for variation, table in expected.tables.items():
        assert list(result.tables[variation]) == list(table)
        for name, values in table.items():
            np.testing.assert_array_equal(result.tables[variation][name], values)


def test_the_rest_is_read_only_for_events_that_may_pass() -> None:
    analysis = model()
    plan = make_plan(analysis, analysis.samples.pairs[0])
    asked: list[list[int]] = []

    def read_rest(rows: Any) -> Any:
        asked.append(rows.tolist())
        return events[rows]

    events = ak.Array([ONE_PHOTON, event(**OF_OBJECTS)])
    process_block(plan, None, ("nominal",), events, read_rest)
    process_block(plan, None, ("nominal",), events[:1], read_rest)
    assert asked == [[1], []]


def test_factor_that_is_not_finite_names_the_event_also_if_it_is_not_selected() -> None:
    bad = {**ONE_PHOTON, "w_up": math.nan, "event": 77}
    text = message(HADRONIC, bad, systematics=systematics(s=MODIFYING))
    assert "'s' up is nan for event 1:2:77" in text


def test_generator_weight_that_is_not_finite_names_the_event() -> None:
    text = message(HADRONIC, {**NO_TAG, "genWeight": math.inf, "event": 77})
    assert "genWeight is inf for event 1:2:77" in text


def test_broken_bound_is_an_error() -> None:
    text = message(HADRONIC, systematics=systematics({"scale": {**SCALE, "bound": 0.1}}))
    assert "'scale' up of 'Photon_pt' shifts by up to 0.5, its bound is 0.1" in text


def test_tagger_that_raises_keeps_its_error() -> None:
    sequence = ["diphoton", f"{__name__}:raises"]
    with pytest.raises(ZeroDivisionError):
        run(HADRONIC, tag_sequence=sequence, variables_of_interest=["m_gg"])


def test_column_of_the_input_is_passed_on() -> None:
    table = run(HADRONIC, variables_of_interest=["input:w_up"]).tables["nominal"]
    assert table["w_up"].tolist() == [1.5]


@pytest.mark.parametrize("name", ["Jet_pt", "Photon_pt"])
def test_column_of_objects_cannot_be_written(name: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"'{name}' has several values per event"):
        run(HADRONIC, variables_of_interest=[f"input:{name}"])


B_TAG = {
    "branches": {"central": "w", "up": "w_up"},
    "modify_central_weight": True,
    "preserve": {"column": "nJet", "edges": [0, 2, 4, 9]},
}


def test_bins_of_preserved_sums_are_written_and_summed_before_any_cut() -> None:
    events = [{**e, "w": 2.0, "w_up": 3.0, "nJet": n} for e, n in ((HADRONIC, 7), (ONE_PHOTON, 1))]
    result = run(*events, systematics=systematics(b=B_TAG))
    assert result.tables["nominal"]["weight_bin_b"].tolist() == [2]
    kept = {name: (c.n, c.sumw) for name, c in result.ledgers["nominal"].kept.items()}
    assert (kept["b:up:0"], kept["b:up:2"], kept["b::1"]) == ((1, 3.0), (1, 3.0), (0, 0.0))
    yields = result.ledgers["nominal"].yields["tth_hadronic"]
    assert (yields["b_up@2"].sumw, yields["b_up@0"].sumw, yields["central@2"].sumw) == (3, 0, 2)


def test_central_factor_under_a_variation_is_that_of_its_direction() -> None:
    event_weight = {**MODIFYING, "under": {"scale_up": "up"}}
    late = {
        **event_weight,
        "branches": {"central": "w", "up": "w_up"},
        "requires_branches": ["m_gg"],
    }
    expected = {"nominal": 1.0, "scale_up": 1.5, "scale_down": 1.0}
    strong = {**HADRONIC, "Photon": [{**p, "pt": 150.0} for p in PAIR]}
    wide = {"diphoton": {"mass_max": 1000.0}}
    sequence = [{"tagger": "diphoton", "options": wide}, ["tth_leptonic", "tth_hadronic"]]
    for weight in (event_weight, late):
        found = run(
            strong, systematics=systematics({"scale": SCALE}, s=weight), tag_sequence=sequence
        )
        central = {v: t["weight_central"].tolist() for v, t in found.tables.items()}
        assert central == {variation: [value] for variation, value in expected.items()}


def twice(events: Any, direction: str) -> Any:
    assert direction == "central"
    return events.Photon.pt * 2


TWICE = {
    "method": "from_function",
    "function": f"{__name__}:twice",
    "branch_modified": "Photon_pt",
    "directions": [],
}


@pytest.mark.parametrize("kind", ["simulation", "data"])
def test_corrections_of_the_nominal_events_come_first(kind: str) -> None:
    soft = {**HADRONIC, "Photon": [{**p, "pt": 30.0} for p in PAIR]}
    content = {"corrections": {"twice": TWICE}}
    assert len(run(soft, kind=kind).tables["nominal"]["m_gg"]) == 0
    table = run(soft, kind=kind, systematics=content).tables["nominal"]
    assert table["m_gg"].tolist() == [pytest.approx(120 * math.sin(1.5))]


def test_variations_start_from_the_corrected_events() -> None:
    soft = {**HADRONIC, "Photon": [{**p, "pt": 20.0} for p in PAIR]}
    content = {"corrections": {"twice": TWICE}, "independent_collections": {"scale": SCALE}}
    tables = run(soft, systematics=content).tables
    assert {v: len(t["m_gg"]) for v, t in tables.items()} == {
        "nominal": 0, "scale_up": 1, "scale_down": 0,
    }  # fmt: skip
    assert tables["scale_up"]["m_gg"] == pytest.approx(120 * math.sin(1.5))

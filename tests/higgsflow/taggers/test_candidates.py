"""One row per candidate is what a loop over events and their candidates gives."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hand_made import HADRONIC, JET, LEPTONIC, NO_TAG, ONE_PHOTON, model, run, systematics
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import UserError
from higgsflow.model.context import Context
from higgsflow.plan import make_plan
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.candidates import CANDIDATES, candidate_of, checked_candidates
from higgsflow.taggers.function import tagger

CONTEXT = Context(sample="S", year="2017", is_data=False)
JETS = [JET, {**JET, "pt": 31.0}, {**JET, "pt": 25.0}, {**JET, "pt": 80.0, "eta": 3.0}]


@tagger(
    reads=["Jet_pt", "Jet_eta"],
    adds={"jet_pt": "float64", "n_jets": "int16"},
    one_row_per="jet",
)
def jets(events: Any, pt_min: float = 30.0) -> Decision:
    each = events.Jet
    central = abs(each.eta) < 2.5
    columns = {"jet_pt": each.pt, "n_jets": ak.num(each.pt)}
    return Decision((each.pt > pt_min) & central, columns, {"jet": {"central": central}})


@tagger(reads=["Photon_pt"], adds={"photon_pt": "float64"}, one_row_per="photon")
def photons(events: Any) -> Any:
    return events.Photon.pt > 0, {"photon_pt": events.Photon.pt}


@tagger()
def any_event(events: Any) -> Any:
    return np.ones(len(events), dtype=bool)


def jet_scale(events: Any, direction: str) -> Any:
    return events.Jet.pt * (1.3 if direction == "up" else 0.7)


def of_jet(events: Any) -> Any:
    """A factor of each row, from its candidate."""
    return {"central": 1 + events.jet_pt / 100, "up": 1 + events.jet_pt / 50}


SCALE = {
    "jets_scale": {
        "method": "from_function",
        "function": f"{__name__}:jet_scale",
        "branch_modified": "Jet_pt",
    }
}
SF = {
    "method": "from_function",
    "function": f"{__name__}:of_jet",
    "directions": ["up"],
    "modify_central_weight": True,
    "requires_branches": ["jet_pt"],
}
SETUP: dict[str, Any] = {
    "tag_sequence": ["diphoton", f"{__name__}:jets"],
    "variables_of_interest": ["m_gg", "jet_pt", "n_jets"],
    "systematics": systematics(SCALE, sf=SF),
}
KINDS = [HADRONIC, LEPTONIC, NO_TAG, ONE_PHOTON, {**HADRONIC, "Jet": JETS}]
FACTORS = {"nominal": 1.0, "jets_scale_up": 1.3, "jets_scale_down": 0.7}


def expected(events: list[Any], factor: float) -> list[tuple[Any, ...]]:
    """By a loop: event, which of its jets, its pt, how many there are, and the weight."""
    rows = []
    for event in events:
        if len(event["Photon"]) < 2:
            continue
        for position, jet in enumerate(event["Jet"]):
            pt = jet["pt"] * factor
            if pt > 30.0 and abs(jet["eta"]) < 2.5:
                weight = event["genWeight"] * (1 + pt / 100)
                rows.append((event["event"], position, pt, len(event["Jet"]), weight))
    return rows


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, len(KINDS) - 1), st.floats(-2, 2)), max_size=7))
def test_rows_are_those_of_a_loop_under_every_variation(drawn: list[tuple[int, float]]) -> None:
    events = [
        {**KINDS[kind], "event": number, "genWeight": float(np.float32(g))}
        for number, (kind, g) in enumerate(drawn)
    ]
    found = run(*events, **SETUP)
    names = ("event", "candidate_idx", "jet_pt", "n_jets", "weight_central")
    for variation, factor in FACTORS.items():
        table, wanted = found.tables[variation], expected(events, factor)
        rows = list(zip(*(table[name].tolist() for name in names), strict=True))
        np.testing.assert_allclose(rows, wanted, rtol=1e-12) if wanted else None
        assert len(rows) == len(wanted)
        assert table["tag_idx"].tolist() == [0] * len(wanted)
        alone = run(*events, **SETUP, variations=[variation]).tables[variation]
        assert all(np.array_equal(alone[name], values) for name, values in table.items())


def test_events_and_candidates_are_counted_apart() -> None:
    soft = {**HADRONIC, "Jet": [{**JET, "pt": 20.0}]}
    events = [{**HADRONIC, "Jet": JETS}, HADRONIC, NO_TAG, ONE_PHOTON, soft]
    ledger = run(*events, **SETUP).ledgers["nominal"]
    flows = {(f.tagger, f.group): f.flow for f in ledger.flows}
    of_events, of_jets = flows["jets", "events"], flows["jets", "jet"]
    assert (of_events.total.n, of_events.passed.n) == (4, 2)
    # whatever their pt, those that are central
    assert (of_jets.total.n, of_jets.passed.n) == (9, 8)
    assert (ledger.before["jets"].n, ledger.after["jets"].n) == (2, 2)
    assert ledger.overlap == ((2,),)
    # two of the first event and four of the second one
    assert ledger.yields["jets"]["central"].n == 6
    assert ledger.moments["jets"]["jet_pt"].n == 6


@tagger(reads=["Photon_pt"], adds={"hard": "bool"})
def hard(events: Any) -> Any:
    is_hard = ak.any(events.Photon.pt > 60.5, axis=1)
    return np.ones(len(events), dtype=bool), {"hard": is_hard}


def photon_scale(events: Any, direction: str) -> Any:
    return events.Photon.pt * (1.1 if direction == "up" else 0.9)


def test_candidates_have_weights_of_their_own_where_other_columns_change() -> None:
    """Each candidate of an event stands for itself in the nominal run, not for the last one."""
    shift = {
        "method": "from_function",
        "function": f"{__name__}:photon_scale",
        "branch_modified": "Photon_pt",
    }
    changes = {
        "tag_sequence": [f"{__name__}:hard", f"{__name__}:jets"],
        "variables_of_interest": ["jet_pt", "hard"],
        "systematics": systematics({"photons": shift}, sf=SF),
    }
    found = run({**HADRONIC, "Jet": JETS}, HADRONIC, **changes)
    assert found.tables["photons_up"]["hard"].all()
    for table in found.tables.values():
        assert table["jet_pt"].tolist() == [50.0, 31.0, 50.0, 50.0, 50.0, 50.0]
        np.testing.assert_allclose(table["weight_central"], 1 + table["jet_pt"] / 100)


@tagger(reads=["Jet_pt", "Photon_pt"], adds={"jet_pt": "float64"}, one_row_per="jet")
def jets_of_pairs(events: Any) -> Decision:
    pair = ak.num(events.Photon.pt) == 2
    cuts = {"events": {"pair": pair}}
    return Decision((events.Jet.pt > 45) & pair, {"jet_pt": events.Jet.pt}, cuts)


def test_under_every_variation_the_same_events_pass() -> None:
    """Those that have a row, also where the tagger names cuts of events: they are not all."""
    changes = {
        "tag_sequence": [f"{__name__}:jets_of_pairs"],
        "variables_of_interest": ["jet_pt"],
        "systematics": systematics(SCALE),
    }
    soft = {**HADRONIC, "Jet": [{**JET, "pt": 40.0}]}
    found = run(HADRONIC, soft, NO_TAG, {**HADRONIC, "Photon": []}, **changes)
    ends = {
        name: next(f.flow for f in ledger.flows if f.group == "events")
        for name, ledger in found.ledgers.items()
    }
    assert ends["nominal"].cuts == ("pair", "jet kept")
    assert [c.n for c in ends["nominal"].prefix] == [3, 1]
    passed = {name: flow.passed.n for name, flow in ends.items()}
    assert passed == {"nominal": 1, "jets_scale_up": 2, "jets_scale_down": 0}


def test_without_cuts_of_its_own_both_are_counted_all_the_same() -> None:
    setup = {"tag_sequence": [f"{__name__}:photons"], "variables_of_interest": ["photon_pt"]}
    found = run(HADRONIC, {**NO_TAG, "Photon": []}, ONE_PHOTON, **setup)
    flows = {f.group: f.flow for f in found.ledgers["nominal"].flows}
    assert {group: (f.total.n, f.passed.n) for group, f in flows.items()} == {
        "events": (3, 2),
        "photon": (3, 3),
    }
    assert {group: f.cuts for group, f in flows.items()} == {
        "events": ("mask",),
        "photon": ("mask",),
    }
    assert found.tables["nominal"]["candidate_idx"].tolist() == [0, 1, 0]
    assert found.tables["nominal"]["candidate_idx"].dtype == np.int32


def test_no_events_have_typed_columns() -> None:
    some, none = (run(*events, **SETUP).tables["nominal"] for events in ([HADRONIC], []))
    assert {n: v.dtype for n, v in none.items()} == {n: v.dtype for n, v in some.items()}
    assert not any(len(values) for values in none.values())


def refused(**changes: Any) -> str:
    analysis = model(**{**SETUP, **changes})
    with pytest.raises(UserError) as told:
        make_plan(analysis, analysis.samples.pairs[0])
    assert len(str(told.value).splitlines()) <= 3
    return str(told.value)


JETS_OF, REST = f"{__name__}:jets", f"{__name__}:any_event"


@pytest.mark.parametrize(
    ("sequence", "what"),
    [
        (["diphoton", JETS_OF, REST], "one row per jet, but 'any_event' comes after it"),
        (["diphoton", [JETS_OF, REST]], "one row per jet, but 'any_event' stands in the same"),
        ({"tag_list": [JETS_OF], "keep_untagged": True}, "events without a tag have none"),
    ],
)
def test_it_stands_alone_at_the_end(sequence: Any, what: str) -> None:
    changes = {"variables_of_interest": ["jet_pt"], "systematics": systematics()}
    assert what in refused(tag_sequence=sequence, **changes)


def test_what_is_left_for_events_without_a_tag_has_no_sums() -> None:
    """FinalFit's tree of them would be all generated events less what several rows count again."""
    final_fit = {"processes": {"S": "ggh"}, "mass": "m_gg", "notag": True}
    assert "have none\n  outputs.finalfit.notag" in refused(outputs={"finalfit": final_fit})


def test_names_that_rows_have_are_not_for_columns() -> None:
    assert "is in every output already" in refused(variables_of_interest=["candidate_idx"])


def test_sums_over_events_are_not_of_candidates() -> None:
    sf = {**SF, "preserve": {"column": "n_jets", "edges": [0, 2, 9]}}
    told = refused(systematics=systematics(SCALE, sf=sf))
    assert "'sf' preserves sums over events, and looks at 'jet_pt'\n  there is one for each" in told


class Each(Tagger):
    """Returns what a test gives it."""

    one_row_per = "thing"
    added: dict[str, str] = {"x": "float64"}

    def reads(self, context: Context) -> Any:
        del context
        return ()

    def adds(self, context: Context) -> dict[str, str]:
        del context
        return self.added

    def select(self, events: Any, context: Context) -> Decision:
        raise NotImplementedError


LISTS = [[True, False], [], [True]]


def said(mask: Any = LISTS, x: Any = 1.0, **more: Any) -> Any:
    x = np.full(3, x) if isinstance(x, float) else x
    decision = Decision(mask, {"x": x}, **more)
    return checked_candidates(Each(name="mine"), decision, 3, CONTEXT)


def test_values_are_of_candidates_or_of_the_event() -> None:
    kept = said(x=np.array([5.0, 6.0, 7.0]), category=[[1, 2], [], [3]]).columns[CANDIDATES]
    assert kept.lists.offsets.tolist() == [0, 1, 1, 2]
    assert kept.columns["x"].tolist() == [5.0, 7.0]
    assert kept.columns["candidate_idx"].tolist() == [0, 0]
    assert kept.columns["tag_category"].tolist() == [1, 3]
    assert said(x=ak.Array([[8, 9], [], [3]])).columns[CANDIDATES].columns["x"].tolist() == [8, 3]


def test_what_is_missing_is_not_kept_and_has_no_value() -> None:
    found = said(ak.Array([[True, None], None, [True]]), ak.Array([[None, 2.0], None, [3.0]]))
    assert found.mask.tolist() == [True, False, True]
    np.testing.assert_array_equal(found.columns[CANDIDATES].columns["x"], [np.nan, 3.0])


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"mask": [True, False, True]}, "a mask of events, but makes one row per thing"),
        ({"mask": LISTS[:2]}, "a mask with 2 lists for 3 events"),
        ({"mask": None}, "a mask that is None"),
        ({"mask": [[1, 2], [], [3]]}, "a mask of type int64, not bool"),
        ({"mask": [[[True]], [], []]}, "a mask with more than one value per event"),
        ({"x": [[1.0], [], [2.0]]}, "'x' with other lists than its mask"),
        ({"x": [[1.0, 2.0], []]}, "'x' with other lists than its mask"),
        ({"x": [1.0, 2.0]}, "'x' with 2 entries for 3 events"),
        ({"x": [["a", "b"], [], ["c"]]}, "'x'"),
        ({"category": [[1, 99999], [], [3]]}, "'tag_category' with values that are not int16"),
        ({"cuts": {"thing": {"c": [True]}}}, "cut 'c' with 1 entries for 3 events"),
    ],
)
def test_who_breaks_his_word_is_told(answer: dict[str, Any], what: str) -> None:
    with pytest.raises(UserError) as told:
        said(**answer)
    assert f"tagger 'mine' returned {what}" in str(told.value)
    assert len(str(told.value).splitlines()) <= 3


class Selected(Each):
    """Adds a collection, which no row has."""

    added: dict[str, str] = {"Thing": "collection"}


class Nameless(Each):
    """Makes rows of what has no name."""

    one_row_per = "a thing"


@pytest.mark.parametrize(
    ("kind", "what"), [(Selected, "adds the collection 'Thing'"), (Nameless, "which is no name")]
)
def test_what_rows_cannot_be_is_told_before_anything_runs(kind: type[Tagger], what: str) -> None:
    changes = {"variables_of_interest": ["input:event_number"], "systematics": systematics()}
    assert what in refused(tag_sequence=[{"name": "mine", "tagger": kind}], **changes)


def test_rows_of_a_sequence_have_a_name() -> None:
    assert candidate_of(((Each(name="mine"),),)) == "thing"

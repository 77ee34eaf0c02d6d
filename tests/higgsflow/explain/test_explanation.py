"""Explanations agree with what jobs write, and hide what is blinded."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow import Analysis
from higgsflow.catalog.load import load_analysis
from higgsflow.errors import UnknownName, UserError
from higgsflow.explain.explanation import asked, explain_entry, explain_event
from higgsflow.explain.find import Place
from higgsflow.explain.text import render
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan
from higgsflow.taggers.function import tagger

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab
    from explain.conftest import Done  # type: ignore[import-not-found]

    from higgsflow.explain.content import Explanation, VariationStory


@tagger(reads=["Photon_pt"], adds={"photon_pt": "float64"}, one_row_per="photon")
def photons(events: Any) -> Any:
    return events.Photon.pt > 30, {"photon_pt": events.Photon.pt}


SHIFTS = ("photon_pt_scale_up", "photon_pt_scale_down")
FIRST_EVENT = 20_000_000  # of the file


def rows_of(table: Any) -> dict[int, dict[str, Any]]:
    return {row["event"]: row for row in table.to_pylist()}


def agree(story: VariationStory, row: dict[str, Any] | None, tags: tuple[str, ...]) -> None:
    """The story of an event, and the row of it that a job wrote, if it wrote one."""
    assert story.kept == (row is not None)
    if row is None:
        assert story.tag == ""
        return
    assert story.tag == tags[row["tag_idx"]] == story.candidates[0]
    assert story.weight == row["weight_central"]
    product = math.prod(f.value for f in story.factors if f.value is not None)
    assert product == pytest.approx(row["weight_central"], rel=1e-12)
    columns = {n: v for step in story.steps for t in step for n, v in t.columns.items()}
    assert {n: columns[n] for n in ("m_gg", "lead_pt")} == {n: row[n] for n in ("m_gg", "lead_pt")}


def of_candidates(done: Done, **changes: Any) -> AnalysisModel:
    """The same analysis with a row for each photon."""
    content = done.analysis.model_dump(exclude={"tag_sequence", "variables_of_interest"})
    content |= {"tag_sequence": [f"{__name__}:photons"], "variables_of_interest": ["photon_pt"]}
    content["systematics"] = {}
    content["samples"]["years"]["2017"]["apply_golden_json"] = False
    return AnalysisModel.model_validate(content | changes)


def test_candidates_of_an_event_are_told_side_by_side(done: Done) -> None:
    analysis = of_candidates(done)
    plan = make_plan(analysis, analysis.samples.pairs[0])
    told = [explain_entry(plan, done.place(entry)) for entry in range(20)]
    several = [t for t in told if any("2 rows, one per photon" in note for note in t.notes)]
    assert several
    for one in several:
        ((found,),) = one.stories[0].steps
        values = found.columns["photon_pt"]
        (group,) = found.groups
        assert isinstance(values, tuple)
        assert (group.name, len(group.entries or ())) == ("photon", len(values))
        assert group.cuts[0].passed == tuple(value > 30 for value in values)
        assert f"photon_pt {values[0]:.5g} {values[1]:.5g}" in render(one)


def test_an_event_is_hidden_where_one_of_its_candidates_is_blinded(done: Done) -> None:
    window = {"column": "photon_pt", "window": (40.0, 1000.0)}
    analysis = of_candidates(done, blinding=window)
    plan = make_plan(analysis, analysis.samples.pairs[0])
    simulated = [explain_entry(plan, done.place(entry)).stories[0] for entry in range(20)]
    context = dataclasses.replace(plan.context, is_data=True)
    as_data = dataclasses.replace(plan, context=context)
    for entry, story in enumerate(simulated):
        found = story.steps[0][0].columns["photon_pt"]
        assert isinstance(found, tuple)
        hidden = explain_entry(as_data, done.place(entry)).hidden
        assert bool(hidden) == any(40 < value < 1000 for value in found)
    # of some events one photon is in the window and another one is not
    assert any(min(v) < 40 < max(v) for s in simulated if (v := s.steps[0][0].columns["photon_pt"]))


def test_events_are_where_their_jobs_put_them(done: Done) -> None:
    """Tag, weight and columns, for nominal and every variation, to the bit."""
    tables = {variation: rows_of(table) for variation, table in done.tables.items()}
    some = sorted({event for rows in tables.values() for event in rows})[::10]
    tagged = {row["tag_idx"] for row in tables["nominal"].values()}
    moved = [e for e in some if len({e in rows for rows in tables.values()}) > 1]
    assert len(tagged) == 3
    assert moved
    for number, event in enumerate((*some, FIRST_EVENT + 3)):
        found = explain_entry(done.plan, done.place(event - FIRST_EVENT), SHIFTS[number % 2])
        assert found.event.endswith(f":{event}")
        for story in found.stories:
            agree(story, tables[story.variation].get(event), done.plan.tags)


def test_factors_and_full_weights_are_those_of_the_columns(done: Done) -> None:
    rows = [row for row in done.tables["nominal"].to_pylist() if row["tag_idx"] == 0][:4]
    for row in rows:
        found = explain_entry(done.plan, done.place(row["event"] - FIRST_EVENT), "pileup_up")
        nominal, up = found.stories
        assert (up.variation, up.weight_of) == ("pileup_up", "pileup up")
        assert up.weight == row["weight_full_pileup_up"]
        factors = {factor.name: factor for factor in nominal.factors}
        assert factors["generator weight"].value == row["weight_central_initial"]
        for name in ("pileup", "prefiring", "lepton_sf"):
            told = factors[name]
            assert told.directions == {d: row[f"weight_{name}_{d}"] for d in ("up", "down")}
        assert factors["prefiring"].value is None
        assert factors["lepton_sf"].full["up"] == row["weight_full_lepton_sf_up"]


def test_corrections_and_shifts_are_told_with_their_values(done: Done) -> None:
    row = done.tables["nominal"].to_pylist()[0]
    place = done.place(row["event"] - FIRST_EVENT)
    found = explain_entry(done.plan, place, "photon_pt_scale_up")
    (change,) = found.corrections[0].changes
    assert (found.corrections[0].name, change.column) == ("photon_energy", "Photon_pt")
    assert np.array(change.after) == pytest.approx(1.02 * np.array(change.before))
    shift = found.stories[1].shift
    assert shift is not None
    assert shift.changes[0].before == change.after
    assert np.array(shift.changes[0].after) == pytest.approx(1.3 * np.array(change.after))


def test_an_event_that_fails_tells_which_cut_and_what_is_known_of_its_weight(done: Done) -> None:
    written = set(rows_of(done.tables["nominal"]))
    for entry in range(20):
        found = explain_entry(done.plan, done.place(entry)).stories[0]
        if len(found.steps) == 1:
            break
    assert FIRST_EVENT + entry not in written
    (diphoton,) = found.steps[0]
    assert not diphoton.passed
    events = next(group for group in diphoton.groups if group.name == "events")
    failing = [cut for cut in events.cuts if not cut.passed[0]]
    assert failing
    assert all(cut.values[0] < 2 and cut.condition for cut in failing)
    assert [factor.name for factor in found.factors] == ["generator weight", "pileup"]
    assert (found.weight, found.tag, found.kept) == (None, "", False)


def test_variations_of_events_and_of_weights_are_known_by_name(done: Done) -> None:
    assert asked(done.plan, "photon_pt_scale_up") == ("photon_pt_scale_up", None)
    name, of_weight = asked(done.plan, "prefiring_down")
    assert of_weight is not None
    assert (name, of_weight[0].name, of_weight[1]) == ("nominal", "prefiring", "down")
    with pytest.raises(UnknownName, match="Did you mean 'photon_pt_scale_up'"):
        asked(done.plan, "photon_pt_scale_upp")


def test_an_analysis_explains_its_events(done: Done) -> None:
    names = type(done.analysis).model_fields
    analysis = Analysis(**{name: getattr(done.analysis, name) for name in names})
    found = analysis.explain("S", "2017", f"1:101:{FIRST_EVENT}", "photon_pt_scale_up")
    assert [story.variation for story in found.stories] == ["nominal", "photon_pt_scale_up"]


def test_an_event_by_its_name(done: Done) -> None:
    row = done.tables["nominal"].to_pylist()[0]
    name = f"{row['run']}:{row['luminosityBlock']}:{row['event']}"
    found = explain_event(done.analysis, "S", "2017", name)
    assert (found.event, found.entry) == (name, row["event"] - FIRST_EVENT)
    assert found.stories[0].weight == row["weight_central"]
    command = "law run UpdateScale1fb --analysis explained --sample S --year 2017"
    assert found.notes == (f"scale1fb of today is not in the store yet: {command}",)


def test_everything_is_told_as_json(done: Done) -> None:
    content = json.loads(explain_entry(done.plan, done.place(0)).model_dump_json())
    assert content["stories"][0]["variation"] == "nominal"


def loaded(lab: Lab) -> AnalysisModel:
    """The analysis of the lab as its content now is."""
    sys.path.insert(0, str(lab.taggers.parent))
    return load_analysis(lab.write())


def explained(lab: Lab, row: dict[str, Any], variation: str) -> Explanation:
    name = f"{row['run']}:{row['luminosityBlock']}:{row['event']}"
    return explain_event(loaded(lab), "Sig", "2017", name, variation)


def test_merged_files_say_the_same(lab: Lab) -> None:
    """The scaled weight of merged events, of both variations, also where sums are preserved."""
    lab.without_data()
    lab.sig["files"] = {"2017": str(lab.files / "Sig_2017_*.root")}
    lab.content["systematics"] = {
        "weights": {"pileup": lab.pileup(preserve={"column": "MET_pt", "edges": [0, 50, 1000]})},
        "independent_collections": {"met": lab.met_scale()},
    }
    assert lab.run()
    tags = ("high_met", "rest")
    for row in lab.table().to_pylist()[::35]:
        found = explained(lab, row, "pileup_up")
        nominal, up = found.stories
        assert (nominal.tag, up.tag) == (tags[row["tag_idx"]],) * 2
        assert nominal.merged_weight == pytest.approx(row["weight_central"], rel=1e-14)
        assert up.merged_weight == pytest.approx(row["weight_full_pileup_up"], rel=1e-14)
        names = [factor.name for factor in nominal.factors]
        assert names == [
            "generator weight", "pileup", "sums that are preserved", "scale1fb", "luminosity",
        ]  # fmt: skip
        product = math.prod(f.value for f in nominal.factors if f.value is not None)
        assert product == pytest.approx(row["weight_central"], rel=1e-12)
    row = lab.table().to_pylist()[0]
    for change in ({"xs": 1.5}, {"bf": 0.5}):
        lab.sig.update(change)
        found = explained(lab, row, "pileup_up")
        assert found.stories[0].merged_weight is None, "what is stale is not told"
        assert found.notes[0].startswith("scale1fb of today is not in the store yet")
    lab.sig.update(xs=0.5, bf=1.0)
    for row in lab.table(variation="met_up").to_pylist()[::35]:
        story = explained(lab, row, "met_up").stories[1]
        assert story.tag == tags[row["tag_idx"]]
        assert story.merged_weight == pytest.approx(row["weight_central"], rel=1e-14)


def test_plain_functions_tell_what_they_read_and_their_options(lab: Lab) -> None:
    found = explain_event(loaded(lab), "Sig", "2017", "1:1:1000")
    high_met = found.stories[0].steps[-1][0]
    assert high_met.options in ({"threshold": "60.0"}, {"low": "100.0"})
    assert set(high_met.read) in ({"MET_pt"}, {"mass"})


def test_data_that_are_not_certified_or_blinded_are_not_told(lab: Lab) -> None:
    lab.content["blinding"] = {"window": [100, 150]}
    analysis = loaded(lab)
    plan = make_plan(analysis, analysis.samples.pair("Data", "2017"))
    files = sorted(lab.files.glob("Data_2017_*.root"))
    found = [explain_entry(plan, Place(str(files[0]), entry)) for entry in range(40)]
    assert all(f.dropped.startswith("its lumisection is not in") for f in found[30:])
    hidden = [f for f in found if f.hidden]
    assert {f.hidden for f in hidden} == {"100 < m_gg < 150"}
    assert not any(f.stories or f.corrections for f in hidden)
    masses = masses_of(files[0])
    inside = [bool(100 < mass < 150) for mass in masses[:30]]
    assert [bool(f.hidden) for f in found[:30]] == inside
    told = [f.stories[0] for f in found[:30] if not f.hidden]
    assert all(story.weight in (1.0, None) for story in told)


def masses_of(path: Path) -> Any:
    import uproot

    with uproot.open(path) as file:
        return file["Events"]["mass"].array(library="np").astype(float)


def test_an_unknown_event_sample_or_variation_is_told(lab: Lab) -> None:
    analysis = loaded(lab)
    for arguments, message in (
        (("Sgi", "2017", "1:1:1000"), "no sample 'Sgi'"),
        (("Sig", "2017", "1:1:1000", "pileup_upp"), "no variation 'pileup_upp'"),
        (("Sig", "2017", "1-1-1000"), "'1-1-1000' is no event"),
        (("Sig", "2017", "1:9:1000"), "no event 1:9:1000 in the 2 files of Sig \\(2017\\)"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            explain_event(analysis, *arguments)
        assert len(str(caught.value).splitlines()) <= 3

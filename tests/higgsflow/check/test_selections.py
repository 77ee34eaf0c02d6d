from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.check.first_file import check_first_file
from higgsflow.check.selections import check_selection
from higgsflow.events.index import FileIndex, RunsSums
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel

    Load = Callable[[], AnalysisModel]

VECTOR = {"branch": "LHEScaleWeight", "length": 3, "nominal": 1, "names": {"up": 2}}
BINS = {"column": "HTXS", "values": [0, 1]}


def file(kind: Any = "skim", lhe_scale: tuple[float, ...] = ()) -> FileIndex:
    sums = RunsSums(count=100, sumw=90.0, sumw2=90.0, lhe_scale_sumw=lhe_scale)
    return FileIndex(
        url="/a.root", uuid="a", size=1, mtime_ns=1, n_entries=10, schema_id="s", clusters=(0, 10),
        kind=kind, runs=sums,
    )  # fmt: skip


def told(lab: Lab, loaded: Load, weight: dict[str, Any], one: FileIndex) -> list[str]:
    lab.content["systematics"]["weights"] = {"w": weight}
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    found = list(check_selection(plan, one))
    assert {problem.subjects for problem in found} <= {("Sig (2017)",)}
    return [problem.what for problem in found]


def test_a_weight_that_keeps_sums_is_refused_before_jobs_run(lab: Lab, loaded: Load) -> None:
    weight = lab.pileup(preserve={})
    (what,) = told(lab, loaded, weight, file())
    assert what == "'w' keeps sums before any cut, but the files hold a selection"
    assert told(lab, loaded, weight, file("partial")) == []
    assert told(lab, loaded, lab.pileup(preserve={"in_skims": True}), file()) == []
    assert told(lab, loaded, lab.pileup(), file()) == []


@pytest.mark.parametrize(
    ("more", "sums", "n"),
    [
        ({"normalisation": "inclusive"}, (), 1),
        ({"normalisation": "inclusive"}, (0.9, 1.0, 1.1), 0),
        ({"normalisation": "per_gen_bin", "gen_bins": BINS}, (0.9, 1.0, 1.1), 1),
        ({"normalisation": "full"}, (), 0),
    ],
)
def test_vectors_may_have_their_sums_in_the_runs_tree(
    lab: Lab, loaded: Load, more: dict[str, Any], sums: tuple[float, ...], n: int
) -> None:
    assert len(told(lab, loaded, {"vector": {**VECTOR, **more}}, file("skim", sums))) == n


def test_bins_of_events_without_a_tag_are_refused(lab: Lab, loaded: Load) -> None:
    lab.content["generator_bins"] = {"stxs": BINS}
    lab.content["variables_of_interest"].append("gen:HTXS")
    options = {"notag": True, "notag_bins": "stxs", "variables": {"bin": "HTXS"}}
    lab.content["outputs"] = {"finalfit": {"processes": {"Sig": "tth"}, **options}}
    (what,) = told(lab, loaded, lab.pileup(), file())
    assert what.startswith("events without a tag cannot be told by bin")
    assert told(lab, loaded, lab.pileup(), file("whole")) == []
    lab.content["outputs"]["finalfit"]["processes"] = {}
    assert told(lab, loaded, lab.pileup(), file()) == []


def test_the_first_file_of_a_sample_tells(lab: Lab, loaded: Load) -> None:
    lab.sig["skim"] = True
    lab.content["systematics"]["weights"] = {"w": lab.pileup(preserve={})}
    plan = make_plan(loaded(), loaded().samples.pair("Sig", "2017"))
    entry = {**file("whole").model_dump(exclude={"kind"}), "columns": {}}
    found = {problem.about for problem in check_first_file(plan, entry)}
    assert "sums of weights" in found

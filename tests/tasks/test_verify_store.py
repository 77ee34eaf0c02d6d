from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab


def test_it_is_about_all_samples_or_one(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert lab.run()
    capfd.readouterr()
    assert lab.run("VerifyStore")
    told = capfd.readouterr().out
    assert "Sig" in told
    assert "Data" in told
    # what tables of the summary keep back, this one does too
    assert f"2 merged files with {len(lab.table('Sig'))} rows, and those of blinded data" in told
    lab.content["blinding"] = {"unblind": True}
    assert lab.run("VerifyStore", sample="Data", year="2017")
    told = capfd.readouterr().out
    assert "Sig" not in told
    assert f"1 merged file with {len(lab.table('Data'))} rows follows" in told


def test_nothing_merged_is_told(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert not lab.run("VerifyStore", sample="Sig")
    assert "nothing is merged" in capfd.readouterr().err


@pytest.fixture
def shifted(lab: Lab) -> Lab:
    lab.without_data()
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    return lab


def test_what_was_merged_of_some_variations_is_held_against_their_own_scale(
    shifted: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    about = {"sample": "Sig", "year": "2017"}
    assert shifted.run("MergeSample", **about, variation=("nominal",))
    assert not shifted.output("scale1fb", "Sig", "2017", "scale1fb.json").exists()
    for variation in ((), ("nominal",)):
        capfd.readouterr()
        assert shifted.run("VerifyStore", **about, variation=variation)
        assert "1 merged file " in capfd.readouterr().out


def test_each_merged_file_is_held_against_the_scale_that_it_was_made_with(
    shifted: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of one variation it is made again with another cross section, the others stay as they are."""
    about = {"sample": "Sig", "year": "2017"}
    assert shifted.run("MergeSample", **about)
    shifted.sig["xs"] = 3.0
    assert shifted.run("MergeSample", **about, variation=("nominal",))
    capfd.readouterr()
    assert shifted.run("VerifyStore", **about, variation=("nominal",))
    assert "1 merged file " in capfd.readouterr().out
    assert not shifted.run("VerifyStore", **about, variation=("met_scale_up",))
    assert "scale1fb" in capfd.readouterr().err


def test_a_narrowed_scale_that_was_changed_is_found(
    shifted: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    about = {"sample": "Sig", "year": "2017", "variation": ("nominal",)}
    assert shifted.run("MergeSample", **about)
    path = shifted.output("scale1fb", "Sig", "2017", "scale1fb.nominal.json")
    content = json.loads(path.read_text("utf-8"))
    content["scale1fb"] *= 1.01
    path.write_text(json.dumps(content), encoding="utf-8")
    assert not shifted.run("VerifyStore", **about)
    assert "scale1fb of its stage" in capfd.readouterr().err


def test_without_a_sample_it_is_about_those_that_have_the_variation_and_year(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    assert lab.run("MergeSample", sample="Data")
    capfd.readouterr()
    # data have no variations
    assert lab.run("VerifyStore", year="2017", variation=("met_scale_up",))
    told = capfd.readouterr().out
    assert "Sig" in told
    assert "Data" not in told
    for wrong, message in (
        ({"year": "2071"}, "no year '2071' in analysis 'toy'. Did you mean '2017'?"),
        ({"variation": ("met_scale_u",)}, "no variation 'met_scale_u' in analysis 'toy'"),
    ):
        with pytest.raises(SystemExit):
            lab.run("VerifyStore", **wrong)
        assert message in capfd.readouterr().err


def test_any_number_of_processes_says_the_same(
    shifted: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    shifted.jobs["n_events_per_output"] = 20
    assert shifted.run("MergeSample", sample="Sig")
    told = set()
    for n_workers in (1, 3):
        shifted.jobs["n_workers"] = n_workers
        capfd.readouterr()
        assert shifted.run("VerifyStore", sample="Sig")
        told.add(capfd.readouterr().out)
    assert len(told) == 1
    assert "3 merged files" in told.pop()


def test_what_others_hold_does_not_keep_it_waiting(
    shifted: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    assert shifted.run("MergeSample", sample="Sig")
    shutil.rmtree(shifted.store / ".slots")
    assert shifted.run("VerifyStore", sample="Sig")
    # a copy of a store stays as it is
    assert not (shifted.store / ".slots").exists()
    assert "3 merged files" in capfd.readouterr().out

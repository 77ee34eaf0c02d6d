from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import uproot

if TYPE_CHECKING:
    from conftest import Lab


def test_comes_from_the_weights_that_were_read(lab: Lab) -> None:
    lab.sig.update(bf=0.1, k_factor=1.2, filter_efficiency=0.5)
    assert lab.run("UpdateScale1fb", sample="Sig")
    found = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")
    total = 0.0
    for path in lab.files.glob("Sig_2017_*.root"):
        with uproot.open(path) as file:
            total += float(file["Events"]["genWeight"].array(library="np").astype(float).sum())
    assert found["denominator"]["value"] == pytest.approx(total, rel=1e-12)
    assert found["scale1fb"] == pytest.approx(0.5 * 0.1 * 0.5 * 1.2 * 1000 / total, rel=1e-12)
    assert found["complete"] is True


def test_weights_that_preserve_sums_have_their_ratios(lab: Lab) -> None:
    """Of the sums over all events before any cut, without the factors and with them."""
    lab.content["systematics"]["weights"]["pileup"] = lab.pileup(preserve={})
    assert lab.run("UpdateScale1fb", sample="Sig")
    columns = ["genWeight", *lab.pileup()["branches"].values()]
    files = [f"{path}:Events" for path in lab.files.glob("Sig_2017_*.root")]
    events = uproot.concatenate(files, columns, library="np")
    weight, *factors = (events[name].astype(float) for name in columns)
    known = zip(lab.pileup()["branches"], factors, strict=True)
    expected = {name: [weight.sum() / (weight * factor).sum()] for name, factor in known}
    found = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")["weight_ratios"]["nominal"]
    assert found == {"pileup": {name: pytest.approx(r, rel=1e-12) for name, r in expected.items()}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("xs", 0.6),
        ("bf", 0.5),
        ("filter_efficiency", 0.5),
        ("k_factor", 1.5),
        ("scale1fb", 0.1),
        ("negative_denominator", True),
    ],
)
def test_each_number_of_the_catalogue_is_a_reason(lab: Lab, name: str, value: float) -> None:
    """Also what allows a negative D: without it none may stay in a result."""
    assert lab.run("UpdateScale1fb", sample="Sig")
    lab.sig[name] = value
    task = lab.task("UpdateScale1fb", sample="Sig", year="2017")
    assert not task.complete()
    assert [reason for reason in task.output().reasons() if reason.startswith(name)]


def test_data_have_none(lab: Lab) -> None:
    assert lab.run("UpdateScale1fb", sample="Data")
    found = lab.read("scale1fb", "Data", "2017", "scale1fb.json")
    assert (found["scale1fb"], found["denominator"]) == (None, None)


def test_a_record_of_an_earlier_format_is_made_again(lab: Lab) -> None:
    assert lab.run("UpdateScale1fb", sample="Sig")
    path = lab.output("scale1fb", "Sig", "2017", "scale1fb.json")
    found = json.loads(path.read_text())
    content = {**json.loads(path.read_text()), "inputs": "earlier", "made_from": {}}
    assert content["denominator"].pop("holds_selection") is False
    path.write_text(json.dumps(content))
    assert not lab.task("UpdateScale1fb", sample="Sig", year="2017").complete()
    assert lab.run("UpdateScale1fb", sample="Sig")
    assert json.loads(path.read_text()) == found

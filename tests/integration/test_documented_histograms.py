"""The histograms of docs/histograms.md, filled from results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hist
import pytest
import uproot

from higgsflow.result import Result
from tests.documented import blocks

if TYPE_CHECKING:
    from conftest import Lab


def documented() -> dict[str, Any]:
    (code,) = blocks("histograms.md", "python")
    functions, _, call = code.rpartition("\n\nwrite_templates(")
    assert 'Result("store/demo/v1")' in call
    found: dict[str, Any] = {}
    exec(functions, found)
    return found


def test_a_sample_without_a_variation_adds_its_nominal_events(lab: Lab) -> None:
    """Two samples of one process, of which one has a systematic."""
    own = {"weights": {"own": {"branches": {"up": "puWeightUp", "down": "puWeightDown"}}}}
    samples = lab.content["samples"]["samples"]
    lab.without_data()
    samples["Sig"]["process"] = "signal"
    more = {"2017": str(lab.files / "Sig_2017_0.root")}
    samples["More"] = {**lab.sig, "files": more, "systematics": own}
    assert lab.run()
    result, path = Result(lab.output()), lab.folder / "templates.root"
    documented()["write_templates"](path, result, hist.axis.Regular(1, 0, 1000, name="m_gg"))
    first, second = (dict(result.variations(n, "2017", ["tag_idx"])) for n in ("Sig", "More"))

    def total(variation: str, of: dict[str, Any]) -> float:
        return float(sum(of[variation].weight[of[variation].tag_idx == 0]))

    with uproot.open(path) as file:
        assert set(file["high_met_2017"].keys(cycle=False)) == {
            "signal", "signal_pileupUp", "signal_pileupDown", "signal_ownUp", "signal_ownDown"
        }  # fmt: skip
        varied = file["high_met_2017/signal_ownUp"]
        expected = total("nominal", first) + total("own_up", second)
        assert varied.values()[0] == pytest.approx(expected)
        nominal = file["high_met_2017/signal"]
        assert nominal.values()[0] == pytest.approx(
            total("nominal", first) + total("nominal", second)
        )

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab


def test_variations_keep_the_order_of_the_systematics(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    names = ("met_scale_up", "nominal")
    task = lab.task("MergeSample", sample="Sig", year="2017", variation=names)
    assert task.variations == ("nominal", "met_scale_up")
    assert task.suffix == ".nominal+met_scale_up"
    assert lab.task("MergeSample", sample="Sig", year="2017").suffix == ""


@pytest.mark.parametrize("stage", ["MergeSample", "VerifyStore"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pileup_up", "'pileup_up' has no events of its own: it is of a weight"),
        ("met_scale", "no variation 'met_scale' in .* Did you mean 'met_scale_"),
    ],
)
def test_a_variation_without_events_is_told(
    lab: Lab, stage: str, name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # without a sample the certificate is of all of them
    about = {"sample": "Sig"} if stage == "MergeSample" else {}
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    with pytest.raises(SystemExit):
        lab.task(stage, **about, variation=(name,))
    assert re.search(told, capsys.readouterr().err)

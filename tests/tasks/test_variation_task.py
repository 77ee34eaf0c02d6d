from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Lab


def test_variations_keep_the_order_of_the_systematics(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    names = ("met_scale_up", "nominal")
    task = lab.task("MergeSample", sample="Sig", year="2017", variation=names)
    assert task.variations == ("nominal", "met_scale_up")
    assert task.suffix == ".nominal+met_scale_up"
    assert lab.task("MergeSample", sample="Sig", year="2017").suffix == ""

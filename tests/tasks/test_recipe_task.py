from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Lab


def test_the_store_hears_of_a_recipe_when_it_is_used(lab: Lab) -> None:
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    folder = task.stage_folder("jobs") / "recipes"
    assert set(task.recipe.products) == {"nominal"}
    assert not folder.exists()
    assert task.kept_recipe == task.recipe
    assert [path.is_file() for path in folder.iterdir()] == [True]


def test_another_recipe_is_kept_beside_it(lab: Lab) -> None:
    first = lab.task("ProcessSample", sample="Sig", year="2017")
    _ = first.kept_recipe
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    second = lab.task("ProcessSample", sample="Sig", year="2017")
    assert second.kept_recipe != first.recipe
    assert len(list((second.stage_folder("jobs") / "recipes").iterdir())) == 2

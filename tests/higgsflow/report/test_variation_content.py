from higgsflow.report.variation_content import Efficiency, VariationSummary


def test_efficiency_of_nothing_is_null():
    assert set(Efficiency().model_dump().values()) == {None}


def test_efficiencies_per_tag_survive_json():
    one = Efficiency(value=0.1, interval=(0.05, 0.2), weighted=-0.1, weighted_error=0.3)
    made = VariationSummary(
        flows=(), before={}, after={}, overlap=(), yields={}, moments={}, efficiencies={"a": one}
    )
    assert VariationSummary.model_validate_json(made.model_dump_json()) == made

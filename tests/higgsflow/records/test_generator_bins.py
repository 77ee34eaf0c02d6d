from __future__ import annotations

from higgsflow.records.generator_bins import GeneratorBin, generator_bins, generator_key
from higgsflow.selection.cutflow import Counter


def test_bins_come_back_by_name_in_their_order() -> None:
    kept = {
        "b:central:0": Counter(n=9),
        generator_key("stxs", "105"): Counter(n=2, sumw=3.0, sumw2=5.0),
        generator_key("stxs", "100"): Counter(n=1, sumw=1.0, sumw2=1.0),
        generator_key("stxs", "105", "weight_scale_up"): Counter(n=2, sumw=4.0),
        generator_key("pt", "0 to 10"): Counter(),
    }
    found = generator_bins(kept)
    sums = {"weight_scale_up": 4.0}
    assert found == {
        "stxs": (
            GeneratorBin(bin="105", n=2, sum_g=3.0, sum_g2=5.0, factor_sums=sums),
            GeneratorBin(bin="100", n=1, sum_g=1.0, sum_g2=1.0),
        ),
        "pt": (GeneratorBin(bin="0 to 10", n=0, sum_g=0.0, sum_g2=0.0),),
    }


def test_nothing_declared_is_nothing() -> None:
    assert generator_bins({}) == {}

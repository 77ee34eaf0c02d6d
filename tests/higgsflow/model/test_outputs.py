from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from higgsflow.errors import UnknownName
from higgsflow.model.outputs import FinalFit, OutputOptions

TAGS = ("tth_leptonic", "thq")


def check(output_format: str = "root", **finalfit: Any) -> None:
    options = OutputOptions(finalfit=FinalFit(**finalfit))
    options.check(output_format, TAGS, ("ttH_M125",), ["m_gg", "stxs"])


def test_a_process_is_a_name_or_a_name_and_a_mass() -> None:
    options = FinalFit(processes={"a": "tth", "b": {"name": "tth", "mass": 120}}, sqrts="13TeV")
    assert options.prefix("a", "2017", is_data=False) == "tth_125_13TeV"
    assert options.prefix("b", "2017", is_data=False) == "tth_120_13TeV"


def test_other_simulation_has_no_trees() -> None:
    assert FinalFit(processes={"a": "tth"}).prefix("GJet", "2017", is_data=False) is None


def test_energy_may_differ_by_year() -> None:
    options = FinalFit(sqrts={2018: "13TeV", "2022": "13p6TeV"})
    assert options.prefix("Data", "2022", is_data=True) == "Data_13p6TeV"
    with pytest.raises(UnknownName, match="no year '2023'"):
        options.prefix("Data", "2023", is_data=True)


def test_categories_of_a_tag_are_told_apart_where_they_have_names() -> None:
    options = FinalFit(tags={"tth_leptonic": ["TTH_0", "TTH_1"]})
    assert options.categories(TAGS) == {"TTH_0": (0, 0), "TTH_1": (0, 1), "thq": (1, None)}
    assert FinalFit(tags={"thq": "THQ"}).categories(TAGS)["THQ"] == (1, None)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"tags": {"thq": "tth_leptonic"}}, "two tags are called 'tth_leptonic'"),
        ({"tags": {"thq": "NOTAG"}}, "has a word that Trees2WS reads otherwise"),
        ({"tags": {"thq": ["a", "a"]}}, "different one per category"),
        ({"tags": {"tqh": "a"}}, "no tag 'tqh'.*Did you mean 'thq'"),
        ({"processes": {"ttH_M215": "tth"}}, "Did you mean 'ttH_M125'"),
        ({"mass": "m_yy"}, "no variable of interest 'm_yy'"),
        ({"variables": {"weight": "m_gg"}}, "'weight' is filled already"),
        ({"variables": {"pt-hat": "m_gg"}}, "RooFit reads no branch 'pt-hat'"),
        ({"variables": {"stage1p2bin": "stsx"}}, "Did you mean 'stxs'"),
        ({"dz": "dz"}, "no variable of interest 'dz'"),
        ({"direktory": "x"}, "did you mean 'directory'"),
    ],
)
def test_what_does_not_fit_is_named(options: dict[str, Any], reason: str) -> None:
    with pytest.raises((ValidationError, ValueError, UnknownName), match=reason):
        check(**options)


def test_trees_per_tag_need_root() -> None:
    with pytest.raises(ValueError, match="needs output_format: root"):
        OutputOptions(trees="per_tag").check("parquet", TAGS, (), [])


def test_columns_are_each_needed_once() -> None:
    assert FinalFit(dz="vtx", variables={"a": "stxs", "b": "stxs"}).columns == (
        "m_gg",
        "vtx",
        "stxs",
    )
    assert FinalFit(dz=0.1).columns == ("m_gg",)


def test_another_name_is_of_a_systematic_that_is_there() -> None:
    options = FinalFit(systematics={"photon_pt_scale": "MCScale"})
    options.check_systematics(("pileup", "photon_pt_scale"))
    with pytest.raises(UnknownName, match="Did you mean 'photon_scale'"):
        options.check_systematics(("pileup", "photon_scale"))


def test_branches_of_weights_are_such_that_roofit_reads_them() -> None:
    """Of `a-b` it looks for another name, and the systematic would have no effect."""
    directions = [("pile-up", "up"), ("scale", "muR2")]
    FinalFit(processes={"a": "tth"}, systematics={"pile-up": "pu"}).check_factors(directions)
    FinalFit().check_factors(directions)
    with pytest.raises(ValueError, match="branch 'pile-upUp01sigma': give 'pile-up' a name"):
        FinalFit(processes={"a": "tth"}).check_factors(directions)
    with pytest.raises(ValueError, match=r"branch 'scale_m\+1': give 'scale' a name"):
        FinalFit(processes={"a": "tth"}).check_factors([("scale", "m+1")])


def test_branches_of_directions_are_those_of_flashgg_where_it_has_them() -> None:
    options = FinalFit(systematics={"pileup": "PU"})
    named = [options.factor_branch(*one) for one in (("pileup", "down"), ("pdf", "m7"))]
    assert named == ["PUDown01sigma", "pdf_m7"]

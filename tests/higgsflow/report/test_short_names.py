from hypothesis import given
from hypothesis import strategies as st

from higgsflow.report.short_names import shortened


def test_long_name_keeps_both_ends():
    name = "CMS_scale_j_2016UL_preVFP"
    assert shortened([name], 12) == {name: "CMS_sc…reVFP"}
    assert shortened([name], 11) == {name: "CMS_s…reVFP"}
    assert shortened(["pileup"], 6) == {"pileup": "pileup"}


def test_sources_that_differ_in_their_middle_show_it():
    names = [
        "jet_energy_scale_source_07_AbsoluteMPFBias",
        "jet_energy_scale_source_12_AbsoluteMPFBias",
    ]
    assert list(shortened(names, 20).values()) == ["jet_energy_…07…FBias", "jet_energy_…12…FBias"]


def test_number_is_shown_whole():
    names = [f"jet_energy_scale_source_{n}_AbsoluteMPFBias" for n in ("101", "102", "202")]
    assert list(shortened(names, 20).values()) == [
        "jet_energy…101…FBias",
        "jet_energy…102…FBias",
        "jet_energy…202…FBias",
    ]


def test_what_differs_twice_is_shown_from_where_it_does():
    names = [f"begins_alike_{own}_ends_alike" for own in ("a" * 30, "b" * 29 + "1", "b" * 29 + "2")]
    assert len(set(shortened(names, 12).values())) == 3


@given(
    st.sets(st.text("ab_", min_size=1, max_size=40), min_size=1, max_size=12),
    st.integers(8, 24),
)
def test_no_name_is_too_long(names, longest):
    found = shortened(names, longest)
    assert set(found) == names
    assert all(len(short) <= longest for short in found.values())
    assert all(found[name] == name for name in names if len(name) <= longest)

import numpy as np
import pytest

from higgsflow.records.layout import (
    Layout,
    as_content,
    common,
    from_content,
    positions,
)

FLOWS = ((0, "diphoton", "events", ("two", "mass")), (1, "tth", "jets", ()))


def layout(**change):
    content = {
        "flows": FLOWS,
        "before": ("a", "b"),
        "after": ("a", "b"),
        "size": 2,
        "moments": (("a", ("m_gg", "pt")), ("b", ("m_gg", "pt"))),
        "yields": (("a", ("central", "pu_up")), ("b", ("central",))),
    }
    return Layout(**{**content, **change})


def test_width_counts_every_number():
    # 10 counters of the flows, 4 of the tags, 3 yields; a 2 x 2 matrix; 4 moments of 8
    assert layout().width == 3 * (10 + 4 + 3) + 4 + 4 * 8
    assert Layout().width == 0


@pytest.mark.parametrize("size", [0, 1, 3])
def test_whole_layout_is_a_part_of_itself(size):
    whole = layout(size=size)
    assert positions(whole, whole).tolist() == list(range(whole.width))


def test_layout_survives_being_written():
    assert from_content(as_content(layout())) == layout()


def test_equal_layouts_that_were_read_are_the_same_object():
    assert from_content(as_content(layout())) is from_content(as_content(layout()))


def test_common_part_keeps_the_order_of_the_first():
    other = layout(
        moments=(("b", ("pt", "m_gg", "new")), ("a", ("m_gg",))), yields=(("a", ("central",)),)
    )
    found = common(layout(), other)
    assert found.moments == (("a", ("m_gg",)), ("b", ("m_gg", "pt")))
    assert found.yields == (("a", ("central",)),)
    assert common(layout(), layout()) == layout()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flows": (FLOWS[0],)}, "shorter"),
        ({"size": 1}, "shorter"),
        ({"flows": (FLOWS[0], (1, "thq", "jets", ()))}, "unlike steps: .*tth.* and .*thq"),
        ({"flows": (FLOWS[0], (1, "tth", "jets", ("pt",)))}, "unlike steps"),
    ],
)
def test_unlike_ledgers_have_nothing_in_common(change, message):
    with pytest.raises(ValueError, match=message):
        common(layout(), layout(**change))


def test_positions_find_the_numbers_of_a_part():
    whole, part = layout(), layout(moments=(("b", ("pt",)),), yields=(("b", ("central",)),))
    found = positions(whole, part)
    assert len(found) == part.width
    assert len(np.unique(found)) == part.width
    # the last number of both is the last field of pt in b
    assert found[-1] == whole.width - 1
    assert np.array_equal(positions(whole, whole), np.arange(whole.width))


def test_counters_with_the_same_name_are_told_apart():
    assert len(set(layout().counters)) == len(layout().counters)

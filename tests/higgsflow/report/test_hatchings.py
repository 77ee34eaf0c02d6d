from xml.etree import ElementTree as ET

from higgsflow.report.colors import COLORS, N_LOOKS, look
from higgsflow.report.hatchings import patterns


def test_colours_alone_need_nothing():
    assert patterns(range(len(COLORS))) is None


def test_each_hatching_is_there_once_and_is_what_its_class_is_filled_with():
    found = patterns([3, 12, 12, N_LOOKS - 1])
    root = ET.fromstring(found.text)
    names = [node.attrib["id"] for node in root.iter("pattern")]
    assert names == [look(12), look(N_LOOKS - 1)]
    assert all(f"svg .{name} {{ fill: url(#{name});" in root.find("style").text for name in names)

import pytest

from higgsflow.records.moments import Moments
from higgsflow.report.largest import MOST, largest
from higgsflow.report.systematic_rows import SystematicRow


def rows(effects):
    return [
        SystematicRow(f"s{i:03d}", direction, "weight", 1, Moments(), {"a": sign * size, "b": None})
        for i, size in enumerate(effects)
        for direction, sign in (("up", 1), ("down", -0.5))
    ]


def names(found):
    return list(dict.fromkeys(row.systematic for row in found.rows))


def test_few_stay_in_their_order():
    given = rows([0.1, 0.3, 0.2])
    assert list(largest(given, ("a",)).rows) == given
    assert largest(given, ("a",)).note == ""


def test_of_many_the_largest_come_first_with_all_their_directions():
    found = largest(rows([0.001 * (i % 50) for i in range(100)]), ("a", "b"))
    assert names(found)[:4] == ["s049", "s099", "s048", "s098"]
    assert len(found.rows) == 2 * MOST
    assert found.note == f"the largest {MOST} of 100"


def test_a_large_shrinkage_is_large():
    given = rows([*[0.1] * 50, -0.4])
    assert names(largest(given, ("a",)))[0] == "s050"


@pytest.mark.parametrize("tags", [(), ("b",), ("c",)])
def test_what_is_not_known_is_small(tags):
    assert len(names(largest(rows([0.1] * 30), tags))) == MOST

from __future__ import annotations

import numpy as np

from higgsflow.records.chosen_moments import chosen
from higgsflow.records.moments import MeasuredColumns, measure_all

COLUMNS = {"m_gg": np.array([1.0, 2.0]), "weight_pu_up": np.ones(2), "pt": np.array([3.0, np.nan])}


def test_some_columns_are_those_whether_objects_or_not() -> None:
    groups = {"a": np.array([0, 1]), "b": np.array([1])}
    for columns in measure_all(COLUMNS, np.array([1.0, -2.0]), groups).values():
        some = chosen(columns, ["m_gg", "pt"])
        assert isinstance(some, MeasuredColumns)
        assert list(some) == ["m_gg", "pt"]
        assert some == chosen(dict(columns), ["m_gg", "pt"]) == {n: columns[n] for n in some}
        assert chosen(columns, []) == {}

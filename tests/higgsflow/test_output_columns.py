from __future__ import annotations

import numpy as np
import pytest
from hand_made import HADRONIC, MODIFYING, run, systematics

from higgsflow.errors import InvalidConfiguration

GENERATED = {**HADRONIC, "HTXS_cat": 105}


def test_column_of_the_generator_is_a_number_in_simulation() -> None:
    table = run(GENERATED, variables_of_interest=["gen:HTXS_cat"]).tables["nominal"]
    assert (table["HTXS_cat"].tolist(), table["HTXS_cat"].dtype) == ([105.0], np.float64)


def test_column_of_the_generator_is_nan_in_data() -> None:
    table = run(HADRONIC, kind="data", variables_of_interest=["gen:HTXS_cat"]).tables["nominal"]
    assert np.isnan(table["HTXS_cat"]).tolist() == [True]
    assert table["HTXS_cat"].dtype == np.float64


def test_column_of_the_generator_has_one_value_per_event() -> None:
    with pytest.raises(InvalidConfiguration, match="'Jet_pt' has several values per event"):
        run(HADRONIC, variables_of_interest=["gen:Jet_pt"])


def test_column_of_the_input_keeps_its_type() -> None:
    table = run(GENERATED, variables_of_interest=["input:HTXS_cat"]).tables["nominal"]
    assert table["HTXS_cat"].dtype.kind == "i"


def test_full_weights_only_where_the_central_weight_is_modified() -> None:
    beside = {**MODIFYING, "branches": {"up": "w_up"}, "modify_central_weight": False}
    table = run(HADRONIC, systematics=systematics(a=MODIFYING, b=beside)).tables["nominal"]
    central = {"weight_central", "weight_central_initial"}
    factors = {"weight_a_up", "weight_full_a_up", "weight_b_up"}
    assert {name for name in table if name.startswith("weight_")} == central | factors

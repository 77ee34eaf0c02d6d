from __future__ import annotations

from typing import Any

import pytest

from higgsflow.model.short_forms import as_names, as_tuple, column_name, with_text_keys, with_tuples


@pytest.mark.parametrize(
    ("form", "written", "meant"),
    [
        (with_text_keys, {2017: 1.0, "2018": 2.0}, {"2017": 1.0, "2018": 2.0}),
        (as_tuple, "Data", ("Data",)),
        (as_names, "Data", ("Data",)),
        (
            with_tuples,
            {"2017": "a.root", "2018": ["b.root"]},
            {"2017": ("a.root",), "2018": ["b.root"]},
        ),
        (column_name, ["Photon", "pt"], "Photon_pt"),
        (column_name, "Photon_pt", "Photon_pt"),
    ],
)
def test_short_forms_are_what_they_stand_for(form: Any, written: Any, meant: Any) -> None:
    assert form(written) == meant


@pytest.mark.parametrize("form", [with_text_keys, as_tuple, as_names, with_tuples, column_name])
@pytest.mark.parametrize("value", [None, 5, 2.5, [], [["Photon"], "pt"], [None]])
def test_what_is_no_short_form_is_left_to_the_validation(form: Any, value: Any) -> None:
    assert form(value) is value


def test_names_without_brackets_are_told_to_be_put_into_them() -> None:
    with pytest.raises(ValueError, match=r"\(it is 'm_gg, pt_gg'\): write \[m_gg, pt_gg\]$"):
        as_names("m_gg, pt_gg")

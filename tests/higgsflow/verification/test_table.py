from __future__ import annotations

from higgsflow.verification.certificate import Certificate
from higgsflow.verification.table import render


def certificate(variation: str, rows: int, **changes: object) -> Certificate:
    facts = {
        "sample": "Sig", "year": "2017", "n_files": 2, "n_ranges": 3, "n_entries": 60,
        "n_indexed": 80, "denominator": 12.5, "scale1fb": 0.25, "yield_": 1.0, "complete": False,
    }  # fmt: skip
    return Certificate.model_validate({**facts, "variation": variation, "rows": rows, **changes})


def test_a_row_for_each_sample_and_year_within_the_width() -> None:
    found = [
        certificate("nominal", 10),
        certificate("jes_up", 11),
        certificate("nominal", 5, sample="Data", denominator=None, scale1fb=None, complete=True),
    ]
    told = render(found)
    assert "3 merged files with 26 rows follow from their job records" in told
    (row,) = (line for line in told.splitlines() if "Sig" in line)
    assert row.split() == ["Sig", "2017", "2", "3", "60", "(75%)", "12.5", "0.25", "2", "21"]
    assert "60 (all)" in told
    assert max(map(len, told.splitlines())) <= 100


def test_what_is_in_it_is_never_rounded_up() -> None:
    told = render([certificate("nominal", 10, n_entries=99_999_999, n_indexed=100_000_000)])
    assert "99,999,999 (99.99%)" in told
    assert "1 merged file with 10 rows follows from its job records" in told


def test_rows_of_blinded_data_are_kept_back() -> None:
    found = [
        certificate("nominal", 10),
        certificate("nominal", 57, sample="Data", denominator=None, scale1fb=None),
    ]
    told = render(found, hidden={"Data"})
    assert "2 merged files with 10 rows, and those of blinded data, follow" in told
    (row,) = (line for line in told.splitlines() if "Data" in line)
    assert row.split()[-1] == "blinded"
    assert not {"57", "67"} & set(told.split())

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from higgsflow.records.job_record import (
    Effort,
    FailureRecord,
    JobRecord,
    Output,
    Product,
    RangeSums,
    read_head,
    read_outline,
    read_packed,
)
from higgsflow.records.ledger import Ledger
from higgsflow.records.moments import measure
from higgsflow.records.packed import unpack
from higgsflow.selection.cutflow import count

RECORD: dict[str, Any] = {
    "chunk_id": "c1",
    "digest": "d",
    "attempt": 1,
    "products": {"nominal": Product(digest="d", columns={})},
    "ranges": tuple(
        RangeSums(url="/a.root", uuid="a", start=a, stop=b, n_certified=1, sum_g=0.1 + 0.2,
                  sum_g2=1.0, sum_abs_g=1.0)
        for a, b in ((0, 10), (10, 25))
    ),
    "factor_sums": {"weight_pu_up": 1.0},
    "ledgers": {},
    "output": Output(name="c1.d.parquet", size=1, checksum="x", rows={"nominal": 0}),
    "effort": Effort(started=1.0, wall=1.0, cpu=1.0, peak_memory_mb=1.0, host="h", pid=1),
    "versions": {"higgsflow": "1"},
}  # fmt: skip


def failure(error_class: str) -> FailureRecord:
    return FailureRecord(
        chunk_id="c", digest="d", attempt=1, error_class=error_class, message="", host="h",
        started=0.0, wall=0.0,
    )  # fmt: skip


def test_record_survives_being_written_to_the_last_bit() -> None:
    record = JobRecord(**RECORD)
    assert JobRecord.model_validate_json(record.model_dump_json()) == record


def test_entries_are_those_of_all_ranges() -> None:
    assert JobRecord(**RECORD).n_entries == 25


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="did you mean 'attempt'"):
        JobRecord(**RECORD, attemp=2)


@pytest.mark.parametrize(
    ("have", "want", "covers"),
    [
        ({}, {}, True),
        ({"a": "1", "b": "2"}, {"a": "1"}, True),
        ({"a": "1"}, {"a": "1", "b": "2"}, False),
        ({"a": "1"}, {"a": "2"}, False),
    ],
)
def test_more_columns_do_no_harm(have: dict[str, str], want: dict[str, str], covers: bool) -> None:
    made = Product(digest="d", columns=have)
    assert made.covers(Product(digest="d", columns=want)) is covers
    assert not made.covers(Product(digest="other", columns=want))


@pytest.mark.parametrize("error_class", ["input", "memory", "time", "lost"])
def test_infrastructure_may_be_lost(error_class: str) -> None:
    assert failure(error_class).is_infrastructure


def test_defect_may_not_be_lost() -> None:
    assert not failure("defect").is_infrastructure


def counted() -> dict[str, Ledger]:
    counter = count(np.array([0.1, 0.2]))
    some = Ledger(before={"a": counter}, moments={"a": {"m_gg": measure([1.0], np.ones(1))}})
    return {"nominal": some, "jes_up": some + some}


def test_ledgers_survive_being_written_to_the_last_bit() -> None:
    record = JobRecord(**{**RECORD, "ledgers": counted()})
    assert JobRecord.model_validate_json(record.model_dump_json()) == record


def test_ledgers_are_rows_of_numbers_in_the_file_only() -> None:
    record = JobRecord(**{**RECORD, "ledgers": counted()})
    assert list(json.loads(record.model_dump_json())["ledgers"]) == ["packed"]
    assert list(record.model_dump()["ledgers"]) == ["nominal", "jes_up"]


def test_record_is_read_without_its_products_and_ledgers() -> None:
    record = JobRecord(**{**RECORD, "ledgers": counted()})
    read, packed = read_packed(record.model_dump_json().encode())
    assert read == record.model_copy(update={"ledgers": {}, "products": {}})
    assert unpack(packed) == counted()


def test_who_watches_jobs_makes_no_sense_of_ledgers() -> None:
    """Nor are they parsed: what stands there may be anything."""
    record = JobRecord(**{**RECORD, "ledgers": counted()})
    written = record.model_dump_json().encode()
    expected = record.model_copy(update={"ledgers": {}, "products": {}})
    assert read_outline(written) == expected
    begin = written.index(b'"ledgers":{"packed":') + len(b'"ledgers":{"packed":')
    assert read_outline(written[:begin] + b"[?]}}") == expected


@pytest.mark.parametrize("indent", [None, 1])
def test_head_is_the_record_without_ledgers_and_products(indent: int | None) -> None:
    """However it is written: what is not as it is written here is parsed as a whole."""
    record = JobRecord(**{**RECORD, "ledgers": counted()})
    written = record.model_dump_json(indent=indent).encode()
    everything = json.loads(written)
    del everything["ledgers"]
    expected = everything.pop("products")
    head, products = read_head(written)
    assert (head, json.loads(products)) == (everything, expected)
    assert unpack(read_packed(written)[1]) == counted()


def test_products_that_many_records_have_are_not_parsed_for_each() -> None:
    """Of two hundred variations they are two thirds of a record."""
    written = JobRecord(**{**RECORD, "ledgers": counted()}).model_dump_json().encode()
    whole = read_head(written)[1]
    assert whole in written
    torn = written.replace(whole, whole[:-1])
    assert read_head(torn) == (read_head(written)[0], whole[:-1])


def test_text_that_looks_like_ledgers_does_not_end_the_head() -> None:
    looks = ',"products":{,"names":{,"ledgers":{"packed":'
    odd = {"versions": {"a": looks, "b": "1"}, "ledgers": counted()}
    written = JobRecord(**{**RECORD, **odd}).model_dump_json().encode()
    assert read_head(written)[0]["versions"] == odd["versions"]
    assert unpack(read_packed(written)[1]) == counted()


def test_record_that_was_cut_off_has_no_head() -> None:
    written = JobRecord(**{**RECORD, "ledgers": counted()}).model_dump_json().encode()
    for end in range(len(written)):
        with pytest.raises(ValueError, match=r".+"):
            read_head(written[:end])
        with pytest.raises(ValueError, match=r".+"):
            read_outline(written[:end])


TRACEBACK = """Traceback (most recent call last):
  File "/x/sequence.py", line 10, in run
    found = tagger(events)
  File "/x/mine.py", line 7, in pairs
    raise ValueError(event)
ValueError: 12
in events 0 to 50 of /x/a.root
"""
CRASH = """Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/x/mine.py", line 7 in pairs
  File "/x/sequence.py", line 10 in run
"""


@pytest.mark.parametrize("text", [TRACEBACK, CRASH])
def test_the_place_of_a_failure_is_where_it_was_raised(text: str) -> None:
    assert failure("defect").model_copy(update={"traceback": text}).place == "/x/mine.py:7"
    assert failure("lost").place == ""


def test_failures_of_the_same_place_and_type_have_one_cause_whatever_they_say() -> None:
    first = failure("defect").model_copy(update={"traceback": TRACEBACK, "exception": "ValueError"})
    again = first.model_copy(update={"message": "13", "chunk_id": "other"})
    assert first.cause == again.cause
    for change in ({"exception": "KeyError"}, {"traceback": TRACEBACK.replace("7", "8")}):
        assert first.model_copy(update=change).cause != first.cause
    assert failure("lost").cause == ("lost", "")

import pickle
from dataclasses import FrozenInstanceError

import pytest

from higgsflow.model.context import Context

CONTEXT = Context(sample="ttH", year="2017", is_data=False)


def test_result_is_made_once_for_equal_keys() -> None:
    calls: list[int] = []
    context = CONTEXT.fresh()
    results = [context.once(("jets", 25.0), lambda: calls.append(1) or [len(calls)]) for _ in "ab"]
    assert results[0] is results[1]
    assert calls == [1]


def test_other_key_has_its_own_result() -> None:
    context = CONTEXT.fresh()
    assert [context.once(pt, lambda pt=pt: pt) for pt in (25.0, 30.0)] == [25.0, 30.0]


def test_nothing_as_a_result_is_kept_too() -> None:
    calls: list[int] = []
    context = CONTEXT.fresh()
    for _ in range(2):
        assert context.once("k", lambda: calls.append(1)) is None
    assert calls == [1]


def test_failure_is_not_kept() -> None:
    context = CONTEXT.fresh()
    with pytest.raises(ZeroDivisionError):
        context.once("k", lambda: 1 / 0)
    assert context.once("k", lambda: 2.0) == 2.0


def test_other_events_share_nothing() -> None:
    context = CONTEXT.fresh()
    context.once("k", lambda: 1)
    again = context.fresh()
    assert again == Context(sample="ttH", year="2017", is_data=False)
    assert again.once("k", lambda: 2) == 2


def test_context_goes_to_other_processes() -> None:
    again = pickle.loads(pickle.dumps(CONTEXT))
    assert (again.sample, again.year, again.is_data) == ("ttH", "2017", False)


def test_context_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        CONTEXT.sample = "ggH"  # type: ignore[misc]

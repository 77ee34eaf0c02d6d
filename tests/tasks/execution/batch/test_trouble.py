from __future__ import annotations

import pytest

from tasks.execution.batch import trouble as about
from tasks.execution.batch.engine import EngineError
from tasks.execution.batch.trouble import Trouble

Captured = pytest.CaptureFixture[str]


def fine() -> None:
    """An engine that answers."""


def refuse() -> None:
    """One that does not."""
    raise EngineError("sbatch failed: no such account")


def test_is_told_once_until_the_engine_answers_again(capsys: Captured) -> None:
    trouble = Trouble("slurm")
    assert not trouble.asked(refuse)
    assert not trouble.asked(refuse)
    assert capsys.readouterr().err.count("it is asked again") == 1
    assert trouble.asked(fine)
    assert not trouble.asked(refuse)
    assert capsys.readouterr().err.count("it is asked again") == 1


def test_submissions_that_are_always_refused_end_it(capsys: Captured) -> None:
    trouble = Trouble("slurm")
    assert not trouble.submitted(refuse, 0)
    assert not trouble.submitted(refuse, 0)
    with pytest.raises(EngineError, match="no such account"):
        trouble.submitted(refuse, 0)


def test_while_other_jobs_run_there_is_something_to_wait_for(capsys: Captured) -> None:
    trouble = Trouble("slurm")
    assert not any(trouble.submitted(refuse, 1) for _ in range(10))


def test_an_engine_that_never_answers_is_not_asked_for_ever(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble("slurm")
    assert not trouble.asked(refuse)
    monkeypatch.setattr(about, "_PATIENCE", 0.0)
    with pytest.raises(EngineError) as given_up:
        trouble.asked(refuse)
    assert given_up.value.parts[2].startswith("jobs that are in the queue go on")


def test_one_that_takes_jobs_again_is_given_all_patience_again(capsys: Captured) -> None:
    trouble = Trouble("slurm")
    for _ in range(3):
        assert not trouble.submitted(refuse, 0)
        assert not trouble.submitted(refuse, 0)
        assert trouble.submitted(fine, 0)
    assert capsys.readouterr().err.count("it is asked again") == 3

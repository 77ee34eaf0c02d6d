from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow import error_page
from higgsflow.error_page import PAGE, main, written
from higgsflow.records.error_classes import MEANING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_page_in_the_documentation_is_current() -> None:
    again = "run: python -m higgsflow.error_page"
    assert PAGE.read_text(encoding="utf-8") == written(), again


def test_it_has_every_class_of_failed_jobs_and_a_message_of_each_kind() -> None:
    text = written()
    assert all(f"\n| {name} | {meaning} | " in text for name, meaning in MEANING.items())
    for message in (
        "no sample '&lt;...&gt;' in analysis '&lt;name&gt;' | as above |",
        "say the name of the correction in its file | as above |",
        "the first files of &lt;other&gt; and &lt;name&gt; are copies of one file | an event would",
    ):
        assert message in text


def test_a_stale_page_is_told_and_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(error_page, "PAGE", tmp_path / "errors.md")
    assert main(["--check"]) == 1
    assert "is out of date: run" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0

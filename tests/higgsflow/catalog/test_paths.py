from __future__ import annotations

from pathlib import Path

import pytest

from higgsflow.catalog.paths import expanded, with_absolute_files
from higgsflow.errors import InvalidConfiguration

FOLDER = Path("/config")


def test_files_are_relative_to_the_configuration() -> None:
    section = {"weights": {"a": {"correction": {"file": "x/a.json", "name": "file"}}}}
    found = with_absolute_files(section, FOLDER, "systematics")
    assert found["weights"]["a"]["correction"] == {"file": "/config/x/a.json", "name": "file"}


def test_one_file_per_year() -> None:
    found = with_absolute_files({"file": {2017: "../a.json", 2018: "/b.json"}}, FOLDER, "s")
    assert found == {"file": {2017: "/a.json", 2018: "/b.json"}}


def test_files_in_the_options_of_a_function() -> None:
    section = {"kwargs": {"maps": [{"file": "m.json"}]}}
    found = with_absolute_files(section, FOLDER, "s")
    assert found == {"kwargs": {"maps": [{"file": "/config/m.json"}]}}


def test_models_of_taggers_are_files_where_they_have_an_ending() -> None:
    section = [["a", {"options": {"model": "bdt.json"}}], {"options": {"model": "resnet"}}]
    found = with_absolute_files(section, FOLDER, "tag_sequence")
    assert found[0][1]["options"]["model"] == "/config/bdt.json"
    assert found[1]["options"]["model"] == "resnet"


def test_variables_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/there")
    assert expanded("$PLACE/a", "s") == "/there/a"
    assert expanded("~/a", "s") == f"{Path.home()}/a"


@pytest.mark.parametrize("text", ["n" * 300, f"/a/{'n' * 256}/b", "é" * 128])
def test_name_that_no_file_can_have_is_told(text: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"no file can be called '.*\.\.\.'"):
        expanded(text, "s")
    assert expanded("n" * 255, "s") == "n" * 255


def test_what_is_empty_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was that of the configuration: all files below it, or a store beside it."""
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(InvalidConfiguration, match=r"'\$EMPTY' is empty, and names no file"):
        expanded("$EMPTY", "s")
    assert expanded(".", "s") == "."


def test_undefined_variable_is_named() -> None:
    with pytest.raises(InvalidConfiguration, match="undefined variable in '\\$NOT_THERE_/a'"):
        with_absolute_files({"file": "$NOT_THERE_/a"}, FOLDER, "s")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


def told(folder: Path, text: str) -> str:
    with pytest.raises(InvalidConfiguration) as caught:
        read(folder, text)
    message = str(caught.value)
    assert str(folder / "a.yaml") in message
    assert len(message.splitlines()) <= 3
    return message


def test_mapping_is_read_as_it_is(tmp_path: Path) -> None:
    assert read(tmp_path, "a: [1, x]\nb: {2017: ü}\n") == {"a": [1, "x"], "b": {2017: "ü"}}


def test_anchors_can_be_merged(tmp_path: Path) -> None:
    content = read(tmp_path, "a: &a {x: 1, y: 2}\nb: &b {z: 3}\nc:\n  <<: [*a, *b]\n  y: 5\n")
    assert content["c"] == {"x": 1, "y": 5, "z": 3}


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "b:\n  a: 1\n  a: 1\n", "2017: 1\n'2017': 2\n", "- {a: 1, a: 2}\n"]
)
def test_key_given_twice_is_an_error(tmp_path: Path, text: str) -> None:
    assert "is given twice" in told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"), [("a: [1\n", "line 2"), ("a: 1\n b: 2\n", "line 2"), ("a: *b\n", "line 1")]
)
def test_invalid_yaml_names_the_line(tmp_path: Path, text: str, line: str) -> None:
    message = told(tmp_path, text)
    assert "is not valid YAML" in message
    assert line in message


@pytest.mark.parametrize("text", ["\x00", "[1, 2]: 3\n", "? {a: 1}\n: 2\n", "a: !!python/none x"])
def test_what_is_strange_is_an_error_too(tmp_path: Path, text: str) -> None:
    assert "is not valid YAML" in told(tmp_path, text)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "text", "3"])
def test_what_is_no_mapping_is_an_error(tmp_path: Path, text: str) -> None:
    assert "does not hold a mapping" in told(tmp_path, text)


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidConfiguration, match="cannot read"):
        read_yaml(tmp_path / name)


def test_file_of_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(InvalidConfiguration, match="cannot read"):
        read_yaml(tmp_path / "a.yaml")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.catalog import yaml_file
from higgsflow.catalog.yaml_file import as_yaml_text, read_yaml
from higgsflow.errors import InvalidConfiguration
from higgsflow.visible import has_controls

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
    ("key", "read_as"),
    [("NO", "False"), ("on", "True"), ("null", "None"), ("0x7E1", "2017"), ("2_017", "2017")],
)
def test_key_that_is_read_as_another_is_an_error(tmp_path: Path, key: str, read_as: str) -> None:
    """A sample of that name would be called otherwise in the store."""
    assert f"the key {key} is read as {read_as}: put quotes" in told(tmp_path, f"{key}: 1\n")
    assert read(tmp_path, f"'{key}': 1\n") == {key: 1}


def test_keys_that_are_as_they_read_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, "a: {2017: 1, y: 2, 1.5: 3}\n") == {"a": {2017: 1, "y": 2, 1.5: 3}}


@pytest.mark.parametrize(
    ("value", "read_as"), [("1:30", "90"), ("1:30.5", "90.5"), ("017", "15"), ("-010", "-8")]
)
def test_number_of_another_base_is_an_error(tmp_path: Path, value: str, read_as: str) -> None:
    assert f"{value} is read as {read_as}: put quotes" in told(tmp_path, f"xs: {value}\n")


@pytest.mark.parametrize(
    ("value", "number"), [("0x1F", 31), ("1_000", 1000), ("0", 0), ("0.5", 0.5)]
)
def test_number_that_says_its_base_is_none(tmp_path: Path, value: str, number: float) -> None:
    assert read(tmp_path, f"xs: {value}\n") == {"xs": number}


@pytest.mark.parametrize(
    "value",
    ["2026-02-31", "2026-13-01", "9" * 5000, "!!int ''", "!!float x", "!!bool x", "!!timestamp x"],
    ids=lambda value: value[:10],
)
def test_value_that_there_is_not_is_an_error(tmp_path: Path, value: str) -> None:
    assert "cannot be read" in told(tmp_path, f"version: {value}\n")


@pytest.mark.parametrize("text", ['process: "\\e[2J"', '"a\\x07": 1', 'a: ["\\u202ex"]'])
def test_text_that_would_drive_a_terminal_is_an_error(tmp_path: Path, text: str) -> None:
    message = told(tmp_path, text)
    assert "has a control character" in message
    assert "line 1" in message
    assert message.isascii()
    assert "\x1b" not in message


def test_aliases_that_repeat_each_other_are_an_error(tmp_path: Path) -> None:
    """What is read takes no room, but no list of it could be written."""
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    few, many = ("\n".join(["a0: &a0 [x, x]", *lines[:n]]) for n in (4, 8))
    assert len(read(tmp_path, few)) == 5
    assert "aliases repeat it to 14946778 values" in told(tmp_path, many)


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}"])
def test_anchor_that_holds_itself_is_an_error(tmp_path: Path, text: str) -> None:
    assert "an anchor that holds itself" in told(tmp_path, text)


@pytest.mark.parametrize("text", ["a: " + "[" * 20_000, "a: " + "{a: " * 3_000 + "1" + "}" * 3_000])
def test_what_is_nested_without_end_is_an_error(tmp_path: Path, text: str) -> None:
    assert "is nested too deeply" in told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"), [("a: [1\n", "line 1"), ("a: 1\n b: 2\n", "line 2"), ("a: *b\n", "line 1")]
)
def test_invalid_yaml_names_the_line(tmp_path: Path, text: str, line: str) -> None:
    message = told(tmp_path, text)
    assert "is not valid YAML" in message
    assert line in message


@pytest.mark.parametrize("text", ["\x00", "[1, 2]: 3\n", "? {a: 1}\n: 2\n", "a: !!python/none x"])
def test_what_is_strange_is_an_error_too(tmp_path: Path, text: str) -> None:
    assert "is not valid YAML" in told(tmp_path, text)


@pytest.mark.parametrize("text", ["a:\t1\n", "a: [\t1\t]\n", "a: 1\t# tab\n"])
def test_tabs_are_taken_as_they_were(tmp_path: Path, text: str) -> None:
    try:
        told_before = yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        assert "is not valid YAML" in told(tmp_path, text)
    else:
        assert read(tmp_path, text) == told_before


@pytest.mark.parametrize("text", ["- a\n- b\n", "text", "3"])
def test_what_is_no_mapping_is_an_error(tmp_path: Path, text: str) -> None:
    assert "does not hold a mapping" in told(tmp_path, text)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_a_file_of_nothing_is_empty(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text).splitlines()[0].endswith("a.yaml is empty")


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidConfiguration, match="cannot read"):
        read_yaml(tmp_path / name)


def test_file_of_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(InvalidConfiguration, match=r"(?s)cannot read.*line 2 .* 0xff.*as UTF-8"):
        read_yaml(tmp_path / "a.yaml")


TEXTS = st.text(max_size=8).filter(lambda text: not has_controls(text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


@given(VALUES)
def test_text_holds_what_it_was_made_from(content: Any) -> None:
    text = as_yaml_text(content)
    assert yaml.safe_load(text) == content
    assert yaml_file._content(text) == content


@given(st.text(alphabet="ab:-[]{},&*?!|>'\"#% \n\t.07x", max_size=24))
def test_what_is_read_is_what_the_parser_in_python_reads(text: str) -> None:
    try:
        told = yaml.load(text, Loader=yaml_file._TellingLoader)
    except yaml.YAMLError:
        return
    assert repr(yaml_file._content(text)) == repr(told)


def test_without_the_parser_in_c_it_is_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_file, "_QuickLoader", yaml_file._TellingLoader)
    monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    content = {"a": [1, {"x": "ü"}], "b": 0.5}
    assert read(tmp_path, as_yaml_text(content)) == content

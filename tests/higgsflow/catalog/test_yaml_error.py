"""Slips of the pen in a configuration, and what is told of them."""

from __future__ import annotations

import pytest
import yaml

from higgsflow.catalog.yaml_error import told

KEYS = "keys beside each other begin in one column"


def error_of(text: str) -> tuple[str, str]:
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.load(text, Loader=yaml.SafeLoader)
    return told(caught.value, text)


@pytest.mark.parametrize(
    ("text", "line", "meaning"),
    [
        ("a:\n\tb: 1\n", "line 2: b: 1", "it is indented with a tab: use blanks"),
        ("s:\n   a: 1\n    \n    b: 2\n", "line 4: b: 2", KEYS),
        ("s:\n    a:\n      b: 1\n   c: 2\n", "line 4: c: 2", f"{KEYS}; the first is line 1: s:"),
        ("s:\r\n  a:\r\n   - b\r\n   c: 1\r\n", "line 4: c: 1", KEYS),
        ("a: 1\nb 2\nc: 3\n", "line 2: b 2", "a key is followed by a colon and a blank"),
        ("a: 1\nb:2\nc: 3\n", "line 2: b:2", "a key is followed by a colon and a blank"),
        ("a: b: c\n", "line 1: a: b: c", "a value with a colon in it needs quotes"),
        ("a: 1\nf: *.root\n", "line 2: f: *.root", "begins with * needs quotes, as in '*.root'"),
        ("f: [*a/b]\n", "line 1: f: [*a/b]", "begins with * needs quotes, as in '*.root'"),
        ("a: @x\n", "line 1: a: @x", "begins with such a character needs quotes"),
        ("a: & b\n", "line 1: a: & b", "begins with & needs quotes"),
        ("a: 1\nb: [1, 2\n\n", "line 2: b: [1, 2", "what is opened in line 2 is not closed"),
        ("a: [1\nb: 2\n", "line 2: b: 2", "what is opened in line 1 is not closed"),
        ("a: 1\nb: 'x\nc: 2\n", "line 2: b: 'x", "the quotes that begin in line 2 do not end"),
        ('a: "x\\y"\n', 'line 1: a: "x\\y"', "a backslash is one in single quotes only"),
        (
            "a:\u00a0b\nc: d\n",
            "line 2: c: d",
            "line 1 has a character that looks like a blank, U+00A0",
        ),
        ("a: }\n", "line 1: a: }", "expected the node content, but found '}'"),
    ],
)
def test_the_line_and_what_to_write_are_told(text: str, line: str, meaning: str) -> None:
    where, remedy = error_of(text)
    assert where == line
    assert meaning in remedy


def test_a_long_line_is_told_by_its_beginning() -> None:
    where, _ = error_of(f"a: [{'x, ' * 100}")
    assert where.startswith("line 1: a: [x, x")
    assert len(where) < 100


def test_what_has_no_line_is_told_as_the_parser_does() -> None:
    where, remedy = error_of("\x00")
    assert where.startswith("unacceptable character #x0000")
    assert remedy == ""

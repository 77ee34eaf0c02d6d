import json

import pytest

from higgsflow.visible import has_controls, visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("all is well\rNOT", r"all is well\rNOT"),
        ("\x9b2J\x7f", r"\x9b2J\x7f"),
        ("ttH\u202e521M", r"ttH\u202e521M"),
        ("ttH\u200f521M\u200e\u061c", r"ttH\u200f521M\u200e\u061c"),
        # of a file whose name is not UTF-8
        ("a\udcff.root", r"a\udcff.root"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert has_controls(text)


def test_json_means_what_it_meant() -> None:
    said = {"a\x9b31m": "\u202e\x1b", "b": ["\n\t", "→ 質量"]}
    text = visible_json(json.dumps(said, ensure_ascii=False, indent=1))
    assert not has_controls(text)
    assert "→ 質量" in text
    assert json.loads(text) == said


@pytest.mark.parametrize("text", ["", "H → ττ ± 1 %", "two\nlines\tand a tab", "größer ⟨x⟩ 質量"])
def test_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert not has_controls(text)

from __future__ import annotations

import pytest

from higgsflow.errors import InputFileError
from higgsflow.records.exception_text import (
    LONGEST_MESSAGE,
    message_of,
    said_by,
    traceback_of,
    without_middle,
)


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def raised(error: Exception) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_what_is_said_is_told_as_it_is() -> None:
    assert message_of(ValueError("a\nb ü")) == "a\nb ü"
    assert message_of(InputFileError("what", "where", "remedy")) == "what\n  where\n  remedy"


def test_other_bytes_of_a_name_can_be_written() -> None:
    name = b"\xfc.root".decode("utf-8", "surrogateescape")
    error = raised(FileNotFoundError(name))
    for text in (message_of(error), traceback_of(error)):
        assert r"\udcfc.root" in text
        assert text.encode("utf-8")


def test_what_cannot_be_said_is_told_of() -> None:
    error = raised(UnspeakableError())
    assert said_by(error) == "what it says cannot be made: RuntimeError"
    assert "UnspeakableError" in traceback_of(error)


def test_of_a_long_message_beginning_and_end_are_told() -> None:
    text = message_of(ValueError("begin" + "x" * 10_000_000 + "end"))
    assert text.startswith("beginxxx")
    assert text.endswith("xxxend")
    assert len(text) < LONGEST_MESSAGE + 50


@pytest.mark.parametrize("length", [0, 10, 11, 12])
def test_what_is_left_out_is_counted(length: int) -> None:
    text = "".join(str(i % 10) for i in range(length))
    expected = {11: "01234\n... 1 characters, see the log ...\n67890"}
    expected |= {12: "01234\n... 2 characters, see the log ...\n78901"}
    assert without_middle(text, 10) == expected.get(length, text)

"""What an exception says, as a record can hold it and a terminal can show it.

Code of users raises anything: with arrays for a message, with names of files that are not UTF-8, or
with a text that cannot be made.
"""

from __future__ import annotations

import traceback

LONGEST_MESSAGE, LONGEST_TRACEBACK = 4_000, 40_000


def message_of(error: BaseException) -> str:
    """What it says, with the middle left out where that is long."""
    return without_middle(said_by(error), LONGEST_MESSAGE)


def said_by(error: BaseException) -> str:
    """All that it says."""
    try:
        return encodable(str(error))
    # whatever a class of a user does there
    except Exception as raised:  # noqa: BLE001
        return f"what it says cannot be made: {type(raised).__name__}"


def traceback_of(error: BaseException) -> str:
    """The lines of its traceback, all of them."""
    return encodable("".join(traceback.format_exception(error)))


def encodable(text: str) -> str:
    """Without what UTF-8 cannot hold, such as the other bytes of a name of a file."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def without_middle(text: str, limit: int) -> str:
    """A text of about this length: its beginning, how much is left out, and its end."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters, see the log ...\n{text[-half:]}"

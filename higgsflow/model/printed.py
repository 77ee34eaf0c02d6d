"""Answers that a session shows as the command shows them."""

from __future__ import annotations

from typing import Any


class Printed:
    """Base of nouns of which a cell in a notebook, too, shows what `print` does."""

    def _repr_pretty_(self, printer: Any, is_within_itself: bool) -> None:
        # IPython asks for this one; its own way would be all fields, one behind the other
        del is_within_itself
        printer.text(str(self))

"""Answers that a session shows as the command shows them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from higgsflow.model.noun import Noun


class Printed(Noun):
    """One of them: by `print`, and as the last line of a cell in a notebook."""

    @abstractmethod
    def __str__(self) -> str:
        """What the command shows, without empty lines around it."""

    def _repr_pretty_(self, printer: Any, is_within_itself: bool) -> None:
        # IPython asks for this one; its own way would be all fields, one behind the other
        del is_within_itself
        printer.text(str(self))

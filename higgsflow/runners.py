"""What only the graph of tasks can answer, found by entry point: physics does not import it."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from higgsflow.errors import InvalidConfiguration

_GROUP = "higgsflow.runners"


def find_runner(name: str) -> Any:
    """The function that an entry point of the group `higgsflow.runners` names, imported now.

    Raises:
        InvalidConfiguration: when the tasks are not installed.
    """
    found = {point.name: point for point in entry_points(group=_GROUP)}
    if name not in found:
        raise InvalidConfiguration(
            f"nothing here can run '{name}'", "", "install higgsflow with its workflows"
        )
    return found[name].load()

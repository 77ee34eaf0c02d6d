"""Parameters as a user sees them: each once in `--help`, with a short value name.

luigi lists every parameter of a task twice, as `--sample` and as `--MergeSample-sample`. The long
form still works.
"""

from __future__ import annotations

import argparse
from typing import Any

import law
import luigi


class _LongForm(argparse.Action):
    """Stores a value like any option, but is not in the help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "help": argparse.SUPPRESS})

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        _option: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values)


class _ShownOnce:
    def _parser_kwargs(self, param_name: str, task_name: str | None = None) -> dict[str, Any]:
        kwargs: dict[str, Any] = super()._parser_kwargs(param_name, task_name)  # type: ignore[misc]
        kwargs["metavar"] = param_name.rpartition("_")[2].upper()
        if task_name:
            kwargs["action"] = _LongForm
        return kwargs


class Text(_ShownOnce, luigi.Parameter):
    """A word."""


class Switch(_ShownOnce, luigi.BoolParameter):
    """On or off."""


class Number(_ShownOnce, luigi.IntParameter):
    """An integer."""


class Words(_ShownOnce, law.CSVParameter):
    """Words with commas between them."""


def hidden(parameter: Any, **kwargs: Any) -> Any:
    """A parameter that few need: not in the help. Insignificant unless said otherwise."""
    return parameter(**{"significant": False, "description": argparse.SUPPRESS, **kwargs})


def shown(task: Any) -> list[str]:
    """The parameters of a task that are in its help."""
    return [name for name, p in task.get_params() if p.description != argparse.SUPPRESS]

"""Parameters as a user sees them: each once in `--help`, with a short value name.

luigi lists every parameter of a task twice, as `--sample` and as `--MergeSample-sample`. The long
form still works.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import law
import luigi

if TYPE_CHECKING:
    from collections.abc import Mapping


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


class Depth(Words):
    """How deep law looks, and what else it is told, of which the second word may be wrong.

    Args:
        second: the words that the second one can be; empty for any number.
        most: so many words, at most.
    """

    def __init__(
        self, *args: Any, second: tuple[str, ...] = (), most: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._second, self._most = second, most

    def parse(self, value: Any) -> Any:
        """The words.

        Raises:
            ValueError: for what law would stumble over.
        """
        words = super().parse(value)
        if len(words) > self._most:
            raise ValueError(f"at most {self._most} words are taken")
        second = words[1] if len(words) > 1 else ""
        if second and self._second and second not in self._second:
            raise ValueError(f"its second word is one of {', '.join(self._second)}")
        if second and not self._second and not second.lstrip("-").isdigit():
            raise ValueError("its second word is a number")
        return words


def hidden(parameter: Any, **kwargs: Any) -> Any:
    """A parameter that few need: not in the help. Insignificant unless said otherwise."""
    return parameter(**{"significant": False, "description": argparse.SUPPRESS, **kwargs})


def only_asks(params: Mapping[str, Any]) -> bool:
    """Whether law was asked to show, fetch or remove something: it does that, and runs nothing."""
    names = ("print_deps", "print_status", "print_output", "fetch_output", "remove_output")
    return any(params.get(name) for name in names)


def shown(task: Any) -> list[str]:
    """The parameters of a task that are in its help."""
    return [name for name, p in task.get_params() if p.description != argparse.SUPPRESS]

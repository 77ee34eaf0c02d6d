"""luigi's parser of a command line, which it would build nine times for one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

if TYPE_CHECKING:
    from argparse import ArgumentParser

_build: Any = CmdlineParser._build_parser
# by the tasks that can be asked for, the one that is, and how much help
_built: dict[tuple[tuple[type, ...], str | None, bool], ArgumentParser] = {}


def parser(root_task: str | None = None, help_all: bool = False) -> ArgumentParser:
    """What luigi builds, kept: a parser is the same before and after it has parsed."""
    stages = tuple(task for task in vars(Register)["_reg"] if task._visible_in_registry)
    key = (stages, root_task, help_all)
    if key not in _built:
        _built[key] = _build(root_task=root_task, help_all=help_all)
    return _built[key]


def build_once() -> None:
    """Lets luigi use parsers again."""
    CmdlineParser._build_parser = staticmethod(parser)  # type: ignore[method-assign]

"""luigi's parser of a command line, which it would build nine times for one command.

luigi reads the same words three times: for its exit codes before and after the run, and for the
run. By then further stages are declared, whose options are not among the words. A mistake in the
words is told in three lines.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

# changes luigi's classes when it is imported: what is kept of them here is what it left
import law  # noqa: F401
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

from higgsflow.option_errors import tell

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_build: Any = CmdlineParser._build_parser
_read: Any = CmdlineParser.__init__
# by the tasks that can be asked for, the one that is, and how much help
_built: dict[tuple[tuple[type, ...], str | None, bool], ArgumentParser] = {}
# what was found in words, and the stage that was asked for
_known: dict[tuple[str, ...], tuple[Namespace, type]] = {}


def parser(root_task: str | None = None, help_all: bool = False) -> ArgumentParser:
    """What luigi builds, kept: a parser is the same before and after it has parsed."""
    stages = tuple(task for task in vars(Register)["_reg"] if task._visible_in_registry)
    key = (stages, root_task, help_all)
    if key not in _built:
        built = _built[key] = _build(root_task=root_task, help_all=help_all)
        helps = f"law run {root_task or 'RunAnalysis'} --help"
        built.error = functools.partial(tell, built, helps=helps)
    return _built[key]


def read(self: CmdlineParser, words: list[str]) -> None:
    """What luigi and law do when a command line is read, once for the same words and stage."""
    key = tuple(words)
    found, stage = _known.get(key, (None, None))
    if found is None or Register.get_task_cls(found.root_task) is not stage:
        _read(self, words)
        _known[key] = (self.known_args, Register.get_task_cls(self.known_args.root_task))
    else:
        # by these names luigi and law ask for it
        vars(self).update(known_args=found, cmdline_args=words)


def read_once() -> None:
    """Lets luigi use again what it has built and read."""
    CmdlineParser._build_parser = staticmethod(parser)  # type: ignore[method-assign]
    CmdlineParser.__init__ = read  # type: ignore[method-assign]

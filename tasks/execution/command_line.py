"""luigi's parser of a command line, which it would build nine times for one command.

luigi reads the same words three times: for its exit codes before and after the run, and for the
run. By then further stages are declared, whose options are not among the words. A mistake in the
words, or in a value, is told in three lines.
"""

from __future__ import annotations

import argparse
import functools
import inspect
from typing import TYPE_CHECKING, Any

# changes luigi's classes when it is imported: what is kept of them here is what it left
import law
import luigi
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

from higgsflow.errors import UserError
from higgsflow.option_errors import tell
from higgsflow.standard_output import prepare
from higgsflow.working_folder import check_working_folder
from tasks.execution.interruption import prepare_interruption

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

_build: Any = CmdlineParser._build_parser
_read: Any = CmdlineParser.__init__
# what values of a parameter are, where its own message speaks of Python
_WANTED: dict[type, str] = {
    luigi.IntParameter: "a whole number is needed",
    luigi.FloatParameter: "a number is needed",
    luigi.BoolParameter: "it takes no value, or true or false",
    law.MultiRangeParameter: "numbers and ranges are needed, such as 0:3,7",
}
# options of stages of a sample, which others do not have
_OF_SAMPLES = {
    **dict.fromkeys(("--sample", "--year", "--variation"), "law run MergeSample"),
    "--branch": "law run ProcessSample",
}
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
        if root_task:
            _introduce(built, root_task)
        helps = f"law run {root_task or 'RunAnalysis'} --help"
        built.error = functools.partial(tell, built, helps=helps, elsewhere=_OF_SAMPLES)
    return _built[key]


def _introduce(built: ArgumentParser, stage: str) -> None:
    """Lets help say what the stage is for, in place of luigi's word for any of them."""
    about = inspect.getdoc(Register.get_task_cls(stage)) or ""
    built.prog = f"{built.prog} {stage}"
    built.description = about.partition("\n\n")[0]
    for action in built._actions:
        if action.dest == "root_task":
            action.help = argparse.SUPPRESS


def read(self: CmdlineParser, words: list[str]) -> None:
    """What luigi and law do when a command line is read, once for the same words and stage."""
    prepare_interruption()
    prepare()
    key = tuple(words)
    found, stage = _known.get(key, (None, None))
    if found is None or Register.get_task_cls(found.root_task) is not stage:
        _read(self, words)
        _check_values(self.known_args)
        _check_working_folder()
        _known[key] = (self.known_args, Register.get_task_cls(self.known_args.root_task))
    else:
        # by these names luigi and law ask for it
        vars(self).update(known_args=found, cmdline_args=words)


def _check_values(found: Namespace) -> None:
    """Ends the command for a value that luigi would fail to read later, unnamed."""
    for flag, parameter, value in _given(found):
        try:
            parameter.parse(value)
        # whatever a parameter raises of a text, the text is not one of its values
        except Exception as error:  # noqa: BLE001
            parser(found.root_task, found.core_help_all).error(_told(flag, parameter, value, error))


def _check_working_folder() -> None:
    try:
        check_working_folder()
    except UserError as error:
        law.util.abort(str(error), exitcode=1)


def _given(found: Namespace) -> Iterator[tuple[str, Any, str]]:
    """Options with their parameters and values, of those that have one."""
    for task, is_global, name, parameter in Register.get_all_params():
        long = f"{task}_{name}"
        spellings = {long: name if is_global else long}
        if task == found.root_task:
            spellings[name] = name
        for place, option in spellings.items():
            value = getattr(found, place, None)
            if isinstance(value, str) and value:
                yield f"--{option.replace('_', '-')}", parameter, value


def _told(flag: str, parameter: Any, value: str, error: Exception) -> str:
    if isinstance(parameter, luigi.ChoiceParameter):
        # as argparse tells it, so that the nearest one is offered
        known = ", ".join(f"'{choice}'" for choice in sorted(parameter._choices))
        return f"argument {flag}: invalid choice: '{value}' (choose from {known})"
    wanted = (text for kind, text in _WANTED.items() if isinstance(parameter, kind))
    return f"{flag} cannot be '{value}': {next(wanted, str(error))}"


def read_once() -> None:
    """Lets luigi use again what it has built and read."""
    CmdlineParser._build_parser = staticmethod(parser)  # type: ignore[method-assign]
    CmdlineParser.__init__ = read  # type: ignore[method-assign]

"""The command line: finds the command, and tells what the user can put right in three lines.

To add a command, put a module into this folder and its name into `COMMANDS`. The first line of
its docstring is its help; `add_arguments(parser)` says what it takes, and `run(given)` answers,
returning the exit code. Modules of commands import the library inside `run` only, so that help and
completion stay instant; what needs tasks is found by `higgsflow.runners.find_runner`.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING

from higgsflow.errors import Unreadable, UserError
from higgsflow.option_errors import Parser
from higgsflow.standard_output import prepare, write_no_more
from higgsflow.working_folder import check_working_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

# in the order of --help
COMMANDS = (
    "new",
    "check",
    "matrix",
    "forecast",
    "status",
    "why",
    "explain",
    "diff",
    "schema",
)

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0, 1 for what the user can put right, 2 for wrong options."""
    prepare()
    try:
        try:
            return _answer(arguments)
        finally:
            # what is written at exit would fail there, where nobody can say that it does not matter
            sys.stdout.flush()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"{Unreadable(error)}\n")
        return 1
    except BrokenPipeError:
        # the reader, such as `head`, has seen enough
        write_no_more()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        write_no_more()
        remedy = "make room where the answer goes"
        sys.stderr.write(f"{UserError('cannot write', str(error.strerror), remedy)}\n")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _answer(arguments: Sequence[str] | None) -> int:
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        _complete(parser)
    given, rest = parser.parse_known_args(arguments)
    if rest:
        given.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    check_working_folder()
    return int(given.run(given))


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(
        prog="higgsflow",
        description="Questions about an analysis; `law run RunAnalysis` runs it.",
        epilog="higgsflow COMMAND --help says more.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name in COMMANDS:
        module = importlib.import_module(f"higgsflow.cli.{name}")
        about, _, more = str(module.__doc__).partition("\n")
        command = commands.add_parser(
            name,
            help=about[0].lower() + about[1:].rstrip("."),
            description=f"{about}\n{more}".strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command)
    return parser


def _complete(parser: argparse.ArgumentParser) -> None:
    # only where a shell asks for completions
    import argcomplete  # noqa: PLC0415

    argcomplete.autocomplete(parser, always_complete_options=False)

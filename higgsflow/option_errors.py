"""What is told of a command line that a parser does not understand: three lines, not its usage."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

from higgsflow.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_WRONG = 2
_ANALYSIS, _CONFIGURATIONS = "--analysis", (".yaml", ".yml")
_SAMPLE = "--sample"
_UNKNOWN = "unrecognized arguments: "
# in quotes or not, by the version of Python
_CHOICE = re.compile(r"argument (.*?): invalid choice: '(.*?)' \(choose from (.*)\)", re.DOTALL)

_VALUE = re.compile(r"argument (.*?): invalid (int|float) value: '(.*?)'", re.DOTALL)
_NEEDED = {"int": "a whole number", "float": "a number"}


class Parser(argparse.ArgumentParser):
    """A parser that says what it does not understand, the nearest right word, and who knows more.

    Words that no command understands are told by the command, which knows its options.
    """

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        tell(self, message, f"{self.prog} --help")


def tell(
    parser: argparse.ArgumentParser,
    message: str,
    helps: str,
    elsewhere: Mapping[str, str] | None = None,
) -> NoReturn:
    """Ends the program as `parser` found a mistake; `helps` is a command that tells more.

    Of options that another command has, `elsewhere` names it.
    """
    what, answer = message, ""
    if message.startswith(_UNKNOWN):
        words = message.removeprefix(_UNKNOWN).split()
        option = words[0].partition("=")[0]
        answer = _nearest(option, options(parser))
        if other := (elsewhere or {}).get(option):
            answer = f"  Did you mean '{other} {' '.join(words)}'?\n"
        if not option.startswith("-"):
            answer = _of_word(words[0], options(parser))
    elif wrong := _VALUE.fullmatch(message):
        argument, kind, given = wrong.groups()
        what = f"argument {argument}: {_NEEDED[kind]} is needed, not '{given}'"
    elif choice := _CHOICE.fullmatch(message):
        argument, given, known = choice.groups()
        answer = _nearest(given, re.findall(r"[^\s,']+", known))
        what = f"no {argument.lstrip('-').lower()} '{given}'"
    parser.exit(_WRONG, f"{parser.prog}: {what}\n{answer}  all there is: {helps}\n")


def _of_word(word: str, known: Collection[str]) -> str:
    """What is told of a word that is the value of no option: where no sample may be meant, too."""
    is_analysis = word.endswith(_CONFIGURATIONS) or _SAMPLE not in known
    return f"  Did you mean '{_ANALYSIS} {word}'?\n" if is_analysis and _ANALYSIS in known else ""


def options(parser: argparse.ArgumentParser) -> list[str]:
    """The options that help shows."""
    return [
        flag
        # argparse has no other list of them
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for flag in action.option_strings
    ]


def _nearest(word: str, known: Iterable[str]) -> str:
    # dashes would make all options alike
    by_name = {flag.lstrip("-"): flag for flag in known}
    guess = nearest(word.lstrip("-"), by_name)
    return f"  Did you mean '{by_name[guess]}'?\n" if guess else ""

"""Credentials in addresses of files: they stay in the environment.

An address holds the names of variables, as `root://$NAME:$PASSWORD@host//a.root` and
`root://host//a.root?authz=$TOKEN` do, and so do indices, chunks, records, pages and messages. The
values are filled in where a file is opened, and taken out of what a library then says.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from higgsflow.errors import InputFileError, InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
# of a server, where in an address there may be credentials; a question mark may also be a wildcard
_ADDRESS = re.compile(
    r"(?P<login>[\w+.-]+://(?:[^/?@]*@)?)(?P<place>.*?)(?P<query>\?[\w.-]+=.*)?", re.DOTALL
)
_PASSWORD = re.compile(r"(?<=://)([^/?@:]*:)([^/?@]+)(?=@)")
_PARAMETER = re.compile(
    r"(?<=[?&])((?:authz|sig|cap\.\w+|[\w.-]*(?:token|secret|password|signature))=)([^&\s'\"]+)",
    re.IGNORECASE,
)
# how the value of `authz` begins, whatever the token is
_BEARER = re.compile(r"Bearer(?:%20|\+| )", re.IGNORECASE)
# a shorter value might be a part of any word
_TELLING = 4


def apart(address: str) -> tuple[str, str, str]:
    """An address cut in three: login, what is no secret for sure, and what the server is told."""
    found = _ADDRESS.fullmatch(address)
    return (
        ("", address, "")
        if found is None
        else (found["login"], found["place"], found["query"] or "")
    )


def hidden(address: str) -> str:
    """An address whose secrets, where it has any, cannot be read."""
    for secret in (_PASSWORD, _PARAMETER):
        address = secret.sub(
            lambda found: found[1] + (found[2] if _is_named(found[2]) else "***"), address
        )
    return address


def refuse_secrets(address: str, where: str) -> None:
    """Of an address as somebody wrote it.

    Raises:
        InvalidConfiguration: where it holds a password or a token instead of the name of one.
    """
    if (shown := hidden(address)) != address:
        raise InvalidConfiguration(
            f"a password or token stands in the address {shown}",
            where,
            f"put it into the environment, and its name here: {shown.replace('***', '$NAME')}",
        )


def filled_in(url: str) -> str:
    """The address with its credentials, for nobody but the server.

    Raises:
        InputFileError: where a variable is not defined on this machine.
    """
    login, place, query = apart(url)

    def value_of(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in os.environ:
            raise InputFileError(
                f"${name} is not defined",
                f"in {url}",
                "export it; for jobs of a batch system in `setup` of the engine",
            )
        return os.environ[name]

    return _VARIABLE.sub(value_of, login) + place + _VARIABLE.sub(value_of, query)


def has_credentials(url: str) -> bool:
    """Whether something is to be filled in."""
    # nearly all have none, and are asked for each part of a file
    return "$" in url and any(_names(url))


def without_values(text: str, url: str) -> str:
    """What somebody says of a file, with names in the place of credentials."""
    for name in _names(url):
        value = os.environ.get(name, "")
        for form in (value, quote(value, safe="")):
            if len(form) >= _TELLING:
                text = text.replace(form, f"${name}")
    return hidden(text)


def _names(url: str) -> Iterator[str]:
    login, _, query = apart(url)
    for found in _VARIABLE.finditer(login + query):
        yield found[1] or found[2]


def _is_named(value: str) -> bool:
    """Whether nothing of a value is the secret itself."""
    return not _BEARER.sub("", _VARIABLE.sub("", value)) and "$" in value

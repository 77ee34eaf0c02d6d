"""Files that would be counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.catalog.files import identity_of
from higgsflow.check.problem import Problem
from higgsflow.events.file_head import original_uuid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from higgsflow.catalog.files import InputFile


def files_of_several(
    listed: Mapping[str, Sequence[InputFile]], data: Collection[str]
) -> Iterator[Problem]:
    """Files that belong to more than one sample and year, by the names of these.

    Two simulated samples may be made of one file on purpose; data never.
    """
    owner: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for name, files in listed.items():
        for file in files:
            other = owner.setdefault(identity_of(file.url), name)
            # one file of two samples says enough: often it is all of them
            if other != name and (other, name) not in told:
                told.add((other, name))
                yield Problem(
                    about="duplicates",
                    what=f"{other} and {name} share a file",
                    where=file.url,
                    remedy="an event would count twice: give each its own files",
                    subjects=(other, name),
                    serious=other in data or name in data,
                )


def copies(entries: Mapping[str, Mapping[str, object]], data: Collection[str]) -> Iterator[Problem]:
    """First files with one identity (UUID) under two names, by sample and year."""
    owner: dict[str, str] = {}
    for name, entry in entries.items():
        other = owner.setdefault(original_uuid(str(entry["uuid"])), name)
        if other != name and entry["url"] != entries[other]["url"]:
            yield Problem(
                about="duplicates",
                what=f"the first files of {other} and {name} are copies of one file",
                where=f"{entries[other]['url']} and {entry['url']}",
                remedy="an event would count twice: give each its own files",
                subjects=(other, name),
                serious=other in data or name in data,
            )

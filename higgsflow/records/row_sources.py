"""Which jobs made which variations of each chunk, without the names of hundreds for every chunk.

In a file a row has by job the list of its variations, or the number of a list that came before: of
ten thousand chunks nearly all have the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KEY = "sources"


def with_numbers(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as they are written: `{variation: job}` becomes `{job: variations}`, by number."""
    known: dict[tuple[str, ...], int] = {}
    for row in rows:
        by_job: dict[str, list[str]] = {}
        for variation, job in row[_KEY].items():
            by_job.setdefault(job, []).append(variation)
        written: dict[str, list[str] | int] = {}
        for job, variations in by_job.items():
            number = known.get(tuple(variations))
            written[job] = variations if number is None else number
            known.setdefault(tuple(variations), len(known))
        yield {**row, _KEY: written}


def with_names(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows as they were before they were written; of earlier versions they have all names.

    Raises:
        ValueError: for the number of a list that is not there.
    """
    known: list[list[str]] = []
    for row in rows:
        if not isinstance(row, dict) or _KEY not in row:
            yield row
            continue
        yield {**row, _KEY: dict(_named(row[_KEY], known))}


def _named(sources: Mapping[str, Any], known: list[list[str]]) -> Iterator[tuple[str, Any]]:
    for name, found in sources.items():
        if isinstance(found, str):
            yield name, found
            continue
        if isinstance(found, list):
            known.append(found)
        elif not 0 <= found < len(known):
            raise ValueError(f"no list of variations {found}")
        variations = found if isinstance(found, list) else known[found]
        yield from ((variation, name) for variation in variations)

"""The part of the page about where its numbers come from, and the configuration as it was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.formatting import NOTHING, count, number
from higgsflow.report.markup import Content, Html, details, element, note, section, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from higgsflow.report.content import Summary

# the whole list of a large analysis would be most of its page
_MOST_FILES = 1000


def provenance(summary: Summary) -> Html:
    """What the page was made from, and the configuration as it was used."""
    facts = (
        ("analysis", summary.analysis),
        ("version", summary.version),
        ("made", summary.created),
        ("higgsflow", summary.higgsflow),
        ("commit of higgsflow", summary.commit or NOTHING),
        ("store", summary.store),
        ("digest of the inputs", summary.inputs),
        *_versions(summary),
    )
    return section(
        "provenance",
        "Provenance and configuration",
        table(("what", "value"), ((name, element("code", value)) for name, value in facts)),
        _ingredients(summary),
        *_files(summary),
        _merged(summary),
        element("h3", "Configuration"),
        element("pre", summary.configuration, tabindex="0")
        if summary.configuration
        else note("The summary holds no configuration."),
    )


def _versions(summary: Summary) -> Iterator[tuple[str, str]]:
    """Of every program that jobs ran with, usually one version."""
    found: dict[str, set[str]] = {}
    for sample in summary.samples:
        for program, versions in sample.versions.items():
            found.setdefault(program, set()).update(versions)
    for program, known in sorted(found.items()):
        yield f"{program} of the jobs", ", ".join(sorted(known))


def _ingredients(summary: Summary) -> Html:
    rows = ((name, element("code", str(value))) for name, value in summary.made_from.items())
    about = "A digest is marked by #; another digest is another content."
    return details("What it was made from", element("p", about), table(("what", "value"), rows))


def _files(summary: Summary) -> Iterator[Html]:
    """Files and the entries of them that count."""
    rows: list[tuple[Content, ...]] = [
        (
            sample.sample,
            sample.year,
            element("code", file.url),
            element("code", file.uuid),
            count(sum(stop - start for start, stop in file.ranges)),
            number(file.sum_g),
        )
        for sample in summary.samples
        for file in sample.files
    ]
    headers = ("sample", "year", "file", "uuid", "entries that count", "sum of weights")
    yield details("Files that were read", *_shortened(headers, rows, 2))


def _merged(summary: Summary) -> Html:
    rows: list[tuple[Content, ...]] = [
        (sample.sample, sample.year, element("code", folder), element("code", names, class_="long"))
        for sample in summary.samples
        for folder, names in _by_folder(sample.merged.values()).items()
    ]
    headers = ("sample", "year", "folder", "file of each variation")
    return details("Merged files", *_shortened(headers, rows, 2))


def _by_folder(paths: Iterable[str]) -> dict[str, str]:
    """The names of files by their folder, which is the same for all variations."""
    found: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        found.setdefault(folder, []).append(name)
    return {folder: ", ".join(names) for folder, names in found.items()}


def _shortened(
    headers: Sequence[str], rows: Sequence[tuple[Content, ...]], names: int
) -> Iterator[Html]:
    """A table of the first rows, and how many others there are."""
    yield table(headers, rows[:_MOST_FILES], names=names)
    if len(rows) > _MOST_FILES:
        yield note(f"{len(rows) - _MOST_FILES:,} more are in summary.json.")

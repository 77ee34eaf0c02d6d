"""Parts of the page about the selection and what changes it: cut flows, overlap, systematics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.formatting import (
    BLINDED,
    NOTHING,
    count,
    number,
    percent,
    relative,
    spread,
    with_error,
)
from higgsflow.report.galleries import gallery
from higgsflow.report.largest import MOST
from higgsflow.report.markup import Content, Html, details, element, joined, note, section, table
from higgsflow.report.sections import marked
from higgsflow.report.systematic_rows import effects, systematic_rows
from higgsflow.selection.cutflow import efficiency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.aggregates import FlowRow, FlowTable, Overlap
    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.pictures import Pictures
    from higgsflow.report.systematic_rows import SystematicRow


def cut_flows(summary: Summary) -> Html:
    """Nominal cut flows of every tagger, over the years; by year with weights on demand."""
    parts = [part for flow in aggregates.flow_tables(summary) for part in _flow(flow, summary)]
    explained = element("p", _HOW_COUNTED)
    return section("cutflows", "Cut flows", explained, *(parts or [note("No cut flows.")]))


_HOW_COUNTED = (
    "Nominal, unweighted, years added. Below each number of entries is the fraction of those "
    "before this cut; N-1 is the fraction of what passes all other cuts that passes this one."
)


def _flow(flow: FlowTable, summary: Summary) -> Iterator[Html]:
    yield element("h3", f"{flow.tagger}: {flow.group}", element("small", f" step {flow.step + 1}"))
    columns = flow.cuts or ("passed",)
    yield table(("sample", "total", *columns), (_flow_row(row) for row in flow.rows))
    if flow.cuts:
        rows = (_n_minus_1(row) for row in flow.rows)
        yield details("N-1", table(("sample", *flow.cuts), rows))
        yield details("By year, with weights", _weighted(flow, summary))


def _flow_row(row: FlowRow) -> tuple[Content, ...]:
    name = marked(row.sample, row.complete, row.fraction)
    if row.flow is None:
        return (name, BLINDED)
    flow = row.flow
    after = flow.prefix or (flow.passed,)
    before = (flow.total, *after)
    cells = (
        _two_lines(count(counter.n), percent(efficiency(counter, before[i])))
        for i, counter in enumerate(after)
    )
    return (name, count(flow.total.n), *cells)


def _two_lines(first: str, second: str) -> Html:
    return element("span", first, element("small", second), class_="two")


def _n_minus_1(row: FlowRow) -> tuple[Content, ...]:
    name = marked(row.sample, row.complete, row.fraction)
    if row.flow is None:
        return (name, BLINDED)
    passed = row.flow.passed
    return (name, *(percent(efficiency(passed, others)) for others in row.flow.others))


def _weighted(flow: FlowTable, summary: Summary) -> Html:
    """Efficiencies with generator weights; these differ by year, so years are not added."""
    headers = ("sample", "year", "sum of weights", *(f"{cut} [%]" for cut in flow.cuts))
    shown = (s for s in summary.samples if not aggregates.is_hidden(summary, s))
    rows = (row for sample in shown for row in _weighted_rows(flow, sample))
    return table(headers, rows, names=2)


def _weighted_rows(flow: FlowTable, sample: SampleSummary) -> Iterator[tuple[Content, ...]]:
    known = aggregates.nominal(sample)
    for found in known.flows if known is not None else ():
        same = (found.step, found.tagger, found.group) == (flow.step, flow.tagger, flow.group)
        if same and tuple(cut.name for cut in found.cuts) == flow.cuts:
            cells = (_with_error(cut.weighted, cut.weighted_error) for cut in found.cuts)
            name = marked(sample.sample, sample.complete, sample.fraction)
            yield (name, sample.year, number(found.total.sumw), *cells)


def _with_error(value: float | None, error: float | None) -> str:
    """As a percentage; where nothing is known, not even of the uncertainty, a dash."""
    if value is None or error is None:
        return NOTHING
    return with_error(100 * value, 100 * error, "±")


def overlaps(summary: Summary) -> Html:
    """Events per tag before and after overlap removal, and shared by two tags."""
    found = aggregates.overlaps(summary)
    rows = ((marked(one.name, one.complete, one.fraction), *_before_after(one)) for one in found)
    hidden = any(aggregates.is_hidden(summary, sample) for sample in summary.samples)
    return section(
        "overlap",
        "Overlap of tags",
        element("p", _HOW_SHARED),
        table(("process", *summary.tags), rows),
        *(details(f"Events in both tags: {one.name}", _matrix(one, summary)) for one in found),
        *([note("Data are blinded.")] if hidden else []),
    )


_HOW_SHARED = (
    "Nominal events, years added: in the mask of a tag, and with the tag. The fraction of events "
    "in both tags is of those in the mask of the tag of the row."
)


def _before_after(one: Overlap) -> Iterator[str]:
    for before, after in zip(one.before, one.after, strict=True):
        yield f"{count(before)} → {count(after)}"


def _matrix(one: Overlap, summary: Summary) -> Html:
    rows = (_matrix_row(i, tag, one) for i, tag in enumerate(summary.tags))
    return table(("tag", *summary.tags), rows)


def _matrix_row(i: int, tag: str, one: Overlap) -> tuple[Content, ...]:
    shared = one.matrix[i]
    return (tag, *(_shaded(n, shared[i]) for n in shared))


def _shaded(n: int, of_tag: int) -> Html:
    """Events in both tags, and the fraction of those in the tag of the row, also as a shade."""
    fraction = n / of_tag if of_tag else None
    shade = f"--share: {fraction or 0.0:.3f}"
    return element("span", count(n), element("small", percent(fraction)), class_="two", style=shade)


def systematics(summary: Summary, pictures: Pictures) -> Html:
    """Mean, spread and effect of every direction, for all simulation and for each process."""
    samples = aggregates.added_simulation(summary)
    if not any(sample.systematics for sample in samples):
        return section("systematics", "Systematics", note("No systematics."))
    rows = systematic_rows(samples, summary.tags)
    n, shown = len({row.systematic for row in rows}), _effects(samples, rows, summary.tags)
    return section(
        "systematics",
        "Systematics",
        element("p", _HOW_VARIED),
        gallery(pictures.of("systematics")),
        shown if n <= MOST else details(f"All {n} systematics, all simulation", shown),
        *_by_process(aggregates.simulation(summary), summary.tags),
    )


_HOW_VARIED = (
    "Mean and standard deviation of the factor over the selected events of the samples it applies "
    "to; independent collections have no factor. The effect is the relative change of the yield "
    "of all samples together, of which those it does not apply to stay as they are."
)


def _by_process(samples: Sequence[SampleSummary], tags: Sequence[str]) -> Iterator[Html]:
    """The effects in each tag, with a column for each process."""
    groups = aggregates.processes(samples)
    if len(groups) == 1:
        return
    known = {name: effects(found, tags) for name, found in groups.items()}
    names = tuple(dict.fromkeys(name for found in known.values() for name in found))
    for tag in tags:
        rows = (
            (*name, *(relative(found.get(name, {}).get(tag)) for found in known.values()))
            for name in names
        )
        headers = ("systematic", "direction", *known)
        yield details(f"Effect on each process, {tag}", table(headers, rows, names=2))


def _effects(
    samples: Sequence[SampleSummary], found: Sequence[SystematicRow], tags: Sequence[str]
) -> Html:
    headers = ("systematic", "direction", "kind", "samples and years", "mean", "std", *tags)
    rows = (
        (
            row.systematic,
            row.direction,
            row.kind,
            count(row.n_samples),
            number(row.factor.mean if row.factor.n else None),
            spread(row.factor.std),
            *(relative(row.effect[tag]) for tag in tags),
        )
        for row in found
    )
    complete, fraction = aggregates.is_complete(samples), aggregates.processed(samples)
    partly = [] if complete else [element("p", marked("Incomplete:", complete, fraction))]
    return joined((*partly, table(headers, rows, names=3)))

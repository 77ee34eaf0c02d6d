"""Which systematic applies where, what each reads, adds and touches, and what it costs.

Made from the configuration alone, before anything runs. Samples and years to which the same
systematics apply are one group, so that the matrix fits a screen however many samples there are.
"""

from __future__ import annotations

import io
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from higgsflow.model.noun import Noun
from higgsflow.model.systematic import NOMINAL
from higgsflow.plan import make_plan
from higgsflow.variations import input_columns as collection_inputs
from higgsflow.visible import visible
from higgsflow.weight_columns import factor_column, full_column
from higgsflow.weight_columns import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.shift import IndependentCollection, NominalCorrection
    from higgsflow.model.systematic import WeightSystematic
    from higgsflow.plan import Plan

WIDTH = 100
_GROUPS_PER_TABLE = 12
_OF_SAMPLES = 50  # columns
_TEXTS = ("samples and years", "columns read", "systematic", "kind", "reads", "adds", "touches")


class MatrixRow(Noun):
    """One systematic of one sample and year.

    Attributes:
        kind: correction, weight before or after the taggers, or collection.
        reads, adds, touches: columns, and what else it changes.
        passes: of the tag sequence besides the nominal one.
        evaluations: of factors or columns per event, besides those passes.
    """

    name: str
    kind: str
    directions: tuple[str, ...]
    reads: tuple[str, ...]
    adds: tuple[str, ...]
    touches: tuple[str, ...]
    passes: int = 0
    evaluations: int = 0


class PairMatrix(Noun):
    """All systematics of one sample and year.

    Attributes:
        n_first, n_rest: columns read of all events, and of those that survive the skim.
    """

    sample: str
    year: str
    rows: tuple[MatrixRow, ...]
    n_first: int
    n_rest: int

    @property
    def passes(self) -> int:
        """Passes of the tag sequence, the nominal one among them."""
        return 1 + sum(row.passes for row in self.rows)


def matrix(analysis: AnalysisModel) -> tuple[PairMatrix, ...]:
    """The systematics of every sample and year, as they will be run.

    Raises:
        UserError: where declarations do not fit together.
    """
    found = []
    for pair in analysis.samples.pairs:
        plan = make_plan(analysis, pair)
        found.append(
            PairMatrix(
                sample=pair.sample.name,
                year=pair.year,
                rows=tuple(_rows(plan)),
                n_first=len(plan.first_needs),
                n_rest=len(plan.rest_needs),
            )
        )
    return tuple(found)


def _rows(plan: Plan) -> Iterator[MatrixRow]:
    early = {weight.name for weight in plan.early}
    before = {correction.name for correction in plan.first_corrections}
    for correction in plan.systematics.corrections.values():
        yield _of_correction(correction, correction.name in before)
    for weight in plan.weights:
        yield _of_weight(weight, weight.name in early)
    for source in plan.systematics.independent_collections.values():
        yield _of_collection(source, plan)


def _of_correction(source: NominalCorrection, is_early: bool) -> MatrixRow:
    return MatrixRow(
        name=source.name,
        kind=f"correction, {'before' if is_early else 'after'} the skim",
        directions=(),
        reads=collection_inputs(source),
        adds=(),
        touches=source.changes,
        evaluations=1,
    )


def _of_weight(weight: WeightSystematic, is_early: bool) -> MatrixRow:
    adds = [factor_column(weight, direction) for direction in weight.directions]
    if weight.modify_central_weight:
        adds += [full_column(weight, direction) for direction in weight.directions]
    touches = ["weight_central"] if weight.modify_central_weight else []
    touches += [f"tag {tag} only" for tag in weight.modifies_taggers]
    touches += [f"{d} under {v}" for v, d in weight.under.items()]
    if weight.preserved is not None:
        touches.append(f"keeps the rate per {weight.preserved.column or 'sample'}")
    return MatrixRow(
        name=weight.name,
        kind=f"weight, {'before' if is_early else 'after'} the taggers",
        directions=weight.directions,
        reads=(*weight_inputs(weight), *weight.target_collections),
        adds=tuple(adds),
        touches=tuple(touches),
        evaluations=len(weight.directions) + weight.modify_central_weight,
    )


def _of_collection(source: IndependentCollection, plan: Plan) -> MatrixRow:
    changed = set(source.changes)
    again = [f"{w.name} again" for w in plan.early if changed & set(weight_inputs(w))]
    bound = () if source.bound is not None else ("no bound: no skim by these columns",)
    return MatrixRow(
        name=source.name,
        kind="collection",
        directions=source.directions,
        reads=collection_inputs(source),
        adds=tuple(f"events of {variation}" for variation in source.variations),
        touches=(*source.changes, *again, *bound),
        passes=len(source.variations),
        evaluations=len(source.variations) * len(again),
    )


def render(analysis: AnalysisModel, width: int = WIDTH) -> str:
    """The matrix as text for a screen."""
    found = matrix(analysis)
    text = io.StringIO()
    console = Console(width=width, file=text, color_system=None)
    groups = _groups(found)
    console.print(_groups_table(groups))
    names = tuple(dict.fromkeys((r.name, r.kind) for pair in found for r in pair.rows))
    for start in range(0, len(groups), _GROUPS_PER_TABLE):
        console.print(_matrix_table(groups, names, start))
    console.print(_content_table(found))
    return visible(text.getvalue())


def _groups(found: Sequence[PairMatrix]) -> list[tuple[PairMatrix, ...]]:
    """Samples and years with the same systematics."""
    groups: dict[Any, list[PairMatrix]] = {}
    for pair in found:
        key = (pair.rows, pair.n_first, pair.n_rest)
        groups.setdefault(key, []).append(pair)
    return [tuple(group) for group in groups.values()]


def _table(title: str, *columns: str) -> Any:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        # long texts are folded, numbers and marks are not
        table.add_column(column, overflow="fold", no_wrap=column not in _TEXTS)
    return table


def _label(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"{_label(number // 26 - 1)}{number % 26}"


def _groups_table(groups: Sequence[tuple[PairMatrix, ...]]) -> Any:
    columns = ("", "samples and years", "passes", "evaluations", "columns read")
    table = _table("What it costs: passes of the tag sequence and factors per event", *columns)
    for number, group in enumerate(groups):
        first = group[0]
        evaluations = sum(row.evaluations for row in first.rows)
        read = f"{first.n_first} of all, {first.n_rest} after the skim"
        table.add_row(_label(number), _samples(group), str(first.passes), str(evaluations), read)
    return table


def _samples(group: Iterable[PairMatrix]) -> str:
    years: dict[str, list[str]] = {}
    for pair in group:
        years.setdefault(pair.sample, []).append(pair.year)
    text = "; ".join(f"{sample} {' '.join(of_sample)}" for sample, of_sample in years.items())
    # of a pipe, too, which has room for all of them in one line
    return fill(text, _OF_SAMPLES, break_long_words=False, break_on_hyphens=False)


def _matrix_table(
    groups: Sequence[tuple[PairMatrix, ...]], names: Sequence[tuple[str, str]], start: int
) -> Any:
    chosen = groups[start : start + _GROUPS_PER_TABLE]
    labels = [_label(start + number) for number in range(len(chosen))]
    table = _table("Systematics", "systematic", "kind", *labels)
    held = [{(row.name, row.kind) for row in group[0].rows} for group in chosen]
    for name, kind in names:
        table.add_row(name, kind, *("x" if (name, kind) in of_group else "" for of_group in held))
    return table


def _content_table(found: Sequence[PairMatrix]) -> Any:
    table = _table("What each reads, adds and touches", "systematic", "reads", "adds", "touches")
    rows = {row.model_dump_json(): row for pair in found for row in pair.rows}
    for row in sorted(rows.values(), key=lambda row: (row.kind, row.name)):
        cells = ("\n".join(part) or "-" for part in (row.reads, row.adds, row.touches))
        table.add_row(f"{row.name}\n({row.kind})", *cells, end_section=True)
    if not rows:
        table.add_row(NOMINAL, "-", "-", "-")
    return table

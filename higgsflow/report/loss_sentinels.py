"""What incomplete samples may be biased by: not of what is lost, which nobody knows, but alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.content import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.model.reporting import Sentinels
    from higgsflow.records.losses import Losses, Spread
    from higgsflow.report.content import SampleSummary


def about_losses(sample: SampleSummary, where: str, limits: Sentinels) -> Iterator[Finding]:
    """Findings about what was lost of a sample. Of data nothing that was selected is looked at."""
    found = sample.losses
    if found is None:
        return
    told = [*_placed(found, limits.loss_chance)]
    if sample.kind != "data":
        told += _differing(found, limits.significance)
    for text in told:
        yield Finding(kind="biased loss", where=where, text=text, severity="warning")


def _placed(found: Losses, limit: float) -> Iterator[str]:
    """What was lost is not a random choice."""
    if found.pattern and found.chance < limit:
        yield (
            f"all {found.n_lost} lost of {found.n_ranges} ranges are {found.pattern}, "
            f"of chance {found.chance:.1g}: not lost at random"
        )
    placings = (
        (found.position, "lie at {:.2f} of their files, all ranges at {:.2f}"),
        (found.file_entries, "are of files of {:.4g} entries, all ranges of {:.4g}"),
    )
    for placing, text in placings:
        if placing is not None and placing.chance < limit:
            yield (
                f"the {found.n_lost} lost ranges {text.format(placing.lost, placing.every)} on "
                f"average, of chance {placing.chance:.1g}: not lost at random"
            )


def _differing(found: Losses, significance: float) -> Iterator[str]:
    """What was processed differs from part to part, so what was lost may."""
    spreads = (
        (found.weight, "the mean generator weight", "ranges", "their sum over all events"),
        (found.selected, "the selected fraction", "chunks", "yields"),
    )
    for spread, what, parts, number in spreads:
        if spread is not None and spread.is_beyond(significance):
            share = 100 * found.fraction_lost * spread.excess
            yield (
                f"{what} differs between {parts} more than by chance ({_chi2(spread)}): with "
                f"{100 * found.fraction_lost:.3g} % lost, {number} may be off by {share:.2g} %"
            )


def _chi2(spread: Spread) -> str:
    chi2 = "infinite" if spread.chi2 is None else f"{spread.chi2:.4g}"
    return f"chi2/ndf {chi2}/{spread.ndf}"

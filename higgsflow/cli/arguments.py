"""Arguments that commands share, and how names in them are completed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.folder import known_analyses

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.systematic import Systematics


def add_analysis(parser: argparse.ArgumentParser) -> None:
    """`--analysis` and `--version`, as the stages have them."""
    about = "a name in config/ or in the store, or the path of a configuration (default: demo)"
    complete_with(parser.add_argument("--analysis", default="demo", help=about), _analyses)
    about = "folder of the outputs, such as v2 (default: as configured)"
    parser.add_argument("--version", default="", help=about)


def add_sample(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """`--sample`, which may have to be said, and `--year`."""
    of_sample = "name of a sample" + ("" if required else " (default: all)")
    of_year = "one year" + (", of several" if required else " (default: all)")
    sample = parser.add_argument("--sample", default="", required=required, help=of_sample)
    year = parser.add_argument("--year", default="", help=of_year)
    complete_with(sample, _samples)
    complete_with(year, _years)


def add_variation(parser: argparse.ArgumentParser) -> None:
    """`--variation`."""
    about = "of the events, or of a weight (default: nominal)"
    variation = parser.add_argument("--variation", default="nominal", metavar="NAME", help=about)
    complete_with(variation, _variations)


def add_variations(parser: argparse.ArgumentParser) -> None:
    """`--variation` as stages have it: names with commas between them."""
    about = (
        "some variations of a stage that was narrowed to them, such as nominal,photon_pt_scale_up"
    )
    chosen = parser.add_argument("--variation", default="", metavar="NAMES", help=about)
    complete_with(chosen, _variations_with_events)


def analysis_of(given: argparse.Namespace) -> AnalysisModel:
    """The analysis that was asked for, with its modules ready to be imported.

    Raises:
        UserError: when it is unknown or invalid.
    """
    # pydantic is not paid for by --help
    from higgsflow.catalog.store import find_in_store  # noqa: PLC0415
    from higgsflow.model.reference import look_in  # noqa: PLC0415

    analysis = find_in_store(given.analysis, given.version)
    look_in(analysis.python_path)
    return analysis


def complete_with(action: argparse.Action, completer: Any) -> None:
    """What the tab key offers for an argument."""
    # the attribute that argcomplete looks for
    action.completer = completer  # type: ignore[attr-defined]


def _analyses(prefix: str, **_: Any) -> list[str]:
    # what is typed keeps its spelling, and a folder with its slash is not looked for beside it
    before = prefix[: prefix.rfind("/") + 1]
    folder = Path(before)
    paths = [f"{before}{p.name}" for p in folder.glob("*.yaml")]
    folders = [f"{before}{p.name}/" for p in folder.glob("*") if p.is_dir()]
    return [*known_analyses(), *paths, *folders]


def _samples(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    return [sample.name for sample in analysis_of(parsed_args).samples.samples]


def _years(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    pairs = analysis_of(parsed_args).samples.pairs
    wanted = parsed_args.sample
    return sorted({pair.year for pair in pairs if wanted in ("", pair.sample.name)})


def _variations(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    found: dict[str, None] = {}
    for systematics in _systematics(parsed_args):
        found |= dict.fromkeys(systematics.variations)
        of_weights = (weight.variations for weight in systematics.weights.values())
        found |= dict.fromkeys(name for names in of_weights for name in names)
    return list(found)


def _variations_with_events(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    before = prefix[: prefix.rfind(",") + 1]
    found = dict.fromkeys(v for s in _systematics(parsed_args) for v in s.variations)
    return [f"{before}{name}" for name in found if name not in before.split(",")]


def _systematics(parsed_args: argparse.Namespace) -> Iterator[Systematics]:
    """Those of all samples and years that are asked for."""
    analysis = analysis_of(parsed_args)
    for pair in analysis.samples.pairs:
        is_asked_for = parsed_args.sample in ("", pair.sample.name)
        if is_asked_for and parsed_args.year in ("", pair.year):
            yield analysis.systematics_of(pair)

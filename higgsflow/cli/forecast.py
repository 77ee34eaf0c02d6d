"""What an analysis will take: CPU hours, memory, jobs and output, from a probe of each sample.

Some thousand events of each sample and year run through the jobs' own functions, one sample after
the other. Suggests `n_events_per_output` for jobs of a wanted length. Nothing is kept. Exit code 1
where a sample cannot be probed.
"""

from __future__ import annotations

import argparse
import sys

from higgsflow.cli.arguments import add_analysis, add_sample, analysis_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The analysis, the size of the probe, and the wanted length of jobs."""
    add_analysis(parser)
    add_sample(parser, required=False)
    about = "events of each sample and year to probe (default: 20000)"
    parser.add_argument("--events", type=int, default=20_000, metavar="N", help=about)
    about = "wanted length of a job, also as `2 h` (default: 60)"
    parser.add_argument("--minutes", type=_seconds, default=3600.0, metavar="M", help=about)
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(given: argparse.Namespace) -> int:
    """Shows the forecast."""
    from higgsflow.forecast.forecast import forecast  # noqa: PLC0415
    from higgsflow.forecast.text import render  # noqa: PLC0415
    from higgsflow.report.screen import width_of_output  # noqa: PLC0415
    from higgsflow.visible import visible_json  # noqa: PLC0415

    of_pair = (given.sample, given.year)
    found = forecast(analysis_of(given), given.events, given.minutes, *of_pair)
    text = (
        visible_json(f"{found.model_dump_json(indent=1)}\n")
        if given.json
        else render(found, width_of_output())
    )
    sys.stdout.write(text)
    return 1 if any(pair.problem for pair in found.pairs) else 0


def _seconds(text: str) -> float:
    # --help pays for no pydantic
    from higgsflow.model.quantities import seconds_of_minutes  # noqa: PLC0415

    try:
        return float(seconds_of_minutes(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

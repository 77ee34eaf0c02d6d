"""A small analysis by hand: signal, background and data, two years, two tags, merged files."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.normalization import Denominator, Normalization
from higgsflow.report.content import JobsSummary, SampleSummary, Summary
from higgsflow.report.variation_content import (
    CutSummary,
    FlowSummary,
    MomentsSummary,
    SystematicSummary,
    VariationSummary,
    Yield,
)
from higgsflow.selection.cutflow import Counter, efficiency, weighted_efficiency

TAGS = ("tth", "thq")
COLUMNS = ("m_gg", "pt_gg", "n_jets")
SAMPLES = (
    ("ttH_M125", "simulation", "ttH", True, 0.01),
    ("DiPhoton", "simulation", "diphoton", False, 0.5),
    ("Data", "data", "data", False, 1.0),
)


def events(n: int, seed: int, weight: float, signal: bool) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    mass = rng.normal(125, 1.5, n) if signal else rng.uniform(100, 180, n)
    pt = rng.exponential(60, n)
    pt[:2] = np.nan
    return {
        "m_gg": mass,
        "pt_gg": pt,
        "n_jets": rng.integers(0, 7, n).astype(np.int32),
        "tag_idx": rng.integers(0, len(TAGS), n).astype(np.int16),
        "weight_central": np.full(n, weight),
    }


def write_events(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=60)


def _yield(weights: Any) -> Yield:
    return Yield(
        n=len(weights), value=float(weights.sum()), error=float(np.sqrt(np.square(weights).sum()))
    )


def _moments(values: Any) -> MomentsSummary:
    x = np.asarray(values, dtype=np.float64)
    x = x[np.isfinite(x)]
    if len(x) == 0:
        return MomentsSummary(n=0, mean=0.0, std=None, min=None, max=None)
    return MomentsSummary(
        n=len(x), mean=x.mean(), std=x.std(), min=float(x.min()), max=float(x.max())
    )


def flow(tagger: str, numbers: tuple[int, ...], cuts: tuple[str, ...], step: int) -> FlowSummary:
    """Numbers are of the total and after each cut; every cut alone passes what comes after it."""
    counters = [Counter(n=n, sumw=2.0 * n, sumw2=4.0 * n) for n in numbers]
    found = []
    for i, name in enumerate(cuts):
        weighted, error = weighted_efficiency(counters[i + 1], counters[i])
        found.append(
            CutSummary(
                name=name,
                alone=counters[i + 1],
                prefix=counters[i + 1],
                others=counters[-2],
                efficiency=efficiency(counters[i + 1], counters[i]),
                weighted=weighted,
                weighted_error=error,
                n_minus_1=efficiency(counters[-1], counters[-2]),
            )
        )
    return FlowSummary(
        step=step,
        tagger=tagger,
        group="events",
        total=counters[0],
        passed=counters[-1],
        efficiency=efficiency(counters[-1], counters[0]),
        cuts=tuple(found),
    )


def _variation(columns: dict[str, Any]) -> VariationSummary:
    masks = {tag: columns["tag_idx"] == i for i, tag in enumerate(TAGS)}
    n = {tag: int(mask.sum()) for tag, mask in masks.items()}
    before = {"tth": n["tth"], "thq": n["thq"] + 3}
    total = sum(n.values())
    return VariationSummary(
        flows=(
            flow("diphoton", (4 * total, 2 * total, total), ("two photons", "mass window"), 0),
            flow("tth", (total, n["tth"]), ("b-jet",), 1),
        ),
        before=before,
        after=n,
        overlap=((before["tth"], 3), (3, before["thq"])),
        yields={tag: _yield(columns["weight_central"][mask]) for tag, mask in masks.items()},
        moments={
            tag: {
                **{name: _moments(columns[name][mask]) for name in COLUMNS},
                "weight_pileup_up": _moments(np.full(mask.sum(), 1.1)),
                "weight_pileup_down": _moments(np.full(mask.sum(), 0.9)),
            }
            for tag, mask in masks.items()
        },
    )


def times(variation: VariationSummary, factor: float) -> dict[str, float]:
    """The yields with a systematic that multiplies them."""
    return {tag: known.value * factor for tag, known in variation.yields.items()}


def _systematics(signal: bool, nominal: VariationSummary) -> tuple[SystematicSummary, ...]:
    weights = tuple(
        SystematicSummary(
            systematic="pileup",
            direction=direction,
            kind="weight",
            mean=1 + size,
            std=0.0,
            effect=dict.fromkeys(TAGS, size),
            yields=times(nominal, 1 + size),
        )
        for direction, size in (("up", 0.1), ("down", -0.1))
    )
    scale = SystematicSummary(
        systematic="scale",
        direction="up",
        kind="independent collection",
        mean=None,
        std=None,
        effect={"tth": 0.02, "thq": None},
        yields=times(nominal, 1.02),
    )
    return (*weights, scale) if signal else weights


def sample_summary(
    folder: Path, entry: tuple[str, str, str, bool, float], year: str, complete: bool
) -> SampleSummary:
    name, kind, process, signal, weight = entry
    n = 200
    columns = events(n, seed=len(name) + int(year), weight=weight, signal=signal)
    path = folder / "merged" / name / year / "nominal.parquet"
    write_events(path, columns)
    is_data = kind == "data"
    variation = _variation(columns)
    variations = {"nominal": variation}
    if signal:
        shifted = {
            tag: Yield(n=y.n, value=y.value * 1.02, error=y.error)
            for tag, y in variation.yields.items()
        }
        variations["scale_up"] = variation.model_copy(update={"yields": shifted})
    return SampleSummary(
        sample=name,
        year=year,
        kind=kind,
        process=process,
        signal=signal,
        n_entries=1000,
        n_read=1000 if complete else 950,
        n_certified=990 if is_data else 1000,
        n_selected=n,
        efficiency=0.2,
        sum_g=1360.0,
        sum_g2=1400.0,
        complete=complete,
        fraction=1.0 if complete else 0.95,
        lost=() if complete else (("root://host//f2.root", 950, 1000),),
        normalization=Normalization(
            inputs="0" * 12,
            sample=name,
            year=year,
            denominator=None
            if is_data
            else Denominator(
                value=1360.0, mode="whole", left_out=(), sum_read=1360.0, sum_runs=1360.0
            ),
            scale1fb=None if is_data else 0.0008464096,
            luminosity=41.5 if year == "2017" else 59.8,
            complete=complete,
            fraction=1.0 if complete else 0.95,
            chunks=("a", "b"),
        ),
        jobs=JobsSummary(
            n_chunks=4,
            n_done=4 if complete else 3,
            n_failed=0 if complete else 1,
            n_missing=0,
            n_attempts=5,
            wall=130.0,
            cpu=99.0,
            peak_memory_mb=512.4,
        ),
        variations=variations,
        systematics=() if is_data else _systematics(signal, variation),
        merged={"nominal": str(path)},
    )


@pytest.fixture(scope="session")
def build_summary() -> Callable[..., Summary]:
    """Builds the summary of the small analysis, and its merged files in a folder."""

    def build(
        folder: Path,
        blinded: tuple[str, float, float] | None = None,
        incomplete: bool = False,
        samples: tuple[tuple[str, str, str, bool, float], ...] = SAMPLES,
        variables: tuple[str, ...] = COLUMNS,
        **changed: Any,
    ) -> Summary:
        found = tuple(
            sample_summary(folder, entry, year, not (incomplete and i == 1))
            for i, entry in enumerate(samples)
            for year in ("2017", "2018")
        )
        values = {
            "inputs": "0" * 12,
            "analysis": "hand",
            "version": "v1",
            "store": "/store",
            "created": "2024-01-01T00:00:00",
            "higgsflow": "0.1.0",
            "tags": TAGS,
            "variables": variables,
            "blinded": blinded,
            "configuration": "name: hand\n",
            "samples": found,
        }
        return Summary(**{**values, **changed})

    return build


@pytest.fixture
def make_summary(build_summary: Callable[..., Summary], tmp_path: Path) -> Callable[..., Summary]:
    """Builds it in the folder of the test."""
    return partial(build_summary, tmp_path)


@pytest.fixture
def rewrite() -> Callable[[Path, dict[str, Any]], None]:
    """Replaces a merged file."""
    return write_events


@pytest.fixture
def with_systematics() -> Callable[[Summary, int], Summary]:
    """Gives every simulated sample so many systematics, each larger than the last."""

    def changed(sample: SampleSummary, n: int) -> SampleSummary:
        (one, *_) = sample.systematics
        found = tuple(
            one.model_copy(
                update={
                    "systematic": f"s{i:02d}",
                    "direction": direction,
                    "effect": dict.fromkeys(TAGS, sign * (i + 1) / 100),
                    "yields": times(sample.variations["nominal"], 1 + sign * (i + 1) / 100),
                }
            )
            for i in range(n)
            for direction, sign in (("up", 1), ("down", -1))
        )
        return sample.model_copy(update={"systematics": found})

    def build(summary: Summary, n: int) -> Summary:
        samples = (changed(s, n) if s.kind != "data" else s for s in summary.samples)
        return summary.model_copy(update={"samples": tuple(samples)})

    return build

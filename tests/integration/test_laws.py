"""Laws that hold for every way of cutting, ordering and asking, whatever the events are.

Events, counts, the sum of generator weights and the ratios of weights that preserve sums agree to
the bit, other sums to 1e-12.
"""

from __future__ import annotations

import random
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexed import index_of, sample_year

from higgsflow.digests import products
from higgsflow.events.chunks import Chunk, make_chunks
from higgsflow.exact_sums import terms_of
from higgsflow.job import Job, run_job
from higgsflow.plan import make_plan
from higgsflow.preserved import ratios
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.sample_jobs import Collected, collect
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from conftest import Lab

    from higgsflow.events.index import SampleIndex
    from higgsflow.model.analysis import AnalysisModel

IDENTITY = [("variation", "ascending"), ("event", "ascending")]
# numbers with all their bits, whose sums round
FACTORS = """

def of_met(events, **kwargs):
    third = events.MET_pt / 3
    return {"central": 1 + third, "up": 2 + third * third, "down": 1 / (1 + third)}
"""
OF_MET = {
    "method": "from_function",
    "function": "toy_taggers:of_met",
    "requires_branches": ["MET_pt"],
}
# each example runs a few jobs
LAWS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Run:
    """What some chunks of the toy analysis give: all events in one order, and their counters."""

    def __init__(self, analysis: AnalysisModel, chunks: list[Chunk]) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            wanted = products(make_plan(analysis, analysis.samples.pairs[0]))
            for chunk in chunks:
                run_job(
                    Job(
                        analysis=analysis, sample="Sig", year="2017", chunk=chunk, wanted=wanted,
                        folder=folder,
                    )
                )  # fmt: skip
            store = ChunkStore(folder)
            self.counted: Collected = collect(store, chunks, store.done(chunks, wanted))[0]
            tables = [rows_of(path) for path in sorted(folder.glob("*.parquet"))]
        weights = analysis.systematics.weights
        self.ratios = {
            (name, variation): ratios(weights[name], ledger.kept, variation)
            for name in ("shape", "rate")
            for variation, ledger in self.counted.ledgers.items()
        }
        self.events: pa.Table = pa.concat_tables(tables).sort_by(IDENTITY)


def shuffled(content: dict[str, Any], order: random.Random) -> dict[str, Any]:
    items = list(content.items())
    order.shuffle(items)
    return dict(items)


@pytest.fixture(scope="module")
def index(toy_files: Path) -> SampleIndex:
    return index_of(sample_year(), *(toy_files / f"Sig_2017_{i}.root" for i in (0, 1)))


def analysis_of(lab: Lab, order: random.Random, n_block: int = 50_000) -> AnalysisModel:
    """The toy analysis with systematics of both kinds, in some order."""
    lab.content["samples"]["samples"].pop("Data", None)
    if FACTORS not in (code := lab.taggers.read_text(encoding="utf-8")):
        lab.taggers.write_text(code + FACTORS, encoding="utf-8")
    bins = {"column": "mass", "edges": [0, 110, 130, 999]}
    weights = {
        "pileup": lab.pileup(),
        "beside": lab.pileup(modify_central_weight=False),
        "shape": {**OF_MET, "modify_central_weight": True, "preserve": bins},
        "rate": {**OF_MET, "preserve": {}},
    }
    shifts = {"met": lab.met_scale(), "more": lab.met_scale(0.3)}
    lab.content["systematics"] = {
        "weights": shuffled(weights, order),
        "independent_collections": shuffled(shifts, order),
    }
    lab.jobs["n_events_per_block"] = n_block
    model: AnalysisModel = lab.task().model
    return model


@pytest.fixture(scope="module")
def whole() -> dict[str, Run]:
    """One pass over all files; made once."""
    return {}


def one_pass(lab: Lab, index: SampleIndex, whole: dict[str, Run]) -> Run:
    if not whole:
        chunks = list(make_chunks(index, 1_000_000))
        assert len(chunks) == 1
        whole["run"] = Run(analysis_of(lab, random.Random(0)), chunks)
    return whole["run"]


@given(sizes=st.tuples(st.integers(8, 90), st.integers(8, 90)), seed=st.integers(0, 1000))
@LAWS
def test_any_chunking_and_any_order_give_the_same(
    lab: Lab, index: SampleIndex, whole: dict[str, Run], sizes: tuple[int, int], seed: int
) -> None:
    """Sizes of chunks and of blocks, in events."""
    expected = one_pass(lab, index, whole)
    order = random.Random(seed)
    files = tuple(order.sample(index.files, k=len(index.files)))
    chunks = list(make_chunks(index.changed(files=files), sizes[0]))
    order.shuffle(chunks)
    found = Run(analysis_of(lab, order, sizes[1]), chunks)
    columns = sorted(expected.events.column_names)
    assert sorted(found.events.column_names) == columns
    assert found.events.select(columns).equals(expected.events.select(columns))
    assert set(found.counted.ledgers) == set(expected.counted.ledgers)
    for variation, ledger in expected.counted.ledgers.items():
        same(found.counted.ledgers[variation].model_dump(), ledger.model_dump())
    assert found.ratios == expected.ratios
    same(found.counted.factor_sums, expected.counted.factor_sums)
    terms = [
        chain.from_iterable(r.terms_of_g for r in run.counted.ranges) for run in (found, expected)
    ]
    assert terms_of(terms[0]) == terms_of(terms[1])
    for name in ("sum_g2", "sum_abs_g", "n_certified"):
        sums = [sum(getattr(r, name) for r in run.counted.ranges) for run in (found, expected)]
        same(*sums)


def same(found: Any, expected: Any) -> None:
    """Integers and words to the bit, sums to 1e-12 of what they are made of."""
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        if all(isinstance(one, dict) and "tagger" in one for one in expected):
            found, expected = (
                sorted(x, key=lambda o: (o["tagger"], o["group"])) for x in (found, expected)
            )
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-10, nan_ok=True)
    else:
        assert found == expected


@given(chosen=st.sets(st.sampled_from(["met_up", "met_down", "more_up", "more_down"]), min_size=1))
@LAWS
def test_stacked_equals_one_at_a_time_and_nominal_needs_none(
    lab: Lab, index: SampleIndex, whole: dict[str, Run], chosen: set[str]
) -> None:
    """Whatever else is asked for in the same job, a variation is what it is."""
    expected = one_pass(lab, index, whole).events
    analysis = analysis_of(lab, random.Random(1))
    wanted = products(make_plan(analysis, analysis.samples.pairs[0]))
    (chunk,) = make_chunks(index, 1_000_000)
    for names in (("nominal",), ("nominal", *sorted(chosen)), tuple(sorted(chosen))):
        with tempfile.TemporaryDirectory() as folder:
            job = Job(
                analysis=analysis, sample="Sig", year="2017", chunk=chunk,
                wanted={name: wanted[name] for name in names}, folder=Path(folder),
            )  # fmt: skip
            record = run_job(job)
            table = rows_of(Path(folder) / record.output.name).sort_by(IDENTITY)
        assert set(table["variation"].to_pylist()) <= set(names)
        of_these = expected.filter(np.isin(expected["variation"].to_numpy(), names))
        columns = [name for name in table.column_names if not name.startswith("weight_")]
        assert table.select(columns).equals(of_these.select(columns))
        weights = ["weight_central", "weight_central_initial"]
        assert table.select(weights).equals(of_these.select(weights))

"""Laws of whole jobs, on a demo file."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import pytest
from indexed import index_of, sample_year

from higgsflow.compiled.choice import COMPILED, NUMPY, using, way
from higgsflow.demo.generate import generate_file
from higgsflow.digests import job_digest, products
from higgsflow.errors import InputFileError, MissingColumn
from higgsflow.events.chunks import Chunk, Range, make_chunks
from higgsflow.job import Job, run_job
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan
from higgsflow.records.job_record import JobRecord
from higgsflow.taggers.diphoton import DiphotonTagger
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from higgsflow.events.index import SampleIndex

N_READ = 500  # events of the file that most jobs here look at
SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": ["Photon", "pt"],
    "kwargs": {"shift": 0.03},
    "bound": 0.03,
}
OBJECTS = {
    "scale": SCALE,
    "btag": {"branch_modified": "Jet_btagDeepFlavB", "branches": {"up": "Jet_chHEF"}},
}
WEIGHTS = {
    "pileup": {
        "branches": {"central": "puWeight", "up": "puWeightUp", "down": "puWeightDown"},
        "modify_central_weight": True,
    },
    "late": {"branches": {"up": "MET_pt"}, "modifies_taggers": ["tth_hadronic"]},
}


class WithoutSkim(DiphotonTagger):
    """Looks at every event in every variation."""

    def skim(self, events: Any, shifts: Mapping[str, float | None]) -> Any:
        del events, shifts


class AlsoWithoutSkim(WithoutSkim):
    """The same under another name."""


def analysis(url: str, **changes: Any) -> AnalysisModel:
    year = {"luminosity": 41.5}
    content = {
        "samples": {
            "samples": [{"name": "S", "kind": "simulation", "xs": 1.0, "files": {"2017": url}}],
            "years": {"2017": year},
            "selected_years": ["2017"],
        },
        "tag_sequence": ["diphoton", ["tth_leptonic", "thq_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg", "m_jj", "lead_pt", "eta_gg", "n_b_jets"],
        "systematics": {"weights": WEIGHTS, "independent_collections": OBJECTS},
        "jobs_manager": {"n_events_per_block": 10_000},
    }
    return AnalysisModel.model_validate(content | changes)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SampleIndex:
    folder = tmp_path_factory.mktemp("demo")
    files = [generate_file("ttH_M125", "2017", number, folder) for number in (0, 1)]
    return index_of(sample_year(), *files)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


def part(index: SampleIndex, start: int, stop: int, number: int = 0) -> Range:
    file = index.files[number]
    return Range(url=file.url, uuid=file.uuid, start=start, stop=stop)


class Made:
    """What jobs made, put together in the order of the chunks."""

    def __init__(self, records: Sequence[JobRecord], folder: Path) -> None:
        self.records = records
        self.ledgers = dict(records[0].ledgers)
        for record in records[1:]:
            self.ledgers = {v: led + record.ledgers[v] for v, led in self.ledgers.items()}
        self.factors = {
            name: sum(record.factor_sums[name] for record in records)
            for name in records[0].factor_sums
        }
        tables = [rows_of(folder / record.output.name) for record in records]
        self.tables = {
            v: [t.filter(pc.equal(t["variation"], v)) for t in tables] for v in self.ledgers
        }

    def column(self, variation: str, name: str) -> np.ndarray:
        return np.concatenate([t[name].to_numpy() for t in self.tables[variation]])


def run(
    index: SampleIndex, folder: Path, *chunks: Chunk, only: Sequence[str] = (), **changes: Any
) -> Made:
    model = analysis(index.files[0].url, **changes)
    wanted = products(make_plan(model, model.samples.pairs[0]))
    wanted = {v: p for v, p in wanted.items() if not only or v in only}
    chunks = chunks or (Chunk(ranges=(part(index, 0, N_READ),)),)
    jobs = [
        Job(analysis=model, sample="S", year="2017", chunk=c, wanted=wanted, folder=folder)
        for c in chunks
    ]
    # jobs end in any order
    records = {job.chunk.id: run_job(job) for job in reversed(jobs)}
    return Made([records[chunk.id] for chunk in chunks], folder)


@pytest.fixture(scope="module")
def base(index: SampleIndex, folder: Path) -> Made:
    """All variations of the first events, in one block of one chunk."""
    return run(index, folder)


def assert_same_events(made: Made, expected: Made, variations: Sequence[str]) -> None:
    for variation in variations:
        names = expected.tables[variation][0].column_names
        for name in names:
            if name == "variation" or name not in made.tables[variation][0].column_names:
                continue
            one, other = (m.column(variation, name) for m in (made, expected))
            np.testing.assert_array_equal(one, other, err_msg=f"{variation} {name}")


def assert_same_counters(made: Made, expected: Made, variations: Sequence[str]) -> None:
    for variation in variations:
        mine, theirs = (m.ledgers[variation].model_dump() for m in (made, expected))
        assert_close(mine, theirs, variation)


def assert_close(mine: Any, theirs: Any, where: str) -> None:
    """Counts to the bit, sums to 1e-12 (of their terms' size)."""
    if isinstance(mine, dict):
        assert mine.keys() == theirs.keys(), where
        for key, value in mine.items():
            assert_close(value, theirs[key], f"{where}/{key}")
    elif isinstance(mine, tuple | list):
        assert len(mine) == len(theirs), where
        for position, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            assert_close(a, b, f"{where}/{position}")
    elif isinstance(mine, float):
        assert mine == pytest.approx(theirs, rel=1e-12, abs=1e-9), where
    else:
        assert mine == theirs, where


ALL = ("nominal", "scale_up", "scale_down", "btag_up")


def test_every_variation_selects_and_differs(base: Made) -> None:
    assert set(base.ledgers) == set(ALL)
    masses = {v: base.column(v, "lead_pt").sum() for v in ("nominal", "scale_up", "scale_down")}
    assert len(set(masses.values())) == 3
    tags = {v: base.column(v, "tag_idx").tolist() for v in ("nominal", "btag_up")}
    assert tags["nominal"] != tags["btag_up"]


def test_no_event_has_two_tags(base: Made) -> None:
    for variation in ALL:
        events = base.column(variation, "event")
        assert len(set(events.tolist())) == len(events)
        after = base.ledgers[variation].after
        assert sum(counter.n for counter in after.values()) == len(events)


def test_blocks_and_chunks_change_nothing(index: SampleIndex, folder: Path, base: Made) -> None:
    cuts = (0, 70, 333, N_READ)
    chunks = [Chunk(ranges=(part(index, a, b),)) for a, b in pairwise(cuts)]
    made = run(index, folder, *chunks, jobs_manager={"n_events_per_block": 180})
    assert_same_events(made, base, ALL)
    assert_same_counters(made, base, ALL)
    assert made.factors == pytest.approx(base.factors, rel=1e-12)
    ranges = [r for record in made.records for r in record.ranges]
    (whole,) = base.records[0].ranges
    for name in ("n_certified", "sum_g", "sum_g2", "sum_abs_g"):
        total = sum(getattr(r, name) for r in ranges)
        assert total == pytest.approx(getattr(whole, name), rel=1e-12)


def test_compiled_kernels_change_nothing(index: SampleIndex, tmp_path: Path, base: Made) -> None:
    if way() == NUMPY:
        pytest.skip("no current kernels: a C compiler, then `pip install -e .`")
    with using(NUMPY):
        slow = run(index, tmp_path)
    assert base.records[0].versions["kernels"] == COMPILED
    assert slow.records[0].versions["kernels"] == NUMPY
    assert_same_events(base, slow, ALL)
    assert_same_counters(base, slow, ALL)
    assert base.factors == pytest.approx(slow.factors, rel=1e-12)


def test_chunk_of_two_files_is_both_of_them(index: SampleIndex, folder: Path) -> None:
    first, second = part(index, 0, 100), part(index, 1500, 1600, number=1)
    together = run(index, folder, Chunk(ranges=(first, second)), only=["nominal"])
    apart = run(index, folder, Chunk(ranges=(first,)), Chunk(ranges=(second,)), only=["nominal"])
    assert_same_events(together, apart, ["nominal"])
    assert_same_counters(together, apart, ["nominal"])
    assert [r.url for r in together.records[0].ranges] == [f.url for f in index.files]


def test_stacked_is_one_at_a_time(index: SampleIndex, folder: Path, base: Made) -> None:
    for variation in ("nominal", "scale_up", "btag_up"):
        alone = run(index, folder, only=[variation])
        assert_same_events(alone, base, [variation])
        assert_same_counters(alone, base, [variation])


def test_nominal_needs_no_variations_and_order_is_free(
    index: SampleIndex, folder: Path, base: Made
) -> None:
    without = run(index, folder, systematics={"weights": WEIGHTS})
    assert_same_events(without, base, ["nominal"])
    assert without.ledgers["nominal"] == base.ledgers["nominal"]
    permuted = {
        "weights": dict(reversed(WEIGHTS.items())),
        "independent_collections": dict(reversed(OBJECTS.items())),
    }
    again = run(index, folder, systematics=permuted)
    assert_same_events(again, base, ALL)
    assert again.ledgers == base.ledgers
    assert again.records[0].digest == base.records[0].digest


def test_skim_loses_nothing(index: SampleIndex, folder: Path, base: Made) -> None:
    everything = {"name": "diphoton", "tagger": f"{__name__}:WithoutSkim"}
    tags = ["tth_leptonic", "thq_leptonic", "tth_hadronic"]
    made = run(index, folder, tag_sequence=[everything, tags])
    assert_same_events(made, base, ALL)
    assert_same_counters(made, base, ALL)


def test_no_entries_give_the_columns_of_many(index: SampleIndex, folder: Path, base: Made) -> None:
    empty = run(index, folder, Chunk(ranges=(part(index, 0, 0),)))
    for variation in ALL:
        assert empty.tables[variation][0].schema.equals(base.tables[variation][0].schema)
    assert empty.records[0].output.rows == dict.fromkeys(ALL, 0)
    assert (empty.ledgers["nominal"] + base.ledgers["nominal"]) == base.ledgers["nominal"]


def test_record_says_what_is_in_the_folder(folder: Path, base: Made) -> None:
    (record,) = base.records
    path = folder / record.output.name
    assert path.stat().st_size == record.output.size
    assert path.name == f"{record.chunk_id}.{record.digest}.parquet"
    text = path.with_suffix(".json").read_text(encoding="utf-8")
    again = JobRecord.model_validate_json(text)
    assert again.model_copy(update={"effort": record.effort}) == record
    assert not list(folder.glob(".*"))
    assert (record.n_entries, record.attempt) == (N_READ, 1)
    assert record.effort.cpu > 0


def test_the_record_says_where_time_went_if_asked(index: SampleIndex, folder: Path) -> None:
    model = analysis(index.files[0].url)
    wanted = products(make_plan(model, model.samples.pairs[0]))
    chunk = Chunk(ranges=(part(index, 0, 700), part(index, 700, 1400)))
    job = Job(analysis=model, sample="S", year="2017", chunk=chunk, wanted=wanted, folder=folder)
    assert run_job(job).effort.profile is None
    effort = run_job(job.model_copy(update={"profile": True})).effort
    assert effort.profile is not None
    assert {"open", "read", "sequence", "shift", "weights", "count", "write"} <= set(
        effort.profile.stages
    )
    assert sum(s.cpu for s in effort.profile.stages.values()) <= effort.cpu + 0.05
    assert 0 < effort.profile.bytes_needed <= effort.profile.bytes_read


def test_what_a_job_is_called_is_worked_out_once(index: SampleIndex, folder: Path) -> None:
    """Of hundreds of variations it takes a millisecond, and everybody asks for it."""
    model = analysis(index.files[0].url)
    wanted = products(make_plan(model, model.samples.pairs[0]))
    chunk = Chunk(ranges=(part(index, 0, 700),))
    job = Job(analysis=model, sample="S", year="2017", chunk=chunk, wanted=wanted, folder=folder)
    again = job.model_copy(update={"attempt": 2})
    assert job.stem == f"{chunk.id}.{job_digest(chunk.id, wanted)}"
    assert again.stem == job.stem
    assert job.stem is job.stem


def test_jobs_of_a_sample_are_planned_once(
    index: SampleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = []
    monkeypatch.setattr("higgsflow.job.make_plan", lambda *of: planned.append(of) or make_plan(*of))
    monkeypatch.setattr("higgsflow.job._plans", {})
    chunks = [Chunk(ranges=(part(index, a, a + 10),)) for a in (0, 10, 20)]
    # equal, and not the same: a function may tell a number from another one
    others = ({**SCALE, "kwargs": {"shift": number}} for number in (0, 0.0, -0.0))
    for number, source in enumerate((SCALE, *others), 1):
        systematics = {"independent_collections": {"scale": source}}
        run(index, tmp_path, *chunks, only=("nominal",), systematics=systematics)
        assert len(planned) == number

    # nor does what had the name of a tagger before stand for what has it now
    sequence = [{"tagger": f"{__name__}:WithoutSkim", "name": "diphoton"}]
    for kind in (WithoutSkim, AlsoWithoutSkim):
        monkeypatch.setattr(f"{__name__}.WithoutSkim", kind)
        changes: dict[str, Any] = {"tag_sequence": sequence, "variables_of_interest": ["m_gg"]}
        run(index, tmp_path, *chunks, only=("nominal",), systematics={}, **changes)
    assert len(planned) == number + 2


def test_replaced_file_is_an_error(index: SampleIndex, folder: Path) -> None:
    other = part(index, 0, 10).model_copy(update={"uuid": index.files[1].uuid})
    with pytest.raises(InputFileError, match="was replaced since it was indexed"):
        run(index, folder, Chunk(ranges=(other,)))


def test_missing_column_of_a_later_file_is_named(index: SampleIndex, folder: Path) -> None:
    weights = {"s": {"branches": {"up": "puWeightUpp"}}}
    with pytest.raises(MissingColumn, match="no column 'puWeightUpp', which systematic s needs"):
        run(index, folder, systematics={"weights": weights})


def test_chunks_of_the_index_hold_every_event_once(index: SampleIndex) -> None:
    chunks = make_chunks(index, 700)
    assert sum(chunk.n_entries for chunk in chunks) == index.n_entries

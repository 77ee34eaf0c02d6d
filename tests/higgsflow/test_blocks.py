"""Small files are processed together, and nothing but the time it takes tells so."""

from __future__ import annotations

import gc
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.blocks import Asked, _pieces, blocks, together
from higgsflow.demo.root_file import Layout, write_root_file
from higgsflow.errors import InputFileError
from higgsflow.events.chunks import Range
from higgsflow.events.failing import failing_events
from higgsflow.job import run_job
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.records.job_record import JobRecord

    Lab = Any

N_FILES = 4
COUNTING = """

from higgsflow.model.columns import optional, required
from higgsflow.taggers.base import Decision, Tagger


@tagger(reads=["event"])
def counting(events, path="", refused=(), once=False):
    with open(path, "a") as log:
        log.write(f"{len(events.event)}\\n")
    with open(path) as log:
        first = once and sum(line != "0\\n" for line in log) == 1
    if first or any(event in refused for event in events.event):
        raise RuntimeError("no calibration")
    return events.event > 0


@tagger(reads=["MET_pt"])
def moved(events, path=""):
    with open(path, "a") as log:
        log.write(f"{len(events.MET_pt)}\\n")
    return events.MET_pt > 0


@tagger(reads=["MET_pt"])
def remembered(events, path=""):
    import gc

    with open(path, "a") as log:
        log.write(f"{sum(type(o).__name__ == 'Variant' for o in gc.get_objects())}\\n")
    return events.MET_pt > 0


@tagger(reads=["event"])
def third(events, path="", every=3):
    return events.event % every == 0


class Listed(Tagger):
    path: str = ""

    def reads(self, context):
        return required("event") + optional("lengths")

    def adds(self, context):
        return {"length": "float64"}

    def select(self, events, context):
        import awkward as ak

        there = "lengths" in events.fields
        length = ak.num(events.lengths) if there else -1.0 * (events.event > 0)
        return Decision(mask=events.event > 0, columns={"length": length})


def heavy(events):
    import awkward as ak

    weight = 1 + ak.sum(events.GenPart.pt, axis=1) / 1000
    return {"up": weight, "down": 2 - weight}
"""


@given(st.lists(st.integers(0, 300), max_size=80), st.integers(1, 300))
def test_ranges_stay_in_order_and_fit_where_they_are_together(sizes: list[int], size: int) -> None:
    ranges = [Range(url=str(i), uuid="u", start=i, stop=i + n) for i, n in enumerate(sizes)]
    groups = list(together(ranges, size))
    assert [part for group in groups for part in group] == ranges
    for group in groups:
        assert len(group) == 1 or sum(part.n_entries for part in group) <= size
        assert 1 <= len(group) <= 64
    for one, other in pairwise(groups):
        whole = sum(part.n_entries for part in (*one, other[0]))
        assert whole > size or len(one) == 64


@given(st.integers(0, 50), st.integers(0, 300), st.integers(1, 100))
def test_a_range_alone_is_in_blocks_of_the_size_that_was_asked_for(
    start: int, n: int, size: int
) -> None:
    """Else memory grows with the range."""
    reader: Any = None
    part = Range(url="f", uuid="u", start=start, stop=start + n)
    found = [(piece.start, piece.stop) for (piece,) in _pieces([part], [reader], size)]
    assert (found[0][0], found[-1][1]) == (start, start + n)
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert len(found) == max(1, -(-n // size))
    assert all(b - a <= size for a, b in found)


class Small:
    """Small files in one chunk; a tagger writes of how many events it was asked."""

    def __init__(self, lab: Lab, files: list[Path]) -> None:
        self.lab, self.log = lab, lab.folder / "asked.txt"
        lab.taggers.write_text(lab.taggers.read_text("utf-8") + COUNTING, encoding="utf-8")
        lab.content["samples"]["samples"]["Sig"]["files"]["2017"] = [str(f) for f in files]
        self.sequence = lab.content["tag_sequence"]
        lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}

    def run(self, n_block: int, tagger: str = "counting", **options: Any) -> JobRecord:
        """Runs the job of the chunk."""
        self.prepare(n_block, tagger, **options)
        return run_job(self.job)

    def prepare(self, n_block: int, tagger: str = "counting", **options: Any) -> None:
        """Makes the job of the chunk."""
        self.log.unlink(missing_ok=True)
        options = {"path": str(self.log), **options}
        entry = {"name": tagger, "tagger": f"toy_taggers:{tagger}", "options": options}
        self.lab.content["tag_sequence"] = [entry, *self.sequence]
        self.lab.jobs.update(n_events_per_output=10_000, n_events_per_block=n_block)
        assert self.lab.run("IndexSample", sample="Sig", year="2017")
        task = self.lab.task("ProcessSample", sample="Sig", year="2017")
        (chunk,) = task.chunks
        task.chunk_folder.mkdir(parents=True, exist_ok=True)
        self.job, self.plan = task.job(chunk, task.wanted), task.plan

    @property
    def asked(self) -> list[int]:
        """Of how many events, without the question of none."""
        return [n for n in map(int, self.log.read_text("utf-8").split()) if n]

    def table(self, record: JobRecord) -> dict[str, list[Any]]:
        """The output, in the order of the variations."""
        table = rows_of(self.job.folder / record.output.name)
        return table.sort_by([("variation", "ascending"), ("event", "ascending")]).to_pydict()


@pytest.fixture
def files(lab: Lab, make_toy_file: Callable[..., Path]) -> list[Path]:
    return [
        make_toy_file(lab.folder / f"small_{seed}.root", 1 + seed, False) for seed in range(N_FILES)
    ]


@pytest.fixture
def small(lab: Lab, files: list[Path]) -> Small:
    return Small(lab, files)


def assert_same(small: Small, together: JobRecord, apart: JobRecord, table: Any) -> None:
    assert together.ranges == apart.ranges
    assert small.table(together) == table
    assert together.factor_sums == pytest.approx(apart.factor_sums, rel=1e-12)
    assert together.ledgers.keys() == apart.ledgers.keys()
    for variation, ledger in together.ledgers.items():
        one, other = (led.flows[0].flow.total for led in (ledger, apart.ledgers[variation]))
        assert (one.n, one.sumw) == (other.n, pytest.approx(other.sumw, rel=1e-12))


def test_small_files_are_asked_for_together_and_give_the_same(small: Small) -> None:
    apart = small.run(40)
    table = small.table(apart)
    assert small.asked == [40, 40, 40, 40]
    together = small.run(1000)
    assert small.asked == [160]
    assert_same(small, together, apart, table)
    pairs = small.run(80)
    assert small.asked == [80, 80]
    assert_same(small, pairs, apart, table)


def test_what_is_read_for_kept_events_is_theirs_in_each_of_small_files(small: Small) -> None:
    small.lab.content["systematics"]["independent_collections"] = {}
    apart = small.run(40, "third")
    table = small.table(apart)
    assert 0 < len(table["event"]) < 160
    assert_same(small, small.run(1000, "third"), apart, table)


def test_particles_are_read_of_kept_events_in_each_of_small_files(
    small: Small, files: list[Path], make_toy_columns: Callable[..., Any]
) -> None:
    """Few of the files, and few of their baskets, have some."""
    rng = np.random.default_rng(3)
    for seed, path in enumerate(files):
        columns = make_toy_columns(1 + seed, is_data=False)
        counts = rng.poisson(200, len(columns["event"]))
        pt = ak.unflatten(rng.random(counts.sum()).astype(np.float32), counts)
        columns["GenPart"] = ak.zip({"pt": pt})
        write_root_file(path, columns, {}, Layout("zstd", 1, 5))
    systematics = small.lab.content["systematics"]
    systematics["independent_collections"] = {}
    systematics["weights"]["heavy"] = {
        "method": "from_function",
        "function": "toy_taggers:heavy",
        "requires_branches": ["GenPart_pt"],
        "modifies_taggers": ["high_met", "rest"],
    }
    records = {}
    for n_block in (40, 1000):
        small.prepare(n_block, "third", every=50)
        records[n_block] = run_job(small.job.model_copy(update={"profile": True}))
        table = small.table(records[n_block])
        assert 0 < len(table["event"]) <= 4
        for event, found in zip(table["event"], table["weight_heavy_up"], strict=True):
            with uproot.open(files[event // 1000 - 1]) as file:
                of_event = file["Events"]["GenPart_pt"].array()[event % 1000]
            assert found == pytest.approx(1 + float(ak.sum(of_event)) / 1000, rel=1e-6)
    assert_same(small, records[1000], records[40], table)
    for record in records.values():
        profile = record.effort.profile
        assert profile.bytes_read < 0.4 * profile.bytes_needed
        # more often than columns are read: particles are looked at in the stage of weights
        assert profile.stages["read"].calls > 2 * len(files)


def test_variations_come_one_after_the_other(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of many events would not fit in memory together."""
    monkeypatch.setattr("higgsflow.every_variation._STACKED", 1)
    small.prepare(1000, "moved")
    found = blocks(Asked(small.job.chunk, small.job.variations, 0, None), small.plan, None, {})
    next(found)
    assert small.asked == [160]
    assert len(list(found)) == len(small.job.variations) - 1
    assert small.asked == [160] * len(small.job.variations)


def test_what_a_variation_needed_is_gone_before_the_next_one(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("higgsflow.every_variation._STACKED", 1)
    gc.collect()
    # of other tests
    others = sum(type(one).__name__ == "Variant" for one in gc.get_objects())
    small.run(1000, "remembered")
    # with the events of the nominal run, which all are compared with
    assert small.asked[-2:] == [others + 2, others + 2]


def test_files_of_other_types_are_processed_alone(
    small: Small, files: list[Path], make_toy_columns: Callable[..., Any], make_root_file: Any
) -> None:
    columns = make_toy_columns(2, is_data=False)
    columns["puWeight"] = (10 * columns["puWeight"]).astype(np.int32)
    g = columns["genWeight"].astype(float)
    runs = {
        "run": np.array([1], np.uint32), "genEventCount": np.array([len(g)], np.int64),
        "genEventSumw": np.array([g.sum()]), "genEventSumw2": np.array([(g**2).sum()]),
    }  # fmt: skip
    make_root_file(files[1], Events=columns, Runs=runs)
    apart = small.run(40)
    table = small.table(apart)
    together = small.run(1000)
    assert small.asked == [40, 40, 40, 40]
    assert_same(small, together, apart, table)


@pytest.mark.parametrize("with_lists", [(0,), (1, 2)])
def test_lists_that_are_no_objects_are_those_of_their_file(
    small: Small, files: list[Path], make_toy_columns: Callable[..., Any], with_lists: list[int]
) -> None:
    """A file that has some would lose them, or give them to one that has none."""
    for i in with_lists:
        columns = make_toy_columns(1 + i, is_data=False)
        lengths = np.arange(len(columns["event"])) % 4
        columns["lengths"] = ak.unflatten(np.ones(lengths.sum(), np.float32), lengths)
        with uproot.update(files[i]) as file:
            file["Events"] = columns
    small.lab.content["variables_of_interest"].append("length")
    record = small.run(1000, "Listed")
    assert record.n_entries == 160
    table = rows_of(small.job.folder / record.output.name).to_pydict()
    for event, length in zip(table["event"], table["length"], strict=True):
        i, number = divmod(event, 1000)
        assert length == (number % 4 if i - 1 in with_lists else -1)


def test_what_fails_says_in_which_file(small: Small, files: list[Path]) -> None:
    with pytest.raises(RuntimeError, match="no calibration") as caught:
        small.run(1000, refused=[3001])
    # not while the same of all files is handled, which would be told once more
    assert caught.value.__context__ is None
    where = failing_events(caught.value)
    assert where is not None
    assert (where.url, where.start, where.stop) == (str(files[2]), 0, 40)


def test_what_fails_for_a_moment_has_failed(small: Small) -> None:
    with pytest.raises(RuntimeError, match="no calibration"):
        small.run(1000, once=True)
    assert not list(small.job.folder.glob("*.json"))


def test_record_tells_what_uproot_read(small: Small, files: list[Path]) -> None:
    assert small.run(1000).by_uproot == {}
    with uproot.open(files[1]) as file:
        events = file["Events"].arrays()
    with uproot.recreate(files[1]) as file:
        file.mkrntuple("Events", {name: events[name] for name in events.fields})
    assert {"event", "mass"} <= small.run(1000).by_uproot.keys()


def test_data_of_a_run_that_no_golden_json_can_name_are_refused(
    lab: Lab, make_root_file: Any
) -> None:
    path, _ = lab.own_files("Data")
    lab.data["files"]["2017"] = [str(path)]
    with uproot.open(path) as file:
        trees = {tree: file[tree].arrays(library="np") for tree in ("Events", "LuminosityBlocks")}
    trees["Events"]["run"] = trees["Events"]["run"].astype(np.int64) - 2
    make_root_file(path, **trees)
    assert lab.run("IndexSample", sample="Data", year="2017")
    task = lab.task("ProcessSample", sample="Data", year="2017")
    (chunk,) = task.chunks
    with pytest.raises(InputFileError, match=f"'run' in {path} is -1"):
        run_job(task.job(chunk, task.wanted))


def test_a_file_that_was_replaced_is_told(small: Small, files: list[Path]) -> None:
    small.run(1000)
    files[3].write_bytes(files[0].read_bytes())
    with pytest.raises(InputFileError, match=r"small_3\.root was replaced"):
        run_job(small.job)

"""Yields of the demo against its truth, also when part of the simulation is lost."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pytest

from higgsflow.demo.truth import expected_yield
from higgsflow.digests import job_digest
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.records.sample_jobs import missing_products

if TYPE_CHECKING:
    from conftest import Lab

YEAR = "2017"
SIMULATION = ("ttH_M125", "tHq_M125", "ggH_M125", "DiPhoton", "GJet")
TAGS = ("tth_leptonic", "thq_leptonic", "tth_hadronic")
N_MORE_LOST = {0.0: 0, 0.05: 1, 0.3: 5}  # of twenty chunks, those before stay lost


def demo(lab: Lab) -> Lab:
    """The demo of one year, nominal events without weights that lose some, in twenty chunks."""
    lab.content = {
        "samples": {
            "catalog": "demo", "sample_list": [*SIMULATION, "Data"], "years": [YEAR],
        },
        "tag_sequence": ["diphoton", list(TAGS)],
        "variables_of_interest": ["m_gg"],
        "systematics": {
            "weights": {
                name: {"branches": {"central": column}, "modify_central_weight": True}
                for name, column in (("pileup", "puWeight"), ("l1", "L1PreFiringWeight_Nom"))
            }
        },
        "jobs_manager": {"n_events_per_output": 300, "min_completion": 0.5, "attempts": 1},
        "blinding": {"unblind": True},
    }  # fmt: skip
    return lab


def lose(lab: Lab, sample: str, n: int, seed: int) -> None:
    """Jobs of some more chunks have failed for good, and left nothing."""
    task = lab.task("ProcessSample", sample=sample, year=YEAR)
    done = ChunkStore(task.chunk_folder).done(task.chunks, task.wanted)
    lost = random.Random(seed).sample([chunk for chunk in task.chunks if chunk.id in done], n)
    for chunk in lost:
        for path in task.chunk_folder.glob(f"{chunk.id}.*"):
            path.unlink()
    store = ChunkStore(task.chunk_folder)
    for chunk in lost:
        digest = job_digest(chunk.id, missing_products(store, chunk, task.wanted))
        task.failures.add(
            FailureRecord(
                chunk_id=chunk.id, digest=digest, attempt=1, error_class="lost", message="gone",
                final=True, host="h", started=1.0, wall=1.0,
            )
        )  # fmt: skip


def merged(lab: Lab, sample: str) -> np.ndarray:
    """Merges a sample, and says what `yields` says."""
    assert lab.run("MergeSample", sample=sample)
    return yields(lab, sample)


def yields(lab: Lab, sample: str) -> np.ndarray:
    """Yield and its variance of each tag, from the merged events."""
    table = lab.table(sample, YEAR)
    weights = [
        table.filter(pc.equal(table["tag_idx"], n))["weight_central"].to_numpy()
        for n in range(len(TAGS))
    ]
    return np.array([[w.sum(), (w**2).sum()] for w in weights])


@pytest.mark.slow
def test_closure_with_simulated_jobs_lost(lab: Lab) -> None:
    lab = demo(lab)
    whole = {sample: merged(lab, sample) for sample in (*SIMULATION, "Data")}
    for fraction, n in N_MORE_LOST.items():
        for seed, sample in enumerate(SIMULATION):
            lose(lab, sample, n, seed)
        found = {sample: merged(lab, sample) for sample in SIMULATION}
        for sample, values in found.items():
            scale = lab.read("scale1fb", sample, YEAR, "scale1fb.json")
            assert scale["fraction"] == pytest.approx(1 - fraction, abs=0.05)
            assert (scale["fraction"] == 1) == (n == 0)
            # before any cut it closes exactly, whatever was lost
            generated = scale["scale1fb"] * scale["luminosity"] * scale["denominator"]["value"]
            assert generated == pytest.approx(expected_yield(sample, YEAR), rel=1e-9)
            # after all cuts within what so many lost events can do
            allowed = 4 * np.sqrt((values[:, 1] + whole[sample][:, 1]) * fraction) + 1e-9
            assert np.all(np.abs(values[:, 0] - whole[sample][:, 0]) <= allowed), (sample, n)
        total = np.sum(list(found.values()), axis=0)
        data = whole["Data"][:, 0]
        assert np.all(np.abs(total[:, 0] - data) < 4 * np.sqrt(total[:, 1] + data)), n
    unbiased_by_what_is_lost(lab)


def unbiased_by_what_is_lost(lab: Lab) -> None:
    """The mean yield over many sets of lost jobs is the yield with all of them.

    Of k chunks of n a ratio of sums is off by some 1/k of its own spread, which is far less.
    """
    task = lab.task("ProcessSample", sample="ttH_M125", year=YEAR)
    store = ChunkStore(task.chunk_folder)
    records = [
        JobRecord.model_validate_json((store.folder / f"{sources['nominal']}.json").read_bytes())
        for sources in store.done(task.chunks, task.wanted).values()
    ]
    generated = np.array([sum(part.sum_g for part in r.ranges) for r in records])
    tagged = np.array(
        [r.ledgers["nominal"].yields["tth_leptonic"]["central"].sumw for r in records]
    )
    chance = np.random.default_rng(1)
    kept = [chance.permutation(len(records))[: len(records) * 7 // 10] for _ in range(4000)]
    means = np.array([tagged[k].sum() / generated[k].sum() for k in kept])
    truth = tagged.sum() / generated.sum()
    spread = means.std()
    assert spread > 0
    assert abs(means.mean() - truth) < 4 * spread / math.sqrt(len(means)) + spread / len(records)
    # what the estimate would be with the sum of weights of all jobs, as if none were lost
    naive = np.array([tagged[k].sum() / generated.sum() for k in kept])
    assert abs(naive.mean() - truth) > 20 * spread / math.sqrt(len(means))

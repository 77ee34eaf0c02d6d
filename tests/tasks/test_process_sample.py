from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_a_branch_is_a_chunk(lab: Lab) -> None:
    lab.jobs["n_events_per_output"] = 20
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    branches = task.get_branch_map()
    assert [chunk.n_entries for chunk in branches.values()] == [20, 20, 20, 20]
    again = lab.task("ProcessSample", sample="Sig", year="2017").get_branch_map()
    assert again == branches


def test_one_branch_is_one_chunk(lab: Lab) -> None:
    assert lab.run("ProcessSample", sample="Sig", year="2017", branch=1)
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    done = [target.exists() for target in task.output()["collection"].targets.values()]
    assert done == [False, True]
    assert not task.complete()
    assert task.completeness().fraction == 0.5


def test_events_of_a_chunk_that_is_done_are_tried_all_the_same(lab: Lab) -> None:
    """A trial keeps nothing, so that there is always something to do."""
    about = {"sample": "Sig", "year": "2017", "branch": 0}
    assert lab.run("ProcessSample", **about)
    assert lab.task("ProcessSample", **about).complete()
    assert not lab.task("ProcessSample", **about, events="0:10").complete()


def test_indexes_all_samples_before_the_first_job_of_a_whole_analysis(lab: Lab) -> None:
    lab.task("RunAnalysis")
    from tasks.process_sample import ProcessSample

    task = ProcessSample(analysis=str(lab.path), sample="Sig", year="2017")
    others = task.workflow_requires()["all"].requires()
    assert {other.sample for other in others} == {"Sig", "Data"}
    alone = lab.task("ProcessSample", sample="Sig", year="2017")
    assert "all" not in alone.workflow_requires()


def test_failures_of_other_settings_do_not_count(lab: Lab) -> None:
    """They are kept by the digest of what was wanted."""
    from higgsflow.records.chunk_store import ChunkStore
    from higgsflow.records.job_record import FailureRecord

    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    chunk = task.chunks[0]
    facts = {"chunk_id": chunk.id, "attempt": 1, "error_class": "time", "message": "late"}
    common = {"final": True, "host": "h", "started": 1.0, "wall": 1.0}
    store = ChunkStore(task.chunk_folder)
    task.failures.add(FailureRecord(digest="another", **facts, **common))
    assert task.final_failures(store) == {}
    digest = task.job(chunk, task.wanted).digest
    task.failures.add(FailureRecord(digest=digest, **facts, **common))
    assert set(task.final_failures(store)) == {chunk.id}
    retried = lab.task("ProcessSample", sample="Sig", year="2017", retry_failed=True)
    assert retried.final_failures(store) == {}


def test_a_run_that_goes_on_makes_nothing_again(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    about = {"sample": "Sig", "year": "2017"}
    assert lab.run("ProcessSample", **about, branch=0)
    capfd.readouterr()
    assert lab.run("ProcessSample", **about)
    assert "again" not in capfd.readouterr().err
    lab.content["variables_of_interest"] = ["met"]
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    assert lab.run("ProcessSample", **about)
    assert "Sig 2017 again: tagger high_met: threshold 60 -> 80" in capfd.readouterr().err

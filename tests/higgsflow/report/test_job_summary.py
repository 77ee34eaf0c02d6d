from higgsflow.completeness import Completeness
from higgsflow.records.sample_jobs import JobRow, SampleJobs
from higgsflow.report.job_summary import summarize_jobs


def row(i, status, **changed):
    return JobRow(chunk_id=f"c{i}", status=status, n_entries=10, first_url="f.root", **changed)


def made(*rows):
    return summarize_jobs(
        SampleJobs.model_construct(rows=rows, completeness=Completeness.model_construct())
    )


def test_jobs_are_counted_and_added():
    found = made(
        row(0, "done", attempts=1, wall=2.0, cpu=1.0, started=5.0, stages={"read": 1.0}),
        row(1, "failed", attempts=3, wall=4.0, started=6.0, error_class="lost", message="gone"),
        row(2, "missing"),
    )
    assert (found.n_chunks, found.n_done, found.n_failed, found.n_missing) == (3, 1, 1, 1)
    assert (found.n_attempts, found.wall, found.cpu, found.stages) == (4, 6.0, 1.0, {"read": 1.0})


def test_what_ran_has_a_span_and_what_failed_a_reason():
    found = made(
        row(0, "done", started=5.0, wall=2.0),
        row(1, "failed", started=6.0, error_class="lost", message="gone", host="h"),
        row(2, "missing"),
    )
    assert [(s.status, s.started) for s in found.spans] == [("done", 5.0), ("failed", 6.0)]
    (failure,) = found.failures
    assert (failure.chunk_id, failure.error_class, failure.message) == ("c1", "lost", "gone")

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.events.chunks import Chunk, Range
from higgsflow.records.job_record import FailureRecord
from tasks.execution.jobs_page import JobsPage

if TYPE_CHECKING:
    from pathlib import Path


def chunk(start: int) -> Chunk:
    return Chunk(ranges=(Range(url="/d/a.root", uuid="a", start=start, stop=start + 10),))


def failure(of: Chunk) -> FailureRecord:
    return FailureRecord(
        chunk_id=of.id, digest="d", attempt=2, error_class="input", message="<b>no</b> file",
        host="node7", started=0.0, wall=3.0,
    )  # fmt: skip


def test_the_page_lists_failures_first_and_renews_itself(tmp_path: Path) -> None:
    chunks = [chunk(0), chunk(10), chunk(20)]
    made = JobsPage(tmp_path / "jobs.html", "Sig (2017)", chunks)
    made.done(chunks[0].id, None)
    made.failed(failure(chunks[2]))
    made.write("1/3 chunks", finished=False)
    page = (tmp_path / "jobs.html").read_text("utf-8")
    assert page.index(chunks[2].id) < page.index(chunks[1].id)
    assert page.count("<main>") == 1
    assert '<th scope="col">message</th>' in page
    assert 'scope="col"></th>' not in page
    assert "1/3 chunks" in page
    assert "node7" in page
    assert "&lt;b&gt;no&lt;/b&gt; file" in page
    assert 'http-equiv="refresh"' in page
    made.write("3/3 chunks", finished=True)
    assert 'http-equiv="refresh"' not in (tmp_path / "jobs.html").read_text("utf-8")


def test_of_very_many_the_rest_is_counted(tmp_path: Path) -> None:
    made = JobsPage(tmp_path / "jobs.html", "Sig (2017)", [chunk(10 * n) for n in range(700)])
    made.write("0/700 chunks", finished=False)
    page = (tmp_path / "jobs.html").read_text("utf-8")
    assert "and 200 more" in page

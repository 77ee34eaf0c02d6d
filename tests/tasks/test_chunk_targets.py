from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Lab


def test_removing_a_chunk_removes_everything_made_of_it(lab: Lab) -> None:
    assert lab.run("ProcessSample", sample="Sig", year="2017")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    assert task.complete()
    first = task.output()["collection"].targets[0]
    assert str(first) == f"ChunkTarget(path={first.path})"
    assert first.exists()
    first.remove()
    assert not first.exists()
    folder = lab.output("chunks", "Sig", "2017")
    assert len(list(folder.glob("*.json"))) == len(list(folder.glob("*.parquet"))) == 1
    assert not task.complete()


def test_status_says_why_chunks_have_to_be_made(lab: Lab) -> None:
    assert lab.run("ProcessSample", sample="Sig", year="2017", branch=1)
    chunks = lab.task("ProcessSample", sample="Sig", year="2017").output()["collection"]
    assert chunks.status_text().endswith("(was never made (1 of 2 chunks))")
    assert sorted(target.exists() for target in chunks.targets.values()) == [False, True]

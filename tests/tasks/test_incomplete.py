from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from conftest import Lab


def overwrite(path: Path, content: bytes) -> None:
    """Other content, and the time that the index knows."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_failed_jobs_that_may_be_tried_again_are_told_where_nothing_is_to_be_done(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    files = lab.own_files()
    assert lab.run("IndexSample", sample="Sig")
    whole = files[1].read_bytes()
    lab.jobs.update(min_completion=0.4, attempts=1)
    # damaged, as by a disk, after it was indexed
    overwrite(files[1], bytes(len(whole)))
    assert lab.run()
    overwrite(files[1], whole)
    capfd.readouterr()
    assert lab.run()
    nothing, incomplete = capfd.readouterr().out.splitlines()
    assert nothing.startswith("nothing to do, everything is current")
    said = "incomplete: Sig (2017) 50.00%; --retry-failed tries again what failed for good"
    assert incomplete == said
    assert lab.run(retry_failed=True)
    capfd.readouterr()
    assert lab.run()
    assert "incomplete" not in capfd.readouterr().out

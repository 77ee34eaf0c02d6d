"""The same analysis on a real HTCondor."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from scenarios import Scenarios, attempts, ended_well, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for little."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("this needs rights that are not given here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Leaves no room."""
    with suppress(OSError), (disk / "full").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


class TestHTCondor(Scenarios):
    """See there."""

    engine = "htcondor"

    def test_jobs_end_though_nothing_more_can_be_written_for_the_engine(
        self, farm: Any, small_disk: Path
    ) -> None:
        """As on AFS, once a quota is used up."""
        farm.lab.without_data()
        farm.site["submit_folder"] = str(small_disk)
        farm.tagger("time.sleep(1)")
        process = farm.start("MergeSample", "--sample", "Sig")
        wait_for(farm.started)
        fill(small_disk)
        ended_well(process)
        assert attempts(farm) == {1: 8}
        assert farm.is_clean()

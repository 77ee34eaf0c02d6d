from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FORKED = """
import multiprocessing, sys

def draw():
    from higgsflow.report.matplotlib_folder import import_matplotlib
    import_matplotlib()
    import matplotlib, os
    print(os.path.isdir(matplotlib.get_configdir()), flush=True)

drawing = multiprocessing.get_context("fork").Process(target=draw)
drawing.start()
drawing.join()
sys.exit(drawing.exitcode)
"""


@pytest.mark.parametrize("given", [False, True])
def test_only_a_folder_that_matplotlib_made_is_gone_at_the_end_of_a_fork(
    tmp_path: Path, given: bool
) -> None:
    (tmp_path / "mine").mkdir()
    own = {"MPLCONFIGDIR": str(tmp_path / "mine")} if given else {}
    # where nobody can make a folder
    environment = {**os.environ, "HOME": "/proc/nobody", "TMPDIR": str(tmp_path), **own}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]

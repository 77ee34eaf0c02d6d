from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

from higgsflow.catalog.code_folders import with_folders
from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_folders_of_this_process_follow_those_that_are_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_here.py").write_text("def tagger(events):\n    return events.MET_pt > 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("mine_here")
    demo = load_analysis(CONFIG_FOLDER / "demo.yaml")
    sequence = {"tag_sequence": ["diphoton", ["mine_here:tagger"]], "python_path": ["/z", "/a"]}
    mine = type(demo).model_validate({**demo.model_dump(by_alias=True), **sequence})
    assert with_folders(mine).python_path == ("/z", "/a", str(tmp_path))
    assert with_folders(demo).python_path == demo.python_path


def test_jobs_that_import_it_read_no_yaml() -> None:
    code = "import sys, higgsflow.catalog.code_folders; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_what_an_analysis_will_take(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.content["python_path"] = [str(lab.taggers.parent)]
    sys.path.insert(0, str(lab.taggers.parent))
    asked = ["forecast", "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    assert main([*asked, "--events", "60", "--minutes", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["job_length"], found["pairs"][0]["n_probed"]) == (120.0, 60)
    lab.sig["files"]["2017"] = str(lab.folder / "nowhere.root")
    lab.write()
    assert main(asked) == 1
    assert "no forecast of Sig (2017): no file" in capsys.readouterr().out

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_exit_code_tells_whether_all_is_done(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    question = ["status", "--analysis", str(lab.without_data().write())]
    assert main(question) == 1
    assert "toy v1: open" in capsys.readouterr().out
    assert lab.run()
    capsys.readouterr()
    assert main([*question, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["samples"][0]["jobs"]["done"]) == ("done", 2)

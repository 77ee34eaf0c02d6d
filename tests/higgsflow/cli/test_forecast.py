from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.cli import main

if TYPE_CHECKING:
    from conftest import Lab


def test_what_an_analysis_will_take(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.content["python_path"] = [str(lab.taggers.parent)]
    sys.path.insert(0, str(lab.taggers.parent))
    asked = ["forecast", "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    assert main([*asked, "--events", "60", "--minutes", "120 s", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["job_length"], found["pairs"][0]["n_probed"]) == (120.0, 60)
    lab.sig["files"]["2017"] = str(lab.folder / "nowhere.root")
    lab.write()
    assert main(asked) == 1
    assert "no forecast of Sig (2017): no file" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["soon", "-5", "2 hours"])
def test_a_length_that_is_no_time_is_told_the_units(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["forecast", "--minutes", text])
    assert caught.value.code == 2
    assert f"'{text}' is no time: use a number and one of min, s, " in capsys.readouterr().err

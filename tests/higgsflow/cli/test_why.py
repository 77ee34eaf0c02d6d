from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from higgsflow.cli import main

if TYPE_CHECKING:
    from conftest import Lab


def test_tells_why_or_that_nothing_would_run(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.without_data()
    assert lab.run()
    question = ["why", "--analysis", str(lab.path)]
    lab.task()
    capsys.readouterr()
    assert main(question) == 0
    assert capsys.readouterr().out == "RunAnalysis is current: nothing would run again\n"
    lab.sig["xs"] = 2.0
    lab.task()
    assert main([*question[:1], "MergeSample", *question[1:], "--sample", "Sig"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "UpdateScale1fb Sig 2017: xs 0.5 -> 2"
    lab.task()
    assert main([*question, "--json"]) == 0
    first, *_ = json.loads(capsys.readouterr().out)
    about = {"stage": "UpdateScale1fb", "sample": "Sig", "year": "2017"}
    assert first == {**about, "text": "xs 0.5 -> 2"}


def test_a_stage_may_be_narrowed_to_variations(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}
    about = {"sample": "Sig", "year": "2017"}
    assert lab.without_data().run("MergeSample", **about, variation=("nominal",))
    capsys.readouterr()
    question = ["why", "MergeSample", "--analysis", str(lab.path), "--sample", "Sig"]
    assert main([*question, "--variation", "nominal"]) == 0
    assert "is current" in capsys.readouterr().out
    assert main([*question, "--variation", "nominal,met_up"]) == 0
    assert "was never made" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="1"):
        main([*question, "--variation", "met_upp"])
    assert "Did you mean 'met_up'?" in capsys.readouterr().err
    assert main(["why", "RunAnalysis", *question[2:4], "--variation", "nominal"]) == 1
    assert "RunAnalysis has no --variation" in capsys.readouterr().err


def test_an_unknown_stage_is_told_with_the_nearest(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write()
    assert main(["why", "MergeSampl", "--analysis", str(lab.path)]) == 1
    assert "Did you mean 'MergeSample'?" in capsys.readouterr().err

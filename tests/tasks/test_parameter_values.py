from __future__ import annotations

from typing import TYPE_CHECKING, Any

import law
import luigi
import pytest
from luigi.cmdline_parser import CmdlineParser

from tasks import session
from tasks.merge_sample import MergeSample
from tasks.monitor_jobs import MonitorJobs
from tasks.parameter_values import RemembersValues
from tasks.process_sample import ProcessSample
from tasks.summarize_analysis import SummarizeAnalysis

if TYPE_CHECKING:
    from conftest import Lab

STAGES = (SummarizeAnalysis, MergeSample, MonitorJobs, ProcessSample)


class Cook(RemembersValues):
    _visible_in_registry = True
    dish = luigi.Parameter(default="soup")
    guests = luigi.IntParameter(default=2)

    def run(self) -> None:
        """Nothing is cooked here."""


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("asked", STAGES)
def test_what_is_handed_on_is_what_law_says(lab: Lab, stage: Any, asked: Any) -> None:
    given = {} if asked is SummarizeAnalysis else {"sample": "Sig", "year": "2017"}
    task = lab.task(asked.__name__, **given)
    for _ in range(2):
        found = stage.req_params(task, year="2018")
        assert found == law.Task.req_params.__func__(stage, task, year="2018")
        assert found["year"] == "2018"


def test_what_a_call_excludes_is_excluded(lab: Lab) -> None:
    task = lab.task("MergeSample", sample="Sig", year="2017", variation=("nominal",))
    assert MonitorJobs.req(task).variation == ("nominal",)
    assert MonitorJobs.req(task, _exclude=("variation",)).variation == ()
    assert MonitorJobs.req(task).variation == ("nominal",)


def test_defaults_are_those_of_the_command_line_in_its_time() -> None:
    assert (Cook().dish, Cook(guests=3).guests) == ("soup", 3)
    with CmdlineParser.global_instance(["Cook", "--dish", "fish", "--Cook-guests", "5"]) as parser:
        # a value without the name of its task is of the one that was asked for
        assert parser.get_task_obj() == Cook(dish="fish")
        assert (Cook().dish, Cook().guests, Cook(guests=3).guests) == ("soup", 5, 3)
    assert (Cook().dish, Cook().guests) == ("soup", 2)


def test_defaults_of_the_settings_count_from_the_next_invocation_on() -> None:
    config = luigi.configuration.get_config()
    assert Cook().guests == 2
    config.set("Cook", "guests", "7")
    try:
        session.begin()
        assert Cook().guests == 7
    finally:
        config.remove_section("Cook")
    session.begin()
    assert Cook().guests == 2


def test_values_can_be_given_by_their_place_and_unknown_ones_are_refused() -> None:
    # the first parameter is one of law's
    assert (Cook("1").dish, Cook("1").guests) == ("soup", 2)
    with pytest.raises(luigi.parameter.UnknownParameterException):
        Cook(wine="red")

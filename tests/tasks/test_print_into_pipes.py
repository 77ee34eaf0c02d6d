from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab


@pytest.mark.parametrize("option", ["--print-status", "--print-deps", "--print-output"])
def test_reader_that_has_seen_enough_is_no_error(command_line: Lab, option: str) -> None:
    command = command_line.start("RunAnalysis", option, "3")
    assert command.stdout is not None
    command.stdout.close()
    _, told = command.communicate()
    assert (command.returncode, told) == (0, "")


def unheard(lab: Lab) -> int:
    """How a run ends of which nobody reads a word."""
    command = lab.start("RunAnalysis")
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    command.stderr.close()
    return command.wait()


def test_run_goes_on_where_nobody_sees_or_hears_it(command_line: Lab) -> None:
    assert unheard(command_line) == 0
    assert command_line.output("summary", "summary.json").exists()
    for words in (
        ["RunAnalysis"],
        ["MergeSample", "--sample", "Sig"],
        ["MonitorJobs", "--sample", "Sig"],
        ["MonitorJobs", "--sample", "Sig", "--show"],
        ["MonitorJobs", "--sample", "Sig", "--json"],
        ["VerifyStore"],
    ):
        answer = command_line.start(*words)
        assert answer.stdout is not None
        answer.stdout.close()
        _, told = answer.communicate()
        assert "Traceback" not in told
        assert answer.returncode == 0


def test_run_goes_on_where_nobody_reads_what_code_of_users_prints(command_line: Lab) -> None:
    code = "\nprint('loaded')\n"
    lab = command_line
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + code, encoding="utf-8")
    assert [unheard(lab), unheard(lab)] == [0, 0]
    assert lab.output("summary", "summary.json").exists()

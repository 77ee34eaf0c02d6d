from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab


@pytest.mark.parametrize("option", ["--print-status", "--print-deps", "--print-output"])
def test_reader_that_has_seen_enough_is_no_error(command_line: Lab, option: str) -> None:
    command = command_line.start("RunAnalysis", option, "3")
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait() == 0

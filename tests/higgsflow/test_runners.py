from __future__ import annotations

import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.runners import find_runner


def test_the_runner_of_an_analysis_is_that_of_the_workflows() -> None:
    assert find_runner("law").__module__ == "workflows.launch"


def test_without_the_tasks_it_says_what_to_install() -> None:
    with pytest.raises(InvalidConfiguration, match=r"'nobody'\n  install higgsflow"):
        find_runner("nobody")

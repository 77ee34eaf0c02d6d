"""The folder where a command is given: relative paths start there, and it may be gone."""

from __future__ import annotations

import os
from pathlib import Path

from higgsflow.errors import UserError


def check_working_folder() -> None:
    """A shell stays in a folder that was removed, also where there is a new one of its name.

    Raises:
        UserError: when it is gone.
    """
    try:
        Path.cwd()
    except OSError as error:
        # where the shell thinks that it is
        where = os.environ.get("PWD", "")
        remedy = "change into a folder that exists, and give the command again"
        what = "the folder where this command is given is gone"
        raise UserError(what, where, remedy) from error

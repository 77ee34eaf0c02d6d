"""The folder that matplotlib makes in /tmp where the home of the user takes nothing.

It removes that when Python ends; a process that was forked to draw ends otherwise.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from multiprocessing.util import Finalize

_VARIABLE = "MPLCONFIGDIR"


def import_matplotlib() -> None:
    """Imports it, and has the folder removed that it makes thereby."""
    given = os.environ.get(_VARIABLE)
    import_module("matplotlib")
    made = os.environ.get(_VARIABLE)
    if made is not None and made != given:
        # at the end of a process of multiprocessing, too, and of no copy of it
        Finalize(None, shutil.rmtree, args=(made,), kwargs={"ignore_errors": True}, exitpriority=0)

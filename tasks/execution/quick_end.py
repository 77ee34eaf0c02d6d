"""The end of a process without the wait for Python to take apart what it has loaded."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from higgsflow.standard_output import write_what_waits


def end(code: int) -> NoReturn:
    """Ends the process as those of multiprocessing end: nobody is left to use what it has.

    To take modules and arrays apart one by one takes as long as to import a third of them.
    """
    # what Python itself does when it ends, under names that a later one may change
    wait, leave = getattr(threading, "_shutdown", None), getattr(atexit, "_run_exitfuncs", None)
    if wait is None or leave is None:
        sys.exit(code)
    wait()
    # it has told what is wrong with a handler; all that counts is on the disk
    with suppress(Exception):
        leave()
    write_what_waits()
    os._exit(code)

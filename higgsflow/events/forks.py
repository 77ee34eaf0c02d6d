"""Forks of processes that have read from servers of XRootD.

Its client ends its threads before each fork, and waits for them. One that tells Python of an
answer needs the lock of the interpreter, which the forking thread holds: both would wait for ever.
So that lock is given away for a moment before.
"""

from __future__ import annotations

import os
import sys
import time

# what telling of an answer takes is microseconds [s]
_MOMENT = 0.02


def hear_answers() -> None:
    """Lets threads of the client tell what they have to tell, if there is a client."""
    if "XRootD" in sys.modules:
        time.sleep(_MOMENT)


os.register_at_fork(before=hear_answers)

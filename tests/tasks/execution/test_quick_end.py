from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import atexit, sys, threading, time
from tasks.execution.quick_end import end

class Last:
    def __del__(self): print("taken apart", flush=True)

sys.kept = Last()
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.3), print("in a thread"))).start()
print("begun")
end(7)
"""


def test_what_is_to_be_done_before_is_done_and_nothing_is_taken_apart() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == "begun\nin a thread\nat exit\n"

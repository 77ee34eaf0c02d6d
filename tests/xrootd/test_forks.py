"""A process that has just read from a server may fork: its client waits for nobody for ever."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# without the moment before each fork, one in a few hundred never ends
N_FORKS = 400
PATIENCE = 120.0
READS_AND_FORKS = """
import os, sys, threading
import fsspec
import higgsflow.events.replicas

def fork():
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)

system, path = fsspec.core.url_to_fs(sys.argv[1])
for _ in range(int(sys.argv[2])):
    assert len(system.cat_ranges([path] * 4, [0, 10, 20, 30], [5, 15, 25, 35])) == 4
    # as pools of processes do, which fork from a thread
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
"""


def test_a_fork_after_reading_ends(server: Any, tmp_path: Path) -> None:
    (tmp_path / "some").write_bytes(bytes(100))
    url = server().put(tmp_path / "some")
    command = [sys.executable, "-c", READS_AND_FORKS, url, str(N_FORKS)]
    subprocess.run(command, check=True, timeout=PATIENCE)

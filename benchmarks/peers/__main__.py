"""`python -m benchmarks.peers TASK.json`: runs a peer and prints what it took, as JSON.

Runs in any Python that has what the peer needs, without this program. The task names the peer, a
file, the sources of variations, the folder for what is written, and a small file. The small one is
processed twice before: once to load and compile all that a first call needs, and once more to know
what of that the small file itself took.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

PEERS = {
    "coffea": "benchmarks.peers.coffea_way:run",
    "rerun": "benchmarks.peers.rerun:run",
    "rerun_tables": "benchmarks.peers.rerun:run_with_tables",
    "rerun_half": "benchmarks.peers.rerun:run_in_more_bins",
}


def main() -> None:
    """Reads the task, runs it, prints processor seconds and the peak of the memory.

    `warm` is what the file took in a process that has processed another one, `whole` what a
    process takes that does the file only.
    """
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    module, _, name = PEERS[task["peer"]].partition(":")
    run = getattr(importlib.import_module(module), name)
    folder, small, marks = Path(task["folder"]), Path(task["small"]), []
    for path, sources in ((small, {}), (small, {}), (Path(task["file"]), task["sources"])):
        marks.append(time.process_time())
        run(path, sources, folder)
    of_small, end = marks[2] - marks[1], time.process_time()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(s.split()[1]) for s in status.splitlines() if s.startswith("VmHWM"))
    cpu = {"warm": end - marks[2], "whole": end - 2 * of_small}
    print(json.dumps({**cpu, "peak_mb": peak / 1024}))


if __name__ == "__main__":
    main()

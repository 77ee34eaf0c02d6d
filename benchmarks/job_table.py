"""How long a look at the jobs of a large sample takes, from another shell.

    python benchmarks/job_table.py [--jobs 10000]

writes a journal as a driver of so many jobs leaves it (three lines for each job, some of which
failed), then asks for the table and for JSON, each as a command in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from higgsflow.records.job_state import JobsHead, JobState
from higgsflow.records.journal import Journal

_ENTRIES = 100_000
_FAILING = 50  # one job in so many failed for good
_COMMAND = ("run", "MonitorJobs", "--analysis", "demo", "--sample", "ttH_M125", "--year", "2017")


def write_journal(folder: Path, n_jobs: int) -> None:
    """A journal of so many jobs, of which the last ones still run."""
    head = JobsHead(
        sample="ttH_M125", year="2017", engine="slurm", host="login", pid=1, began=time.time(),
        min_completion=0.95,
    )  # fmt: skip
    states = [
        JobState(
            chunk_id=f"{n:012x}", branch=n, n_entries=_ENTRIES, start=0,
            first_url=f"root://store//data/ttH_{n}.root",
        )
        for n in range(n_jobs)
    ]  # fmt: skip
    folder.mkdir(parents=True)
    journal = Journal(folder)
    journal.begin(head, states)
    for n, state in enumerate(states):
        host = f"node{n % 200}"
        journal.note(state.chunk_id, status="running", attempts=1, host=host, started=time.time())
        if n % _FAILING == 0:
            journal.note(
                state.chunk_id, status="failed", error_class="input", message="cannot be read"
            )
        elif n < 0.99 * n_jobs:
            journal.note(state.chunk_id, status="done", wall=600.0 + n % 100, cpu=550.0)


def measured(store: Path, *options: str) -> str:
    """Wall and processor seconds of one command."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    law = Path(sys.executable).with_name("law")
    found = subprocess.run(
        [str(law), *_COMMAND, *options],
        env={**os.environ, "HIGGSFLOW_STORE": str(store)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not found.stdout:
        raise SystemExit(found.stderr)
    return f"{wall:.2f} s wall, {cpu:.2f} s CPU, {len(found.stdout):,} characters"


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    n_jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        write_journal(store / "demo" / "v1" / "jobs" / "ttH_M125" / "2017", n_jobs)
        print(f"{n_jobs:,} jobs, table: {measured(store, '--show')}")
        print(f"{n_jobs:,} jobs, JSON:  {measured(store, '--json')}")


if __name__ == "__main__":
    main()

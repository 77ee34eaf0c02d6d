"""How fast a batch engine takes jobs, and gives them back.

    python benchmarks/submission.py slurm|htcondor [--jobs 1000] [--threads 4]

submits so many empty jobs as a run of an analysis does, in one batch, asks for them once, and takes
those out of the queue that have not ended. It needs the commands of the engine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import uuid
from pathlib import Path

from higgsflow.model.engines import Site
from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import Request, make_engine

_MEMORY = 100.0  # MB
_LIMIT = 60.0  # seconds


def rates(site: Site, folder: Path, n_jobs: int) -> str:
    """What one batch took: jobs per second of submission, and seconds of a look at all of them."""
    engine, token = make_engine(site), uuid.uuid4().hex[:12]
    script = folder / "job.sh"
    script.write_text("#!/bin/sh\n", encoding="ascii")
    script.chmod(0o755)
    asked = [Resources(memory_mb=_MEMORY, time_limit=_LIMIT)] * n_jobs
    keep = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    begun = time.perf_counter()
    engine.submit(Request(token, token, folder, script, asked, keep))
    submitted = time.perf_counter()
    n_seen = len(engine.look(token, {token}))
    looked = time.perf_counter()
    engine.cancel(token, {(token, number) for number in range(n_jobs)})
    cancelled = time.perf_counter()
    os.close(keep)
    return (
        f"{site.engine}: {n_jobs} jobs submitted in {submitted - begun:.1f} s, "
        f"{n_jobs / (submitted - begun):.0f} per second; a look at {n_seen} of them "
        f"{looked - submitted:.2f} s; cancelling them {cancelled - looked:.1f} s"
    )


def main() -> None:
    """Prints the rates of one engine."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("engine", choices=["slurm", "htcondor"])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=4, help="of submission, for Slurm")
    given = parser.parse_args()
    site = Site(engine=given.engine, submission_threads=given.threads)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        print(rates(site, Path(folder), given.jobs))


if __name__ == "__main__":
    main()

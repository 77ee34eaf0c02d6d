"""`python -m benchmarks.batch_job CONFIG SAMPLE YEAR`: writes a batch with the job of a chunk.

Prints the script that Slurm would start for it and its arguments, a line each: what is measured is
what a node runs, without the engine.
"""

from __future__ import annotations

import sys
from pathlib import Path

from higgsflow.model.engines import Site
from tasks.execution.batch.places import Places
from tasks.execution.batch.room import Room
from tasks.execution.batch.submission import Submission
from tasks.execution.pool import Attempt
from tasks.process_sample import ProcessSample

SITE = Site(engine="slurm")


def prepare(config: str, sample: str, year: str) -> list[str]:
    """The script and its arguments; files are indexed already, the outputs are not there yet."""
    task = ProcessSample(analysis=config, sample=sample, year=year)
    jobs = task.stage_folder("jobs")
    places = Places(chunks=task.chunk_folder, jobs=jobs, submit=jobs)
    job = task.job(task.chunks[0], task.wanted)
    attempt = Attempt(job, task.model.jobs_manager.resources)
    submission = Submission(SITE, places, Room(jobs / "room", sample))
    (flight,) = submission.write([[attempt]])
    token, number = flight.key
    return [str(submission.script(token, jobs)), token, str(number)]


if __name__ == "__main__":
    sys.stdout.write("\n".join(prepare(str(Path(sys.argv[1])), *sys.argv[2:])) + "\n")

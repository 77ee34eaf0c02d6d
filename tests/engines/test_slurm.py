"""The same analysis on a real Slurm."""

from __future__ import annotations

import os
import pwd
import signal
import time
from pathlib import Path
from typing import Any

from scenarios import N_STARTS, Once, Scenarios, attempts, ended_well, wait_for

OTHER = "nobody"  # a user of all systems
SILENT = 25.0  # seconds; sbatch and squeue give up after ten


class TestSlurm(Scenarios, Once):
    """See there."""

    engine = "slurm"

    def test_a_slow_controller_gets_no_job_twice(self, farm: Any) -> None:
        """It takes later what it was asked for, though sbatch said that it failed."""
        farm.tagger("time.sleep(3)")
        folder = Path(os.environ["SLURM_CONF"]).parents[1]
        controller = int((folder / "slurmctld.pid").read_text("ascii"))
        os.kill(controller, signal.SIGSTOP)
        try:
            process = farm.start()
            wait_for(lambda: [*farm.lab.output("jobs").rglob("batches/*.jsonl")])
            time.sleep(SILENT)
        finally:
            os.kill(controller, signal.SIGCONT)
        assert "it is asked again" in ended_well(process)
        assert len(farm.started()) == len(set(farm.started())) == N_STARTS
        assert farm.is_clean()

    def test_jobs_of_another_user_of_the_store_are_waited_for(self, farm: Any) -> None:
        """They cannot write here, so that they fail; before that, none is submitted again."""
        left_by_another(farm, begin="now+15")
        ended_well(farm.start("MergeSample", "--sample", "Sig"))
        assert attempts(farm) == {2: 8}
        assert farm.is_clean()

    def test_jobs_of_another_user_of_the_store_are_not_cancelled(self, farm: Any) -> None:
        left_by_another(farm, begin="now+600")
        done = farm.run("MergeSample", "--sample", "Sig", "--cancel-jobs")
        assert done.stdout == "cancelled jobs: 0 of slurm\n"
        assert "8 jobs of slurm are of other users, who alone can cancel them" in done.stderr
        assert len(farm.pool.queue()) == 8


def left_by_another(farm: Any, begin: str) -> None:
    """Lets another user submit all jobs of the simulated sample, by a command that is killed."""
    farm.lab.without_data()
    farm.site["extra_lines"] = [f"--uid={OTHER}", f"--begin={begin}"]
    process = farm.start("MergeSample", "--sample", "Sig")
    wait_for(lambda: len(farm.pool.queue("waiting")) == 8)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    farm.site["extra_lines"] = []
    for batch in farm.lab.output("jobs").rglob("batches/*.jsonl"):
        os.chown(batch, pwd.getpwnam(OTHER).pw_uid, -1)

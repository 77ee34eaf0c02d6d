"""The same analysis on a real Slurm."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from scenarios import N_STARTS, Once, Scenarios, ended_well, wait_for

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

"""The same analysis on a real Slurm."""

from scenarios import Scenarios


class TestSlurm(Scenarios):
    """See there."""

    engine = "slurm"

"""The same analysis on a real Slurm."""

from scenarios import Once, Scenarios


class TestSlurm(Scenarios, Once):
    """See there."""

    engine = "slurm"

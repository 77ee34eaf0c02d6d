"""The same analysis on a real HTCondor."""

from scenarios import Scenarios


class TestHTCondor(Scenarios):
    """See there."""

    engine = "htcondor"

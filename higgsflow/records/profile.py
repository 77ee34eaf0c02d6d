"""Where the time and the memory of jobs went, stage by stage; profiles of jobs add up."""

from __future__ import annotations

from higgsflow.model.noun import Noun


class StageCost(Noun):
    """What one stage took, without the stages inside it.

    Attributes:
        calls: how often it was entered.
        wall, cpu: seconds.
        memory_mb: by how much the peak of the memory grew in it.
    """

    calls: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    memory_mb: float = 0.0

    def __add__(self, other: StageCost) -> StageCost:
        """Both together; of the memory the larger, since jobs do not share it."""
        return StageCost(
            calls=self.calls + other.calls,
            wall=self.wall + other.wall,
            cpu=self.cpu + other.cpu,
            memory_mb=max(self.memory_mb, other.memory_mb),
        )


class Profile(Noun):
    """What the stages of one or more jobs took, and what they read.

    Attributes:
        stages: by name, in the order in which they were first entered.
        bytes_read: compressed, that files were asked for.
        bytes_needed: compressed, of the baskets that hold the needed columns of the entries.
    """

    stages: dict[str, StageCost] = {}
    bytes_read: int = 0
    bytes_needed: int = 0

    def __add__(self, other: Profile) -> Profile:
        """Both together."""
        names = dict.fromkeys((*self.stages, *other.stages))
        nothing = StageCost()
        return Profile(
            stages={
                name: self.stages.get(name, nothing) + other.stages.get(name, nothing)
                for name in names
            },
            bytes_read=self.bytes_read + other.bytes_read,
            bytes_needed=self.bytes_needed + other.bytes_needed,
        )


def total(profiles: list[Profile]) -> Profile | None:
    """All of them together; None where there are none."""
    if not profiles:
        return None
    found = profiles[0]
    for profile in profiles[1:]:
        found = found + profile
    return found

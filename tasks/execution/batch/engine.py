"""What the batch engines have in common: how they are asked, and how they answer."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from higgsflow.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from higgsflow.model.engines import Site
    from higgsflow.model.jobs import Resources
    from tasks.execution.batch.htcondor import HTCondor
    from tasks.execution.batch.slurm import Slurm

Phase = Literal["waiting", "running", "held", "ended"]
Key = tuple[str, int]  # token of a batch, number of a job in it

_PATIENCE = 300.0  # seconds that an engine may take to answer
# seconds that the engine gives a job beyond what the node does: to start, and to end itself
_MARGIN = 60.0
_SIDE = 150  # letters of each side of a long message
# what programs say when it is not known whether what they asked for was done
_LOST_TOUCH = re.compile(
    r"timed?.?out|unable to contact|(cannot|failed to|unable to) (connect|commit|send|receive)|"
    r"connection (reset|refused|closed)|communication|bytes were transmitted",
    re.IGNORECASE,
)


class EngineError(UserError):
    """An engine that does not answer, or refuses."""

    cause = "the programs of a batch engine do not answer, or refuse what they are given."
    cure = (
        "try the program that is named by hand; correct engines.yaml where it is about what "
        "jobs ask for. Jobs that run go on, and the same command comes back to them."
    )


class NoAnswer(EngineError):
    """An engine that does not answer in time; it may do what it was asked all the same."""

    cause = "a batch engine is busy or away: its programs get no answer in time."
    cure = (
        "wait until the program that is named answers by hand. Jobs that run go on, and the same "
        "command comes back to them."
    )


@dataclass(frozen=True)
class Seen:
    """What an engine says of a job.

    Attributes:
        state: its own words, with the reason where it gives one.
        exit_code: of a job that has ended; negative for a signal; None when it is not known.
    """

    id: str
    phase: Phase
    state: str = ""
    exit_code: int | None = None
    host: str = ""


# of a job that an engine does not speak of any more
UNKNOWN = Seen(id="", phase="ended", state="lost: neither in the queue nor known to have ended")


@dataclass(frozen=True)
class Request:
    """What is submitted at once.

    Attributes:
        owner: common to all batches of a sample and year.
        token: of this batch.
        folder: for what the engine writes.
        resources: of each job, for all its chunks together.
        keep: a descriptor that commands inherit: who waits for the lock on it waits for them too.
    """

    owner: str
    token: str
    folder: Path
    script: Path
    resources: Sequence[Resources]
    keep: int

    def printed(self, number: int) -> Path:
        """Where what the script of a job prints arrives."""
        return self.folder / f"{number}.out"


class Engine(Protocol):
    """A batch engine.

    Attributes:
        commands: the programs that it is asked with.
        prepares_nodes: whether it brings the proxy and opens the image of `container` by itself;
            else the script of a job does.
    """

    commands: ClassVar[tuple[str, ...]]
    prepares_nodes: ClassVar[bool]

    def submit(self, request: Request) -> dict[int, str]:
        """Submits all jobs of a request; what the engine calls each, as far as it says so.

        Raises:
            EngineError: when not all of them were taken; some may have been.
            NoAnswer: when some may be taken later.
        """

    def look(
        self, owner: str, tokens: Collection[str], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        """All jobs of the batches that it has in its queue: of this user, and of these others."""

    def past(
        self, owner: str, jobs: Collection[Key], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        """What became of jobs that are not in its queue any more, as far as it remembers."""

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        """Takes jobs of this user out of the queue, whatever they do; those of others stay."""


def held(there: Mapping[Key, Seen], but: Collection[Key] = ()) -> set[Key]:
    """Jobs that stay in the queue for ever, which nobody waits for.

    Of a job that came to its limit, an engine may say so after the job itself has.
    """
    return {key for key, seen in there.items() if seen.phase == "held" and key not in but}


def in_queue(there: Mapping[Key, Seen], jobs: Collection[Key]) -> set[Key]:
    """Those of some jobs that an engine has and that have not ended."""
    return {key for key in jobs if key in there and there[key].phase != "ended"}


def user_name(uid: int) -> str:
    """What engines call a user, whatever the variables say."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def this_user() -> str:
    """Who submits."""
    return user_name(os.getuid())


def kind_of(engine: str) -> type[HTCondor] | type[Slurm]:
    """The class of an engine by its name."""
    from tasks.execution.batch.htcondor import HTCondor
    from tasks.execution.batch.slurm import Slurm

    kinds: dict[str, type[HTCondor] | type[Slurm]] = {"htcondor": HTCondor, "slurm": Slurm}
    return kinds[engine]


def make_engine(site: Site) -> Engine:
    """The engine of a site.

    Raises:
        EngineError: when its commands are not on this machine.
    """
    kind = kind_of(site.engine)
    missing = [name for name in kind.commands if shutil.which(name) is None]
    if missing:
        raise EngineError(
            f"no {missing[0]} on this machine, which jobs of {site.engine} are submitted with",
            "",
            "log in where it is, or use --workflow local",
        )
    return kind(site)


def ask(arguments: Sequence[str], keep: int | None = None) -> str:
    """What a command prints.

    Raises:
        EngineError: when it fails or does not end.
    """
    try:
        done = subprocess.run(
            list(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE,
            pass_fds=() if keep is None else (keep,),
        )
    except subprocess.CalledProcessError as error:
        reason = " ".join((error.stderr or error.stdout or "").split())
        kind = NoAnswer if _LOST_TOUCH.search(reason) else EngineError
        raise kind(f"{arguments[0]} failed: {_shortened(reason)}") from error
    except OSError as error:
        raise EngineError(f"{arguments[0]} cannot be run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"{arguments[0]} does not answer: {error}") from error
    return done.stdout


def _shortened(text: str) -> str:
    """Its beginning and end: HTCondor says first what is wrong, and then all that it may be."""
    if len(text) <= 2 * _SIDE:
        return text
    beginning, end = text[:_SIDE].rpartition(" ")[0], text[-_SIDE:].partition(" ")[2]
    return f"{beginning} ... {end}"


def run_time(asked: Resources) -> float | None:
    """Seconds after which the engine ends a job, should the node not have done so."""
    if asked.time_limit is None:
        return None
    return asked.time_limit + _MARGIN

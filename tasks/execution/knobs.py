"""What can be changed while jobs run, by messages from luigi's page."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from higgsflow.errors import nearest
from higgsflow.model.quantities import megabytes, seconds

if TYPE_CHECKING:
    from higgsflow.model.jobs import JobsManager, Resources

_UNITS = {"walltime": " s", "memory": " MB", "poll_interval": " s"}
_MESSAGE = re.compile(r"\s*(\w+)\s*[=:]\s*(.+?)\s*")


@dataclass
class Knobs:
    """Settings of jobs that are running.

    Attributes:
        parallel_jobs: at a time; on an engine those of all samples, also those that wait.
        retries: attempts after the first one.
        walltime: seconds of attempts to come; None leaves it as configured.
        memory: megabytes of attempts to come; None leaves it as configured.
    """

    parallel_jobs: int
    retries: int
    walltime: float | None = None
    memory: float | None = None

    def set(self, message: str) -> str:
        """Does what a message such as `memory = 4 GB` says; returns what to answer."""
        found = _MESSAGE.fullmatch(message)
        names = [field.name for field in fields(self)]
        if found is None or found.group(1) not in names:
            guess = nearest(found.group(1), names) if found else ""
            hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(names)}"
            return f"'{message}' cannot be set; {hint}"
        name, text = found.groups()
        try:
            setattr(self, name, _value(name, text))
        except ValueError as error:
            return f"cannot set {name}: {error}"
        return f"{name} is {getattr(self, name):.10g}{_UNITS.get(name, '')} from now on"

    def applied(self, asked: Resources, attempt: int = 1) -> Resources:
        """What an attempt to come asks for: what was said, or more where that was too little."""
        said = {"memory_mb": self.memory, "time_limit": self.walltime}
        known = {name: value for name, value in said.items() if value is not None}
        if attempt > 1:
            known = {name: max(v, getattr(asked, name) or 0.0) for name, v in known.items()}
        return asked.model_copy(update=known)

    def settings(self, before: JobsManager) -> JobsManager:
        """The settings with as many attempts as there may be now."""
        return before.model_copy(update={"attempts": self.retries + 1})


def _value(name: str, text: str) -> Any:
    if name in ("parallel_jobs", "retries"):
        if re.fullmatch(r"-?\d+", text) is None:
            raise ValueError(f"'{text}' is no whole number")
        number: Any = int(text)
    else:
        number = float(megabytes(text) if name == "memory" else seconds(text))
    if number < 0 or (number == 0 and name != "retries"):
        raise ValueError(f"{text} is too small")
    return number

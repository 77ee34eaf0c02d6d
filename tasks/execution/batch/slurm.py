"""Slurm: a batch is as many submissions as it has jobs, several of them at a time."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar

from tasks.execution.batch.engine import EngineError, NoAnswer, Seen, ask, run_time, this_user

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from higgsflow.model.engines import Site
    from tasks.execution.batch.engine import Key, Phase, Request

_NAME = "hf"
_WAITING = ("CONFIGURING", "PENDING", "REQUEUED", "REQUEUE_FED", "RESV_DEL_HOLD", "RESIZING")
_RUNNING = ("RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED")
# reasons for which a job would wait for ever
_STUCK = (
    "JobHeld", "launch failed requeued held", "BadConstraints", "PartitionTimeLimit",
    "InvalidAccount", "InvalidQOS", "DependencyNeverSatisfied",
)  # fmt: skip
_AT_ONCE = 200  # ids in one command


class Slurm:
    """Submits to the cluster that this machine belongs to, and asks it."""

    commands: ClassVar[tuple[str, ...]] = ("sbatch", "squeue", "scancel", "sacct")
    prepares_nodes: ClassVar[bool] = False

    def __init__(self, site: Site) -> None:
        self._site = site

    def submit(self, request: Request) -> dict[int, str]:
        with ThreadPoolExecutor(self._site.submission_threads) as threads:
            futures = [
                threads.submit(ask, arguments(request, number, self._site), request.keep)
                for number in range(len(request.resources))
            ]
        failed = [error for error in (future.exception() for future in futures) if error]
        if failed:
            raise next((error for error in failed if isinstance(error, NoAnswer)), failed[0])
        # with the name of a cluster, where there are several
        return {i: future.result().strip().split(";")[0] for i, future in enumerate(futures)}

    def look(
        self, owner: str, tokens: Collection[str], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        del owner
        answer = ask(
            [
                "squeue", "--noheader", "--states=all", *_of_users(others),
                "--format", "%j|%i|%T|%r|%N",
            ]
        )  # fmt: skip
        rows = (line.split("|", 4) for line in answer.splitlines() if line.count("|") >= 4)
        found = {}
        for name, job_id, state, reason, host in rows:
            key = _key(name)
            if key is not None and key[0] in tokens:
                phase = _phase(state, reason)
                told = f"held: {reason}" if phase == "held" else state
                found[key] = Seen(id=job_id, phase=phase, state=told, host=host)
        return found

    def past(
        self, owner: str, jobs: Collection[Key], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        del owner
        found: dict[Key, Seen] = {}
        for some in _parts([_name_of(*key) for key in sorted(jobs)]):
            found.update(_accounted(some, others))
        return {key: seen for key, seen in found.items() if key in jobs}

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        there = self.look(owner, {token for token, _ in jobs})
        for ids in _parts([there[key].id for key in jobs if key in there]):
            ask(["scancel", "--quiet", *ids])


def arguments(request: Request, number: int, site: Site) -> list[str]:
    """The command that submits one job."""
    asked = request.resources[number]
    limit = run_time(asked)
    said = (
        ("job-name", _name_of(request.token, number)),
        # it fills in what follows a percent sign
        ("output", str(request.printed(number)).replace("%", "%%")),
        ("chdir", str(request.folder)),
        ("cpus-per-task", str(site.cores)),
        ("mem", "" if asked.memory_mb is None else f"{math.ceil(asked.memory_mb)}M"),
        ("time", "" if limit is None else str(math.ceil(limit / 60))),
        ("partition", site.queue),
        ("account", site.account),
    )
    options = [f"--{name}={value}" for name, value in said if value]
    # a lost job is for us to try again; what it needs of the environment is in its script
    fixed = ["--parsable", "--no-requeue", "--export=NIL"]
    script = [str(request.script), request.token, str(number)]
    return ["sbatch", *fixed, *options, *site.extra_lines, *script]


def _of_users(others: Collection[str]) -> list[str]:
    """The option for jobs of whoever submits, and of others."""
    return ["--user", ",".join([this_user(), *sorted(others)])]


def _accounted(names: list[str], others: Collection[str]) -> Iterator[tuple[Key, Seen]]:
    """What the accounting knows; nothing where a cluster has none."""
    fields = "JobName,JobIDRaw,State,ExitCode,NodeList"
    try:
        answer = ask(
            [
                "sacct", "--allocations", "--parsable2", "--noheader", "--starttime", "now-30days",
                *_of_users(others), "--name", ",".join(names), "--format", fields,
            ]
        )  # fmt: skip
    except EngineError:
        return
    for line in answer.splitlines():
        name, job_id, state, code, host = line.split("|")
        key = _key(name)
        if key is not None:
            phase = _phase(state, "")
            yield key, Seen(job_id, phase, state, _exit_code(code), host)


def _exit_code(text: str) -> int:
    code, _, signal = text.partition(":")
    return -int(signal) if signal not in ("", "0") else int(code)


def _phase(state: str, reason: str) -> Phase:
    if state == "REQUEUE_HOLD" or (state in _WAITING and reason.startswith(_STUCK)):
        return "held"
    if state in _WAITING:
        return "waiting"
    return "running" if state in _RUNNING else "ended"


def _name_of(token: str, number: int) -> str:
    return f"{_NAME}.{token}.{number}"


def _key(name: str) -> Key | None:
    parts = name.split(".")
    if len(parts) != 3 or parts[0] != _NAME or not parts[2].isdigit():
        return None
    return parts[1], int(parts[2])


def _parts(texts: list[str]) -> Iterable[list[str]]:
    return (texts[i : i + _AT_ONCE] for i in range(0, len(texts), _AT_ONCE))

"""HTCondor: a batch is one cluster."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, ClassVar

from higgsflow.errors import InvalidConfiguration
from higgsflow.output.atomic import write_text
from tasks.execution.batch.engine import Seen, ask, run_time
from tasks.execution.batch.places import writing_for_engine
from tasks.execution.batch.proxy import proxy_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from higgsflow.model.engines import Site
    from higgsflow.model.jobs import Resources
    from tasks.execution.batch.engine import Key, Phase, Request

_OWNER, _TOKEN, _NUMBER = "HiggsflowSample", "HiggsflowBatch", "HiggsflowJob"
_ATTRIBUTES = (
    "ClusterId,ProcId,JobStatus,HoldReason,LastHoldReason,RemoveReason,ExitCode,ExitBySignal,"
    f"ExitSignal,RemoteHost,LastRemoteHost,{_TOKEN},{_NUMBER}"
)
# manual, "JobStatus"
_PHASES: dict[int, Phase] = {
    1: "waiting",
    2: "running",
    3: "ended",
    4: "ended",
    5: "held",
    6: "running",
    7: "running",
}
_REMOVED = 3
# seconds that a held job stays in the queue, for its reason to be read
_HELD = 600
_SCANNED = 100_000  # entries of the history that are looked at
# reasons to hold a job, as `records.ending` knows them
_LATE, _LARGE = '"run time limit reached"', '"memory limit exceeded"'
_SUBMITTED = re.compile(r"(\d+)\.(\d+) - \1\.(\d+)")
_AT_ONCE = 500  # jobs in one expression


class HTCondor:
    """Submits to the schedd of this machine, and asks it."""

    commands: ClassVar[tuple[str, ...]] = (
        "condor_submit",
        "condor_q",
        "condor_rm",
        "condor_history",
    )
    prepares_nodes: ClassVar[bool] = True

    def __init__(self, site: Site) -> None:
        self._site = site

    def submit(self, request: Request) -> dict[int, str]:
        path = request.folder / "job.sub"
        with writing_for_engine():
            write_text(path, describe(request, self._site))
        return submitted(ask(["condor_submit", "-terse", str(path)], request.keep))

    def look(
        self, owner: str, tokens: Collection[str], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        if not tokens:
            return {}
        whose = ["-allusers"] if others else []
        asked = ["-constraint", f'{_OWNER} == "{owner}"', "-json", "-attributes", _ATTRIBUTES]
        answer = ask(["condor_q", *whose, *asked])
        return {key: seen for key, seen in _parsed(answer).items() if key[0] in tokens}

    def past(
        self, owner: str, jobs: Collection[Key], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        # the history is of all users
        del others
        found: dict[Key, Seen] = {}
        for some in _parts(sorted(jobs)):
            answer = ask(
                [
                    "condor_history", "-constraint", _those(owner, some),
                    "-json", "-attributes", _ATTRIBUTES,
                    "-match", str(len(some)), "-scanlimit", str(_SCANNED),
                ]
            )  # fmt: skip
            found |= _parsed(answer)
        return found

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        there = self.look(owner, {token for token, _ in jobs})
        for some in _parts(sorted(set(jobs) & set(there))):
            ask(["condor_rm", "-constraint", _those(owner, some)])


def submitted(answer: str) -> dict[int, str]:
    """The ids of the jobs of a batch in their order, of an answer such as `7.0 - 7.99`."""
    parts = (found.groups() for found in _SUBMITTED.finditer(answer))
    ids = (f"{c}.{i}" for c, first, last in parts for i in range(int(first), int(last) + 1))
    return dict(enumerate(ids))


def describe(request: Request, site: Site) -> str:
    """The submit file of a batch."""
    # no log of events, which nobody reads: where it cannot be written, jobs never leave the queue
    lines = [
        "universe = vanilla",
        f"executable = {_as_it_is(request.script)}",
        f"arguments = {request.token} $(number)",
        f"initialdir = {_as_it_is(request.folder)}",
        "output = $(number).out",
        "error = $(number).out",
        "should_transfer_files = YES",
        "when_to_transfer_output = ON_EXIT",
        # outputs go to the store by themselves
        'transfer_output_files = ""',
        "notification = Never",
        f'+{_OWNER} = "{request.owner}"',
        f'+{_TOKEN} = "{request.token}"',
        f"+{_NUMBER} = $(number)",
        f"request_cpus = {site.cores}",
        *_of_site(site),
        *_policy(),
        *_queue(request, site),
    ]
    return "\n".join(lines) + "\n"


def _as_it_is(path: Path) -> str:
    """A path in which nothing is filled in."""
    return str(path).replace("$", "$(DOLLAR)")


def _of_site(site: Site) -> list[str]:
    """What is the same for all jobs of a site."""
    if site.queue and not site.flavours:
        raise InvalidConfiguration(
            f"queue '{site.queue}' has no meaning for an HTCondor without flavours",
            "engines.yaml",
            "say it in extra_lines as that pool wants it",
        )
    pairs = (
        (site.account, f"accounting_group = {site.account}"),
        (site.container, f'MY.SingularityImage = "{site.container}"'),
        (site.proxy, f"x509userproxy = {_as_it_is(proxy_of(site)) if site.proxy else ''}"),
        (site.send_credentials, "MY.SendCredential = True"),
    )
    return [*(line for said, line in pairs if said), *site.extra_lines]


def _policy() -> list[str]:
    """Jobs that take too much are held, with a reason; no held job stays for ever."""
    ran = "time() - JobCurrentStartExecutingDate"
    late = f"(JobStatus == 2 && HiggsflowSeconds > 0 && {ran} > HiggsflowSeconds)"
    large = "(JobStatus == 2 && RequestMemory > 0 && MemoryUsage > 1.25 * RequestMemory)"
    return [
        f"periodic_hold = {late} =?= True || {large} =?= True",
        f"periodic_hold_reason = ifThenElse({late} =?= True, {_LATE}, {_LARGE})",
        f"periodic_remove = JobStatus == 5 && time() - EnteredCurrentStatus > {_HELD}",
    ]


def _queue(request: Request, site: Site) -> list[str]:
    """A line for each job, with what it asks for."""
    rows = [_row(number, asked, site) for number, asked in enumerate(request.resources)]
    names = ["number", "seconds", "memory", "flavour"]
    lines = ["+HiggsflowSeconds = $(seconds)"]
    if all(asked.memory_mb is not None for asked in request.resources):
        lines.append("request_memory = $(memory)")
    if site.flavours:
        lines.append('+JobFlavour = "$(flavour)"')
    if site.run_time_attribute:
        lines.append(f"+{site.run_time_attribute} = $(seconds)")
    return [*lines, f"queue {','.join(names)} from (", *rows, ")"]


def _row(number: int, asked: Resources, site: Site) -> str:
    limit = run_time(asked)
    seconds = 0 if limit is None else math.ceil(limit)
    flavour = site.queue or _flavour(seconds, site)
    memory = 0 if asked.memory_mb is None else math.ceil(asked.memory_mb)
    return f"{number}, {seconds}, {memory}, {flavour}"


def _flavour(seconds: float, site: Site) -> str:
    """The shortest flavour that is long enough, the longest where none is."""
    by_time = sorted((longest, name) for name, longest in site.flavours.items())
    fitting = [name for longest, name in by_time if longest >= seconds]
    return (fitting or [name for _, name in by_time[-1:]] or ["none"])[0]


def _those(owner: str, jobs: Iterable[Key]) -> str:
    by_token: dict[str, list[str]] = {}
    for token, number in jobs:
        by_token.setdefault(token, []).append(str(number))
    parts = [
        f'({_TOKEN} == "{token}" && member({_NUMBER}, {{{",".join(numbers)}}}))'
        for token, numbers in by_token.items()
    ]
    return f'{_OWNER} == "{owner}" && ({" || ".join(parts)})'


def _parts(jobs: list[Key]) -> Iterable[list[Key]]:
    return (jobs[i : i + _AT_ONCE] for i in range(0, len(jobs), _AT_ONCE))


def _parsed(answer: str) -> dict[Key, Seen]:
    """The jobs of an answer, which is empty when there are none."""
    entries: list[dict[str, Any]] = json.loads(answer) if answer.strip() else []
    return {(str(e[_TOKEN]), int(e[_NUMBER])): _seen(e) for e in entries if _TOKEN in e}


def _seen(entry: dict[str, Any]) -> Seen:
    status = int(entry["JobStatus"])
    reason = entry.get("HoldReason") or entry.get("LastHoldReason") or ""
    if status == _REMOVED:
        state = f"held: {reason}" if reason else f"removed: {entry.get('RemoveReason', '')}"
    else:
        state = f"held: {reason}" if _PHASES.get(status) == "held" else ""
    return Seen(
        id=f"{entry['ClusterId']}.{entry['ProcId']}",
        phase=_PHASES.get(status, "ended"),
        state=state,
        exit_code=_exit_code(entry),
        host=str(entry.get("RemoteHost") or entry.get("LastRemoteHost") or "").rpartition("@")[2],
    )


def _exit_code(entry: dict[str, Any]) -> int | None:
    if entry.get("ExitBySignal"):
        return -int(entry.get("ExitSignal", 9))
    code = entry.get("ExitCode")
    return None if code is None else int(code)

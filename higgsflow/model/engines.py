"""Where and how jobs are submitted: sites with their batch engine, and what jobs ask for there.

All names are neutral; the modules of the engines in tasks/execution/batch translate them.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.noun import Noun
from higgsflow.model.quantities import Megabytes, Seconds, TimeLimit
from higgsflow.model.short_forms import as_tuple

Engine = Literal["htcondor", "slurm"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("must be one line")
    return text


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"'{name}' is no name of a variable")
    return name


Line = Annotated[str, AfterValidator(_one_line)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(as_tuple)]


class JobSettings(Noun):
    """What a job asks for; a key that is not given leaves to others what they say.

    Attributes:
        memory: megabytes; more is asked for after a job that ran out of it.
        run_time: seconds; likewise.
        queue: partition of Slurm, job flavour of lxplus.
        container: path or address of an image that the job runs in.
        environment: variables of the job.
        proxy: path of a grid proxy that travels with the job.
        extra_lines: of the submit file as they are, for what has no name here.
        chunks_per_job: chunks that one job runs, one after the other.
    """

    memory: Megabytes | None = None
    run_time: TimeLimit | None = None
    cores: int = Field(default=1, ge=1)
    queue: Line = ""
    account: Line = ""
    container: Line = ""
    environment: dict[Annotated[str, AfterValidator(_variable)], str] = {}
    proxy: Line = ""
    extra_lines: Lines = ()
    chunks_per_job: int = Field(default=1, ge=1)


class Rule(JobSettings):
    """Settings for the tasks, samples, years and sites whose names match the patterns."""

    task: Lines = ("*",)
    sample: Lines = ("*",)
    year: Lines = ("*",)
    site: Lines = ("*",)

    def matches(self, site: str, task: str, sample: str, year: str) -> bool:
        """Whether it is about jobs of this kind."""
        pairs = (
            (self.site, site),
            (self.task, task),
            (self.sample, sample),
            (self.year, year),
        )
        return all(_matches(name, patterns) for patterns, name in pairs)


class Site(JobSettings):
    """A place from which jobs are submitted.

    Attributes:
        hosts: patterns of the names of its machines; any machine where there are none.
        submit_folder: where submit files and what engines print go, apart from the store.
        setup: lines of shell that a job runs first.
        python: the interpreter of jobs; that of the command where empty.
        run_time_attribute: of HTCondor, the attribute that tells the run time, such as MaxRuntime.
        flavours: of HTCondor, names of job flavours with their longest run time.
        send_credentials: of HTCondor, whether the user's credentials travel with the job.
        poll_interval: seconds between two looks at the queue.
        max_in_flight: jobs of all samples that wait or run at a time.
        submission_threads: of Slurm, how many submissions go on at a time.
        landing_time: seconds that an output may take to be seen here once its job has ended.
    """

    engine: Engine
    hosts: Lines = ()
    submit_folder: Line = "~/.higgsflow/submit"
    setup: Lines = ()
    python: Line = ""
    run_time_attribute: Line = ""
    flavours: dict[str, Seconds] = {}
    send_credentials: bool = False
    poll_interval: TimeLimit = 30.0
    max_in_flight: int = Field(default=5000, ge=1)
    submission_threads: int = Field(default=4, ge=1)
    landing_time: Seconds = 60.0

    @model_validator(mode="after")
    def _means_something(self) -> Site:
        named = (self.flavours, self.run_time_attribute, self.send_credentials)
        if self.engine != "htcondor" and any(named):
            raise ValueError("flavours, run_time_attribute and send_credentials are of HTCondor")
        return self


class Engines(Noun):
    """All sites, the first that fits is used, and rules, of which later ones win."""

    sites: dict[str, Site]
    rules: tuple[Rule, ...] = ()

    def site_name(self, engine: str, host: str) -> str:
        """The first site of an engine to which a machine belongs.

        Raises:
            InvalidConfiguration: when there is none.
        """
        for name, site in self.sites.items():
            if site.engine == engine and (not site.hosts or _matches(host, site.hosts)):
                return name
        known = ", ".join(f"{n} ({', '.join(s.hosts)})" for n, s in self.sites.items() if s.hosts)
        raise InvalidConfiguration(
            f"no site of engine '{engine}' for the machine '{host}'",
            f"known: {known}",
            "add one to engines.yaml, without hosts for any machine",
        )

    def settings(self, site: str, task: str, sample: str, year: str) -> Site:
        """A site with what its jobs of a task, sample and year ask for."""
        found = self.sites[site]
        for rule in self.rules:
            if rule.matches(site, task, sample, year):
                found = found.model_copy(update=_said(rule, found))
        return found


def _said(rule: Rule, before: Site) -> dict[str, Any]:
    """What a rule says; variables are added to those before, lines follow them."""
    said = {
        name: getattr(rule, name)
        for name in JobSettings.model_fields
        if name in rule.model_fields_set
    }
    if "environment" in said:
        said["environment"] = {**before.environment, **rule.environment}
    if "extra_lines" in said:
        said["extra_lines"] = (*before.extra_lines, *rule.extra_lines)
    return said


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)

"""Datasets of CMS: their files as DAS knows them, asked with `dasgoclient`."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from higgsflow.catalog import files
from higgsflow.catalog.addresses import SERVER
from higgsflow.credentials import refuse_secrets
from higgsflow.errors import InputFileError, InvalidConfiguration, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

REDIRECTOR_VARIABLE = "HIGGSFLOW_XROOTD_REDIRECTOR"
DEFAULT_REDIRECTOR = "root://cms-xrd-global.cern.ch/"

_DATASET = re.compile(r"/[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+/[A-Z0-9-]+")
_TIMEOUT = 300  # seconds; DAS can be slow, but not for ever
_PROXY_HINT = "is the proxy valid? voms-proxy-init -voms cms -rfc"


class DasError(UserError):
    """DAS cannot be asked, or its answer cannot be used."""

    cause = (
        "the catalogue of CMS data sets is asked with `dasgoclient`, which needs a grid proxy "
        "and the network."
    )
    cure = "make a proxy with `voms-proxy-init`, or list the files in a text file instead."


def is_dataset(text: str) -> bool:
    """Whether a text has the form `/primary/processed/TIER`."""
    return _DATASET.fullmatch(text) is not None


def query_das(dataset: str, owner: str) -> tuple[files.InputFile, ...]:
    """The valid files of a dataset with sizes and numbers of events, sorted by url.

    Urls begin with the redirector in HIGGSFLOW_XROOTD_REDIRECTOR, else with the global one.

    Raises:
        InvalidConfiguration: for a text that is no dataset, or a redirector that is none.
        DasError: when DAS cannot be asked or answers with something else.
        InputFileError: when DAS knows no valid files.
    """
    if not is_dataset(dataset):
        raise InvalidConfiguration(
            f"'{dataset}' is not a dataset of DAS",
            f"files of {owner}",
            "write das:/primary/processed/TIER, without wildcards",
        )
    redirector = _redirector()
    known = _files_by_name(_ask(dataset, owner), dataset)
    valid = [file for _, file in sorted(known.items()) if file.get("is_file_valid", 1)]
    if not valid:
        what = f"all {len(known)} files are marked invalid" if known else "it knows no files"
        raise InputFileError(
            f"DAS has nothing for {owner}: {what}", f"in {dataset}", "check the name on cmsweb"
        )
    return tuple(_input_file(file, redirector) for file in valid)


def _redirector() -> str:
    redirector = os.environ.get(REDIRECTOR_VARIABLE) or DEFAULT_REDIRECTOR
    refuse_secrets(redirector, f"in the environment variable {REDIRECTOR_VARIABLE}")
    if not redirector.startswith(SERVER):
        raise InvalidConfiguration(
            f"'{redirector}' is not a redirector",
            f"in the environment variable {REDIRECTOR_VARIABLE}",
            f"such as {DEFAULT_REDIRECTOR}",
        )
    return redirector.rstrip("/")


def _ask(dataset: str, owner: str) -> str:
    """What dasgoclient writes about the files of a dataset."""
    program = _program(dataset, owner)
    query = f"file dataset={dataset}"
    if dataset.endswith("/USER"):
        query += " instance=prod/phys03"
    command = [program, "-json", "-query", query]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise DasError(f"no answer from DAS in {_TIMEOUT} s", f"for {dataset}") from error
    except OSError as error:
        raise DasError(f"cannot run {program}", error.strerror or str(error)) from error
    answer, complaint = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if done.returncode != 0:
        # a missing proxy is told on the standard output
        reason = _first_line(complaint) or _first_line(answer) or f"exit code {done.returncode}"
        raise DasError(f"dasgoclient failed for {dataset} of {owner}", reason, _PROXY_HINT)
    return answer


def _program(dataset: str, owner: str) -> str:
    program = shutil.which("dasgoclient")
    if program is None:
        raise DasError(
            f"no dasgoclient on PATH to look up {dataset}",
            f"files of {owner}",
            "add /cvmfs/cms.cern.ch/common to PATH, or give the files themselves",
        )
    return program


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _files_by_name(answer: str, dataset: str) -> dict[str, dict[str, Any]]:
    """Facts of each file; several services of DAS may each tell a part of them."""
    known: dict[str, dict[str, Any]] = {}
    for record in _records(answer, dataset):
        entries = record.get("file") or []
        for entry in entries if isinstance(entries, list) else [entries]:
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise DasError(f"DAS answers without names of files for {dataset}", _told(record))
            facts = {key: value for key, value in entry.items() if value is not None}
            known.setdefault(entry["name"], {}).update(facts)
    return known


def _told(record: dict[str, Any]) -> str:
    return json.dumps(record)[:200]


def _records(answer: str, dataset: str) -> Iterator[dict[str, Any]]:
    lines = answer.splitlines()
    while lines and not lines[0].lstrip().startswith(("[", "{", "null")):
        # warnings of the services come before the answer
        logger.warning("dasgoclient about %s: %s", dataset, lines.pop(0))
    try:
        content = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise DasError(
            f"DAS answers with something that is not JSON for {dataset}",
            _first_line(answer)[:200] or "an empty answer",
            _PROXY_HINT,
        ) from error
    if isinstance(content, dict):
        content = content.get("data")
    for record in content or []:
        if not isinstance(record, dict):
            raise DasError(f"DAS answers with something else than files for {dataset}")
        yield record


def _input_file(file: dict[str, Any], redirector: str) -> files.InputFile:
    return files.InputFile(
        url=f"{redirector}//{file['name'].lstrip('/')}",
        size=_whole(file.get("size")),
        mtime_ns=None,
        n_events=_whole(file.get("nevents")),
    )


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None

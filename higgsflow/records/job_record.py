"""The record of a job: written after its outputs, it says what they hold.

A job is done when its record parses, its digests are today's, and its output has the recorded
size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from higgsflow.events.chunks import Range
from higgsflow.events.lumisections import Ranges
from higgsflow.model.jobs import Resources
from higgsflow.model.noun import Noun
from higgsflow.records.error_classes import is_infrastructure
from higgsflow.records.ledger import Ledger
from higgsflow.records.names import Names
from higgsflow.records.packed import Packed, as_text, from_text, pack, unpack
from higgsflow.records.profile import Profile

FORMAT = 4
_LEDGERS = b',"ledgers":{"packed":'
# a frame of a traceback, or of what faulthandler writes, which begins with the last call
_FRAME = re.compile(r'^ *File "(.+)", line (\d+),? in ', re.MULTILINE)
_LAST_CALL_FIRST = "most recent call first"


def _unpacked(value: Any) -> Any:
    """In a file they are packed; no variation is called that."""
    if isinstance(value, Mapping) and "packed" in value:
        return unpack(from_text(value))
    return value


def _packed(ledgers: dict[str, Ledger]) -> dict[str, Any]:
    return as_text(pack(ledgers))


Ledgers = Annotated[
    dict[str, Ledger],
    BeforeValidator(_unpacked),
    PlainSerializer(_packed, when_used="json"),
]


class RangeSums(Noun):
    """What was read of one range of entries, before any cut.

    Attributes:
        n_certified: events left after the golden JSON that no other primary dataset has.
        sum_g, sum_g2, sum_abs_g: sums over all events read of the generator weight, its square
            and its absolute value; for data the weight is 1.
        lumisections: of the events read, as rows of (run, first, last); only for data whose file
            does not list its lumisections itself.
    """

    url: str
    uuid: str
    start: int
    stop: int
    n_certified: int
    sum_g: float
    sum_g2: float
    sum_abs_g: float
    lumisections: Ranges | None = None


class Product(Noun):
    """What makes a variation's events what they are: a digest, and one for each extra column.

    No digest has a name in it: the same under another name is the same.
    """

    digest: str
    columns: dict[str, str]

    def covers(self, wanted: Product) -> bool:
        """Whether it can be used where `wanted` is asked for; more columns do no harm."""
        columns = set(wanted.columns.values())
        return self.digest == wanted.digest and columns <= set(self.columns.values())


class Output(Noun):
    """The file of events that a job wrote."""

    name: str
    size: int
    checksum: str
    rows: dict[str, int]


class Effort(Noun):
    """What a job took: seconds, megabytes, and where."""

    started: float
    wall: float
    cpu: float
    peak_memory_mb: float
    host: str
    pid: int
    stages: dict[str, float] = {}
    profile: Profile | None = None


class JobRecord(Noun):
    """One successful job; its ledgers come last, so that the head can be read without them.

    Attributes:
        names: what it calls things by, which may have been renamed since.
        by_uproot: columns that the fast reader left to uproot, each with the reason.
    """

    format: int = FORMAT
    chunk_id: str
    digest: str
    attempt: int
    products: dict[str, Product]
    names: Names = Names()
    ranges: tuple[RangeSums, ...]
    factor_sums: dict[str, float]
    by_uproot: dict[str, str] = {}
    output: Output
    effort: Effort
    versions: dict[str, str]
    ledgers: Ledgers

    @property
    def n_entries(self) -> int:
        """Entries read."""
        return sum(part.stop - part.start for part in self.ranges)


def read_head(content: bytes) -> dict[str, Any]:
    """What a record says besides its ledgers, as it was written.

    Ledgers are nearly all of a record, and looking at a folder needs none of them. Inside a text
    every quote is escaped, so their beginning is found for sure; a record that was cut off lacks
    the end.

    Raises:
        ValueError: when it does not parse.
    """
    start = content.find(_LEDGERS)
    if start < 0 or not content.endswith(b"]}}"):
        found: dict[str, Any] = json.loads(content)
    else:
        found = json.loads(content[:start] + b"}")
    return found


def read_packed(content: bytes) -> tuple[JobRecord, tuple[Packed, ...]]:
    """A record as it was written, without products and ledgers, and the latter as rows.

    Of ten thousand records with all their variations as objects no memory is left.

    Raises:
        ValueError: when it is not a record, or not whole.
    """
    parsed = json.loads(content)
    packed = from_text(parsed["ledgers"])
    return JobRecord.model_validate({**parsed, "ledgers": {}, "products": {}}), packed


class FailureRecord(Noun):
    """One failed attempt at a chunk.

    Attributes:
        error_class: why, see `error_classes`.
        exception: its type, of an exception; empty for a job that was ended from outside.
        says_all: whether the message tells a user what is wrong, so that no traceback need be told.
        failing: the entries that it was working on; None where that is not known.
        final: no attempt follows.
        asked: what the attempt was allowed to use.
        exit_code: of its process, where it left no other word.
        engine_id: the name that the engine gave it.
        batch: of which batch its job was; empty on this machine.
        log: path of what it printed.
        invocation: of the command that heard of it; empty until then.
    """

    chunk_id: str
    digest: str
    attempt: int
    error_class: str
    message: str
    traceback: str = ""
    exception: str = ""
    says_all: bool = False
    failing: Range | None = None
    final: bool = False
    host: str
    started: float
    wall: float
    asked: Resources = Resources()
    exit_code: int | None = None
    engine_id: str = ""
    batch: str = ""
    log: str = ""
    invocation: str = ""

    @property
    def is_infrastructure(self) -> bool:
        """Whether it counts towards what may be lost."""
        return is_infrastructure(self.error_class)

    @property
    def place(self) -> str:
        """Where the exception was raised, as `file:line`; empty without a traceback."""
        found = _FRAME.findall(self.traceback)
        last = 0 if _LAST_CALL_FIRST in self.traceback else -1
        return ":".join(found[last]) if found else ""

    @property
    def cause(self) -> tuple[str, str]:
        """The same for failures with one cause: type of exception and place, else the message."""
        return (self.exception, self.place) if self.place else (self.error_class, self.message)

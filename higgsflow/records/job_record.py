"""The record of a job: written after its outputs, it says what they hold.

A job is done when its record parses, its digests are today's, and its output has the recorded
size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

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
# by which its parts are told apart
_PRODUCTS, _NAMES, _LEDGERS, _PACKED = b',"products":', b',"names":{', b',"ledgers":', b'{"packed":'
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
        sum_g_rest: what rounding took from `sum_g`, so that D is the same however events are cut
            into jobs.
        lumisections: of the events read, as rows of (run, first, last); only for data whose file
            does not list its lumisections itself.
    """

    url: str
    uuid: str
    start: int
    stop: int
    n_certified: int
    sum_g: float
    sum_g_rest: tuple[float, ...] = ()
    sum_g2: float
    sum_abs_g: float
    lumisections: Ranges | None = None

    @property
    def terms_of_g(self) -> tuple[float, ...]:
        """What adds up to the exact sum of the generator weights."""
        return (self.sum_g, *self.sum_g_rest)


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


class _Parts(NamedTuple):
    """A record as JSON: what it says of itself, and what takes its room."""

    head: bytes
    products: bytes
    ledgers: bytes


def _parts(content: bytes) -> _Parts:
    """Of a record; inside a text every quote is escaped, so their beginnings are found for sure.

    No variation is called `names`: all have a direction in their names.

    Raises:
        ValueError: when it is not one, or was cut off.
    """
    marks = (_PRODUCTS, _NAMES, _LEDGERS + _PACKED)
    products, names, ledgers = (content.find(mark) for mark in marks)
    if not 0 < products < names < ledgers or not content.endswith(b"]}}"):
        return _parts_as_parsed(content)
    return _Parts(
        head=content[:products] + content[names:ledgers] + b"}",
        products=content[products + len(_PRODUCTS) : names],
        ledgers=content[ledgers + len(_LEDGERS) : -1],
    )


def _parts_as_parsed(content: bytes) -> _Parts:
    """The same of one that was written otherwise, as by another program."""
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("it is no record")
    products, ledgers = (
        json.dumps(found.pop(name, None)).encode() for name in ("products", "ledgers")
    )
    return _Parts(json.dumps(found).encode(), products, ledgers)


def read_head(content: bytes) -> tuple[dict[str, Any], bytes]:
    """What a record says besides its ledgers and products, and the latter as they are written.

    Both are nearly all of a record. Looking at a folder needs no ledgers, and products are the same
    in nearly all records of a sample.

    Raises:
        ValueError: when it does not parse.
    """
    parts = _parts(content)
    return json.loads(parts.head), parts.products


def read_outline(content: bytes) -> JobRecord:
    """A record without products and ledgers: what whoever watches jobs wants to know.

    With hundreds of variations the whole takes longer to make sense of than some jobs take.

    Raises:
        ValueError: when it is not a record, or not whole.
    """
    head = json.loads(_parts(content).head)
    return JobRecord.model_validate({**head, "ledgers": {}, "products": {}})


def read_packed(content: bytes) -> tuple[JobRecord, tuple[Packed, ...]]:
    """A record as it was written, without products and ledgers, and the latter as rows.

    Of ten thousand records with all their variations as objects no memory is left.

    Raises:
        ValueError: when it is not a record, or not whole.
    """
    return read_outline(content), from_text(json.loads(_parts(content).ledgers))


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
    def first_line(self) -> str:
        """Of its message, which is empty where an exception says nothing."""
        return next(iter(self.message.splitlines()), "")

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

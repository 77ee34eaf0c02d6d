"""How long it takes, and how much memory, to merge the records of a large sample.

    python benchmarks/ledger_merge.py RECORD.json [--records 10000] [--variations 80]

makes a folder of records from a real one (its variations repeated under other names) and prints
the seconds of looking at the folder and of adding everything, and the peak of the memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from higgsflow.events.chunks import Chunk, Range
from higgsflow.model.systematic import NOMINAL
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import JobRecord, RangeSums
from higgsflow.records.ledger import Ledger
from higgsflow.records.sample_jobs import collect, job_rows

_RANDOM = Random(1)


def widened(record: JobRecord, n: int, changed: float) -> JobRecord:
    """The record with n variations: nominal, and the others again and again."""
    others = [name for name in record.ledgers if name != NOMINAL] or [NOMINAL]
    source = {NOMINAL: NOMINAL} | {f"v{i}_up": others[i % len(others)] for i in range(n - 1)}
    return record.model_copy(
        update={
            "ledgers": {
                name: jittered(record.ledgers[old], changed) for name, old in source.items()
            },
            "products": {name: record.products[old] for name, old in source.items()},
            "output": record.output.model_copy(
                update={"rows": {name: record.output.rows[old] for name, old in source.items()}}
            ),
        }
    )


def jittered(ledger: Ledger, share: float) -> Ledger:
    """The ledger with a share of its sums changed: equal ones take less room than real ones."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [changed(item) for item in value]
        if isinstance(value, float) and _RANDOM.random() < share:
            return value * _RANDOM.uniform(0.999, 1.001)
        return value

    return Ledger.model_validate(changed(ledger.model_dump()))


def fill(folder: Path, record: JobRecord, n: int) -> tuple[Chunk, ...]:
    """Writes the records of n chunks, as of other entries each, in which the same was found."""
    content, own = record.model_dump_json(), _ranges(record, 0)
    (folder / record.output.name).write_bytes(bytes(record.output.size))
    chunks = []
    for i in range(n):
        ranges = _ranges(record, i * record.n_entries)
        url, uuid = ranges[0].url, ranges[0].uuid
        asked = (Range(url=url, uuid=uuid, start=part.start, stop=part.stop) for part in ranges)
        chunks.append(Chunk(ranges=tuple(asked)))
        text = content.replace(_text(own), _text(ranges))
        (folder / f"{chunks[-1].id}.d.json").write_text(text, encoding="utf-8")
    return tuple(chunks)


def _ranges(record: JobRecord, shift: int) -> tuple[RangeSums, ...]:
    """What it read, but of entries further back in its file."""
    return tuple(
        part.model_copy(update={"start": part.start + shift, "stop": part.stop + shift})
        for part in record.ranges
    )


def _text(ranges: tuple[RangeSums, ...]) -> str:
    """As it stands in a record."""
    return ",".join(part.model_dump_json() for part in ranges)


def peak_mb() -> float:
    """Peak of the resident memory (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("record", type=Path, help="of a real job")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--variations", type=int, default=80)
    parser.add_argument("--changed", type=float, default=1.0, help="share of sums that vary")
    return parser.parse_args()


def main() -> None:
    """Measures once."""
    given = arguments()
    record = JobRecord.model_validate_json(given.record.read_bytes())
    wide = widened(record, given.variations, given.changed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chunks = fill(folder, wide, given.records)
        size = next(folder.glob("*.json")).stat().st_size
        columns = sum(map(len, record.ledgers[NOMINAL].moments.values()))
        print(f"{given.records} records of {given.variations} variations, {size / 1e3:.0f} kB each")
        print(f"{columns} moments in nominal, memory before {peak_mb():.0f} MB", flush=True)
        looked, added, cpu = measure(folder, chunks, wide)
    print(f"looking at the folder {looked:.1f} s, adding {added:.1f} s")
    print(f"processor time {cpu:.1f} s, peak memory {peak_mb():.0f} MB")


def merge_cost(record: Path, n: int) -> float:
    """Processor seconds to look at n records and add them up."""
    one = JobRecord.model_validate_json(record.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        chunks = fill(Path(folder), one, n)
        return measure(Path(folder), chunks, one)[-1]


def measure(folder: Path, chunks: tuple[Chunk, ...], wide: JobRecord) -> tuple[float, float, float]:
    """Merges and checks one number; seconds of looking and of adding, and processor seconds."""
    start, cpu = time.perf_counter(), time.process_time()
    store = ChunkStore(folder)
    sources = store.done(chunks, wide.products)
    looked = time.perf_counter()
    found, records = collect(store, chunks, sources)
    rows = job_rows(chunks, sources, records, {})
    added, cpu = time.perf_counter(), time.process_time() - cpu
    first, total = (next(iter(one.ledgers[NOMINAL].after.values())).n for one in (wide, found))
    if (len(rows), total) != (len(chunks), len(chunks) * first):
        raise SystemExit("the sum is wrong")
    return looked - start, added - looked, cpu


if __name__ == "__main__":
    main()

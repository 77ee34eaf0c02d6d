"""Which memory of this process large pages are asked for.

Whether there are any is a matter of the moment: free memory may lie in too small pieces.
"""

from __future__ import annotations

from pathlib import Path

SUPPORTED = Path("/sys/kernel/mm/transparent_hugepage").is_dir()


def advised() -> list[range]:
    """Addresses of the heap for which large pages are asked for."""
    found: list[range] = []
    addresses, is_heap = range(0), False
    for line in Path("/proc/self/smaps").read_text("ascii", "replace").splitlines():
        first = line.split()[0]
        if first == "VmFlags:":
            found += [addresses] if is_heap and "hg" in line.split() else []
        elif not first.endswith(":"):
            begin, end = first.split("-")
            addresses, is_heap = range(int(begin, 16), int(end, 16)), line.endswith("[heap]")
    return found


def advised_mb() -> float:
    return sum(map(len, advised())) / 2**20

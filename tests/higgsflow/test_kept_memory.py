"""Memory that is kept, in processes of their own: what is set is set for good."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.large_pages import SUPPORTED

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only the C library of GNU can be told"
)

# a hundred arrays of a megabyte, twice: faults of the second time, and megabytes that stay after it
MEASURE = """
import resource
import numpy as np
from higgsflow.attempt import resident_mb
from higgsflow.kept_memory import give_memory_back, keep_freed_memory

keep = {keep}
if keep:
    keep_freed_memory()
before = resident_mb()
for _ in range(2):
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(1 << 17) for _ in range(100)]
    del arrays
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
stays = resident_mb() - before
give_memory_back()
print(faults, stays, resident_mb() - before)
"""


def measured(keep: bool) -> list[float]:
    command = [sys.executable, "-c", MEASURE.format(keep=keep)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in ended.stdout.split()]


def test_what_is_freed_is_used_again_until_it_is_given_back() -> None:
    faults, stays, left = measured(keep=True)
    assert faults < 1000
    assert stays > 80
    assert left < 20


def test_without_it_all_of_it_is_new_again() -> None:
    """Else nobody would need it."""
    faults, stays, _ = measured(keep=False)
    assert faults > 10_000
    # some of it stays where something small lies above it by chance
    assert stays < 80


LARGE = """
import numpy as np
from higgsflow.kept_memory import keep_freed_memory, use_large_pages
from tests.large_pages import advised

{first}
arrays = [np.ones(1 << 17) for _ in range(100)]
print(sum(any(array.ctypes.data in where for where in advised()) for array in arrays))
"""


def n_in_large_pages(first: str) -> int:
    """Of a hundred arrays of a megabyte."""
    command = [sys.executable, "-c", LARGE.format(first=first)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ended.stdout)


@pytest.mark.skipif(not SUPPORTED, reason="a system without large pages")
def test_large_pages_are_for_all_arrays_only_where_that_was_asked_for() -> None:
    # the second time nothing is done again; a few may fit where something was freed before
    assert n_in_large_pages("use_large_pages(); use_large_pages()") > 90
    assert n_in_large_pages("") == 0


@pytest.mark.skipif(not SUPPORTED, reason="a system without large pages")
def test_large_pages_are_there_also_where_earlier_jobs_left_memory() -> None:
    """Arrays that fit there are in small pages; all others are not."""
    left = "keep_freed_memory(); arrays = [np.ones(1 << 17) for _ in range(80)]; del arrays"
    later = "kept = [np.ones(1 << 17) for _ in range(80)]"
    assert n_in_large_pages(f"{left}; use_large_pages(); {later}") > 90


MUCH_LEFT = """
import numpy as np
from higgsflow.kept_memory import keep_freed_memory, use_large_pages
from tests.large_pages import advised_mb

keep_freed_memory()
arrays = [np.empty(1 << 17) for _ in range({made})]
del arrays{freed}
use_large_pages()
print(advised_mb())
"""


@pytest.mark.skipif(not SUPPORTED, reason="a system without large pages")
@pytest.mark.parametrize(
    ("made", "freed"),
    [(3000, "[:-10]"), (300, ""), (600, ""), (1000, ""), (3000, "")],
    ids=["within", "little at the end", "more", "nearly what is kept", "more than is kept"],
)
def test_large_pages_are_asked_for_where_much_was_left(made: int, freed: str) -> None:
    """As in a process that has done much before it forks workers."""
    command = [sys.executable, "-c", MUCH_LEFT.format(made=made, freed=freed)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(ended.stdout) > 400


FAILED = """
import resource
import numpy as np
from higgsflow.kept_memory import use_large_pages
from tests.large_pages import advised_mb

try:
    np.empty(1 << 45)
except MemoryError:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    use_large_pages()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, advised_mb())
"""


@pytest.mark.skipif(not SUPPORTED, reason="a system without large pages")
def test_where_an_allocation_failed_before_nothing_is_tried_for_long() -> None:
    """The C library may take memory from elsewhere then, and the heap never grow."""
    command = [sys.executable, "-c", FAILED]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    faults, advised = map(float, ended.stdout.split())
    assert faults < 200
    assert advised == 0 or advised > 400


LIMITED = """
import sys
import numpy as np
from higgsflow.attempt import limited_memory, resident_mb
from higgsflow.kept_memory import keep_freed_memory

keep_freed_memory()
arrays = [np.ones(1 << 17) for _ in range(200)]
del arrays
before = resident_mb()
with limited_memory(before + float(sys.argv[1]), sys.stderr):
    print(before - resident_mb())
"""


def given_back(room: float) -> float:
    command = [sys.executable, "-c", LIMITED, str(room)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(ended.stdout)


def test_a_job_with_little_room_does_not_pay_for_an_earlier_one() -> None:
    assert given_back(room=50) > 150
    assert given_back(room=5000) < 50

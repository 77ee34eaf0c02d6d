"""One thread for each job: of libraries whose loops share their work among threads.

A fork takes no threads along, but OpenMP of GCC counts on those that its process had before, and
waits for them without end. So would a job whose code asks a model that was made when its module was
imported. A job has one core in any case.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path

_LIBRARIES = ("libgomp", "libomp", "libiomp")
_MAPS = Path("/proc/self/maps")


def keep_to_one_thread() -> None:
    """Lets loops of OpenMP in this process go without other threads."""
    # for libraries that are loaded later
    os.environ["OMP_NUM_THREADS"] = "1"
    for path in _loaded():
        # what is loaded already is not loaded once more
        with suppress(OSError, AttributeError):
            ctypes.CDLL(path).omp_set_num_threads(1)


def _loaded() -> set[str]:
    """Paths of the libraries of OpenMP that this process has; none where Linux does not say it."""
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    # address, rights, offset, device, inode, and the path of what is a file
    paths = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6}
    return {path for path in paths if Path(path).name.startswith(_LIBRARIES)}

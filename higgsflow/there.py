"""Whether something is on the disk; where that cannot be seen, an error and no answer.

`Path.exists`, `is_file` and `is_dir` answer no where a folder may not be looked into, from Python
3.14 on: what was made would be made again, and failures would be taken for none.
"""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from pathlib import Path

# the last of a name that no file could have
_NOWHERE = (FileNotFoundError, NotADirectoryError, ValueError)
_LOOPS = (errno.ELOOP, errno.EBADF)


def is_there(path: Path) -> bool:
    """Whether the path leads to something.

    Raises:
        OSError: where that cannot be seen.
    """
    return _status(path) is not None


def is_file(path: Path) -> bool:
    """Whether the path leads to a file.

    Raises:
        OSError: where that cannot be seen.
    """
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def is_folder(path: Path) -> bool:
    """Whether the path leads to a folder.

    Raises:
        OSError: where that cannot be seen.
    """
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except _NOWHERE:
        return None
    except OSError as error:
        if error.errno in _LOOPS:
            return None
        raise

"""Compiles the kernels of higgsflow/compiled; where that cannot be done, numpy does their work.

Each gets the digest of its source, so that one which is out of date is noticed and not used.
"""

import hashlib
from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("higgsflow", "compiled")


def kernels(path: Path) -> Extension:
    """The module of one file; not having it is no error."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Extension(
        f"higgsflow.compiled.{path.stem}",
        [str(path)],
        define_macros=[("SOURCE_DIGEST", f'"{digest}"')],
        # the same roundings as numpy: no product and sum in one step
        extra_compile_args=["-O3", "-g0", "-ffp-contract=off"],
        optional=True,
    )


setup(
    ext_modules=[kernels(path) for path in sorted(FOLDER.glob("*.pyx"))],
    # whatever the times of files say
    options={"build_ext": {"force": True}},
)

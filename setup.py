"""Compiles the kernels of higgsflow/compiled; where that cannot be done, numpy does their work.

Each gets the digest of its source, so that one which is out of date is noticed and not used.
"""

import hashlib
import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

FOLDER = Path("higgsflow", "compiled")


def kernels(path: Path) -> Extension:
    """The module of one file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Extension(
        f"higgsflow.compiled.{path.stem}",
        [str(path)],
        define_macros=[("SOURCE_DIGEST", f'"{digest}"')],
        # the same roundings as numpy: no product and sum in one step
        extra_compile_args=["-O3", "-g0", "-ffp-contract=off"],
    )


# in processes, since Cython is not made for threads; whatever the times of files say
made = cythonize(
    [kernels(path) for path in sorted(FOLDER.glob("*.pyx"))],
    nthreads=os.cpu_count() or 1,
    force=True,
    quiet=True,
)
for kernel in made:
    # not having it is no error; Cython forgets what was said of it before
    kernel.optional = True

setup(
    ext_modules=made,
    # compiling is most of an installation
    options={"build_ext": {"force": True, "parallel": os.cpu_count() or 1}},
)

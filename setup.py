"""Compiles the kernels of higgsflow/compiled; where that cannot be done, numpy does their work.

Each gets the digest of its source, so that one which is out of date is noticed and not used.
"""

import hashlib
import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = Path("higgsflow", "compiled")
# what Cython needs for arrays, once instead of in every kernel: it was half of the compiling
SHARED = "_shared"


def kernel(name: str, source: Path, **options: list[tuple[str, str]]) -> Extension:
    """A module of the folder; not having it is no error."""
    return Extension(
        f"higgsflow.compiled.{name}",
        [str(source)],
        # the same roundings as numpy: no product and sum in one step
        extra_compile_args=["-O3", "-g0", "-ffp-contract=off"],
        optional=True,
        **options,
    )


def known_source(path: Path) -> list[tuple[str, str]]:
    """The definition that tells a kernel what it was made from."""
    return [("SOURCE_DIGEST", f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"')]


class Translated(build_ext):
    """Has Cython write C only where that is compiled: pip runs this file three times."""

    # under which it finds its options
    command_name = "build_ext"

    def run(self) -> None:
        """In processes, since Cython is not made for threads; whatever the times of files say."""
        made = cythonize(
            self.extensions,
            shared_utility_qualified_name=f"higgsflow.compiled.{SHARED}",
            nthreads=os.cpu_count() or 1,
            force=True,
            quiet=True,
        )
        # Cython forgets other things that were said of them
        for extension, translated in zip(self.extensions, made, strict=True):
            extension.sources = translated.sources
        super().run()


# processes that translate import this file again, where Python does not fork them
if __name__ == "__main__":
    setup(
        ext_modules=[
            kernel(SHARED, FOLDER / f"{SHARED}.c"),
            *(
                kernel(path.stem, path, define_macros=known_source(path))
                for path in sorted(FOLDER.glob("*.pyx"))
            ),
        ],
        cmdclass={"build_ext": Translated},
        # compiling is most of an installation
        options={"build_ext": {"force": True, "parallel": os.cpu_count() or 1}},
    )

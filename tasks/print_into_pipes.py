"""What is printed may go to a reader that has seen enough, such as `| head`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from higgsflow.standard_output import write_no_more
from tasks.parameter_values import RemembersValues

if TYPE_CHECKING:
    from collections.abc import Iterator


class PrintsIntoPipes(RemembersValues):
    """Base of stages: an answer that nobody reads to its end is no error."""

    exclude_index = True

    def _print_deps(self, args: Any) -> Any:
        with _until_nobody_reads():
            return super()._print_deps(args)

    def _print_status(self, args: Any) -> Any:
        with _until_nobody_reads():
            return super()._print_status(args)

    def _print_output(self, args: Any) -> Any:
        with _until_nobody_reads():
            return super()._print_output(args)


@contextmanager
def printing(lost: type[OSError] = BrokenPipeError) -> Iterator[None]:
    """For what a stage prints at its end: where nobody reads it, the stage is done all the same.

    `lost` are the errors that mean this: all, where what is printed is also in files.
    """
    try:
        yield
        sys.stdout.flush()
    except lost:
        write_no_more()


@contextmanager
def _until_nobody_reads() -> Iterator[None]:
    """Ends the program, as all is well, where the reader has closed its end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        write_no_more()
        raise SystemExit(0) from None

"""The command `higgsflow`: a file per command, which asks one function and shows its answer."""

from higgsflow.cli.program import main

__all__ = ["main"]

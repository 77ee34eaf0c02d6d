"""The stages, one law task per file: they carry, physics computes."""

from tasks.execution import collector

# before all else is imported
collector.spare()

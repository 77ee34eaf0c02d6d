"""The stages, one law task per file: they carry, physics computes."""

"""Shifts and factors that systematics may call by name."""

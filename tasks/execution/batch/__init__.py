"""Batch engines: jobs are written to the store, submitted, watched, and taken over after a kill."""

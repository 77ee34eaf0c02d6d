"""Batch engines: jobs are written to the store, submitted, watched, and taken over after a kill."""

# the folder, among what is kept of jobs, of what was submitted at once
BATCHES = "batches"

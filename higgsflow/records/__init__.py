"""Mergeable metadata: what every job knows about the events it processed."""

"""Named cuts and what they let pass."""

"""The graphs a user launches."""

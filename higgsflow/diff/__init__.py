"""What differs between two sets of events: of two stores, or of another framework's files."""

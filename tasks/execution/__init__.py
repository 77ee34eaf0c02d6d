"""Where the branches of ProcessSample run."""

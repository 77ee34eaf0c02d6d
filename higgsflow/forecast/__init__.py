"""What an analysis will take, from a probe of some thousand events of each sample."""

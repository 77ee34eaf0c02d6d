"""The catalogue: samples with their addresses, as written in YAML or JSON."""

"""The programs behind every figure of performance: inputs, peers, measurements, tables, plots."""

"""NanoAOD-like files of any codec, basket size and share of signal, written quickly."""

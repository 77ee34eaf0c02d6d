"""The frozen nouns that a configuration describes."""

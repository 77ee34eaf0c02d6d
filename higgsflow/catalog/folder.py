"""The folder config/: analyses by their name, and what lies beside them."""

from __future__ import annotations

from pathlib import Path

CONFIG_FOLDER = Path(__file__).resolve().parents[2] / "config"
# sites of batch engines: no analysis, though it lies among them
ENGINES_FILE = CONFIG_FOLDER / "engines.yaml"


def known_analyses() -> tuple[str, ...]:
    """The names of the analyses in config/."""
    found = set(CONFIG_FOLDER.glob("*.yaml")) - {ENGINES_FILE}
    return tuple(sorted(path.stem for path in found))

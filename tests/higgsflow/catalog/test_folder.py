from __future__ import annotations

from higgsflow.catalog.folder import CONFIG_FOLDER, ENGINES_FILE, known_analyses


def test_sites_of_engines_are_no_analysis() -> None:
    assert ENGINES_FILE.is_file()
    assert ENGINES_FILE.stem not in known_analyses()
    assert {"demo", "hgg"} <= set(known_analyses())


def test_every_name_is_a_file() -> None:
    assert all((CONFIG_FOLDER / f"{name}.yaml").is_file() for name in known_analyses())

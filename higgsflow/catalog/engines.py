"""Reads where and how jobs are submitted."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from higgsflow.catalog.folder import ENGINES_FILE
from higgsflow.catalog.load import validated
from higgsflow.catalog.paths import expanded
from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.model.engines import Engines

VARIABLE = "HIGGSFLOW_ENGINES_FILE"


def load_engines() -> Engines:
    """The file that HIGGSFLOW_ENGINES_FILE names, config/engines.yaml without it.

    Raises:
        UserError: naming file, place and reason, with the nearest known key.
    """
    named = os.environ.get(VARIABLE)
    return _load(Path(expanded(named, VARIABLE)).resolve() if named else ENGINES_FILE)


@functools.cache
def _load(path: Path) -> Engines:
    return validated(Engines, read_yaml(path), str(path))

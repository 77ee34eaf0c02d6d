"""Files of corrections, as groups publish them, for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_correction(path: Path, inputs: Mapping[str, str], data: Any) -> str:
    """Writes one correction, called `medium`; `inputs` are types by name. Returns the path."""
    correction = {
        "name": "medium",
        "version": 1,
        "inputs": [{"name": name, "type": kind} for name, kind in inputs.items()],
        "output": {"name": "value", "type": "real"},
        "data": data,
    }
    content = {"schema_version": 2, "corrections": [correction]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)

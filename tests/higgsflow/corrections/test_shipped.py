from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from higgsflow import corrections
from higgsflow.corrections.shipped import SHIPPED
from higgsflow.model.reference import resolve


def test_functions_are_there() -> None:
    assert all(callable(resolve(reference)) for reference in SHIPPED)


def test_every_function_that_a_shift_may_name_says_what_it_shifts() -> None:
    found = set()
    for path in Path(str(corrections.__path__[0])).glob("*.py"):
        module = importlib.import_module(f"higgsflow.corrections.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if list(inspect.signature(function).parameters)[:2] == ["events", "direction"]:
                found.add(f"{function.__module__}:{name}")
    assert found == set(SHIPPED)

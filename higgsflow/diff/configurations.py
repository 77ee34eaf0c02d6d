"""How the configurations of two stores differ: often why their events do, or do not yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from higgsflow.ingredients import differences, flattened

if TYPE_CHECKING:
    from higgsflow.ingredients import Ingredients
    from higgsflow.model.analysis import AnalysisModel

# what a version is called, where it lies and where its jobs ran changes no number
_ELSEWHERE = {"name", "version", "store", "python_path", "jobs_manager", "report"}


def configurations(a: AnalysisModel | None, b: AnalysisModel | None) -> tuple[str, ...]:
    """In words, from A to B; nothing where a side is no store."""
    if a is None or b is None:
        return ()
    return differences(_said(a), _said(b))


def _said(analysis: AnalysisModel) -> Ingredients:
    said = analysis.model_dump(mode="json", by_alias=True, exclude=_ELSEWHERE)
    known = {**said, "min_completion": analysis.jobs_manager.min_completion}
    return flattened(dict(_things(known, "")))


def _things(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each thing that has a name under it: one that is added is told once, and moves no others."""
    if isinstance(value, Mapping) and value.get("name"):
        yield f"{path.removesuffix('.' + value['name'])} {value['name']}: ", value
    elif isinstance(value, Mapping) and value:
        for key, one in value.items():
            yield from _things(one, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        names = [one["name"] for one in value if isinstance(one, Mapping) and one.get("name")]
        yield from ((f"order of {path}", names),) if names else ()
        for one in value:
            yield from _things(one, path)
    else:
        yield path, value

from typing import Any

SOURCE: str

def begin_alike(stored: Any, offsets: Any, start: int, size: int) -> Any: ...

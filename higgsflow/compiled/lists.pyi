from typing import Any

SOURCE: str

def edges(mask: Any, offsets: Any) -> Any: ...

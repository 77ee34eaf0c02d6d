from typing import Any

SOURCE: str

def copied(values: Any, offsets: Any, rows: Any) -> Any: ...

from typing import Any

SOURCE: str

def of_columns(columns: Any, weight: Any, groups: Any) -> Any: ...

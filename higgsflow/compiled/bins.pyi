from typing import Any

SOURCE: str

def of_values(edges: Any, values: Any) -> Any: ...

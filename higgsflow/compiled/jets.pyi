from typing import Any

SOURCE: str

def counted(pt: Any, offsets: Any, selected: Any, is_central: Any, is_b: Any) -> Any: ...

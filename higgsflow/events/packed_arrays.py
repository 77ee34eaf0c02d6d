"""Arrays of numbers that ROOT packs, which uproot reads as other numbers, or not at all.

ROOT keeps a `Float16_t`, and a `Double32_t` with a range or a number of bits, in less than a float.
Of one number per event uproot knows that; of an array it takes what is packed for floats.

Source: TLeafF16 and TLeafD32, https://root.cern/doc/master/classTLeafD32.html; uproot 5.7.
"""

from __future__ import annotations

import re
from typing import Any

from higgsflow.errors import InputFileError

_PACKED = {"TLeafF16": "Float16_t[]", "TLeafD32": "Double32_t[]"}
# as `x[nJet]/d[0,10,12]`, `x[nJet]/d`, or `x[nJet]`
_ARRAY, _PACKED_ARRAY = re.compile(r"[^/]*\["), re.compile(r"[^/]*\[.*\]/d\[")


def packed_type(branch: Any) -> str | None:
    """The type of a column of packed arrays as ROOT calls it; None for every other one."""
    leaves = branch.member("fLeaves", none_if_missing=True) or ()
    for leaf in leaves:
        name = _PACKED.get(leaf.classname)
        # a Double32_t of which nothing else is said is kept as a float
        pattern = _PACKED_ARRAY if leaf.classname == "TLeafD32" else _ARRAY
        if name and pattern.match(leaf.member("fTitle")):
            return name
    return None


def check_not_packed(type_name: str | None, name: str, url: str) -> None:
    """Raises an `InputFileError` where a column of this type cannot be read."""
    if type_name in _PACKED.values():
        raise InputFileError(
            f"'{name}' is an array of packed numbers, which cannot be read",
            f"it is of type {type_name}, in {url}",
            "write it as float",
        )

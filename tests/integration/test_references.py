"""Every way in which code of a user can refer to other code of the user counts.

Each number below decides on events, by another way: changed in its place, it is as if the store
were new. What is written otherwise and says the same changes nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.code import _path_of, code_parts
from tests.made_again import N_CHUNKS, rerun

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

# in two folders of python_path
SOURCES = {
    "code/ref_cuts.py": '''
"""The first of them."""
import functools
from importlib import import_module

import ref_pack
import ref_pack.sub as sub
from ref_helpers import LOW, above
from ref_pack import changed
from ref_pack.inner.leaf import leaf
from ref_stars import *

TABLE = {"low": [0, 90.1]}


class Base:
    low = 90.2


class Limits(Base):
    pass


def closure(low):
    return lambda mass: mass > low


over = closure(90.3)
least = functools.partial(max, 90.4)


def decorated(function):
    @functools.wraps(function)
    def both(mass, low=90.5):
        return function(mass) & (mass > low)

    return both


@decorated
def passes(mass):
    from ref_late import LATE

    by_name = import_module("ref_named").NAMED
    lows = (LOW, STAR, LATE, by_name, TABLE["low"][1], Limits.low, least(0.0), sub.cut(), leaf())
    lows = (*lows, changed.LOW, ref_pack.LOW)
    return (mass > max(lows)) & above(mass) & over(mass)
''',
    "code/ref_helpers.py": "from ref_second import SECOND\n\nLOW = 90.6\n\n\n"
    "def above(mass):\n    return mass > SECOND\n",
    "code/ref_second.py": "SECOND = 90.7\n",
    "code/ref_stars.py": "STAR = 90.8\n",
    "code/ref_pack/__init__.py": "from .conf import LOW\nfrom . import setter\n",
    "code/ref_pack/conf.py": "LOW = 90.9\n",
    "code/ref_pack/changed.py": "LOW = 0.0\n",
    "code/ref_pack/setter.py": "from . import changed\n\nchanged.LOW = 91.1\n",
    "code/ref_pack/sub.py": "def cut():\n    from ._hidden import HIDDEN\n    return HIDDEN\n",
    "code/ref_pack/_hidden.py": "HIDDEN = 91.2\n",
    "code/ref_pack/inner/__init__.py": "from . import leaf as module\n\nmodule.LEAF = 91.3\n",
    "code/ref_pack/inner/leaf.py": "LEAF = 0.0\n\n\ndef leaf():\n    return LEAF\n",
    "other/ref_late.py": "from ref_third import THIRD as LATE\n",
    "other/ref_third.py": "THIRD = 91.4\n",
    "other/ref_named.py": "NAMED = 91.5\n",
}
NUMBERS = [f"{90 + n / 10:.1f}" for n in (*range(1, 10), *range(11, 16))]
REFERENCE = "ref_cuts:passes"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, source in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    for name in ("other", "code"):
        monkeypatch.syspath_prepend(str(tmp_path / name))
    # of the folder of the test before
    _path_of.cache_clear()
    forget_modules()
    return tmp_path


def forget_modules() -> None:
    """The next import is of the files as they are."""
    for name in [name for name in sys.modules if name.startswith("ref_")]:
        del sys.modules[name]


def change(folder: Path, number: str, other: str) -> Path:
    """Says another number in the only file that says it."""
    paths = [path for name in ("code", "other") for path in (folder / name).rglob("*.py")]
    (path,) = (path for path in paths if number in path.read_text("utf-8"))
    path.write_text(path.read_text("utf-8").replace(number, other), encoding="utf-8")
    return path


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_counts_wherever_it_is(folder: Path, number: str) -> None:
    before = code_parts(REFERENCE)
    path = change(folder, number, "140.0")
    assert code_parts(REFERENCE) != before
    text = path.read_text("utf-8").replace("140.0", number)
    path.write_text(f"# another comment\n{text}", encoding="utf-8")
    assert code_parts(REFERENCE) == before


def test_what_was_made_with_other_numbers_is_made_again(lab: Lab, folder: Path) -> None:
    """The events are those of an empty store, change after change."""
    lab.without_data()
    source = lab.taggers.read_text("utf-8").replace("events.mass > low,", "passes(events.mass),")
    lab.taggers.write_text(f"from ref_cuts import passes\n{source}", encoding="utf-8")
    assert lab.run("MergeSample", sample="Sig")
    for low, number in enumerate(("90.7", "91.1", "91.3", "91.5"), start=100):
        change(folder, number, f"{low}.0")
        forget_modules()
        assert len(rerun(lab)[1]) == N_CHUNKS, number
        assert min(lab.table()["m_gg"].to_numpy()) > low

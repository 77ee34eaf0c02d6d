"""Digests of code in `__main__`, where a script of the user stands during each test."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from higgsflow.code import code_parts
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNTER = itertools.count(1)
HELPER = "LOW = {low}\n\n\ndef cut(events):\n    # {comment}\n    return events.MET_pt > LOW\n"
TAGGER = "\n\ndef t(events):\n    return {mask}\n"


class Script:
    """What is in `__main__`, and a module beside it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = folder, monkeypatch
        monkeypatch.syspath_prepend(str(folder))

    def run(self, text: str) -> str:
        """The digest of `t`, as another process would have it."""
        path = self._folder / f"script{next(COUNTER)}.py"
        path.write_text(text, encoding="utf-8")
        main = ModuleType("__main__")
        main.__file__ = str(path)
        self._monkeypatch.setitem(sys.modules, "__main__", main)
        exec(compile(text, str(path), "exec"), vars(main))
        return code_parts("__main__:t")

    def beside(self, low: int, comment: str = "") -> None:
        """Writes the module beside it, which the next script imports anew."""
        text = HELPER.format(low=low, comment=comment)
        (self._folder / "module_of_script.py").write_text(text, encoding="utf-8")
        sys.modules.pop("module_of_script", None)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Script(tmp_path, monkeypatch)
    sys.modules.pop("module_of_script", None)


def tagger(mask: str) -> str:
    return TAGGER.format(mask=mask)


@pytest.mark.parametrize(
    "text",
    [
        "CUT = {}" + tagger("events.MET_pt > CUT"),
        "CUT = {}" + tagger("events.MET_pt > globals()['CUT']"),
        "CUT = {}\n\n\ndef t(events, low=CUT):\n    return events.MET_pt > low\n",
        "CUT = {}\n\n\ndef t(events, *, low=CUT):\n    return events.MET_pt > low\n",
        "CUT = {}\n\n\ndef f(x, low=CUT):\n    return x > low\n" + tagger("f(events.MET_pt)"),
        "f = lambda x: x > {}\n" + tagger("f(events.MET_pt)"),
        "fs = [\n    lambda x: x > {},\n]\n" + tagger("fs[0](events.MET_pt)"),
        "def make(low):\n    def f(x):\n        return x > low\n    return f\n\n\nf = make({})\n"
        + tagger("f(events.MET_pt)"),
        "from functools import partial\n\n\ndef g(low, x):\n    return x > low\n\n\n"
        "f = partial(g, {})\n" + tagger("f(events.MET_pt)"),
        "import numpy as np\nE = np.arange(3000.0)\nE[1500] = {}\n"
        + tagger("events.MET_pt > E[1500]"),
        "import awkward as ak\nE = ak.Array([[1]] * 500 + [[{}]] + [[1]] * 500)\n"
        + tagger("events.MET_pt > E[500, 0]"),
        "class C:\n    pass\n\n\nc = C()\nc.low = {}\n" + tagger("events.MET_pt > c.low"),
        "class C:\n    def to_list(self):\n        return []\n\n\nc = C()\nc.low = {}\n"
        + tagger("events.MET_pt > c.low"),
        "class C:\n    def low(self):\n        return {}\n\n\nc = C()\n"
        + tagger("events.MET_pt > c.low()"),
        "class C:\n    def f(self, x):\n        return x > {}\n\n\nf = C().f\n"
        + tagger("f(events.MET_pt)"),
        "class Base:\n    def low(self):\n        return {}\n\n\nclass t(Base):\n    pass\n",
        "CUT = {}\n\n\nclass t:\n    @property\n    def low(self):\n        return CUT\n",
        "CUT = {}\n\n\nclass t:\n    @staticmethod\n    def low():\n        return CUT\n",
        "CUT = {}\n\n\nclass t:\n    low = CUT\n",
        "import functools\n\n\ndef over(f):\n    @functools.wraps(f)\n    def g(x):\n"
        "        return f(x) and x.MET_pt > {}\n    return g\n\n\n@over" + tagger("True")[1:],
    ],
)
def test_all_that_a_script_uses_counts(script: Script, text: str) -> None:
    before = script.run(text.format(20))
    assert script.run(text.format(20)) == before
    assert script.run(text.format(100)) != before


@pytest.mark.parametrize(
    ("imports", "mask"),
    [
        ("from module_of_script import cut", "cut(events)"),
        ("import module_of_script", "module_of_script.cut(events)"),
        ("import module_of_script as m", "m.LOW"),
        ("import module_of_script as m", "getattr(m, 'LOW')"),
        ("import module_of_script as m", "vars(m)['LOW']"),
        ("from module_of_script import LOW", "events.MET_pt > LOW"),
    ],
)
def test_what_it_uses_of_a_module_of_the_user_counts(
    script: Script, imports: str, mask: str
) -> None:
    script.beside(20)
    text = imports + tagger(mask)
    before = script.run(text)
    script.beside(20, comment="said otherwise")
    assert script.run(text) == before
    script.beside(100)
    assert script.run(text) != before


@pytest.mark.parametrize(
    "imports",
    [
        "from module_of_script import LOW",
        "import module_of_script as m\n    LOW = m.LOW",
        "from importlib import import_module\n    LOW = import_module('module_of_script').LOW",
    ],
)
def test_what_is_imported_when_it_runs_counts(script: Script, imports: str) -> None:
    """Which may not be in memory yet."""
    text = f"def t(events):\n    {imports}\n    return events.MET_pt > LOW\n"
    script.beside(20)
    before = script.run(text)
    script.beside(20, comment="said otherwise")
    assert script.run(text) == before
    script.beside(100)
    assert script.run(text) != before


def test_a_value_that_is_called_as_an_attribute_is_no_part_of_it(script: Script) -> None:
    """A notebook keeps results beside its taggers, often under the names of columns."""
    text = tagger("events.met > 100")
    assert script.run(text) == script.run("met = [1, 2]\n" + text)


def test_what_is_installed_counts_by_its_name(script: Script) -> None:
    text = "import numpy as np\nfrom textwrap import {}\n" + tagger("np.abs(change(events))")
    before = script.run(text.format("dedent as change"))
    assert script.run(text.format("dedent as change")) == before
    assert script.run(text.format("indent as change")) != before


def test_things_that_refer_to_each_other_are_no_trouble(script: Script) -> None:
    text = "a = {}\na['a'] = a\n\n\ndef f():\n    return t, a\n" + tagger("f()")
    assert script.run(text) == script.run(text)


def test_a_set_is_the_same_in_any_order(script: Script) -> None:
    first, second = (f"E = set({words})\n" + tagger("E") for words in ("'ab'", "'ba'"))
    assert script.run(first) == script.run(second)


CORRECTIONS = """
import correctionlib.schemav2 as schema
from correctionlib import CorrectionSet

sf = schema.Correction(
    name="sf", version=1, inputs=[], output=schema.Variable(name="sf", type="real"), data={}
)
said = schema.CorrectionSet(schema_version=2, corrections=[sf]).model_dump_json(exclude_unset=True)
USED = CorrectionSet.from_string(said)
"""


PARTIAL = """
from functools import partial


class C:
    __slots__ = ()

    def __reduce_ex__(self, protocol):
        return partial(max, {}), ()


USED = C()
"""


@pytest.mark.parametrize(
    "text",
    [
        CORRECTIONS,
        CORRECTIONS + "USED = USED['sf']\n",
        # which shows the sum of its bins only
        "import hist\n\nUSED = hist.Hist.new.Reg(10, 0, 100).Double().fill([{}])\n",
        "import collections\n\nUSED = collections.deque([{}])\n",
        "import numpy as np\n\nUSED = np.random.default_rng({})\n",
        # of the script itself, but with no fields that say it
        "class C:\n    __slots__ = ('low',)\n\n\nUSED = C()\nUSED.low = {}\n",
        # which pickling makes by what is no function
        PARTIAL,
    ],
)
def test_an_object_counts_by_its_content(script: Script, text: str) -> None:
    """Not by its place in memory, which is another one in each process, nor by what it shows."""
    text += tagger("USED")
    before = script.run(text.format(20))
    kept = sys.modules["__main__"]
    assert script.run(text.format(20)) == before
    assert kept is not sys.modules["__main__"]
    assert script.run(text.format(95)) != before


def test_a_function_without_source_is_an_error(script: Script) -> None:
    script.run(tagger("True"))
    # Python 3.13 knows the text of what `python -c` runs by the name that exec would give
    code = compile("def t(events): return True", "<made>", "exec")
    exec(code, vars(sys.modules["__main__"]))
    with pytest.raises(InvalidConfiguration, match="cannot read the source of '__main__:t'"):
        code_parts("__main__:t")


TELLING = """
class Base:
    def select(self, events):
        return events.MET_pt > {low}

    def describes(self, context):
        return {{"met": "{text}"}}

    def measures(self, events, decision, context):
        return {{"{text}": 1}}


class t(Base):
    def made_of(self, context):
        return {{"GoodMuon": "{text}"}}

    {more}
"""


def test_what_a_class_only_tells_is_no_part_of_it(script: Script) -> None:
    def digest(low: int = 1, text: str = "a", more: str = "pass") -> dict[str, str]:
        return script.run(TELLING.format(low=low, text=text, more=more))

    assert digest(text="b") == digest()
    assert digest(low=2) != digest()
    # where it decides with it, it is part of it
    used = "def adds(self, context):\n        return self.made_of(context)"
    assert digest(more=used, text="b") != digest(more=used)


def test_what_a_function_only_tells_is_no_part_of_it(script: Script) -> None:
    text = (
        "from higgsflow import tagger\n\n\n@tagger(describes={{'met': '{}'}}, adds={{'met': '{}'}})"
    )
    told = [
        script.run(text.format(*words) + tagger("events.MET_pt > 1").lstrip().join(("\n", "")))
        for words in (("a", "float64"), ("b", "float64"), ("b", "float32"))
    ]
    assert told[0] == told[1] != told[2]

"""Digests of a user's own code, written into a folder as a user would."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from higgsflow.code import (
    check_late_imports,
    code_parts,
    freeze,
    mentions,
    physics_digest,
    physics_parts,
    refresh,
    thaw,
)
from higgsflow.corrections.shipped import SHIPPED as CORRECTIONS
from higgsflow.errors import BrokenModule, ChangedMeanwhile, InvalidConfiguration, UserError
from higgsflow.model.reference import resolve
from higgsflow.model.tagging import SHIPPED as TAGGERS
from higgsflow.syntax import syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTER = itertools.count(1)

TAGGER = '''
"""What it is."""
import {helper}
from {helper} import threshold


def high_met(events, factor=1.0):
    """Events with much of it."""
    # a comment
    return events.MET_pt > factor * threshold()
'''
HELPER = "def threshold():\n    return 100.0\n"


class Folder:
    """A folder of modules with names that no other test uses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = next(COUNTER)

    def name(self, stem: str) -> str:
        return f"user{self.number}_{stem}"

    def write(self, stem: str, source: str) -> str:
        """Writes a module and returns its name."""
        _write(self.path / f"{self.name(stem)}.py", source)
        return self.name(stem)

    def package(self, stem: str, **modules: str) -> Path:
        """Writes modules of a package and returns its folder."""
        folder = self.path / self.name(stem)
        folder.mkdir(exist_ok=True)
        for name, source in {"__init__": "", **modules}.items():
            _write(folder / f"{name}.py", source)
        return folder


def _write(path: Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    # file systems tell times apart only if they are not too close
    os.utime(path, ns=(next(COUNTER) * 10**9,) * 2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Folder(tmp_path)
    yield made
    for name in [n for n in sys.modules if n.startswith(f"user{made.number}_")]:
        del sys.modules[name]


@pytest.fixture
def reference(folder: Folder) -> str:
    """A tagger that uses a module beside it."""
    helper = folder.write("helper", HELPER)
    return folder.write("tags", TAGGER.format(helper=helper)) + ":high_met"


def rewritten(folder: Folder, old: str, new: str) -> str:
    source = TAGGER.format(helper=folder.name("helper"))
    assert old in source
    return folder.write("tags", source.replace(old, new)) + ":high_met"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another comment"),
        ('"""Events with much of it."""', '"""Something else."""'),
        ('    """Events with much of it."""\n', ""),
        ('"""What it is."""', ""),
        ("factor * threshold()", "(factor\n        * threshold())"),
        ("events, factor=1.0", "events,factor = 1.0,"),
    ],
)
def test_what_explains_or_formats_changes_nothing(
    old: str, new: str, folder: Folder, reference: str
) -> None:
    before = code_parts(reference)
    assert code_parts(rewritten(folder, old, new)) == before


@pytest.mark.parametrize(
    ("old", "new"), [(">", ">="), ("factor=1.0", "factor=1.5"), ("factor *", "2 * factor *")]
)
def test_what_computes_changes_the_digest(
    old: str, new: str, folder: Folder, reference: str
) -> None:
    before = code_parts(reference)
    assert code_parts(rewritten(folder, old, new)) != before


def test_module_beside_it_counts(folder: Folder, reference: str) -> None:
    before = code_parts(reference)
    folder.write("helper", "# said otherwise\n" + HELPER)
    assert code_parts(reference) == before
    folder.write("helper", HELPER.replace("100", "90"))
    assert code_parts(reference) != before


def test_package_beside_it_counts(folder: Folder) -> None:
    package = folder.package("pack", deep=HELPER)
    name = folder.write("uses", f"from {package.name}.deep import threshold\n")
    before = code_parts(f"{name}:threshold")
    folder.package("pack", deep=HELPER.replace("100", "90"))
    assert code_parts(f"{name}:threshold") != before


def test_relative_imports_in_a_package_count(folder: Folder) -> None:
    package = folder.package("rel", cuts=HELPER, tags="from . import cuts\n")
    reference = f"{package.name}.tags:cuts"
    before = code_parts(reference)
    folder.package("rel", cuts=HELPER.replace("100", "90"))
    assert code_parts(reference) != before


def test_module_that_is_imported_by_its_name_counts(folder: Folder) -> None:
    helper = folder.write("helper", HELPER)
    source = f"import importlib\n\ndef f(events):\n    importlib.import_module('{helper}')\n"
    reference = folder.write("tags", source) + ":f"
    before = code_parts(reference)
    folder.write("helper", HELPER.replace("100", "90"))
    assert code_parts(reference) != before


def test_module_of_another_folder_of_the_user_counts(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Folder(tmp_path_factory.mktemp("other"))
    monkeypatch.syspath_prepend(str(other.path))
    helper = other.write("helper", HELPER)
    reference = folder.write("tags", TAGGER.format(helper=helper)) + ":high_met"
    before = code_parts(reference)
    other.write("helper", HELPER.replace("100", "90"))
    assert code_parts(reference) != before


@pytest.mark.parametrize("place", ["tags", "inner.tags"])
def test_packages_count_in_which_a_module_lies(folder: Folder, place: str) -> None:
    """Python runs what they say first, and it may change what the module has."""
    package = folder.package("pack", tags=HELPER)
    (package / "inner").mkdir()
    _write(package / "inner" / "__init__.py", "")
    _write(package / "inner" / "tags.py", HELPER)
    name = folder.write("uses", f"from {package.name}.{place} import threshold\n")
    before = code_parts(f"{name}:threshold")
    assert package.name not in before
    said = f"from {package.name}.{place} import threshold\nthreshold.by = 2\n"
    _write(package / Path(*place.split(".")).parent / "__init__.py", said)
    after = code_parts(f"{name}:threshold")
    assert after != before
    _write(package / Path(*place.split(".")).parent / "__init__.py", said.replace("2", "3"))
    assert code_parts(f"{name}:threshold") not in (before, after)


def test_module_that_is_no_python_is_told_though_it_is_imported_late(folder: Folder) -> None:
    broken = folder.write("broken", "def f(:\n")
    name = folder.write("late", f"def f(events):\n    import {broken}\n")
    with pytest.raises(BrokenModule, match=f"{broken}.py, line 1") as caught:
        code_parts(f"{name}:f")
    assert "SyntaxError" in str(caught.value)


def test_modules_that_import_each_other_are_no_trouble(folder: Folder) -> None:
    name = folder.write("a", f"import {folder.name('b')}\n")
    folder.write("b", f"import {name}\nx = 1\n")
    before = code_parts(f"{name}:x")
    folder.write("b", f"import {name}\nx = 2\n")
    assert code_parts(f"{name}:x") != before


def test_a_module_may_be_of_another_encoding(folder: Folder) -> None:
    name = folder.write("latin", "x = 1\n")
    path = folder.path / f"{name}.py"
    text = "# -*- coding: latin-1 -*-\n\ndef f(context):\n    return context.sample, 'gr\xfcn'\n"
    path.write_bytes(text.encode("latin-1"))
    assert list(code_parts(f"{name}:f")) == [name]
    assert mentions(f"{name}:f", ["sample"])
    assert mentions(f"{name}:f", ["gr\xfcn"])
    assert not mentions(f"{name}:f", ["year"])


def test_function_of_the_started_program_counts_by_itself() -> None:
    with pytest.raises(UserError, match="there_is_no_such"):
        code_parts("__main__:there_is_no_such")


def test_code_without_source_is_an_error() -> None:
    with pytest.raises(InvalidConfiguration, match="cannot read the source of 'math'"):
        code_parts("math:sin")


def test_another_process_finds_the_same_digest_of_the_physics() -> None:
    """Nodes of a batch system refuse to make anything else; the order of sets differs there."""
    program = "from higgsflow.code import physics_digest; print(physics_digest())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == physics_digest()


@pytest.mark.parametrize("package", ["edited", "higgsflow_own"])
def test_a_changed_module_of_the_user_is_imported_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    part, taggers = f"{package}_part", f"{package}_taggers"
    (tmp_path / f"{part}.py").write_text("LOW = 100\n", encoding="utf-8")
    main = tmp_path / f"{taggers}.py"
    main.write_text(f"from {part} import LOW\n\n\ndef cut():\n    return LOW\n", encoding="utf-8")
    reference = f"{taggers}:cut"
    refresh([reference])
    assert resolve(reference)() == 100
    (tmp_path / f"{part}.py").write_text("LOW = 1500\n", encoding="utf-8")
    os.utime(tmp_path / f"{part}.py", (1, 1))
    refresh([reference])
    assert resolve(reference)() == 1500
    for name in (part, taggers):
        sys.modules.pop(name)


def test_a_module_that_was_replaced_runs_though_size_and_time_are_the_same(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by `cp -p`: Python would go on with what it has compiled of the old one."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    name = folder.write("copied", HELPER)
    path = folder.path / f"{name}.py"
    reference, before = f"{name}:threshold", path.stat()
    refresh([reference])
    assert resolve(reference)() == 100
    other = path.with_suffix(".new")
    other.write_text(HELPER.replace("100", "900"), encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    refresh([reference])
    assert resolve(reference)() == 900


def test_a_module_that_changed_before_it_was_imported_is_told(folder: Folder) -> None:
    helper = folder.write("helper", HELPER)
    source = f"def f(events):\n    from {helper} import threshold\n    return threshold()\n"
    reference = folder.write("tags", source) + ":f"
    thaw()
    freeze([reference])
    folder.write("helper", "# said otherwise\n" + HELPER)
    check_late_imports()
    changed = folder.path / f"{folder.write('helper', HELPER.replace('100', '90'))}.py"
    resolve(reference)(None)
    for _ in range(2):
        with pytest.raises(ChangedMeanwhile, match=changed.name):
            check_late_imports()
    folder.write("helper", HELPER)
    check_late_imports()
    folder.write("helper", HELPER.replace("100", "90"))
    # what is in memory stays
    check_late_imports()
    thaw()


# what the physics imports that decides on no number: each with the reason
NO_PHYSICS = {
    "added_names": "refuses names, before any job",
    "compiled": "kernels, held to the functions that name them",
    "errors": "what users are told",
    "model": "nouns of the configuration, which is digested by its content",
    "events.raw_numbers": "numbers of files, the same however they are read",
    "output.rescale": "what the merge multiplies with, which follows its own ingredients",
    "preflight": "refuses configurations, before any job",
    "profiling": "where time goes",
    "records": "what counters are written as; their sums are held to the slow books",
}


def test_every_module_that_decides_on_events_is_physics() -> None:
    """Also where what it does has moved to a file of its own."""
    shipped = (*(spec["tagger"] for spec in TAGGERS.values()), *CORRECTIONS)
    followed = {*physics_parts(), *(name for one in shipped for name in code_parts(one))}
    sources = [importlib.util.find_spec(module).origin for module in followed]
    rest = {
        imported.module.removeprefix("higgsflow.")
        for source in sources
        for imported in syntax_of(Path(source).read_bytes()).imports
        if imported.module.startswith("higgsflow.") and imported.module not in followed
    }
    assert not {name for name in rest if not name.startswith(tuple(NO_PHYSICS))}
    assert all(any(name.startswith(known) for name in rest) for known in NO_PHYSICS)


def test_what_a_tagger_only_tells_of_its_cuts_is_no_part_of_it(folder: Folder) -> None:
    """Nobody's events are made again for a better explanation."""
    plain = "class Mine:\n    def select(self, events):\n        return events.MET_pt > {}\n"
    telling = (
        "from higgsflow.selection.measured import above, measured\n\n\n"
        + plain
        + "\n    def measures(self, events, decision, context):\n        return {{}}\n"
    )
    digests = []
    for source, threshold in ((plain, 100), (telling, 100), (telling, 80)):
        name = folder.write("telling", source.format(threshold))
        digests.append(code_parts(f"{name}:Mine"))
    assert digests[0] == digests[1] != digests[2]
    # where something uses it, it decides
    using = telling.replace("events.MET_pt > {}", "self.measures(events, {}, None)")
    for answer in ("{{}}", "{{1: 2}}"):
        name = folder.write("telling", using.replace("{{}}", answer).format(100))
        digests.append(code_parts(f"{name}:Mine"))
    assert digests[-1] != digests[-2]
    # a function of that name is one like others
    for number in (1, 2):
        name = folder.write("telling", f"def measures():\n    return {number}\n")
        digests.append(code_parts(f"{name}:measures"))
    assert digests[-1] != digests[-2]


@pytest.mark.parametrize(
    "telling",
    [
        "    def describes(self, context):\n        return {{**super().describes(context)}}\n",
        '    def made_of(self, context):\n        return {{"GoodMuon": "Muon"}}\n',
    ],
)
def test_what_a_tagger_only_tells_of_its_columns_is_no_part_of_it(
    folder: Folder, telling: str
) -> None:
    plain = "class Mine:\n    def select(self, events):\n        return events.MET_pt > {}\n\n"
    digests = []
    for source, threshold in ((plain, 100), (plain + telling, 100), (plain + telling, 80)):
        name = folder.write("telling", source.format(threshold))
        digests.append(code_parts(f"{name}:Mine"))
    assert digests[0] == digests[1] != digests[2]


def test_what_a_function_tells_of_its_columns_is_no_part_of_it(folder: Folder) -> None:
    source = (
        "from higgsflow import tagger\n\n\n"
        '@tagger(reads=["MET_pt"], adds={{"met": "{}"}}{})\n'
        "def mine(events):\n    return events.MET_pt > 1, {{'met': events.MET_pt}}\n"
    )
    told = ', describes={"met": "missing momentum [GeV]"}, made_of={"GoodMuon": "Muon"}'
    digests = []
    for kind, words in (("float64", ""), ("float64", told), ("float32", told)):
        name = folder.write("telling", source.format(kind, words))
        digests.append(code_parts(f"{name}:mine"))
    assert digests[0] == digests[1] != digests[2]


def test_a_method_that_describes_something_else_is_part_of_it(folder: Folder) -> None:
    digests = []
    for number in (1, 2):
        source = (
            f"class Mine:\n    def describes(self, events, context):\n        return {number}\n"
        )
        name = folder.write("telling", source)
        digests.append(code_parts(f"{name}:Mine"))
    assert digests[0] != digests[1]


def test_following_code_wakes_no_module_that_waits() -> None:
    """Those are large, and a digest reads files."""
    script = """
import sys
import lazy_loader
lazy_loader.load("awkward")
from higgsflow import code
assert "higgsflow.events.quick_views" in code.physics_parts()
assert "higgsflow.events.quick_views" not in sys.modules
assert "awkward.operations" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

import math
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from higgsflow.errors import BrokenModule, InvalidConfiguration, UnknownName
from higgsflow.model.noun import Noun
from higgsflow.model.reference import lives_in_main, resolve, to_reference


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ("math:sqrt", "math:sqrt"),
        ("os.path.join", "os.path:join"),
        (math.sqrt, "math:sqrt"),
        (Noun, "higgsflow.model.noun:Noun"),
        (Noun.model_validate, "pydantic.main:BaseModel.model_validate"),
        ({"module": "math", "name": "sqrt"}, "math:sqrt"),
        ({"module_name": "math", "function": "sqrt"}, "math:sqrt"),
    ],
)
def test_reference_is_module_and_name(value: object, reference: str) -> None:
    assert to_reference(value) == reference


@pytest.mark.parametrize("value", [{"module": "math"}, {"name": "sqrt"}, {}])
def test_half_of_a_reference_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="say both, `module` and `name`"):
        to_reference(value)


@pytest.mark.parametrize("value", [lambda: 1, partial(math.sqrt), 5, Noun().changed])
def test_what_has_no_name_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="cannot be found by name"):
        to_reference(value)


def test_a_name_that_a_script_has_given_to_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the later of two functions of one name would run for both, in silence."""

    def defined() -> type:
        return type(
            "Cuts", (), {"__module__": "__main__", "__qualname__": "Cuts", "f": lambda _: 1}
        )

    first, second = defined(), defined()
    monkeypatch.setattr(sys.modules["__main__"], "Cuts", second, raising=False)
    assert to_reference(second) == "__main__:Cuts"
    with pytest.raises(ValueError, match="'Cuts' of this script is something else now"):
        to_reference(first)


@pytest.mark.parametrize("value", ["sqrt", "math:", ":sqrt", ""])
def test_text_must_name_a_module(value: str) -> None:
    with pytest.raises(ValueError, match="is not 'module:name'"):
        to_reference(value)


@pytest.mark.parametrize("file", ["mine.py", "./mine.py", "/home/me/code/mine"])
def test_file_is_no_module(file: str) -> None:
    with pytest.raises(ValueError, match="is a file, not the name of a module: say 'mine:f'"):
        to_reference(f"{file}:f")


@pytest.mark.parametrize("value", [math.sqrt, Path, Path.joinpath])
def test_the_way_back_leads_to_the_same_object(value: object) -> None:
    assert resolve(to_reference(value)) is value


def test_missing_module_is_named_with_who_needs_it() -> None:
    with pytest.raises(InvalidConfiguration, match="no module 'nowhere', which 'nowhere:x' needs"):
        resolve("nowhere:x")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("my_tagger:f", "my_taggers"),
        ("a_package.photon:f", "a_package.photons"),
        ("a_pakage.photons:f", "a_package"),
        ("higgsflow.corrections.photon:scale_pt", "higgsflow.corrections.photons"),
    ],
)
def test_missing_module_offers_the_nearest_beside_it(
    asked: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_package").mkdir()
    for file in ("my_taggers.py", "a_package/__init__.py", "a_package/photons.py"):
        (tmp_path / file).touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidConfiguration, match=rf"needs\. Did you mean '{meant}'\?"):
        resolve(asked)
    sys.modules.pop("a_package", None)


def test_module_that_a_module_misses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import absent_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidConfiguration, match="no module 'absent_module'"):
        resolve("needs_more:x")
    assert "needs_more" not in sys.modules


def test_names_that_a_module_imports_are_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_names.py").write_text("from math import sqrt\n\n\ndef mine(): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnknownName) as caught:
        resolve("of_names:sqr")
    assert str(caught.value) == "no name 'sqr' in of_names\n  known: mine"


def test_missing_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'sqrt'"):
        resolve("math:sqrrt")


def test_main_is_known_to_this_interpreter_only() -> None:
    assert lives_in_main("__main__:tagger")
    assert not lives_in_main("math:sqrt")


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("x = 1\ndef f(events:\n    return 1\n", 2, "SyntaxError: '(' was never closed"),
        ('raise RuntimeError("boo\\nmore")\n', 1, "RuntimeError: boo more"),
        ("import math\n\nint(math.nan)\n", 3, "ValueError: cannot convert float NaN"),
        ("import sys\nsys.exit(3)\n", 2, "it ends the program, with code 3"),
        ("import os\n\nos._exit(0)\n", 3, "it ends the program, with code 0"),
        ("from math import nothing\n", 1, "ImportError: cannot import name 'nothing'"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError: Expecting property name"),
        (
            "from higgsflow import tagger\n@tagger\ndef f(events): ...\n",
            # before 3.11 Python says that of the function
            2 if sys.version_info >= (3, 11) else 3,
            "TaggerError: @tagger has no brackets: it takes a list of columns; write @tagger(",
        ),
    ],
)
def test_module_that_fails_tells_the_line_of_the_user_and_why(
    source: str, line: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_the_user.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BrokenModule) as caught:
        resolve("of_the_user:f")
    told = str(caught.value).splitlines()
    assert told[0] == "module 'of_the_user' cannot be imported"
    assert told[1] == f"  {tmp_path / 'of_the_user.py'}, line {line}"
    assert told[2].startswith(f"  {reason}")
    assert len(told) == 3


def test_line_is_that_of_the_module_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outer_module.py").write_text("import inner_module\n")
    (tmp_path / "inner_module.py").write_text("\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BrokenModule, match=r"inner_module\.py, line 2"):
        resolve("outer_module:f")


# later versions of Python warn of forks where there are threads
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_process_that_a_module_begins_may_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os\n\npid = os.fork()\npid or os._exit(7)\nf = os.waitpid(pid, 0)[1] >> 8\n"
    (tmp_path / "forking_module.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    before = os._exit
    assert resolve("forking_module:f") == 7
    assert os._exit is before


def test_interruption_of_an_import_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted.py").write_text("raise KeyboardInterrupt\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        resolve("interrupted:f")

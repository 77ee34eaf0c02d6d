import math
import sys
from functools import partial
from pathlib import Path

import pytest

from higgsflow.errors import InvalidConfiguration, UnknownName
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


@pytest.mark.parametrize("value", [lambda: 1, partial(math.sqrt), 5])
def test_what_has_no_name_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="cannot be found by name"):
        to_reference(value)


@pytest.mark.parametrize("value", ["sqrt", "math:", ":sqrt", ""])
def test_text_must_name_a_module(value: str) -> None:
    with pytest.raises(ValueError, match="is not 'module:name'"):
        to_reference(value)


@pytest.mark.parametrize("value", [math.sqrt, Path, Path.joinpath])
def test_the_way_back_leads_to_the_same_object(value: object) -> None:
    assert resolve(to_reference(value)) is value


def test_missing_module_is_named_with_who_needs_it() -> None:
    with pytest.raises(InvalidConfiguration, match="no module 'nowhere', which 'nowhere:x' needs"):
        resolve("nowhere:x")


def test_module_that_a_module_misses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import absent_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidConfiguration, match="no module 'absent_module'"):
        resolve("needs_more:x")
    assert "needs_more" not in sys.modules


def test_missing_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'sqrt'"):
        resolve("math:sqrrt")


def test_main_is_known_to_this_interpreter_only() -> None:
    assert lives_in_main("__main__:tagger")
    assert not lives_in_main("math:sqrt")

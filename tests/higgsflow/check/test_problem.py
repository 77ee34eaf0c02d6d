from __future__ import annotations

import pytest

from higgsflow.catalog.load import validated
from higgsflow.check.problem import Problem, Problems, problem_of, problems_of, refuse, together
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.jobs import JobsManager
from higgsflow.model.samples import Samples


def problem(what: str, *subjects: str, serious: bool = True) -> Problem:
    return Problem(about="columns", what=what, subjects=subjects, serious=serious)


def test_an_error_and_its_problem_have_the_same_text() -> None:
    error = UnknownName("sample", "Dta", ["Data"], "the analysis")
    assert problem_of(error, "names", "Data (2017)").text == str(error)


def test_each_finding_of_a_validation_is_a_problem() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        validated(JobsManager, {"attempts": 0, "batch": "lsf", "time_limit": -1}, "mine.yaml")
    found = problems_of(caught.value, "configuration")
    assert sorted(p.what.partition(":")[0] for p in found) == ["attempts", "batch", "time_limit"]
    assert {p.where for p in found} == {"mine.yaml is not valid"}


def test_findings_call_samples_by_their_names() -> None:
    samples = [{"name": "ttH", "kind": "simulation", "files": {}}]
    with pytest.raises(InvalidConfiguration) as caught:
        validated(Samples, {"samples": samples, "years": {}}, "mine.yaml")
    found = [problem.what for problem in problems_of(caught.value, "configuration")]
    assert "samples.ttH.xs: is required, but missing" in found


def test_other_errors_are_one_problem() -> None:
    (found,) = problems_of(UserError("no", "there", "do this"), "files")
    assert (found.what, found.where, found.remedy) == ("no", "there", "do this")


def test_equal_problems_of_several_samples_are_one() -> None:
    notes = problem("b", "Z", serious=False)
    first, second = together([notes, problem("a", "A"), problem("a", "B"), problem("a", "A")])
    assert first.subjects == ("A", "B")
    assert second == notes


def test_what_files_of_all_samples_lack_is_told_once() -> None:
    lacks = [
        problem("no column 'Nope'", name).model_copy(
            update={"where": f"in {name}.root", "remedy": f"nearest names there: {name}"}
        )
        for name in "ABCDE"
    ]
    (found,) = together(lacks)
    assert found.whose == "A, B, C and 2 more"
    assert found.text == "no column 'Nope'\n  in A.root and 4 more\n  nearest names there: A"
    elsewhere = [Problem(about="columns", what="no", where=where) for where in "ab"]
    assert len(together(elsewhere)) == 2


def test_whoever_stands_in_what_is_wrong_is_not_told_again() -> None:
    what = "no file 'a' for A (2017)"
    assert problem(what, "A (2017)").whose == ""
    assert problem(what, "A (2017)", "A (2018)").whose == "A (2017), A (2018)"
    with pytest.raises(UserError) as told:
        refuse([problem(what, "A (2017)")], "mine")
    assert str(told.value) == what


def test_many_subjects_are_counted() -> None:
    assert problem("a", *"ABCDE").whose == "A, B, C and 2 more"


def test_nothing_serious_is_not_refused() -> None:
    refuse([problem("a", serious=False)], "demo")


def test_one_problem_is_told_as_it_is() -> None:
    with pytest.raises(Problems, match=r"^a, for A$"):
        refuse([problem("a", "A")], "demo")


def test_several_are_told_in_three_lines_with_where_to_see_them() -> None:
    with pytest.raises(Problems) as caught:
        refuse([problem(name) for name in "abc"], "demo")
    assert str(caught.value) == "a\n  and 2 more: higgsflow check --analysis demo"

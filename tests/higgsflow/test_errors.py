import copy
import pickle
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from higgsflow import errors
from higgsflow.errors import (
    DamagedRecord,
    InputFileError,
    InvalidConfiguration,
    MissingColumn,
    UnknownName,
    Unreadable,
    UserError,
    nearest,
    shorten,
)
from higgsflow.taggers.tth import TTHTagger

EVERY_ERROR = [
    UserError("what", "where", "remedy"),
    UnknownName("sample", "ttH_M215", ("ttH_M125", "Data"), "the analysis"),
    MissingColumn("Photon_mvaId", "the diphoton tagger", "/x/a.root", ("Photon_mvaID",)),
    Unreadable(PermissionError(13, "Permission denied", "/x/a.root")),
    DamagedRecord(Path("/x/a.json"), "it is no record"),
    *(kind("what") for kind in UserError.__subclasses__() if kind.__init__ is UserError.__init__),
]


@pytest.mark.parametrize(
    ("name", "known", "guess"),
    [
        ("ttH_M215", ["ttH_M125", "Data"], "ttH_M125"),
        ("TTH_M125", ["ttH_M125"], "ttH_M125"),
        ("zzz", ["ttH_M125"], ""),
        ("x", [], ""),
    ],
)
def test_the_nearest_name_is_guessed_and_none_that_is_far(
    name: str, known: list[str], guess: str
) -> None:
    assert nearest(name, known) == guess


def test_order_of_known_names_does_not_change_the_guess() -> None:
    assert nearest("jes_u", ["jes_up", "jes_us"]) == nearest("jes_u", ["jes_us", "jes_up"])


def test_long_lists_of_names_are_cut() -> None:
    assert shorten([str(i) for i in range(10)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
    assert shorten(["b", "a"]) == "a, b"
    assert shorten([]) == ""


def test_message_has_a_line_for_each_thing_told() -> None:
    assert str(UserError("what", "where", "remedy")) == "what\n  where\n  remedy"
    assert str(UserError("what", "", "remedy")) == "what\n  remedy"
    assert str(UserError("what")) == "what"


def test_what_a_message_quotes_cannot_drive_a_terminal() -> None:
    assert str(UserError("no tree 'Events'", "it holds: \x1b[2J\x07")) == (
        "no tree 'Events'\n  it holds: \\x1b[2J\\x07"
    )


def test_unknown_name_offers_the_nearest_and_lists_the_known() -> None:
    error = UnknownName("sample", "ttH_M215", ("ttH_M125", "Data"), "the analysis")
    assert str(error) == (
        "no sample 'ttH_M215' in the analysis. Did you mean 'ttH_M125'?\n  known: Data, ttH_M125"
    )


def test_unknown_name_without_a_near_one_offers_none() -> None:
    assert "Did you mean" not in str(UnknownName("year", "x", ("2017",), "the catalogue"))


def test_missing_column_names_who_needs_it_and_where() -> None:
    error = MissingColumn("Photon_mvaId", "the tagger", "/x/a.root", ("Photon_mvaID", "run"))
    assert str(error) == (
        "no column 'Photon_mvaId', which the tagger needs\n  in /x/a.root\n"
        "  nearest names there: Photon_mvaID"
    )
    assert "no similar name there" in str(MissingColumn("Jet_pt", "x", "y", ("run",)))


def test_simulation_without_weights_of_a_generator_may_be_data() -> None:
    told = str(MissingColumn("genWeight", "the selection", "data.root", ("run", "PSWeight")))
    assert told.endswith("\n  nearest names there: PSWeight; are these data? Then say `kind: data`")


def test_jets_without_an_identification_are_told_the_option() -> None:
    told = str(MissingColumn("Jet_jetId", "tth_hadronic", "v15.root", ("Jet_pt",)))
    found = re.search("`(.*)`", told)
    assert found is not None
    options = yaml.safe_load(found[1])["options"]
    assert TTHTagger(name="tth", **options).jet.jet_id_min is None


def test_variable_that_only_simulation_has_is_told_its_prefix() -> None:
    asked = ("LHE_HT", "variables_of_interest", "data.root")
    remedy = "say 'gen:LHE_HT' where only simulation has it: then it is NaN in data"
    assert str(MissingColumn(*asked, ("run",))).endswith(remedy)
    assert str(MissingColumn(*asked, ("LHE_Ht",))).endswith(f"names there: LHE_Ht; {remedy}")
    assert "gen:" not in str(MissingColumn(*asked, ("run", "genWeight")))


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_error_survives_the_way_between_processes(error: UserError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)


def test_what_an_error_was_told_later_survives_it_too() -> None:
    error = InvalidConfiguration("what", "here", "remedy")
    error.findings = ("one", "two")
    error.happened_in("mine.py, line 3")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.findings) == (str(error), error.findings)
    assert "mine.py, line 3: here" in str(again)


def test_an_error_of_a_kind_of_its_own_survives_it() -> None:
    class Own(UserError):
        def __init__(self, n: int) -> None:
            super().__init__(f"{n} of them", "where")

    assert str(copy.copy(Own(3))) == "3 of them\n  where"


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_error_is_told_in_three_lines(error: UserError) -> None:
    assert len(str(error).splitlines()) <= 3


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_name_makes_a_message_longer(name: str, other: str, where: str) -> None:
    for error in (
        UserError(f"'{name}' is wrong", where, other),
        UnknownName("sample", name, (other, name), where),
        MissingColumn(name, other, where, (other,)),
    ):
        assert len(str(error).splitlines()) <= 3


def test_all_errors_are_for_users() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert all(issubclass(kind, UserError) for kind in kinds)
    assert {InputFileError, InvalidConfiguration} <= set(kinds)


def test_a_known_name_is_told_once() -> None:
    told = str(UnknownName("sample", "foo", ["Data", "Data", "Sig", "Data"], "the analysis"))
    assert told.splitlines()[1] == "  known: Data, Sig"

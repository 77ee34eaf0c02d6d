from __future__ import annotations

import pytest

from higgsflow.errors import InputFileError
from higgsflow.events.kinds import (
    check_alike,
    check_identity,
    check_lists,
    check_numbers,
    check_same,
    is_floating,
    kind_of,
)


@pytest.mark.parametrize(
    ("type_name", "kind"),
    [
        ("float", "number"), ("uint64_t", "number"), ("std::uint64_t", "number"),
        ("bool", "number"), ("float[]", "list"), ("int32_t[3]", "list"),
        ("std::vector<float>", "list"), ("ROOT::VecOps::RVec<float>", "list"),
        ("char*", "text"), ("std::string", "text"),
        ("std::vector<std::string>", "text"), ("TString", "text"),
        ("struct {float x; float y;}", "record"), ("struct {float x; int32_t y;}[3]", "record"),
        ("TLorentzVector", "record"), ("std::vector<TLorentzVector>", "record"),
    ],
)  # fmt: skip
def test_kind_is_told_by_the_type(type_name: str, kind: str) -> None:
    assert kind_of(type_name) == kind


@pytest.mark.parametrize("name", ["float", "double", "Float_t", "Double_t", "Float16_t"])
def test_fractions_are_told_by_the_type(name: str) -> None:
    assert is_floating(name)
    assert not is_floating("uint64_t")


@pytest.mark.parametrize("type_name", ["float", "double", "uint32_t[]", "char*"])
def test_identity_is_one_whole_number(type_name: str) -> None:
    check_identity({"run": "uint32_t"}, ["run"], "f.root")
    with pytest.raises(InputFileError, match=r"'run' in f.root is of type"):
        check_identity({"run": type_name}, ["run"], "f.root")


def test_words_are_no_numbers() -> None:
    check_numbers({"mass": "float", "name": "char*"}, ["mass"], "f.root")
    with pytest.raises(
        InputFileError, match=r"'name' is not a number.*\n  it is of type char\*, in f"
    ):
        check_numbers({"name": "char*"}, ["name"], "f.root")


def test_several_leaves_of_one_branch_are_no_number() -> None:
    types = {"mass": "float", "pair": f"struct {{{'float x; ' * 100}}}"}
    check_numbers(types, ["mass"], "f.root")
    with pytest.raises(InputFileError, match="'pair' is not a number, nor a list") as caught:
        check_numbers(types, ["mass", "pair"], "f.root")
    assert max(map(len, str(caught.value).splitlines())) < 100


def test_numbers_and_lists_are_not_alike() -> None:
    first = ("a.root", {"x": "float"})
    check_alike({"x": "double", "y": "float[]"}, first, ["x", "y"], "b.root")
    with pytest.raises(InputFileError, match=r"'x' in b.root is of type float\[\]\n  in a.root"):
        check_alike({"x": "float[]"}, first, ["x"], "b.root")


@pytest.mark.parametrize("there", [("float", "double"), ("std::uint32_t", "uint32_t")])
def test_types_that_are_read_alike_are_the_same(there: tuple[str, str]) -> None:
    here, other = there
    check_same({"x": here}, ("a.root", {"x": other}), ["x"], "b.root")


@pytest.mark.parametrize("here", ["int64_t", "uint32_t", "bool", "double"])
def test_numbers_that_are_written_as_stored_are_of_one_type(here: str) -> None:
    with pytest.raises(InputFileError) as caught:
        check_same({"event": here}, ("a.root", {"event": "uint64_t"}), ["event"], "b.root")
    what = str(caught.value).splitlines()[0]
    assert what == f"'event' in b.root is of type {here}, in a.root of type uint64_t"


PROTONS = dict.fromkeys(
    ("nProton_multiRP", "nProton_singleRP", "Proton_multiRP_xi", "Proton_singleRP_xi", "nJet"), "t"
)


def test_columns_that_two_counters_count_are_no_collection() -> None:
    types = {**PROTONS, "Jet_pt": "t", "Jet_pt_nom": "t"}
    check_lists(types, ["Jet_pt", "Jet_pt_nom", "Proton_multiRP_xi"], "f.root")
    with pytest.raises(InputFileError) as caught:
        check_lists(types, ["Jet_pt", "Proton_multiRP_xi", "Proton_singleRP_xi"], "f.root")
    what, where, remedy = str(caught.value).splitlines()
    assert what.startswith("'Proton_multiRP_xi' and 'Proton_singleRP_xi' are of different objects")
    assert where == "  nProton_multiRP and nProton_singleRP count them in f.root"
    assert remedy == "  read those of one of both"


def test_columns_with_a_counter_each_may_be_a_collection() -> None:
    """As uproot writes them."""
    names = ["Jet_pt", "Jet_pt_nom", "Jet_eta"]
    check_lists(dict.fromkeys([*names, *(f"n{name}" for name in names)], "t"), names, "f.root")

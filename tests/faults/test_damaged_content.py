"""Files that can be read, and hold what they should not: other types, no branches, no numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

End = Callable[..., Any]
Make = Callable[..., Any]
N = 40


@pytest.fixture
def second(half: Lab) -> Path:
    """The second of two files."""
    return half.folder / "input" / "Sig_2017_1.root"


@pytest.fixture
def rewrite(second: Path, make_toy_columns: Make) -> Callable[..., None]:
    """Writes the second file with some columns changed, and with a Runs tree that fits or not.

    Without columns of the Runs tree it is that of the generator weights.
    """

    def write(runs: dict[str, Any] | None = None, **changes: Any) -> None:
        columns = {**make_toy_columns(2, is_data=False), **changes}
        columns = {name: values for name, values in columns.items() if values is not None}
        with uproot.recreate(second) as file:
            file["Events"] = columns
            if runs is None:
                runs = runs_of(columns["genWeight"])
            if runs:
                file["Runs"] = runs

    return write


def runs_of(weights: Any, **changes: Any) -> dict[str, Any]:
    g = np.asarray(weights, dtype=float)
    sums = {
        "run": np.array([1], np.uint32),
        "genEventCount": np.array([len(g)], np.int64),
        "genEventSumw": np.array([g.sum()]),
        "genEventSumw2": np.array([(g**2).sum()]),
    }
    return {**sums, **changes}


def with_one(values: Any, value: float) -> Any:
    changed = values.copy()
    changed[7] = value
    return changed


@pytest.mark.parametrize("column", ["MET_pt", "genWeight", "puWeight", "event", "run"])
def test_a_missing_branch_is_named(
    end: End, rewrite: Make, make_toy_columns: Make, column: str
) -> None:
    weights = make_toy_columns(2, is_data=False)["genWeight"]
    rewrite(runs_of(weights), **{column: None})
    end().refused(f"no column '{column}'", "Sig_2017_1.root")


def test_a_renamed_branch_is_offered(end: End, rewrite: Make, make_toy_columns: Make) -> None:
    columns = make_toy_columns(2, is_data=False)
    rewrite(MET_pt=None, MET_PT=columns["MET_pt"])
    end().refused("no column 'MET_pt'", "nearest names there: MET_PT", "Sig_2017_1.root")


@pytest.mark.parametrize("kind", ["float64", "int32", "uint8", "int64"])
def test_branch_of_another_number_type(
    end: End, rewrite: Make, make_toy_columns: Make, kind: str
) -> None:
    """A number is a number."""
    rewrite(mass=make_toy_columns(2, is_data=False)["mass"].astype(kind))
    end().whole()


@pytest.mark.parametrize("column", ["run", "luminosityBlock", "event"])
def test_identity_that_is_no_whole_number(
    end: End, rewrite: Make, make_toy_columns: Make, column: str
) -> None:
    """It would be rounded, and two events become one."""
    rewrite(**{column: make_toy_columns(2, is_data=False)[column].astype(np.float32)})
    end().refused(f"'{column}'", "float", "Sig_2017_1.root")


@pytest.mark.parametrize(
    "case", [("event", "int64", N), ("event", "int64", 2 * N), ("run", "int32", 2 * N)], ids=str
)
def test_identity_of_another_type_in_one_file(
    half: Lab, end: End, rewrite: Make, make_toy_columns: Make, case: tuple[str, str, int]
) -> None:
    """Both in one job, uint64 and int64 would become float64: two events become one."""
    column, kind, half.jobs["n_events_per_output"] = case
    rewrite(**{column: make_toy_columns(2, is_data=False)[column].astype(kind)})
    end().refused(f"'{column}'", kind, "Sig_2017_0.root", "Sig_2017_1.root")


@pytest.mark.parametrize("run", [2**32 + 1, -1])
def test_data_of_a_run_that_no_golden_json_can_name(
    lab: Lab, end: End, make_root_file: Make, make_toy_columns: Make, run: int
) -> None:
    """It would be taken for another run, which may be certified."""
    for seed, path in enumerate(lab.own_files("Data")):
        columns = make_toy_columns(21 + seed, is_data=True)
        make_root_file(path, Events={**columns, "run": np.full(N, run, np.int64)})
    end("Data").refused("'run'", "Data_2017_0.root", f"is {run}")


@pytest.mark.parametrize("column", ["mass", "genWeight", "event", "puWeightUp"])
def test_branch_that_has_lists_in_one_file(
    end: End, rewrite: Make, make_toy_columns: Make, column: str
) -> None:
    columns = make_toy_columns(2, is_data=False)
    lists = ak.Array([[value] for value in columns[column]])
    rewrite(runs_of(columns["genWeight"]), **{column: lists})
    end().refused(f"'{column}'", "Sig_2017_1.root")


def test_branch_of_words(end: End, rewrite: Make) -> None:
    rewrite(mass=ak.Array(["heavy"] * N))
    end().refused("'mass'", "Sig_2017_1.root")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("column", ["genWeight", "puWeight", "puWeightUp"])
def test_weight_that_is_no_number(
    end: End, rewrite: Make, make_toy_columns: Make, column: str, value: float
) -> None:
    columns = make_toy_columns(2, is_data=False)
    sums = runs_of(columns["genWeight"])
    rewrite(sums, **{column: with_one(columns[column], value)})
    end().refused(f"is {value}", "event 1:1:2007", "Sig_2017_1.root")


@pytest.mark.parametrize(
    "case", [(c, v) for c in ("mass", "MET_pt") for v in (np.nan, np.inf, -np.inf, 1e-42)], ids=str
)
def test_quantity_that_is_no_number(
    half: Lab, end: End, rewrite: Make, make_toy_columns: Make, case: tuple[str, float]
) -> None:
    """It passes the cuts that it passes; every event is counted before the first of them."""
    column, value = case
    columns = make_toy_columns(2, is_data=False)
    rewrite(**{column: with_one(columns[column], value)})
    found = end()
    found.whole()
    flows = found.jobs["ledgers"]["nominal"]["flows"]
    assert next(f for f in flows if f["tagger"] == "pair")["flow"]["total"]["n"] == 80
    kept = half.table()["event"].to_numpy()
    passes = column == "MET_pt" or value > 100
    assert (2007 in kept) == (passes and (column == "mass" or columns["mass"][7] > 100))
    moments = found.jobs["ledgers"]["nominal"]["moments"]
    means = [m["mean"] for columns in moments.values() for m in columns.values()]
    assert np.isfinite(means).all()


@pytest.mark.parametrize("column", ["genWeight", "puWeight", "puWeightUp"])
def test_weight_that_is_denormal(
    end: End, rewrite: Make, make_toy_columns: Make, column: str
) -> None:
    """A number like any other."""
    columns = make_toy_columns(2, is_data=False)
    rewrite(**{column: with_one(columns[column], 1e-42)})
    end().whole()


def test_a_file_without_runs_is_whole_and_noted(half: Lab, end: End, rewrite: Make) -> None:
    """Taken as whole, and noted."""
    rewrite({})
    end().whole()
    notes = [f["note"] for f in half.read("index", "Sig", "2017", "index.json")["index"]["files"]]
    assert notes == ["", "no sums in a Runs tree: taken as whole"]


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=str)
def test_runs_with_sums_that_are_no_numbers(end: End, rewrite: Make, value: float) -> None:
    rewrite(runs_of(np.ones(N), genEventSumw=np.array([value])))
    end().refused("not finite", "Sig_2017_1.root")


def test_runs_with_several_rows(half: Lab, end: End, rewrite: Make, make_toy_columns: Make) -> None:
    """Each row counts: files were put together from several."""
    weights = make_toy_columns(2, is_data=False)["genWeight"]
    parts = [runs_of(part) for part in np.split(weights, [10, 11])]
    rewrite({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    end().whole()
    (_, second) = half.read("index", "Sig", "2017", "index.json")["index"]["files"]
    assert second["runs"]["count"] == N
    assert second["runs"]["sumw"] == pytest.approx(weights.astype(float).sum())


@pytest.mark.parametrize("count", [10, 70])
def test_runs_that_count_another_number_of_events(end: End, rewrite: Make, count: int) -> None:
    rewrite(runs_of(np.ones(N), genEventCount=np.array([count])))
    end().refused("40 entries", f"{count} generated events", "Sig_2017_1.root")


def test_runs_that_contradict_the_events(end: End, rewrite: Make, make_toy_columns: Make) -> None:
    weights = make_toy_columns(2, is_data=False)["genWeight"]
    rewrite(runs_of(weights * 1.5))
    end().refused("sum of weights of", "Sig_2017_1.root", "in its Runs tree")


def test_runs_without_rows(end: End, rewrite: Make) -> None:
    """They say that nothing was generated."""
    rewrite({name: values[:0] for name, values in runs_of(np.ones(N)).items()})
    end().refused("Sig_2017_1.root", "0 generated events")


HUGE = """

import awkward as ak


@tagger(reads=["Jet_pt"], adds={"n_jets": "int64"})
def jets(events):
    return ak.num(events.Jet.pt) >= 0, {"n_jets": ak.num(events.Jet.pt)}
"""


def test_a_huge_list_in_one_event(
    half: Lab, end: End, rewrite: Make, second: Path, make_toy_columns: Make
) -> None:
    counts = np.arange(N) % 3
    counts[7] = 2_000_000
    rewrite(Jet_pt=ak.unflatten(np.full(counts.sum(), 30.0, np.float32), counts))
    first = second.with_name("Sig_2017_0.root")
    with uproot.recreate(first) as file:
        columns = make_toy_columns(1, is_data=False)
        file["Events"] = {**columns, "Jet_pt": ak.Array([[30.0]] * N)}
    half.taggers.write_text(half.taggers.read_text("utf-8") + HUGE, encoding="utf-8")
    half.content["tag_sequence"] = ["toy_taggers:jets", ["toy_taggers:rest"]]
    half.content["variables_of_interest"] = ["n_jets"]
    end().whole()
    assert max(half.table()["n_jets"].to_pylist()) == 2_000_000


@pytest.mark.parametrize("column", ["genWeight", "puWeightUp"])
def test_a_weight_that_overflows_the_sum(
    end: End, rewrite: Make, make_toy_columns: Make, column: str
) -> None:
    """Finite, and so are all sums: they are of float64."""
    columns = make_toy_columns(2, is_data=False)
    huge = with_one(columns[column], 3e38)
    rewrite(runs_of(huge) if column == "genWeight" else None, **{column: huge})
    end().whole()

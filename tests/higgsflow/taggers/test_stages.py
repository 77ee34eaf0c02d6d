"""Redoing only what changes gives what doing everything gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import InputFileError, UndeclaredColumn
from higgsflow.events.objects import knows_virtual
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.model.context import Context
from higgsflow.model.tagging import TagSequence
from higgsflow.objects import kinematics
from higgsflow.taggers.asked_step import AskedStep
from higgsflow.taggers.base import Decision
from higgsflow.taggers.decisions import without_cuts
from higgsflow.taggers.function import tagger
from higgsflow.taggers.late_columns import worked_out
from higgsflow.taggers.sequence import load_steps
from higgsflow.taggers.stages import Runner
from higgsflow.taggers.variants import SequenceResult, Variant

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTEXT = Context(sample="S", year="2017", is_data=False)
TAGS = ["tth_leptonic", "thq_leptonic", "tth_hadronic"]


@tagger(reads=["Jet_pt"], adds={"n_hard": "int16", "HardJet": "collection"})
def hard(events: Any) -> Decision:
    """As a user writes it; also looks at what an earlier step added."""
    is_hard = events.Jet.pt > 30
    columns = {"n_hard": ak.sum(is_hard, axis=1), "HardJet": events.Jet[is_hard]}
    mask = (columns["n_hard"] > 0) | (events.m_gg > 120)
    return Decision(mask, columns, {"events": {"any": mask}, "jets": {"hard": is_hard}})


@tagger(reads=["MET_pt"])
def met(events: Any) -> Any:
    return (events.MET_pt > 30) & (events.n_hard > 1)


@tagger()
def rest(events: Any) -> Any:
    return ak.num(events.HardJet.pt) >= 0


@tagger()
def all_of_them(events: Any) -> Any:
    return events.n_near >= 0


@tagger(
    reads=["Jet_pt", "Jet_eta", "MET_pt"],
    adds={"probe_pt": "float64", "probe_met": "float64"},
    one_row_per="probe",
)
def probes(events: Any) -> Decision:
    """A row for each jet that is kept; some of its columns are of the event."""
    jets = events.Jet
    kept = (jets.pt > 30) & (abs(jets.eta) < 2)
    columns = {"probe_pt": jets.pt, "probe_met": events.MET_pt}
    cuts = {"events": {"met": events.MET_pt > 10}, "probe": {"pt": jets.pt > 30, "kept": kept}}
    return Decision(kept & (events.MET_pt > 10), columns, cuts, ak.values_astype(kept, "int16"))


SEQUENCES = {
    "probes": ["diphoton", f"{__name__}:probes"],
    "probes alone": [f"{__name__}:probes"],
    "shipped": ["diphoton", TAGS],
    "mixed": ["diphoton", f"{__name__}:hard", [f"{__name__}:met", "tth_hadronic"]],
    "looking": ["diphoton", f"{__name__}:near", [f"{__name__}:all_of_them"]],
    "users": ["diphoton", f"{__name__}:hard", [f"{__name__}:met", f"{__name__}:rest"]],
}


def random_events(n: int, seed: int) -> PlainEvents:
    """Events near the thresholds, so that shifts change what is selected."""
    random = np.random.default_rng(seed)

    def objects(most: int, pt: tuple[float, float], **more: Any) -> Any:
        counts = random.integers(0, most + 1, n)
        total = int(counts.sum())
        columns = {
            "pt": random.uniform(*pt, total),
            "eta": random.uniform(-2.6, 2.6, total),
            "phi": random.uniform(-np.pi, np.pi, total),
            **{name: make(total) for name, make in more.items()},
        }
        return ak.zip({name: ak.unflatten(values, counts) for name, values in columns.items()})

    lepton = {
        "charge": lambda k: random.choice([-1, 1], k),
        "dxy": np.zeros,
        "dz": np.zeros,
    }
    return plain(
        ak.zip(
            {
                "MET_pt": random.uniform(0, 60, n),
                "Photon": objects(
                    4,
                    (24, 90),
                    electronVeto=lambda k: random.random(k) < 0.9,
                    mvaID=lambda k: random.uniform(-1, 1, k),
                ),
                "Electron": objects(2, (18, 60), mvaIsoWP90=lambda k: np.ones(k, bool), **lepton),
                "Muon": objects(
                    2,
                    (18, 60),
                    pfRelIso03_all=np.zeros,
                    mediumId=lambda k: np.ones(k, bool),
                    isGlobal=lambda k: np.ones(k, bool),
                    **lepton,
                ),
                "Jet": objects(
                    8,
                    (20, 80),
                    mass=np.zeros,
                    jetId=lambda k: np.full(k, 6),
                    btagDeepFlavB=lambda k: random.uniform(0, 1, k),
                ),
            },
            depth_limit=1,
        )
    )


def shifted(events: PlainEvents, name: str, share: float, seed: int) -> Variant:
    """A column scaled in a share of its entries."""
    random = np.random.default_rng(seed)
    values = events.column(name)
    scale = np.where(random.random(len(values)) < share, random.uniform(0.8, 1.2), 1.0)
    return Variant(f"{name}_{seed}", events.with_columns({name: values * scale}), frozenset({name}))


def as_lists(values: Any) -> Any:
    values = worked_out(values)
    return values.view.tolist() if hasattr(values, "view") and not isinstance(
        values, np.ndarray
    ) else ak.to_list(values)  # fmt: skip


def assert_same(found: SequenceResult, expected: SequenceResult) -> None:
    assert found.name == expected.name
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.tag_idx.tolist() == expected.tag_idx.tolist()
    assert found.tag_category.tolist() == expected.tag_category.tolist()
    assert set(found.kept.added) == set(expected.kept.added)
    for name, values in expected.kept.added.items():
        np.testing.assert_equal(as_lists(found.kept.added[name]), as_lists(values))
    for mine, theirs in zip(found.steps, expected.steps, strict=True):
        assert mine.rows.tolist() == theirs.rows.tolist()
        for a, b in zip(mine.decisions, theirs.decisions, strict=True):
            assert a.mask.tolist() == b.mask.tolist()
            for group, cuts in b.cuts.items():
                assert a.cuts[group].names == cuts.names
                assert a.cuts[group].codes.tolist() == cuts.codes.tolist()


def runner_of(sequence: str, columns: Sequence[str], **options: Any) -> Runner:
    steps = load_steps(TagSequence.model_validate(SEQUENCES[sequence]))
    return Runner(steps, CONTEXT, hidden=frozenset(columns), **options)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_users_are_asked_where_a_tagger_is_theirs(sequence: str) -> None:
    assert runner_of(sequence, ()).asks_users == (sequence != "shipped")


def check(sequence: str, n: int, shifts: list[tuple[str, float, int]], **options: Any) -> None:
    events = random_events(n, seed=n)
    runner = runner_of(sequence, [name for name, _, _ in shifts], **options)
    nominal = runner.run(Variant("nominal", events))
    variants = [shifted(events, *shift) for shift in shifts]
    for found, variant in zip(runner.run_again(nominal, variants), variants, strict=True):
        assert_same(found, runner.run(variant).result)


SHIFTED = ["Photon_pt", "Photon_mvaID", "Jet_pt", "Jet_eta", "Muon_pt", "MET_pt"]
shifts = st.lists(
    st.tuples(
        st.sampled_from(SHIFTED),
        st.sampled_from([0.0, 0.1, 1.0]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("sequence", list(SEQUENCES))
@settings(deadline=None, max_examples=12)
@given(n=st.sampled_from([0, 1, 40]), shifts=shifts, keep_untagged=st.booleans())
def test_variations_are_what_they_are_by_themselves(
    sequence: str, n: int, shifts: list[tuple[str, float, int]], keep_untagged: bool
) -> None:
    check(sequence, n, shifts, keep_untagged=keep_untagged)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_each_column_shifted_in_many_events(sequence: str) -> None:
    """So many that each way in which one step depends on another is among them."""
    check(sequence, 400, [(name, share, 1) for name in SHIFTED for share in (0.1, 1.0)])


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_cuts_that_were_counted_are_left_out_under_variations(share: float) -> None:
    events, runner = random_events(400, 1), runner_of("shipped", ["Photon_pt"])
    first = without_cuts(runner.ask(0, events))
    variant = shifted(events, "Photon_pt", share, 1)
    (found,) = runner.run_again(runner.run(Variant("nominal", events), first), [variant])
    expected = runner.run(variant).result
    assert all(decision.cuts for decision in expected.steps[0].decisions)
    bare = without_cuts(expected.steps[0].decisions)
    steps = (replace(expected.steps[0], decisions=bare), *expected.steps[1:])
    assert_same(found, replace(expected, steps=steps))
    assert not any(decision.cuts for decision in found.steps[0].decisions)


def test_sequences_of_the_test_select_some_events_in_each_way() -> None:
    for name in set(SEQUENCES) - {"looking", "probes", "probes alone"}:
        result = runner_of(name, []).run(Variant("nominal", random_events(200, 1))).result
        assert 0 < len(result.rows) < 200
        assert len(set(result.tag_idx.tolist())) > 1


def test_nothing_is_asked_again_that_does_not_read_what_changes() -> None:
    events = random_events(40, seed=2)
    runner = runner_of("shipped", ["MET_pt", "Jet_pt"])
    nominal = runner.run(Variant("nominal", events))
    met_only, jets = runner.run_again(
        nominal, [shifted(events, "MET_pt", 1.0, 0), shifted(events, "Jet_pt", 1.0, 0)]
    )
    for number, stage in enumerate(nominal.stages):
        assert met_only.steps[number].decisions is stage.result.decisions
    assert jets.steps[0].decisions is nominal.stages[0].result.decisions
    assert jets.steps[1].decisions is not nominal.stages[1].result.decisions


@pytest.mark.parametrize("sequence", ["shipped", "users"])
def test_what_comes_out_as_in_the_nominal_run_is_the_very_same(sequence: str) -> None:
    events = random_events(200, seed=4)
    runner = runner_of(sequence, ["Photon_pt"])
    nominal = runner.run(Variant("nominal", events))
    changed = {"Photon_pt": events.column("Photon_pt") * (1 + 1e-12)}
    variant = Variant("little", events.with_columns(changed), frozenset(changed))
    (found,) = runner.run_again(nominal, [variant])
    kept, known = found.kept, nominal.result.kept
    assert found.steps[1].masks is nominal.result.steps[1].masks
    assert kept.rows is known.rows
    if sequence == "users":
        assert kept.added["n_hard"] is known.added["n_hard"]
    assert found.column("m_gg").tolist() != nominal.result.column("m_gg").tolist()
    assert_same(found, runner.run(variant).result)


def test_momenta_of_pairs_are_worked_out_once_for_variations_that_share_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the nominal pairs of those that reach the tags, and for the nominal ones that are kept."""
    worked_on: list[int] = []
    add = kinematics._added

    def noted(pt: Any, ways: Any, first: Any, second: Any) -> Any:
        worked_on.append(len(first))
        return add(pt, ways, first, second)

    monkeypatch.setattr(kinematics, "_added", noted)
    events = random_events(200, seed=3)
    runner = runner_of("shipped", ["Jet_pt"])
    nominal = runner.run(Variant("nominal", events))
    assert worked_on == []
    varied = runner.run_again(nominal, [shifted(events, "Jet_pt", 0.5, i) for i in range(4)])
    for result in (nominal.result, *varied):
        assert len(result.column("pt_gg")) == len(result.kept.rows)
    assert worked_on == [len(nominal.stages[1].reached.rows), len(nominal.result.kept.rows)]


def test_code_of_users_is_asked_once_for_all_variations(monkeypatch: pytest.MonkeyPatch) -> None:
    events = random_events(40, seed=3)
    runner = runner_of("users", ["Jet_pt"])
    nominal = runner.run(Variant("nominal", events))
    asked: list[int] = []
    ask = AskedStep.ask

    def counting(self: AskedStep, some: PlainEvents) -> Any:
        asked.append(runner.asked.index(self))
        return ask(self, some)

    monkeypatch.setattr(AskedStep, "ask", counting)
    runner.run_again(nominal, [shifted(events, "Jet_pt", 1.0, seed) for seed in range(5)])
    assert asked == [1, 2]


@tagger(reads=["MET_pt", "Jet_eta"], adds={"n_near": "int16", "met": "float64"})
def near(events: Any) -> Any:
    """Puts more together than it looks at; some of it only where there are jets."""
    lead = ak.zip({"pt": events.lead_pt, "eta": events.lead_eta})
    is_near = abs(events.Jet.eta - lead.eta) < 1
    met = np.zeros(len(events))
    if ak.any(is_near):
        met = np.where(ak.any(is_near, axis=1), events.MET_pt, met)
    return np.ones(len(events), dtype=bool), {"n_near": ak.sum(is_near, axis=1), "met": met}


@pytest.mark.skipif(not knows_virtual(), reason="needs virtual arrays: awkward>=2.8")
def test_code_of_users_is_asked_again_only_for_what_it_has_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = random_events(200, seed=5)
    names = ["Photon_pt", "Jet_pt", "MET_pt"]
    runner = runner_of("looking", names)
    nominal = runner.run(Variant("nominal", events))
    assert runner.asked[1].looked_at == {"lead_eta", "Jet_eta", "MET_pt"}
    asked: list[int] = []
    ask = AskedStep.ask

    def counting(self: AskedStep, some: Any) -> Any:
        if self is runner.asked[1]:
            asked.append(len(some))
        return ask(self, some)

    monkeypatch.setattr(AskedStep, "ask", counting)
    photons, jets, met = [shifted(events, name, 1.0, seed) for seed, name in enumerate(names)]
    (found,) = runner.run_again(nominal, [photons])
    before, after = nominal.stages[1].reached, found.reached[1]
    is_new = before.places[after.rows] < 0
    eta = [np.asarray(reached.added["lead_eta"]) for reached in (before, after)]
    other = eta[0][before.places[after.rows]] != eta[1]
    assert asked == [np.count_nonzero(is_new | other)] != [0]
    assert asked[0] < len(after.rows) / 2
    asked.clear()
    runner.run_again(nominal, [jets])
    assert asked == []
    runner.run_again(nominal, [met])
    assert asked == [len(before.rows)]


def test_what_varies_and_is_not_declared_is_not_seen() -> None:
    events = random_events(40, seed=4)
    with pytest.raises(UndeclaredColumn, match="no column 'Jet'"):
        Runner(load_steps(TagSequence.model_validate([f"{__name__}:undeclared"])), CONTEXT,
               hidden=frozenset(n for n in events.names if n.startswith("Jet_"))).run(
            Variant("nominal", events)
        )  # fmt: skip


@tagger()
def undeclared(events: Any) -> Any:
    return ak.num(events.Jet.pt) > 0


@tagger(reads=["MET_pt"])
def of_memory(events: Any) -> Any:
    """As numba does: takes arrays as they lie in memory."""
    values = events.MET_pt.layout.data
    if type(values) is not np.ndarray:
        raise TypeError("not there yet")
    return values > 30


def test_code_that_wants_arrays_as_they_are_gets_them() -> None:
    events = random_events(40, seed=6)
    steps = load_steps(TagSequence.model_validate([f"{__name__}:of_memory"]))
    runner = Runner(steps, CONTEXT, hidden=frozenset({"Jet_pt"}))
    nominal = runner.run(Variant("nominal", events))
    assert nominal.result.rows.tolist() == np.flatnonzero(events.flat["MET_pt"] > 30).tolist()
    assert runner.asked[0].looked_at == set(events.names) - {"Jet_pt"}


@pytest.mark.parametrize("error", [MemoryError, OSError, InputFileError, RuntimeError])
def test_what_may_be_there_the_second_time_has_failed_at_the_first(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(unlucky, "asked", 0, raising=False)
    monkeypatch.setattr(unlucky, "error", error, raising=False)
    runner = Runner(load_steps(TagSequence.model_validate([f"{__name__}:unlucky"])), CONTEXT)
    with pytest.raises(error):
        runner.run(Variant("nominal", random_events(40, seed=7)))
    assert unlucky.asked == 1


@tagger()
def unlucky(events: Any) -> Any:
    """Fails when it is asked for the first time."""
    unlucky.asked += 1
    if unlucky.asked == 1:
        raise unlucky.error("gone")
    return np.ones(len(events), dtype=bool)

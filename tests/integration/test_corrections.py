"""The shipped example of corrections, config/corrections.yaml, on files of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from indexed import index_of

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.check.configuration import check_all
from higgsflow.demo.generate import generate_file
from higgsflow.digests import products
from higgsflow.events.chunks import make_chunks
from higgsflow.file_columns import check_columns
from higgsflow.job import Job, run_job
from higgsflow.model.analysis import AnalysisModel
from higgsflow.output.rescale import rescaled
from higgsflow.plan import make_plan
from higgsflow.preserved import column_ratios, ratios
from higgsflow.yields import rescaled as rescaled_ledgers
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.records.job_record import JobRecord

YEAR = "2017"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    return {name: generate_file(name, YEAR, 2, folder) for name in ("ttH_M125", "Data")}


@pytest.fixture(scope="module")
def analysis() -> AnalysisModel:
    return load_analysis(CONFIG_FOLDER / "corrections.yaml")


def changed(analysis: AnalysisModel, **sections: Any) -> AnalysisModel:
    return AnalysisModel.model_validate(analysis.model_dump(by_alias=True) | sections)


def run(analysis: AnalysisModel, path: Path, sample: str, folder: Path, n: int = 500) -> JobRecord:
    jobs = {**analysis.jobs_manager.model_dump(), "n_events_per_block": n}
    analysis = changed(analysis, jobs_manager=jobs)
    pair = analysis.samples.pair(sample, YEAR)
    plan = make_plan(analysis, pair)
    index = index_of(pair, path)
    check_columns(plan, index.schemas[index.files[0].schema_id], str(path))
    (chunk,) = make_chunks(index, 1_000_000)
    job = Job(
        analysis=analysis, sample=sample, year=YEAR, chunk=chunk, wanted=products(plan),
        folder=folder,
    )  # fmt: skip
    return run_job(job)


def events(record: JobRecord, folder: Path, variation: str = "nominal") -> dict[str, np.ndarray]:
    table = rows_of(folder / record.output.name)
    table = table.filter(pc.equal(table["variation"], variation)).drop_columns(["variation"])
    return {name: table[name].to_numpy() for name in table.column_names}


def without_variations(analysis: AnalysisModel) -> AnalysisModel:
    content = analysis.systematics.model_dump(by_alias=True)
    weights = {n: {**w, "under": {}} for n, w in content["weights"].items()}
    return changed(
        analysis, systematics={**content, "independent_collections": {}, "weights": weights}
    )


@pytest.fixture(scope="module")
def made(
    analysis: AnalysisModel, files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[JobRecord, Path]:
    folder = tmp_path_factory.mktemp("made")
    return run(analysis, files["ttH_M125"], "ttH_M125", folder), folder


def test_the_example_is_sound(analysis: AnalysisModel) -> None:
    check_all(analysis)


def test_every_variation_selects_events_and_shifts_them(made: tuple[JobRecord, Path]) -> None:
    record, folder = made
    assert len(record.output.rows) == 9
    nominal = events(record, folder)["m_gg"]
    assert len(nominal) > 100
    for variation in ("photon_smearing_up", "photon_scale_uncertainty_down"):
        found = events(record, folder, variation)["m_gg"]
        assert not np.array_equal(np.sort(found), np.sort(nominal))
        assert np.median(found) == pytest.approx(np.median(nominal), rel=0.01)


def test_size_of_blocks_changes_no_event(
    made: tuple[JobRecord, Path], analysis: AnalysisModel, files: dict[str, Path], tmp_path: Path
) -> None:
    record, folder = made
    other = run(analysis, files["ttH_M125"], "ttH_M125", tmp_path, n=10_000)
    for variation in record.output.rows:
        found, expected = events(other, tmp_path, variation), events(record, folder, variation)
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=f"{variation} {name}")
    for name, value in record.factor_sums.items():
        assert other.factor_sums[name] == pytest.approx(value, rel=1e-12, abs=1e-9), name


def test_nominal_is_the_same_to_the_bit_without_variations(
    made: tuple[JobRecord, Path], analysis: AnalysisModel, files: dict[str, Path], tmp_path: Path
) -> None:
    record, folder = made
    alone = run(without_variations(analysis), files["ttH_M125"], "ttH_M125", tmp_path)
    assert list(alone.output.rows) == ["nominal"]
    found, expected = events(alone, tmp_path), events(record, folder)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert alone.factor_sums == record.factor_sums


def test_order_of_systematics_changes_nothing(
    made: tuple[JobRecord, Path], analysis: AnalysisModel, files: dict[str, Path], tmp_path: Path
) -> None:
    record, folder = made
    content = analysis.systematics.model_dump(by_alias=True)
    turned = {
        kind: dict(reversed(entries.items())) if kind != "corrections" else entries
        for kind, entries in content.items()
    }
    other = run(changed(analysis, systematics=turned), files["ttH_M125"], "ttH_M125", tmp_path)
    assert other.products == record.products
    for variation in record.output.rows:
        found, expected = events(other, tmp_path, variation), events(record, folder, variation)
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=f"{variation} {name}")


def test_data_are_corrected_and_have_no_weights(
    analysis: AnalysisModel, files: dict[str, Path], tmp_path: Path
) -> None:
    record = run(analysis, files["Data"], "Data", tmp_path)
    content = analysis.systematics.model_dump(by_alias=True)
    raw = changed(
        analysis, systematics={**content, "corrections": {}, "independent_collections": {}}
    )
    raw = without_variations(raw)
    (tmp_path / "raw").mkdir()
    before = events(run(raw, files["Data"], "Data", tmp_path / "raw"), tmp_path / "raw")
    after = events(record, tmp_path)
    assert list(record.output.rows) == ["nominal"]
    assert set(after["weight_central"]) == {1.0}
    both = np.isin(after["event"], before["event"]), np.isin(before["event"], after["event"])
    ratio = after["m_gg"][both[0]] / before["m_gg"][both[1]]
    np.testing.assert_allclose(ratio, 1.003, rtol=1e-12)


def test_weights_under_a_variation_are_those_of_their_direction(
    made: tuple[JobRecord, Path], analysis: AnalysisModel, files: dict[str, Path], tmp_path: Path
) -> None:
    """The factor up_jes is 1.05 where nominal is 1.04, less 0.1 of the score, for each jet."""
    record, folder = made
    content = analysis.systematics.model_dump(by_alias=True)
    content["weights"]["b_tag_shape"]["under"] = {}
    other = run(changed(analysis, systematics=content), files["ttH_M125"], "ttH_M125", tmp_path)
    found, plain = events(record, folder, "jet_scale_up"), events(other, tmp_path, "jet_scale_up")
    # measured pile-up has events of weight 0
    there = plain["weight_central"] != 0
    assert np.all(found["weight_central"][there] / plain["weight_central"][there] > 1)
    nominal = (events(record, folder), events(other, tmp_path))
    np.testing.assert_array_equal(nominal[0]["weight_central"], nominal[1]["weight_central"])


def test_file_of_a_correction_decides_what_is_made_again(
    analysis: AnalysisModel, tmp_path: Path
) -> None:
    text = (CONFIG_FOLDER / "corrections" / "photons.json").read_text()
    path = tmp_path / "moved.json"
    content = analysis.systematics.model_dump(by_alias=True)
    unknown = content["independent_collections"]["photon_scale_uncertainty"]
    unknown["correction"]["file"] = str(path)
    moved = changed(analysis, systematics=content)
    pairs = [a.samples.pair("ttH_M125", YEAR) for a in (analysis, moved)]
    path.write_text(text)
    assert products(make_plan(moved, pairs[1])) == products(make_plan(analysis, pairs[0]))
    path.write_text(text + " ")
    now, before = products(make_plan(moved, pairs[1])), products(make_plan(analysis, pairs[0]))
    differ = {name for name in now if now[name] != before[name]}
    assert differ == {"photon_scale_uncertainty_up", "photon_scale_uncertainty_down"}


def test_yields_are_the_sums_of_the_merged_events(
    made: tuple[JobRecord, Path], analysis: AnalysisModel
) -> None:
    """Ratios applied to the events, and to the counters per bin, give the same yields."""
    record, folder = made
    systematics = analysis.systematics_of(analysis.samples.pair("ttH_M125", YEAR))
    kept = [w for w in systematics.weights.values() if w.preserved is not None]
    central = [w for w in kept if w.modify_central_weight]
    known = {
        variation: {weight.name: ratios(weight, ledger.kept, variation) for weight in of_events}
        for variation, ledger in record.ledgers.items()
        for of_events in [kept if variation == "nominal" else central]
    }
    assert set(known["nominal"]) == {"b_tag_shape", "scale_choice"}
    ledgers = dict(rescaled_ledgers(record.ledgers, systematics, known))
    for variation, ledger in ledgers.items():
        table = pa.table(events(record, folder, variation))
        table = rescaled(table, column_ratios(systematics, known[variation], variation))
        for number, found in enumerate(ledger.yields.values()):
            of_tag = table.filter(pc.equal(table["tag_idx"], number))
            for name, counter in found.items():
                expected = pc.sum(_full_weight(of_tag, name)).as_py() or 0.0
                assert counter.sumw == pytest.approx(expected, rel=1e-9), (variation, name)


def _full_weight(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name == "central":
        return table["weight_central"]
    if f"weight_full_{name}" in table.column_names:
        return table[f"weight_full_{name}"]
    return pc.multiply(table["weight_central"], table[f"weight_{name}"])


def test_preserved_sums_are_what_they_were(
    made: tuple[JobRecord, Path], analysis: AnalysisModel
) -> None:
    """sum of g f r over the bins is the sum of g, for every direction and in every variation.

    The bins are of jets that the taggers count: the sums are over the events with a photon pair.
    """
    record, _ = made
    weight = analysis.systematics.weights["b_tag_shape"]
    for variation, ledger in record.ledgers.items():
        found = ratios(weight, ledger.kept, variation)
        of_all = [ledger.kept[f"b_tag_shape::{k}"] for k in range(len(found["central"]))]
        for direction, of_bins in found.items():
            sums = [ledger.kept[f"b_tag_shape:{direction}:{k}"].sumw for k in range(len(of_bins))]
            for k, (total, ratio) in enumerate(zip(sums, of_bins, strict=True)):
                assert total * ratio == pytest.approx(of_all[k].sumw, rel=1e-12)
        first = ledger.flows[0].flow
        assert sum(counter.n for counter in of_all) == first.passed.n


def test_ratios_of_a_variation_are_its_own(
    made: tuple[JobRecord, Path], analysis: AnalysisModel
) -> None:
    record, _ = made
    weight = analysis.systematics.weights["b_tag_shape"]
    found = {v: ratios(weight, ledger.kept, v)["central"] for v, ledger in record.ledgers.items()}
    for variation, of_bins in found.items():
        touches_jets = variation.startswith("jet_")
        assert (of_bins != found["nominal"]) == touches_jets or "photon" in variation

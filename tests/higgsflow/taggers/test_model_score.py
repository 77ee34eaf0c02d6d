"""Scores of small models that are trained or built here, against the libraries and by hand."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import yaml

from higgsflow.errors import InvalidConfiguration, TaggerError, UnknownName, UserError
from higgsflow.events.plain import plain
from higgsflow.model.context import Context
from higgsflow.model.tagging import TaggerSpec, TagSequence
from higgsflow.taggers.function import tagger
from higgsflow.taggers.model_score import ModelTagger
from higgsflow.taggers.sequence import load_steps, load_tagger
from higgsflow.taggers.stages import Runner
from higgsflow.taggers.variants import Variant

if TYPE_CHECKING:
    from conftest import Lab

CONTEXT = Context(sample="S", year="2017", is_data=False)
DOCS = Path(__file__).resolve().parents[3] / "docs" / "model_tagger.md"
HINT = "to run this test: pip install -e '.[models]' onnx"
INPUTS = ("a", "b", "c", "d")
N = 2500  # more than two batches


def values(seed: int = 1, holes: float = 0.0) -> Any:
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(N, len(INPUTS))).astype(np.float32)
    found[rng.random(found.shape) < holes] = np.nan
    return found


def events_of(table: Any, **more: Any) -> Any:
    columns = {name: table[:, i].astype(np.float64) for i, name in enumerate(INPUTS)}
    return ak.zip(columns | more, depth_limit=1)


def train(path: Path, n_classes: int = 2, table: Any = None, **options: Any) -> Any:
    """A booster that was trained and saved."""
    xgboost = pytest.importorskip("xgboost", reason=HINT)
    table = values(2, holes=0.05) if table is None else table
    sums = np.nan_to_num(table).sum(axis=1)
    # both, whatever the table: of one alone nothing is learnt, which xgboost 3.1 refuses
    labels = sums > np.median(sums)
    objective: dict[str, Any] = {"objective": "binary:logistic"}
    if n_classes > 2:
        labels = labels + 1 * (np.nan_to_num(table[:, 0]) > 1)
        objective = {"objective": "multi:softprob", "num_class": n_classes}
    fixed = {**objective, "max_depth": 4, "nthread": 1, **options}
    matrix = xgboost.DMatrix(table, labels, nthread=1)
    booster = xgboost.train(fixed, matrix, num_boost_round=15)
    booster.save_model(path)
    return booster


def predicted(booster: Any, table: Any) -> Any:
    xgboost = pytest.importorskip("xgboost", reason=HINT)
    return booster.predict(xgboost.DMatrix(table, nthread=1)).astype(np.float64)


def perceptron(path: Path, n_out: int = 3, n_hidden: int = 37) -> Any:
    """Saves two layers as ONNX; gives the same in numpy."""
    onnx = pytest.importorskip("onnx", reason=HINT)
    pytest.importorskip("onnxruntime", reason=HINT)
    rng = np.random.default_rng(3)
    shapes = {"w1": (4, n_hidden), "b1": (n_hidden,), "w2": (n_hidden, n_out), "b2": (n_out,)}
    w = {name: rng.normal(size=shape).astype(np.float32) / 3 for name, shape in shapes.items()}
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
    ]
    graph = helper.make_graph(
        nodes,
        "perceptron",
        [helper.make_tensor_value_info("x", kind, ["n", 4])],
        [helper.make_tensor_value_info("p", kind, ["n", n_out])],
        [onnx.numpy_helper.from_array(array, name) for name, array in w.items()],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)

    def forward(x: Any) -> Any:
        hidden = np.maximum(x @ w["w1"] + w["b1"], np.float32(0))
        return 1 / (1 + np.exp(-(hidden @ w["w2"] + w["b2"])))

    return forward


def made(model: Path | str, **options: Any) -> ModelTagger:
    return ModelTagger(**{"name": "bdt", "model": model, "inputs": INPUTS, **options})


def score(one: ModelTagger, events: Any) -> Any:
    return one.select(events, CONTEXT.fresh()).columns["bdt_score"]


def text_of(error: pytest.ExceptionInfo[UserError]) -> str:
    assert len(str(error.value).splitlines()) <= 3
    return str(error.value)


def option_error(**options: Any) -> str:
    spec = {"name": "bdt", "tagger": "higgsflow.taggers.model_score:ModelTagger"}
    fixed = {"model": "/m.json", "inputs": ["a"]}
    with pytest.raises(InvalidConfiguration) as caught:
        load_tagger(TaggerSpec(**spec, options={**fixed, **options}))
    return text_of(caught)


# parity


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_xgboost_scores_are_those_of_the_library_to_the_bit(tmp_path: Path, ending: str) -> None:
    booster = train(tmp_path / f"m.{ending}")
    table = values(holes=0.1)
    found = score(made(tmp_path / f"m.{ending}"), events_of(table))
    assert found.dtype == np.float64
    assert np.array_equal(found, predicted(booster, table))
    assert found.std() > 0.1


@pytest.mark.parametrize("output", [0, 1, "2", "prediction[2]"])
def test_xgboost_with_several_classes(tmp_path: Path, output: int | str) -> None:
    booster = train(tmp_path / "m.json", n_classes=3)
    found = score(made(tmp_path / "m.json", output=output), events_of(values()))
    index = 2 if isinstance(output, str) else output
    assert np.array_equal(found, predicted(booster, values())[:, index])


# xgboost 3.4 names another way to train them; models that were trained so remain
@pytest.mark.filterwarnings("ignore:.*booster=dart.*is deprecated:UserWarning")
def test_trees_that_are_dropped_in_training_are_not_in_prediction(tmp_path: Path) -> None:
    trained = train(tmp_path / "m.json", booster="dart", rate_drop=0.5)
    found = score(made(tmp_path / "m.json"), events_of(values()))
    assert np.array_equal(found, predicted(trained, values()))


@pytest.mark.parametrize(("n_out", "output"), [(1, None), (1, "p"), (3, 2), (3, "p[2]")])
def test_onnx_scores_are_those_of_numpy_in_float32(
    tmp_path: Path, n_out: int, output: int | str | None
) -> None:
    forward = perceptron(tmp_path / "m.onnx", n_out)
    found = score(made(tmp_path / "m.onnx", output=output), events_of(values()))
    assert found.dtype == np.float64
    # a few units in the last place: sums in another order, another exponential
    assert np.abs(found - forward(values())[:, n_out - 1]).max() < 5e-7
    assert found.std() > 0.05


# rows


@pytest.mark.parametrize("kind", ["xgboost", "onnx"])
@pytest.mark.parametrize("size", [1, 7, 1000, 1024])
def test_chunked_is_the_whole_to_the_bit(tmp_path: Path, kind: str, size: int) -> None:
    path = tmp_path / ("m.json" if kind == "xgboost" else "m.onnx")
    train(path) if kind == "xgboost" else perceptron(path)
    one = made(path, output=0)
    events = events_of(values())[: max(100, 2 * size)]
    parts = [score(one, events[start : start + size]) for start in range(0, len(events), size)]
    assert np.array_equal(np.concatenate(parts), score(one, events))


@pytest.mark.parametrize("kind", ["xgboost", "onnx"])
def test_stacked_variations_are_each_alone_to_the_bit(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("m.json" if kind == "xgboost" else "m.onnx")
    train(path) if kind == "xgboost" else perceptron(path)
    one = made(path, output=0)
    variations = [events_of(values() * np.float32(shift)) for shift in (1, 1.01, 0.99)]
    stacked = score(one, ak.concatenate(variations))
    assert np.array_equal(stacked, np.concatenate([score(one, alone) for alone in variations]))


@pytest.mark.parametrize("kind", ["xgboost", "onnx"])
def test_a_fork_of_a_process_that_checked_gives_the_same(tmp_path: Path, kind: str) -> None:
    """Threads of the libraries do not survive a fork: a worker would wait for them for ever."""
    path = tmp_path / ("m.json" if kind == "xgboost" else "m.onnx")
    train(path) if kind == "xgboost" else perceptron(path)
    one, events = made(path, output=0), events_of(values())
    one.check(CONTEXT)
    expected = score(one, events).tobytes()
    forked = multiprocessing.get_context("fork")
    queue = forked.SimpleQueue()
    worker = forked.Process(target=lambda: queue.put(score(one, events).tobytes()))
    worker.start()
    worker.join(timeout=60)
    if worker.is_alive():
        worker.kill()
    assert worker.exitcode == 0
    assert queue.get() == expected


def test_no_events_give_typed_columns(tmp_path: Path) -> None:
    train(tmp_path / "m.json")
    one = made(tmp_path / "m.json", boundaries=(0, 0.5, 1), requires=("a",))
    decision = one.select(events_of(values())[:0], CONTEXT.fresh())
    assert (len(decision.mask), decision.mask.dtype) == (0, np.bool_)
    assert decision.columns["bdt_score"].dtype == np.float64
    assert decision.category.dtype == np.int16


def test_model_that_mixes_events_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason=HINT)
    pytest.importorskip("onnxruntime", reason=HINT)
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["x", "m"], ["p"]),
    ]
    ports = [helper.make_tensor_value_info(name, kind, ["n", 4]) for name in ("x", "p")]
    graph = helper.make_graph(nodes, "mean", ports[:1], ports[1:])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), tmp_path / "m.onnx")
    with pytest.raises(InvalidConfiguration, match="'p' of an event depends on others"):
        made(tmp_path / "m.onnx", output=0).check(CONTEXT)


# categories


def identity(tmp_path: Path) -> Path:
    """An ONNX model whose score is its input, to put scores exactly on boundaries."""
    onnx = pytest.importorskip("onnx", reason=HINT)
    pytest.importorskip("onnxruntime", reason=HINT)
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    ports = [helper.make_tensor_value_info(name, kind, ["n", 1]) for name in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "same", ports[:1], ports[1:]
    )
    opset = helper.make_opsetid("", 17)
    path = tmp_path / "same.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)
    return path


def test_categories_are_closed_below_and_the_last_above_too(tmp_path: Path) -> None:
    one = made(identity(tmp_path), inputs=("a",), boundaries=(0.25, 0.5, 1.0))
    scores = [0.0, 0.25, np.nextafter(np.float32(0.5), np.float32(0)), 0.5, 0.75, 1.0, 1.25]
    decision = one.select(ak.zip({"a": scores}, depth_limit=1), CONTEXT.fresh())
    assert decision.category.tolist() == [-1, 0, 0, 1, 1, 1, -1]
    assert decision.mask.tolist() == [False, True, True, True, True, True, False]
    assert list(decision.cuts["events"]) == ["score"]


def test_without_boundaries_every_event_passes(tmp_path: Path) -> None:
    decision = made(identity(tmp_path), inputs=("a",)).select(events_of(values()), CONTEXT.fresh())
    assert decision.mask.all()
    assert (decision.category, decision.cuts) == (None, {})


def test_what_is_required_is_not_evaluated_where_it_is_not_met(tmp_path: Path) -> None:
    one = made(identity(tmp_path), inputs=("a",), requires=("n", "input:HLT"), boundaries=(0, 9))
    columns = {"a": [1.0, np.nan, 2.0], "n": [2, 0, 1], "HLT": [True, True, False]}
    decision = one.select(ak.zip(columns, depth_limit=1), CONTEXT.fresh())
    assert np.array_equal(decision.columns["bdt_score"], [1.0, np.nan, np.nan], equal_nan=True)
    assert decision.mask.tolist() == [True, False, False]
    assert decision.cuts["events"]["n"].tolist() == [True, False, True]
    assert list(decision.cuts["events"]) == ["n", "HLT", "score"]


def test_tags_of_one_step_share_the_evaluation(tmp_path: Path) -> None:
    path, context = identity(tmp_path), CONTEXT.fresh()
    options = {"inputs": ("a",), "score": "s"}
    high = made(path, **options, boundaries=(0.5, 1))
    low = made(path, **options, boundaries=(0, 0.5), name="low")
    events = ak.zip({"a": [0.25, 0.75]}, depth_limit=1)
    decisions = [one.select(events, context) for one in (high, low)]
    assert decisions[0].columns["s"] is decisions[1].columns["s"]
    assert [d.mask.tolist() for d in decisions] == [[False, True], [True, False]]


# missing values


def test_nan_is_missing_to_xgboost_unless_a_number_stands_for_it(tmp_path: Path) -> None:
    booster = train(tmp_path / "m.json")
    table = values(holes=0.3)
    filled = np.where(np.isnan(table), np.float32(-999), table)
    given = score(made(tmp_path / "m.json", missing=-999), events_of(table))
    assert np.array_equal(given, predicted(booster, filled))
    assert not np.array_equal(given, score(made(tmp_path / "m.json"), events_of(table)))


def test_nan_for_onnx_names_the_column_unless_something_stands_for_it(tmp_path: Path) -> None:
    forward = perceptron(tmp_path / "m.onnx")
    table = values()
    table[5:8, 1] = np.nan
    with pytest.raises(TaggerError, match=f"input 'b' is NaN in 3 of {N} events") as caught:
        score(made(tmp_path / "m.onnx", output=0), events_of(table))
    assert "missing: NUMBER" in text_of(caught)
    found = score(made(tmp_path / "m.onnx", output=0, missing=0.5), events_of(table))
    expected = forward(np.nan_to_num(table, nan=0.5))[:, 0]
    assert np.abs(found - expected).max() < 5e-7


def test_score_that_is_not_finite_says_of_how_many(tmp_path: Path) -> None:
    one = made(identity(tmp_path), inputs=("a",), missing="pass")
    with pytest.raises(TaggerError, match="'bdt' is not finite for 2 of 3 events") as caught:
        score(one, ak.zip({"a": [np.nan, 1.0, np.nan]}, depth_limit=1))
    text_of(caught)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 1e300])
def test_infinite_input_is_named(tmp_path: Path, bad: float) -> None:
    train(tmp_path / "m.json")
    events = events_of(values()[:2], c=[1.0, bad])
    with pytest.raises(TaggerError, match="input 'c' is infinite as float32 in 1 of 2 events") as e:
        score(made(tmp_path / "m.json"), events)
    text_of(e)


def test_list_per_event_is_no_input(tmp_path: Path) -> None:
    one = made(identity(tmp_path), inputs=("input:Jet_pt",))
    events = ak.Array([{"Jet": [{"pt": 1.0}]}, {"Jet": []}])
    with pytest.raises(TaggerError, match=r"'input:Jet_pt', .* is not one number per event") as e:
        score(one, events)
    text_of(e)


# options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "m.json"}, "'m.json' must be absolute, or start with ~"),
        ({"model": "${NO_SUCH}/m.json"}, "must be absolute"),
        ({"model": "/m.pkl"}, "does not end with one of .onnx, .json, .ubj"),
        ({"boundaries": [0, 0.5, 0.5]}, "boundaries must be at least two numbers, each above"),
        ({"boundaries": [1, 0]}, "each above the one before"),
        ({"boundaries": [1]}, "at least two"),
        ({"boundaries": [0, float("inf")]}, "finite"),
        ({"missing": float("nan")}, "missing"),
        ({"inputs": []}, "inputs"),
        ({"model": "/m.onnx", "rounds": "best"}, "XGBoost models only"),
        ({"boundary": [0, 1]}, "did you mean 'boundaries'"),
    ],
)
def test_wrong_option_is_named(options: dict[str, Any], message: str) -> None:
    assert message in option_error(**options)


def test_variables_and_home_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS", "/models")
    assert made("${MODELS}/m.json").model == Path("/models/m.json")
    assert made("~/m.json").model == Path.home() / "m.json"


def test_declares_what_it_reads_needs_and_adds() -> None:
    one = made("/m.json", inputs=("m_gg", "input:MET_pt"), requires=("n_jets", "input:HLT"))
    assert [need.name for need in one.reads(CONTEXT)] == ["MET_pt", "HLT"]
    assert one.needs() == ("m_gg", "n_jets")
    assert one.adds(CONTEXT) == {"bdt_score": "float64"}
    assert made("/m.json", score="p").adds(CONTEXT) == {"p": "float64"}


@pytest.mark.parametrize("name", ["m.onnx.data", "weights.bin"])
def test_files_are_the_model_and_weights_that_it_names(tmp_path: Path, name: str) -> None:
    for other in (name, "other.data"):
        (tmp_path / other).touch()
    # as protocol buffers have it
    (tmp_path / "m.onnx").write_bytes(b"\n\x08location\x12" + bytes([len(name)]) + name.encode())
    assert made(tmp_path / "m.onnx").files() == (tmp_path / "m.onnx", tmp_path / name)


def test_spec_leads_back_to_an_equal_tagger() -> None:
    one = made("/m.json", output=1, boundaries=(0, 1), missing=-1, requires=("x",))
    assert load_tagger(TaggerSpec(**one.spec())) == one


@pytest.mark.parametrize("output", [None, 3, -1, "q", "p[3]"])
def test_unknown_output_lists_those_there_are(tmp_path: Path, output: Any) -> None:
    perceptron(tmp_path / "m.onnx")
    with pytest.raises((UnknownName, InvalidConfiguration)) as caught:
        made(tmp_path / "m.onnx", output=output).check(CONTEXT)
    assert "0, 1, 2, p[0], p[1], p[2]" in text_of(caught)


def test_check_looks_at_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="No such file") as caught:
        made(tmp_path / "m.json").check(CONTEXT)
    text_of(caught)


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    train(path)
    before = score(made(path), events_of(values()))
    booster = train(path, table=values(9))
    after = score(made(path), events_of(values()))
    assert np.array_equal(after, predicted(booster, values()))
    assert not np.array_equal(before, after)


# the whole


def test_scores_of_a_run_and_jobs_made_again_for_another_model(lab: Lab) -> None:
    path = lab.folder / "m.json"

    def trained(seed: int) -> Any:
        return train(path, table=values(seed)[:, :2] * 30 + 100)

    booster = trained(4)
    model = {
        "name": "bdt",
        "tagger": "higgsflow.taggers.model_score:ModelTagger",
        "options": {"model": str(path), "inputs": ["m_gg", "input:MET_pt"]},
    }
    lab.content["tag_sequence"] = ["toy_taggers:pair", model]
    lab.content["variables_of_interest"] = ["m_gg", "bdt_score", "input:MET_pt"]
    lab.content["systematics"]["independent_collections"] = {"met": lab.met_scale()}
    for _ in range(2):
        assert lab.run()
        table = lab.table().to_pydict()
        inputs = np.array([table["m_gg"], table["MET_pt"]], np.float32).T
        assert np.array_equal(table["bdt_score"], predicted(booster, inputs))
        assert np.ptp(table["bdt_score"]) > 0.5
        assert lab.table(variation="met_up").num_rows == len(inputs)
        booster = trained(5)


# the document


@tagger(reads=["MET_pt"], adds={"m_gg": "float64", "pt_gg": "float64", "dR_gg": "float64"})
def pairs(events: Any) -> Any:
    columns = dict.fromkeys(("m_gg", "pt_gg", "dR_gg"), events.MET_pt / 100)
    return events.MET_pt > 0, columns


def test_code_of_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("xgboost", "onnx", "onnxruntime"):
        pytest.importorskip(package, reason=HINT)
    monkeypatch.setenv("MODELS", str(tmp_path))
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, Any] = {}
    for language, code in blocks:
        assert len(code.splitlines()) < 40
        if language == "python":
            exec(compile(code, str(DOCS), "exec"), names)  # the document is ours
    (content,) = [yaml.safe_load(code) for language, code in blocks if language == "yaml"]
    steps = load_steps(
        TagSequence.model_validate([f"{__name__}:pairs", *content["tag_sequence"][1:]])
    )
    assert all(one.check(CONTEXT) is None for step in steps for one in step)
    events = ak.zip({"MET_pt": np.linspace(1.0, 300.0, 200)}, depth_limit=1)
    result = (
        Runner(steps, CONTEXT, keep_untagged=True).run(Variant("nominal", plain(events))).result
    )
    assert set(content["variables_of_interest"]) <= set(result.kept.added)
    assert set(result.tag_category[result.tag_idx == 0].tolist()) <= {0, 1}

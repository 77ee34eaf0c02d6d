"""What is asked of the file of a model, and how it is evaluated in batches."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.taggers.trained_model import BATCH, TrainedModel, load, stamp

if TYPE_CHECKING:
    from pathlib import Path

HINT = "to run this test: pip install -e '.[models]' onnx"


def opened(path: Path, n_inputs: int = 3, rounds: str | None = None) -> TrainedModel:
    names = tuple("abcdefgh"[:n_inputs])
    return load((stamp(path),), names, rounds, 0)


def message(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidConfiguration) as caught:
        opened(path, **options)
    assert len(str(caught.value).splitlines()) <= 3
    assert str(path) in str(caught.value)
    return str(caught.value)


def boosted(path: Path, names: list[str] | None = None, **options: Any) -> Any:
    xgboost = pytest.importorskip("xgboost", reason=HINT)
    rng = np.random.default_rng(1)
    table = rng.normal(size=(400, 3))
    labels = table[:, 0] + rng.normal(size=400) > 0
    first, second = (
        xgboost.DMatrix(table[part], labels[part], feature_names=names, nthread=1)
        for part in (slice(200), slice(200, 400))
    )
    fixed = {"objective": "binary:logistic", "nthread": 1}
    booster = xgboost.train(fixed, first, 30, evals=[(second, "v")], verbose_eval=False, **options)
    booster.save_model(path)
    return booster


def graph(path: Path, nodes: list[tuple[Any, ...]], shape: Any = ("n", 3), **more: Any) -> Path:
    """Saves an ONNX model: nodes are (operator, inputs, output), of which all are results."""
    onnx = pytest.importorskip("onnx", reason=HINT)
    pytest.importorskip("onnxruntime", reason=HINT)
    helper, kind = onnx.helper, more.pop("kind", onnx.TensorProto.FLOAT)
    takes = [helper.make_tensor_value_info(x, kind, shape) for x in more.pop("takes", ["x"])]
    gives = [helper.make_empty_tensor_value_info(node[2]) for node in nodes]
    made = [helper.make_node(n[0], n[1], [n[2]], **more) for n in nodes]
    opset = helper.make_opsetid("", 17)
    whole = helper.make_graph(made, "g", takes, gives)
    onnx.save(helper.make_model(whole, opset_imports=[opset], ir_version=9), path)
    return path


def test_rows_are_evaluated_in_batches_of_one_size() -> None:
    seen = []

    def run(values: Any, name: str | None) -> dict[str, Any]:
        seen.append(values.copy())
        return {"sum": values.sum(axis=1)}

    columns = [np.arange(1, BATCH + 4, dtype=np.float32), np.ones(BATCH + 3, np.float32)]
    scores = TrainedModel(run, {}).scores(("sum", 0), columns)
    assert scores.tolist() == list(range(2, BATCH + 5))
    assert [batch.shape for batch in seen] == [(BATCH, 2)] * 2
    assert not seen[1][3:].any()


def test_no_rows_give_no_scores() -> None:
    scores = TrainedModel(lambda *_: {}, {}).scores(("p", 0), [np.zeros(0, np.float32)])
    assert (len(scores), scores.dtype) == (0, np.float32)


def test_model_is_read_once_per_process_and_state_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    boosted(path)
    first = opened(path)
    assert opened(path) is first
    assert load((stamp(path),), ("a", "b", "c"), None, 1) is not first
    boosted(path, names=["a", "b", "c"])
    assert opened(path) is not first


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.onnx"])
def test_file_that_is_absent_or_a_folder_cannot_be_read(tmp_path: Path, name: str) -> None:
    assert "No such file" in message(tmp_path / name)
    (tmp_path / name).mkdir()
    assert "Is a directory" in message(tmp_path / name)


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.onnx"])
@pytest.mark.parametrize("content", ["", "{}", "something else"])
def test_file_of_something_else_is_no_model(tmp_path: Path, name: str, content: str) -> None:
    library = "onnxruntime" if name.endswith("onnx") else "xgboost"
    pytest.importorskip(library, reason=HINT)
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert f"no model that {library}" in message(tmp_path / name)


def test_truncated_file_is_no_model(tmp_path: Path) -> None:
    boosted(tmp_path / "m.ubj")
    content = (tmp_path / "m.ubj").read_bytes()
    (tmp_path / "m.ubj").write_bytes(content[: len(content) // 2])
    assert "no model that xgboost" in message(tmp_path / "m.ubj")


@pytest.mark.parametrize("name", ["m.json", "m.onnx"])
def test_damage_that_an_error_quotes_is_told(tmp_path: Path, name: str) -> None:
    """Python cannot read the text of the error, and raises one of its own."""
    if name == "m.onnx":
        before, after = b"Relu", b"Rel\xff"
        graph(tmp_path / name, [("Relu", ["x"], "p")])
    else:
        before, after = b'"tree_param":', b'"tree_par\xff":'
        boosted(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert before in content
    (tmp_path / name).write_bytes(content.replace(before, after))
    assert "no model that" in message(tmp_path / name)


@pytest.mark.parametrize(("library", "name"), [("xgboost", "m.json"), ("onnxruntime", "m.onnx")])
def test_absent_package_is_named_with_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, name: str
) -> None:
    import_module = importlib.import_module

    def without(wanted: str) -> Any:
        if wanted == library:
            raise ModuleNotFoundError(name=library)
        return import_module(wanted)

    (tmp_path / name).touch()
    monkeypatch.setattr(importlib, "import_module", without)
    told = message(tmp_path / name)
    assert f"no package '{library}'" in told
    assert f"pip install higgsflow[models], or {library} alone" in told


def test_number_of_inputs_is_the_models(tmp_path: Path) -> None:
    boosted(tmp_path / "m.json")
    assert "takes 3 inputs, but `inputs` names 2" in message(tmp_path / "m.json", n_inputs=2)
    graph(tmp_path / "m.onnx", [("Relu", ["x"], "p")])
    assert "takes 3 inputs, but `inputs` names 4" in message(tmp_path / "m.onnx", n_inputs=4)


def test_another_order_than_in_training_is_an_error(tmp_path: Path) -> None:
    boosted(tmp_path / "m.json", names=["b", "a", "c"])
    assert "trained with the order b, a, c" in message(tmp_path / "m.json")
    boosted(tmp_path / "m.json", names=["p", "q", "r"])
    assert opened(tmp_path / "m.json").places


def test_rounds_of_early_stopping_must_be_chosen(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost", reason=HINT)
    path = tmp_path / "m.json"
    booster = boosted(path, early_stopping_rounds=3)
    best = booster.best_iteration + 1
    assert best < booster.num_boosted_rounds()
    assert "say `rounds: best` or `rounds: all`" in message(path)
    columns = list(np.random.default_rng(2).normal(size=(3, 50)).astype(np.float32))
    matrix = xgboost.DMatrix(np.stack(columns, axis=1), nthread=1)
    for rounds, stop in (("best", best), ("all", 0)):
        scores = opened(path, rounds=rounds).scores(("prediction", 0), columns)
        assert np.array_equal(scores, booster.predict(matrix, iteration_range=(0, stop)))


def test_results_have_names_and_of_a_single_one_indices(tmp_path: Path) -> None:
    one = graph(tmp_path / "one.onnx", [("Relu", ["x"], "p")])
    assert list(opened(one).places) == ["p[0]", "p[1]", "p[2]", "0", "1", "2"]
    two = graph(tmp_path / "two.onnx", [("Relu", ["x"], "p"), ("Tanh", ["x"], "q")], shape=("n", 1))
    assert opened(two, n_inputs=1).places == {"p": ("p", 0), "q": ("q", 0)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"shape": (1, 3)}, "takes 1 events at a time"),
        ({"shape": ("n", 3, 2)}, "one input, float32 of events times inputs"),
        ({"kind": 11}, "x: tensor(double)"),
        ({"takes": ["x", "y"]}, "x: tensor(float) ['n', 3], y: tensor(float)"),
    ],
)
def test_onnx_takes_one_table_of_any_number_of_events(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    assert told in message(graph(tmp_path / "m.onnx", [("Abs", ["x"], "p")], **options))


def test_number_of_columns_that_onnx_leaves_open_is_tried(tmp_path: Path) -> None:
    path = graph(tmp_path / "m.onnx", [("Relu", ["x"], "p")], shape=("n", "columns"))
    assert "p[3]" in opened(path, n_inputs=4).places


def test_result_that_is_not_per_event_is_none(tmp_path: Path) -> None:
    path = graph(tmp_path / "m.onnx", [("ReduceSum", ["x"], "total")])
    assert "gives no number per event" in message(path)


def test_the_end_of_a_program_says_nothing_of_its_models(tmp_path: Path) -> None:
    """With stages in memory, Python takes the library apart before what holds the model."""
    path = tmp_path / "bdt.json"
    boosted(path)
    program = (
        "import tasks.session\n"
        "from pathlib import Path\n"
        "from higgsflow.taggers.trained_model import load, stamp\n"
        f"load((stamp(Path({str(path)!r})),), tuple('abc'), None, 0)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stderr == b""

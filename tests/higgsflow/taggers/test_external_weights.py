from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from higgsflow.taggers.external_weights import external_files

if TYPE_CHECKING:
    from pathlib import Path

onnx = pytest.importorskip("onnx", reason="to run this test: pip install onnx")


@pytest.mark.parametrize("name", ["weights.bin", "parts/" + "w" * 150])
def test_finds_the_file_that_a_model_names(tmp_path: Path, name: str) -> None:
    """Also with a name that is so long that its length takes two bytes."""
    weights = onnx.numpy_helper.from_array(np.ones((2, 1000), np.float32), "W")
    first, last = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, n])
        for name, n in (("x", 2), ("y", 1000))
    )
    node = onnx.helper.make_node("MatMul", ["x", "W"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [first], [last], [weights])
    model = tmp_path / "m.onnx"
    (tmp_path / name).parent.mkdir(exist_ok=True)
    onnx.save_model(
        onnx.helper.make_model(graph), model, save_as_external_data=True, location=name,
        size_threshold=0,
    )  # fmt: skip
    assert (tmp_path / name).stat().st_size == 8000
    assert external_files(model) == (tmp_path / name,)
    (tmp_path / name).unlink()
    assert external_files(model) == ()


def test_a_model_that_is_not_there_names_none(tmp_path: Path) -> None:
    assert external_files(tmp_path / "m.onnx") == ()

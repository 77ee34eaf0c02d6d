"""Trained models in memory: ONNX and XGBoost behind one function of a batch of rows.

A score must not depend on the events around it, to the bit: variations are stacked and files are
cut anywhere. Libraries choose their kernels by the number of rows, so batches have one shape, and
they run on one thread.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import inspect
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Floats = npt.NDArray[np.float32]
Run = Callable[[Floats, "str | None"], "dict[str, Any]"]
Stamp = tuple["Path", int, int]
# what becomes of an error of a library that quotes a damaged file
_MISQUOTED = UnicodeDecodeError
# rows of a batch, always this many: the last one is filled up with zeros
BATCH = 1024


@dataclass(frozen=True)
class TrainedModel:
    """A model in memory.

    Attributes:
        run: gives the named result for a batch of rows; all results without a name.
        places: numbers per event, by the names a user may give them: result and index.
    """

    run: Run
    places: dict[str, tuple[str, int]]

    def scores(self, place: tuple[str, int], columns: Sequence[Floats]) -> Floats:
        """The number at a place for each row; columns: one per input, all of n values."""
        name, index = place
        parts = [_table(self.run(rows, name)[name])[:n, index] for rows, n in _batches(columns)]
        return np.concatenate([np.zeros(0, np.float32), *parts]).astype(np.float32)


def _batches(columns: Sequence[Floats]) -> Iterator[tuple[Floats, int]]:
    """Rows of all inputs, and how many of them are events."""
    batch = np.zeros((BATCH, len(columns)), np.float32)
    for start in range(0, len(columns[0]), BATCH):
        n = min(BATCH, len(columns[0]) - start)
        for position, values in enumerate(columns):
            batch[:n, position] = values[start : start + n]
        batch[n:] = 0
        yield batch, n


def _table(result: Any) -> Any:
    return result.reshape(len(result), -1)


def stamp(path: Path) -> Stamp:
    """The file as it is now.

    Raises:
        InvalidConfiguration: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise InvalidConfiguration("no model can be read", f"{path}: {reason}") from error
    return path, status.st_size, status.st_ctime_ns


@functools.lru_cache(maxsize=32)
def load(
    stamps: tuple[Stamp, ...], names: tuple[str, ...], rounds: str | None, pid: int
) -> TrainedModel:
    """The model for inputs of these names, once per process: a fork does not share sessions."""
    del pid
    path = stamps[0][0]
    is_onnx = path.suffix == ".onnx"
    run = _open_onnx(path, len(names)) if is_onnx else _open_xgboost(path, names, rounds)
    return TrainedModel(run, _places(path, run, len(names)))


# a model that is let go of after its library has gone is told of on the screen
atexit.register(load.cache_clear)


def _places(path: Path, run: Run, n_inputs: int) -> dict[str, tuple[str, int]]:
    """The numbers per event among the results.

    Raises:
        InvalidConfiguration: when there are none, or when events change those of others.
    """
    zeros = np.zeros((BATCH, n_inputs), np.float32)
    mixed = np.concatenate([zeros[::2], np.ones_like(zeros[1::2])])
    results, others = run(zeros, None), run(mixed, None)
    found = {}
    for name, values in results.items():
        if not _is_per_event(values):
            continue
        half = BATCH // 2
        if not np.array_equal(_table(values)[:half], _table(others[name])[:half], equal_nan=True):
            raise InvalidConfiguration(f"'{name}' of an event depends on others", str(path))
        width = _table(values).shape[1]
        labels = [name] if width == 1 else [f"{name}[{index}]" for index in range(width)]
        found.update({label: (name, index) for index, label in enumerate(labels)})
    if not found:
        raise InvalidConfiguration("the model gives no number per event", str(path))
    if len({name for name, _ in found.values()}) == 1:
        found |= {str(index): place for index, place in enumerate(list(found.values()))}
    return found


def _is_per_event(values: Any) -> bool:
    is_numeric = isinstance(values, np.ndarray) and values.dtype.kind in "fiub"
    return is_numeric and values.ndim in (1, 2) and len(values) == BATCH


def _package(name: str, path: Path) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        remedy = f"pip install higgsflow[models], or {name} alone"
        raise InvalidConfiguration(
            f"no package '{error.name}', which a model needs", str(path), remedy
        ) from error


def _check_number(path: Path, wanted: int, given: int) -> None:
    if wanted != given:
        what = f"the model takes {wanted} inputs, but `inputs` names {given}"
        raise InvalidConfiguration(what, str(path))


def _open_xgboost(path: Path, names: tuple[str, ...], rounds: str | None) -> Run:
    xgboost = _package("xgboost", path)
    unreadable = f"no model that xgboost {xgboost.__version__} can read"
    if not _has_its_end(path):
        raise InvalidConfiguration(unreadable, str(path), "is it complete?")
    try:
        # it reads trees with threads of OpenMP, which a fork of this process would wait for for
        # ever: those of a thread that ends are gone with it
        with ThreadPoolExecutor(max_workers=1) as executor:
            booster = executor.submit(_read_booster, xgboost, path).result()
        _check_number(path, booster.num_features(), len(names))
    except (xgboost.core.XGBoostError, _MISQUOTED) as error:
        raise InvalidConfiguration(unreadable, str(path)) from error
    trained = tuple(booster.feature_names or ())
    if trained != names and sorted(trained) == sorted(names):
        order = f"the model was trained with the order {', '.join(trained)}"
        raise InvalidConfiguration(order, str(path), "list `inputs` in this order")
    options = {"feature_names": booster.feature_names, "feature_types": booster.feature_types}
    stop = _last_round(path, booster, rounds)

    def run(values: Floats, _: str | None) -> dict[str, Any]:
        matrix = xgboost.DMatrix(values, missing=np.nan, nthread=1, **options)
        return {"prediction": booster.predict(matrix, iteration_range=(0, stop))}

    return run


def _has_its_end(path: Path) -> bool:
    """Whether it is whole: xgboost reads on behind the end of a binary file, and may crash."""
    return path.suffix != ".ubj" or path.read_bytes().endswith(b"}")


def _read_booster(xgboost: Any, path: Path) -> Any:
    return xgboost.Booster(params={"nthread": 1}, model_file=path)


def _last_round(path: Path, booster: Any, rounds: str | None) -> int:
    """How many rounds are evaluated; the two ways to predict with xgboost differ in this."""
    n = booster.num_boosted_rounds()
    stated = booster.attr("best_iteration")
    best = n if stated is None else int(stated) + 1
    if best != n and rounds is None:
        what = f"training stopped early: round {best} of {n} was best"
        raise InvalidConfiguration(what, str(path), "say `rounds: best` or `rounds: all`")
    # 0 stands for all, also where the booster has no rounds to choose from
    return best if rounds == "best" else 0


def _open_onnx(path: Path, n_inputs: int) -> Run:
    runtime = _package("onnxruntime", path)
    # its errors have nothing in common but the module
    errors = _errors_of(importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state"))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except errors as error:
        what = f"no model that onnxruntime {runtime.__version__} can read"
        raise InvalidConfiguration(what, str(path)) from error
    key = _check_onnx_input(path, session.get_inputs(), n_inputs)

    def run(values: Floats, name: str | None) -> dict[str, Any]:
        names = [output.name for output in session.get_outputs()] if name is None else [name]
        try:
            return dict(zip(names, session.run(names, {key: values}), strict=True))
        except errors as error:
            what = f"the model does not take {BATCH} events of {n_inputs} inputs"
            raise InvalidConfiguration(what, str(path), str(error).splitlines()[0]) from error

    return run


def _errors_of(module: Any) -> tuple[type[Exception], ...]:
    classes = [found for found in vars(module).values() if inspect.isclass(found)]
    return (_MISQUOTED, *(found for found in classes if issubclass(found, Exception)))


def _check_onnx_input(path: Path, inputs: Any, n_inputs: int) -> str:
    """The name of the one input, float32 of any number of rows.

    Raises:
        InvalidConfiguration: when it is not so.
    """
    kinds = ", ".join(f"{one.name}: {one.type} {one.shape}" for one in inputs)
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 2:
        remedy = "export it with one input, float32 of events times inputs"
        raise InvalidConfiguration(f"the model takes {kinds}", str(path), remedy)
    rows, columns = inputs[0].shape
    if isinstance(columns, int):
        _check_number(path, columns, n_inputs)
    if isinstance(rows, int) and rows != BATCH:
        remedy = "export it with a first dimension that is dynamic"
        raise InvalidConfiguration(f"the model takes {rows} events at a time", str(path), remedy)
    return str(inputs[0].name)

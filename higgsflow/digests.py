"""Digests of what determines the events of a variation.

Extra columns (weights, variables of interest) have digests of their own: asking for more columns
makes the nominal events again, asking for fewer makes nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.code import code_digest, freeze, physics_digest
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.atomic import checksum
from higgsflow.records.job_record import Product
from higgsflow.variations import find_variation

if TYPE_CHECKING:
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.systematic import Systematic
    from higgsflow.plan import Plan

_FORMAT = 1
# what decides where a systematic acts, not what it computes
_FILTERS = {"samples": True, "years": True, "name": True, "kinds": True}


def digest(content: Any) -> str:
    """A short digest of anything that JSON can hold."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def products(plan: Plan) -> dict[str, Product]:
    """What today's configuration wants of each variation."""
    common = _common(plan)
    variables = dict.fromkeys(plan.variables, "")
    found = {}
    for variation in plan.systematics.variations:
        if variation == NOMINAL:
            factors = {name: _of_systematic(w) for name, w in plan.weight_columns.items()}
            found[variation] = Product(digest=common, columns={**variables, **factors})
        else:
            source, direction = find_variation(plan.systematics, variation)
            own = digest([common, _of_systematic(source), direction])
            found[variation] = Product(digest=own, columns=variables)
    return found


def freeze_code(analysis: AnalysisModel) -> None:
    """Keeps the digests of all code that an analysis names, for the run that begins."""
    freeze(analysis.code_references)


def job_digest(chunk_id: str, wanted: dict[str, Product]) -> str:
    """What names the files of a job: the chunk and what was wanted of it."""
    return digest([chunk_id, {name: p.model_dump() for name, p in wanted.items()}])[:12]


def _common(plan: Plan) -> str:
    """What every variation of a sample and year depends on."""
    modifying = sorted(_of_systematic(w) for w in plan.weights if w.modify_central_weight)
    return digest(
        {
            "format": _FORMAT,
            "sample": [plan.context.sample, plan.context.year, plan.context.is_data],
            "golden": _golden(plan),
            "taggers": [[_of_tagger(tagger) for tagger in step] for step in plan.steps],
            "keep_untagged": plan.analysis.tag_sequence.keep_untagged,
            "central_weights": modifying,
            # in their order, and by name: random draws are those of the name
            "corrections": [
                [n, _of_systematic(c)] for n, c in plan.systematics.corrections.items()
            ],
            "code": physics_digest(),
        }
    )


def _golden(plan: Plan) -> str:
    era = plan.pair.era
    if not plan.pair.is_data or not era.apply_golden_json or era.golden_json is None:
        return ""
    return digest(json.loads(Path(era.golden_json).read_text(encoding="utf-8")))


def _of_tagger(tagger: Any) -> list[Any]:
    spec = tagger.spec()
    code = tagger.function if hasattr(tagger, "function") else spec["tagger"]
    options = tagger.model_dump(mode="json")
    return [options, _files([options, tagger.files()]), spec["tagger"], code_digest(code)]


def _of_systematic(source: Systematic) -> str:
    code = code_digest(source.function) if source.function else ""
    # a correction file counts by its content, wherever it lies
    said = source.model_dump(
        mode="json", exclude={**_FILTERS, "correction": {"file"}, "scale_factor": {"file"}}
    )
    files = _files([source.kwargs, [str(correction.file) for correction in source.corrections]])
    return digest([said, files, code])


def _files(options: Any) -> list[str]:
    """Checksums of the files that options or taggers name, such as those of corrections."""
    if isinstance(options, Mapping):
        return [found for key in sorted(options) for found in _files(options[key])]
    if isinstance(options, list | tuple):
        return [found for value in options for found in _files(value)]
    is_path = isinstance(options, Path) or (isinstance(options, str) and "." in options)
    if not is_path or not Path(options).is_file():
        return []
    status = Path(options).stat()
    return [_checksum(Path(options), status.st_size, status.st_mtime_ns)]


@functools.cache
def _checksum(path: Path, size: int, mtime_ns: int) -> str:
    """The checksum of a file as it was at a time, so that it is read once."""
    del size, mtime_ns
    return checksum(path)

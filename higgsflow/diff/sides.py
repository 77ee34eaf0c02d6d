"""What a path names: a store of ours, merged files, or files of other frameworks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.snapshot import FILE_NAME, read_snapshot
from higgsflow.catalog.store import environment_store, listed
from higgsflow.diff.files import ENDINGS
from higgsflow.diff.source import Source
from higgsflow.errors import StoreError, UserError, nearest
from higgsflow.model.analysis import Blinding
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.merged_events import about
from higgsflow.there import is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from higgsflow.model.analysis import AnalysisModel

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        events: per sample, year and variation, of what this program wrote.
        paths: the files, where they were named and not a store.
        configuration: of a store, what it was last run with.
    """

    text: str
    events: Mapping[Key, Source] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    configuration: AnalysisModel | None = None

    @property
    def is_file(self) -> bool:
        """Whether it is one merged file by itself."""
        return len(self.paths) == len(self.events) == 1


def open_side(text: str) -> Side:
    """A folder such as `store/demo/v1`, also without that of the store; files, folders of them.

    Raises:
        UserError: when there is nothing.
    """
    for path in (Path(text).expanduser(), environment_store() / text):
        if is_file(path / FILE_NAME):
            analysis = read_snapshot(path / FILE_NAME)
            events = dict(_merged(path, analysis))
            if not events:
                raise UserError(f"nothing is merged in {path}", "", "first: law run RunAnalysis")
            return Side(text, events, configuration=analysis)
        # a copy of what was merged alone; others have folders of that name, too
        copied = tuple(sorted(p for p in path.glob("merged/*/*/*") if p.suffix in ENDINGS))
        if own := _own_files(text, copied):
            return Side(text, own, copied)
        _refuse_several(path)
    paths = _files(text)
    return Side(text, _own_files(text, paths), paths)


def _refuse_several(path: Path) -> None:
    """A folder of analyses or of versions holds events of each chunk, too, which are no side."""
    for pattern in (f"*/{FILE_NAME}", f"*/*/{FILE_NAME}"):
        found = sorted(str(p.parent) for p in path.glob(pattern))
        if found:
            names = f"there is {', '.join(found[:3])}"
            raise UserError(f"{path} is not one analysis and version", names, f"say {found[0]}")


def _merged(folder: Path, analysis: AnalysisModel) -> list[tuple[Key, Source]]:
    """The merged files of an analysis and version."""
    years = [year for sample in listed(folder / "merged") for year in listed(sample)]
    # what else somebody puts there has no manifest
    paths = [
        path
        for year in years
        for path in listed(year)
        if path.suffix in ENDINGS and is_file(path.with_suffix(".json"))
    ]
    found = []
    for path in paths:
        sample, year = path.parent.parent.name, path.parent.name
        blinding = _blinding(analysis, sample)
        source = Source((path,), tags=analysis.tag_sequence.tags, blinding=blinding)
        found.append(((sample, year, path.stem), source))
    return sorted(found, key=lambda item: _nominal_first(item[0]))


def _blinding(analysis: AnalysisModel, sample: str) -> Blinding | None:
    """What hides events of a sample; of one that is no longer configured, all that can be."""
    kinds = {pair.sample.name: pair.is_data for pair in analysis.samples.pairs}
    is_hidden = kinds.get(sample, True) and not analysis.blinding.unblind
    return analysis.blinding if is_hidden else None


def _own_files(text: str, paths: Sequence[Path]) -> dict[Key, Source]:
    """Merged files by what they say of themselves; nothing where they are files of others.

    Raises:
        UserError: where some are, and some are not, or several are the same.
    """
    each = {path: _own_file(path) for path in paths}
    others = [path for path, own in each.items() if own is None]
    if len(others) == len(each):
        return {}
    if others:
        raise UserError(
            f"'{text}' has merged files and others",
            f"such as {others[0]}",
            "is it complete? Else name files of one kind",
        )
    found: dict[Key, Source] = {}
    for key, source in filter(None, each.values()):
        if key in found:
            where = ", ".join(str(one.paths[0]) for one in (found[key], source))
            raise UserError(f"two files of '{text}' are {' '.join(key)}", where, "name one of them")
        found[key] = source
    return dict(sorted(found.items(), key=lambda item: _nominal_first(item[0])))


def _nominal_first(key: Key) -> tuple[str, str, bool, str]:
    return (*key[:2], key[2] != NOMINAL, key[2])


def _own_file(path: Path) -> tuple[Key, Source] | None:
    """A merged file by itself, from what it says of itself; None for files of others.

    Raises:
        StoreError: for one that cannot be read, and one of ours that does not say what it is, of
            which nobody knows what is blinded.
        UserError: for one of ours that holds other trees.
    """
    origin = about(path).get("provenance")
    if not origin:
        return None
    if "normalisation" in origin:
        raise UserError(
            f"{path} holds the trees for FinalFit",
            "whose events have no number to match them by",
            "compare the merged files that they were made of",
        )
    try:
        key = (str(origin["sample"]), str(origin["year"]), str(origin["variation"]))
        tags, mode = tuple(map(str, origin["tags"])), origin["mode"]
    except (LookupError, TypeError) as error:
        raise StoreError(
            f"what {path} says of itself is damaged", "", "make it again, or take it away"
        ) from error
    blinding = Blinding() if mode == "data" else None
    # there is no such folder where a copy lies near the root
    for store in path.resolve().parents[3:4]:
        if blinding is not None and is_file(store / FILE_NAME):
            blinding = _blinding(read_snapshot(store / FILE_NAME), key[0])
    return key, Source((path,), tags=tags, blinding=blinding)


def _files(text: str) -> tuple[Path, ...]:
    """A file, those of a folder, or of a glob."""
    path = Path(text).expanduser()
    if is_folder(path):
        found = sorted(p for p in path.rglob("*") if p.suffix in ENDINGS)
    else:
        root = Path(path.anchor)
        found = [path] if is_file(path) else sorted(root.glob(str(path.relative_to(root))))
        # beside merged files lie their manifests
        found = [p for p in found if p.suffix in ENDINGS] or found
    if not found:
        raise UserError(f"nothing to compare at '{text}'", "", _hint(path))
    for file in found:
        if file.suffix not in ENDINGS:
            raise UserError(f"{file} is neither .parquet nor .root")
    return tuple(found)


def _hint(path: Path) -> str:
    """What there is of a similar name, here or in the store."""
    for wanted in (path, environment_store() / path):
        there = listed(wanted.parent) if is_folder(wanted.parent) else []
        guess = nearest(path.name, [found.name for found in there])
        if guess:
            return f"nearest there is: {path.parent / guess}"
    return "say a folder such as store/demo/v1"

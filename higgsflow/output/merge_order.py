"""What to merge, and how it is scaled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from higgsflow.model.noun import Noun
from higgsflow.output.merged_file import ROW_GROUP
from higgsflow.output.provenance import Origin
from higgsflow.output.rescale import Ratios, bin_columns
from higgsflow.records.names import Called

IDENTITY = ("run", "luminosityBlock", "event")
TAGS = ("tag_idx", "tag_category")


class Part(Noun):
    """One job output in a merge.

    Attributes:
        most_rows: of the variation that has most in it; a row group where that is not known.
        called: what is called otherwise in it than today.
    """

    chunk_id: str
    stem: str
    path: Path
    checksum: str
    most_rows: int = ROW_GROUP
    called: Called = Called()


class MergeOrder(Noun):
    """What to merge, and how it is scaled.

    Attributes:
        parts: per variation the outputs in order.
        variables, weights: per variation the columns to keep.
        scale1fb: None for data.
        trees: tag_idx of each tree of a ROOT file, where it has one per tag.
        origin: what the files say of where they come from.
        ratios: per variation what columns of weights are multiplied with besides.
    """

    sample: str
    year: str
    process_id: int
    is_data: bool
    scale1fb: float | None
    luminosity: float
    denominator: float | None
    mode: str
    holds_selection: bool = True
    complete: bool
    fraction: float
    output_format: str
    folder: Path
    inputs: dict[str, str]
    parts: dict[str, tuple[Part, ...]]
    variables: tuple[str, ...]
    weights: dict[str, tuple[str, ...]]
    trees: dict[str, int] = {}
    origin: Origin = Origin()
    ratios: dict[str, Ratios] = {}

    @property
    def scale(self) -> float:
        """What weight_central is multiplied with."""
        return 1.0 if self.scale1fb is None else self.scale1fb * self.luminosity

    def path(self, variation: str) -> Path:
        """The merged file of a variation."""
        return self.folder / f"{variation}.{self.output_format}"

    @property
    def scale_facts(self) -> dict[str, Any]:
        """How the events were scaled, for files and manifests."""
        names = ("scale", "scale1fb", "luminosity", "denominator", "mode", "complete", "fraction")
        return {name: getattr(self, name) for name in names}

    def input_columns(self, variation: str) -> list[str]:
        """What is read of the outputs of jobs."""
        weights = ("weight_central", "weight_central_initial", *self.weights[variation])
        bins = bin_columns(self.ratios.get(variation, {}))
        return [*IDENTITY, *self.variables, *TAGS, *weights, *bins]

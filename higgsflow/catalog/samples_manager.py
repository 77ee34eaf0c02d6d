"""Samples chosen from Python, in the words of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.load import catalog_files, load_catalog, select_samples
from higgsflow.errors import UnknownName
from higgsflow.model.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_OPTIONS = ("sample_list", "years", "catalog")


class SamplesManager(Samples):
    """The samples and years of an analysis, chosen by name from a catalogue.

    Example:
        `SamplesManager(sample_list=["ttH_*", "Data"], years=["2017"], catalog="samples.yaml")`
    """

    def __init__(
        self,
        sample_list: Sequence[str] | None = None,
        years: Sequence[str] | None = None,
        catalog: str | Path | Sequence[str] | Mapping[str, Any] = "demo",
        **resolved: Any,
    ) -> None:
        """Chooses from a catalogue: a path, several, a mapping, or a name in config/samples.

        Raises:
            UserError: for an unknown sample or year, or a catalogue that cannot be read.
        """
        if set(resolved) == set(Samples.model_fields) - {"years"}:
            # what this class itself was made of, as when a copy is validated
            super().__init__(**resolved, years=years)
            return
        for name in resolved:
            raise UnknownName("option", name, _OPTIONS, "SamplesManager")
        loaded = load_catalog(catalog, Path.cwd())
        files = catalog_files(catalog, Path.cwd())
        chosen = select_samples(loaded, sample_list, years, "SamplesManager", files)
        super().__init__(**{name: getattr(chosen, name) for name in Samples.model_fields})

"""How another framework calls what is compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from higgsflow.catalog.yaml_file import read_yaml
from higgsflow.errors import InvalidConfiguration, UserError
from higgsflow.model.findings import findings
from higgsflow.model.noun import Noun

Value = str | int


def _as_values(value: Any) -> Any:
    """One value of a tag may be given as it is."""
    if not isinstance(value, dict):
        return value
    return {str(tag): v if isinstance(v, list | tuple) else (v,) for tag, v in value.items()}


def _as_words(value: Any) -> Any:
    """A year may be a number."""
    if not isinstance(value, dict):
        return value
    return {str(ours): str(theirs) for ours, theirs in value.items()}


class ColumnMap(Noun):
    """What stands where in the files of another framework, or in a store with other names.

    Attributes:
        columns: their name of a column, by ours: `m_gg: CMS_hgg_mass`; others keep their names.
        samples, years, variations: their names of these, by ours.
        factors: what their column is multiplied with, by our name, such as 0.001 from MeV.
        tags: their value or values of `tag_idx`, by the name of our tag.
        trees: of ROOT files the tree, or the tree of each tag; by default all trees.
        files: path below the folder that is compared, such as `{sample}_{year}.parquet`.
    """

    columns: dict[str, str] = {}
    samples: dict[str, str] = {}
    years: Annotated[dict[str, str], BeforeValidator(_as_words)] = {}
    variations: dict[str, str] = {}
    factors: dict[str, float] = {}
    tags: Annotated[dict[str, tuple[Value, ...]], BeforeValidator(_as_values)] = {}
    trees: str | dict[str, str] = ""
    files: str = Field(default="", pattern=r"^[^/].*$|^$")

    def theirs(self, name: str) -> str:
        """Their name of a column of ours."""
        return self.columns.get(name, name)

    def ours(self, name: str) -> str:
        """Our name of a column of theirs."""
        return next((our for our, their in self.columns.items() if their == name), name)

    @property
    def names(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Their samples, years and variations, by ours."""
        return self.samples, self.years, self.variations

    def their_key(self, key: tuple[str, str, str]) -> tuple[str, str, str]:
        """Their sample, year and variation of ours."""
        sample, year, variation = (
            known.get(name, name) for known, name in zip(self.names, key, strict=True)
        )
        return sample, year, variation


def read_map(path: str) -> ColumnMap:
    """The map of a YAML file.

    Raises:
        UserError: when it cannot be read, or says something else.
    """
    content = read_yaml(Path(path))
    try:
        return ColumnMap.model_validate(content)
    except ValidationError as error:
        first, *others = findings(error)
        more = f"and {len(others)} more" if others else ""
        raise InvalidConfiguration(first, path, more) from error


def with_options(known: ColumnMap, options: list[str]) -> ColumnMap:
    """The map with `OURS=THEIRS` of the command line added.

    Raises:
        UserError: for what is not of that form.
    """
    columns = dict(known.columns)
    for option in options:
        ours, equals, theirs = option.partition("=")
        if not (ours and equals and theirs):
            raise UserError(
                f"'{option}' maps no column", "", "say OURS=THEIRS, such as m_gg=CMS_hgg_mass"
            )
        columns[ours] = theirs
    return known.model_copy(update={"columns": columns})

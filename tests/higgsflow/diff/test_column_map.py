from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.diff.column_map import ColumnMap, read_map, with_options
from higgsflow.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_map_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(
        "columns: {m_gg: CMS_hgg_mass}\nfactors: {lead_pt: 0.001}\n"
        "samples: {ttH: ttH_M125}\nyears: {2016: 2016UL}\n"
        "tags: {tth_leptonic: 3, tth_hadronic: [4, 5], thq: thq_lep}\n"
        'files: "{sample}_{year}.parquet"\n'
    )
    found = read_map(str(path))
    assert (found.theirs("m_gg"), found.theirs("pt_gg")) == ("CMS_hgg_mass", "pt_gg")
    assert (found.ours("CMS_hgg_mass"), found.ours("m_gg")) == ("m_gg", "m_gg")
    assert found.their_key(("ttH", "2016", "up")) == ("ttH_M125", "2016UL", "up")
    assert found.their_key(("", "2017", "")) == ("", "2017", "")
    assert found.tags == {"tth_leptonic": (3,), "tth_hadronic": (4, 5), "thq": ("thq_lep",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("column: {}", "did you mean 'columns'"),
        ("columns: [m_gg]", "columns"),
        ("files: /tmp/x", "files"),
        ("- a", "does not hold a mapping"),
    ],
)
def test_a_map_that_is_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_map(str(path))
    assert len(str(caught.value).splitlines()) <= 3


def test_names_of_the_command_line_are_added() -> None:
    found = with_options(ColumnMap(columns={"a": "x", "b": "y"}), ["b=z", "c=d=e"])
    assert found.columns == {"a": "x", "b": "z", "c": "d=e"}
    with pytest.raises(UserError, match="'m_gg' maps no column\n  say OURS=THEIRS"):
        with_options(ColumnMap(), ["m_gg"])

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from higgsflow.output.provenance import (
    Origin,
    annotated,
    commit_of,
    described,
    provenance,
    texts,
)

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder: Path, head: str, **files: str) -> Path:
    git = folder / ".git"
    git.mkdir(parents=True)
    (git / "HEAD").write_text(head)
    for name, text in files.items():
        path = git / name.replace("__", "/").replace("_refs", "-refs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("head", "files"),
    [
        (f"{COMMIT}\n", {}),
        ("ref: refs/heads/main\n", {"refs__heads__main": f"{COMMIT}\n"}),
        (
            "ref: refs/heads/main\n",
            {"packed_refs": f"# pack-refs\n{'f' * 40} refs/heads/x\n{COMMIT} refs/heads/main\n"},
        ),
    ],
)
def test_commit_of_a_checkout_is_read(tmp_path: Path, head: str, files: dict[str, str]) -> None:
    assert commit_of(repository(tmp_path / "a", head, **files)) == COMMIT


def test_commit_of_a_worktree_is_read(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", "ref: refs/heads/main", refs__heads__side=COMMIT)
    own = main / ".git" / "worktrees" / "side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    side = tmp_path / "side"
    side.mkdir()
    (side / ".git").write_text(f"gitdir: {own}\n")
    assert commit_of(side) == COMMIT


def test_what_is_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == ""
    assert commit_of(repository(tmp_path / "new", "ref: refs/heads/main")) == ""


def test_many_files_are_a_digest() -> None:
    few = provenance(Origin(files=("a", "b")), {})
    many = provenance(Origin(files=tuple(map(str, range(500)))), {})
    assert few["files"] == ["a", "b"]
    assert "files" not in many
    assert many["n_files"] == 500
    assert many["files_digest"] != few["files_digest"]


def test_columns_without_description_are_as_they_were() -> None:
    schema = pa.schema([("m_gg", pa.float64()), ("x", pa.int16())])
    known = annotated(schema, {"m_gg": "mass [GeV]"}, {"sample": "ttH"})
    assert known.equals(schema)
    assert described(known) == {"m_gg": "mass [GeV]"}
    assert known.field("m_gg").metadata[b"unit"] == b"GeV"
    assert texts(known)["provenance"] == '{"sample": "ttH"}'


def test_a_plain_schema_says_nothing() -> None:
    assert texts(pa.schema([("x", pa.int16())])) == {"provenance": "{}", "columns": "{}"}

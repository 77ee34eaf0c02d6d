import os
from pathlib import Path

import pytest

from higgsflow.catalog.files import InputFile, identity_of, resolve_files
from higgsflow.errors import InputFileError, InvalidConfiguration, UserError

OWNER = "ttH_M125 (2017)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three ROOT files at two levels, and what is not meant."""
    for name in ("ttH_1.root", "ttH_2.root", "sub/ttH_3.root"):
        write(tmp_path / name)
    for name in (".hidden.root", "ttH_4.root.tmp", "notes.md", ".trash/ttH_5.root"):
        write(tmp_path / name)
    return tmp_path


def write(path: Path, content: str = "abc") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def names(*addresses: object) -> list[str]:
    return [Path(f.url).name for f in resolve_files([str(a) for a in addresses], OWNER)]


def message(*addresses: object) -> str:
    with pytest.raises(UserError) as caught:
        resolve_files([str(a) for a in addresses], OWNER)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_knows_size_and_time_of_a_local_file(folder: Path) -> None:
    path = folder / "ttH_1.root"
    (file,) = resolve_files([str(path)], OWNER)
    assert file == InputFile(url=str(path), size=3, mtime_ns=path.stat().st_mtime_ns)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["ttH_3.root", "ttH_1.root", "ttH_2.root"]),
        ("*.root", ["ttH_1.root", "ttH_2.root"]),
        ("ttH_?.root", ["ttH_1.root", "ttH_2.root"]),
        ("ttH_[!1].root", ["ttH_2.root"]),
        ("**/*.root", ["ttH_3.root", "ttH_1.root", "ttH_2.root"]),
        ("**/sub/**/*.root", ["ttH_3.root"]),
        ("s*/*", ["ttH_3.root"]),
        ("**/*_3.root", ["ttH_3.root"]),
        (".h*.root", [".hidden.root"]),
        ("*.tmp", ["ttH_4.root.tmp"]),
        ("sub/../ttH_1.root", ["ttH_1.root"]),
    ],
)
def test_address_leads_to_files(folder: Path, pattern: str, found: list[str]) -> None:
    assert names(f"{folder}/{pattern}") == found


def test_order_of_addresses_changes_nothing(folder: Path) -> None:
    both = [str(folder / "sub"), str(folder / "*.root")]
    assert resolve_files(both, OWNER) == resolve_files(both[::-1], OWNER)


def test_relative_paths_become_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "sub")
    urls = [f.url for f in resolve_files(["ttH_3.root", "../ttH_1.root"], OWNER)]
    assert urls == [str(folder / "sub/ttH_3.root"), str(folder / "ttH_1.root")]


@pytest.mark.parametrize("name", ["with space.root", "it's.root", 'a"b.root', "größe_μμ.root"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert names(tmp_path / name) == names(tmp_path) == [name]


def test_existing_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    write(tmp_path / "a[1].root")
    assert names(tmp_path / "a[1].root") == ["a[1].root"]


def test_variables_and_home_are_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("SUBFOLDER", "sub")
    assert names("~/${SUBFOLDER}/*.root", "$HOME/ttH_1.root") == ["ttH_3.root", "ttH_1.root"]


def test_undefined_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANO_STORE", "/x")
    told = message("$NANO_STOR/x.root")
    assert "$NANO_STOR is not defined" in told
    assert "did you mean $NANO_STORE?" in told


def test_list_holds_addresses_relative_to_itself(folder: Path) -> None:
    text = "# all files\n\nttH_1.root  # the first\nsub/\nroot://h//store/a.root\n"
    files = write(folder / "files.txt", text)
    assert names(files) == ["ttH_3.root", "ttH_1.root", "a.root"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("# nothing\n", "lists no addresses"),
        ("other.txt\n", "files.txt, line 1"),
        ("\nttH_9.root\n", "no file"),
        ("\nttH_9.root\n", "files.txt, line 2"),
    ],
)
def test_list_that_leads_nowhere(folder: Path, content: str, told: str) -> None:
    assert told in message(write(folder / "files.txt", content))


def test_list_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "files.txt").write_bytes(b"\xff\xfe\x00")
    assert "no text" in message(tmp_path / "files.txt")


def test_file_at_a_server_is_kept_as_it_is() -> None:
    urls = ["root://xrd.cern.ch//store/a.root", "root://xrd.cern.ch//store/b.root?svc=x"]
    assert resolve_files(urls, OWNER) == tuple(
        InputFile(url=url, size=None, mtime_ns=None) for url in urls
    )


def test_credentials_are_called_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other variables of the address have their values."""
    for name, value in {"SITE": "xrd.cern.ch", "PW": "geheim", "TOKEN": "abc"}.items():
        monkeypatch.setenv(name, value)
    (file,) = resolve_files(["root://me:$PW@$SITE//store/a.root?authz=${TOKEN}"], OWNER)
    assert file.url == "root://me:$PW@xrd.cern.ch//store/a.root?authz=${TOKEN}"
    assert identity_of(file.url) == "root://xrd.cern.ch//store/a.root"


def test_credentials_that_are_not_defined_are_told_before_anything_is_opened() -> None:
    told = message("root://xrd.cern.ch//store/a.root?authz=$NO_TOKEN_AT_ALL")
    assert "$NO_TOKEN_AT_ALL is not defined" in told


def test_password_in_a_list_is_refused_and_not_told(tmp_path: Path) -> None:
    told = message(write(tmp_path / "files.txt", "root://me:geheim@xrd.cern.ch//a.root\n"))
    assert "geheim" not in told
    assert "files.txt, line 1" in told
    assert "root://me:$NAME@xrd.cern.ch//a.root" in told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ttH_3.root", "/ttH_2.root"),
        ("ttH_1.rot", "/ttH_1.root"),
        ("subb/ttH_3.root", "/sub/ttH_3.root"),
        ("subb/tth3.root", "/sub/ttH_3.root"),
        ("subb/zzz.root", "/sub"),
        ("2017/tth1.root", "/ttH_1.root"),
        ("ttH_1.rot/a.root", "/ttH_1.root"),
        ("tth*2018*.root", "/ttH_2.root"),
        ("sbu/*.root", "/sub"),
        ("nothing/like/it/at/all", ""),
    ],
)
def test_nearest_existing_name_is_offered(folder: Path, address: str, told: str) -> None:
    text = message(folder / address)
    assert OWNER in text
    assert f"nearest there is: {folder}{told}" in text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/ttH/Run2-v1/NANOAODSIM", "is it a dataset? Then say das:/ttH/Run2-v1/NANOAODSIM"),
        ("/store/mc/a.root", "is it a name of CMS? Then say root://SERVER//store/mc/a.root"),
        ("/no_such_mount/a/b/*.root", "there is no /no_such_mount on this machine: is it mounted?"),
    ],
)
def test_what_is_on_no_disk_here_is_told_by_what_it_may_be(address: str, told: str) -> None:
    assert message(address).endswith(told)


@pytest.mark.parametrize("address", ["root:/eos/a.root", "https://server/a.root"])
def test_what_is_no_address_is_told_with_those_that_are(address: str) -> None:
    assert "root://server//path, das:/A/B/C" in message(address)


def test_no_folder_is_offered_for_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "some_data_root").mkdir()
    assert message(tmp_path / "data.root").endswith(f"nearest there is: {tmp_path}")
    assert message(tmp_path / "some_data").endswith(f"nearest there is: {tmp_path}/some_data_root")


@pytest.mark.parametrize("address", ["UL17.v8", "UL17.v8/*.root", "UL17.v8/a.root"])
def test_name_of_a_folder_may_have_dots(tmp_path: Path, address: str) -> None:
    (tmp_path / "UL17.v9").mkdir()
    assert message(tmp_path / address).endswith(f"nearest there is: {tmp_path}/UL17.v9")


def test_pattern_that_matches_folders_only(folder: Path) -> None:
    assert f"write '{folder}/s*/*.root'" in message(folder / "s*")


def test_folder_without_root_files_says_what_it_holds(tmp_path: Path) -> None:
    assert "it is empty" in message(tmp_path)
    write(tmp_path / "a.parquet")
    assert "it holds: a.parquet" in message(tmp_path)


def test_same_folder_twice_is_an_error(folder: Path) -> None:
    told = message(folder / "sub", folder / "sub")
    assert f"same file twice for {OWNER}: {folder}/sub/ttH_3.root" in told


def test_same_file_through_two_addresses_names_both(folder: Path) -> None:
    told = message(folder / "*.root", folder / "ttH_1.root")
    assert f"through '{folder}/*.root' and '{folder}/ttH_1.root'" in told


def test_same_file_through_a_link_is_an_error(folder: Path) -> None:
    (folder / "sub/again.root").symlink_to(folder / "ttH_1.root")
    assert "same file twice" in message(folder)


def test_same_file_through_a_list_names_its_line(folder: Path) -> None:
    files = write(folder / "files.txt", "sub\nsub/ttH_3.root\n")
    assert f"'{files}, line 2: sub/ttH_3.root'" in message(files)


@pytest.mark.parametrize(
    "again",
    [
        "root://XRD.cern.ch//a/b.root",
        "root://xrd.cern.ch:1094//a//b.root?x=y",
        "root://me@xrd.cern.ch//a/b.root",
    ],
)
def test_same_file_at_a_server_in_other_words_is_an_error(again: str) -> None:
    assert "same file twice" in message("root://xrd.cern.ch//a/b.root", again)


def test_link_to_a_folder_is_followed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (other := tmp_path_factory.mktemp("other")).joinpath("link").symlink_to(folder / "sub")
    assert names(other) == ["ttH_3.root"]


def test_link_that_leads_back_does_not_make_a_walk_endless(folder: Path) -> None:
    (folder / "sub/loop").symlink_to(folder)
    assert len(names(folder)) == 3


def test_link_to_nothing_is_an_error(folder: Path) -> None:
    (folder / "gone.root").symlink_to("/nowhere.root")
    assert "is a link to nothing\n  /nowhere.root" in message(folder)


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.root")
    assert "is not a regular file" in message(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("locked", ["sub", "ttH_1.root"])
def test_unreadable_is_an_error_not_a_gap(folder: Path, locked: str) -> None:
    (folder / locked).chmod(0)
    assert f"cannot read {folder / locked}" in message(folder)
    (folder / locked).chmod(0o755)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "an empty address"),
        ("task:GenerateDemoFiles", "a producing task makes it"),
        ("https://example.org/a.root", "is not an address of files"),
        ("a\0.root", "is not an address of files"),
        ("root://host", "is not root://server//path"),
        ("~nobody_of_this_name/a.root", "no such home"),
        ("das:TTH", "is not a dataset of DAS"),
    ],
)
def test_what_is_no_address_is_a_configuration_error(address: str, told: str) -> None:
    with pytest.raises(InvalidConfiguration, match=told):
        resolve_files([address], OWNER)


def test_no_addresses_is_an_error() -> None:
    with pytest.raises(InvalidConfiguration, match=r"no addresses of files for ttH_M125 \(2017\)"):
        resolve_files([], OWNER)


def test_missing_file_is_an_input_file_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileError):
        resolve_files([str(tmp_path / "a.root")], OWNER)


def test_name_that_is_not_utf_8_is_an_input_file_error(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"\xe9.root")).touch()
    with pytest.raises(InputFileError, match="the name of a file of S is not UTF-8") as caught:
        resolve_files([str(tmp_path)], "S")
    assert "xe9.root" in str(caught.value)
    str(caught.value).encode("utf-8")

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from higgsflow.catalog.das import DasError, query_das
from higgsflow.catalog.files import InputFile, resolve_files
from higgsflow.errors import InputFileError, InvalidConfiguration, UserError

DATASET = "/ttHJetToGG_M125/RunIISummer20UL17-v9.1_ext1-v2/NANOAODSIM"
OWNER = "ttH_M125 (2017)"
GLOBAL = "root://cms-xrd-global.cern.ch/"


def record(name: str, **facts: Any) -> dict[str, Any]:
    return {"das": {"services": ["dbs3:files"]}, "file": [{"name": name, **facts}]}


class Peer:
    """A program that behaves like dasgoclient and keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.asked = folder / "asked.json"
        self.program = folder / "dasgoclient"

    def answers(self, out: object, err: str = "", code: int = 0) -> None:
        text = out if isinstance(out, str) else json.dumps(out)
        self.program.write_text(
            f"#!{sys.executable}\n"
            "import json, pathlib, sys\n"
            f"pathlib.Path({str(self.asked)!r}).write_text(json.dumps(sys.argv[1:]))\n"
            f"sys.stdout.write({text!r})\n"
            f"sys.stderr.write({err!r})\n"
            f"sys.exit({code})\n"
        )
        self.program.chmod(0o755)


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Peer:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("HIGGSFLOW_XROOTD_REDIRECTOR", raising=False)
    return Peer(tmp_path)


def failure(dataset: str = DATASET) -> str:
    with pytest.raises(UserError) as caught:
        query_das(dataset, OWNER)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def test_files_come_with_size_and_events(peer: Peer) -> None:
    peer.answers(
        [
            record("/store/b.root", size=20, nevents=2, is_file_valid=1),
            record("/store/a.root", size=10, nevents=1, is_file_valid=1),
        ]
    )
    assert query_das(DATASET, OWNER) == (
        InputFile(url=f"{GLOBAL}/store/a.root", size=10, mtime_ns=None, n_events=1),
        InputFile(url=f"{GLOBAL}/store/b.root", size=20, mtime_ns=None, n_events=2),
    )


def test_asks_for_the_files_of_the_dataset(peer: Peer) -> None:
    peer.answers([record("/store/a.root")])
    query_das(DATASET, OWNER)
    assert json.loads(peer.asked.read_text()) == ["-json", "-query", f"file dataset={DATASET}"]


def test_user_datasets_are_in_another_instance(peer: Peer) -> None:
    peer.answers([record("/store/a.root")])
    query_das("/ttH/someone-v1-0123abcd/USER", OWNER)
    assert json.loads(peer.asked.read_text())[-1].endswith("/USER instance=prod/phys03")


def test_invalid_files_are_left_out(peer: Peer) -> None:
    peer.answers([record("/store/a.root", is_file_valid=0), record("/store/b.root")])
    assert [file.url for file in query_das(DATASET, OWNER)] == [f"{GLOBAL}/store/b.root"]


def test_two_services_may_tell_of_one_file(peer: Peer) -> None:
    peer.answers(
        [
            record("/store/a.root", size=10, is_file_valid=1),
            record("/store/a.root", nevents=5, size=None),
        ]
    )
    (file,) = query_das(DATASET, OWNER)
    assert (file.size, file.n_events) == (10, 5)


def test_answer_may_be_wrapped_with_a_status(peer: Peer) -> None:
    peer.answers({"status": "ok", "data": [{"file": {"name": "/store/a.root"}}]})
    assert len(query_das(DATASET, OWNER)) == 1


def test_warnings_before_the_answer_are_logged(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.answers("service mcm is slow\n" + json.dumps([record("/store/a.root")]))
    assert len(query_das(DATASET, OWNER)) == 1
    assert "service mcm is slow" in caplog.text


@pytest.mark.parametrize("redirector", ["root://xrootd-cms.infn.it", "root://xrootd-cms.infn.it//"])
def test_redirector_comes_from_the_environment(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, redirector: str
) -> None:
    monkeypatch.setenv("HIGGSFLOW_XROOTD_REDIRECTOR", redirector)
    peer.answers([record("/store/a.root")])
    assert query_das(DATASET, OWNER)[0].url == "root://xrootd-cms.infn.it//store/a.root"


def test_redirector_must_be_one(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_XROOTD_REDIRECTOR", "xrootd-cms.infn.it")
    assert "in the environment variable HIGGSFLOW_XROOTD_REDIRECTOR" in failure()


def test_redirector_has_the_name_of_a_password(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_XROOTD_REDIRECTOR", "root://me:geheim@cms.org")
    told = failure()
    assert "in the environment variable HIGGSFLOW_XROOTD_REDIRECTOR" in told
    assert "geheim" not in told
    monkeypatch.setenv("HIGGSFLOW_XROOTD_REDIRECTOR", "root://me:$PASSWORD@cms.org")
    peer.answers([record("/store/a.root")])
    assert query_das(DATASET, OWNER)[0].url == "root://me:$PASSWORD@cms.org//store/a.root"


def test_address_with_das_is_looked_up(peer: Peer) -> None:
    peer.answers([record("/store/a.root")])
    assert resolve_files([f"das:{DATASET}"], OWNER)[0].url == f"{GLOBAL}/store/a.root"


def test_dataset_given_twice_is_an_error(peer: Peer) -> None:
    peer.answers([record("/store/a.root")])
    with pytest.raises(InputFileError, match="same file twice"):
        resolve_files([f"das:{DATASET}", f"{GLOBAL}/store/a.root"], OWNER)


@pytest.mark.parametrize(
    "dataset", ["", "ttH", "/a/b", "/a/b/c", "/a/b*/NANOAODSIM", "/a/b/USER; rm", "/a/b/USER\n"]
)
def test_what_is_no_dataset_never_reaches_das(peer: Peer, dataset: str) -> None:
    peer.answers([record("/store/a.root")])
    with pytest.raises(InvalidConfiguration, match="is not a dataset of DAS"):
        query_das(dataset, OWNER)
    assert not peer.asked.exists()


def test_missing_client_says_where_it_is(peer: Peer) -> None:
    assert "no dasgoclient on PATH" in failure()


def test_client_that_does_not_run_is_named(peer: Peer) -> None:
    peer.program.write_text("not a program")
    peer.program.chmod(0o755)
    assert f"cannot run {peer.program}" in failure()


@pytest.mark.parametrize(
    ("out", "err", "told"),
    [
        ("", "\nx509: certificate has expired\nmore\n", "x509: certificate has expired"),
        ("Neither X509_USER_PROXY or X509_USER_KEY are set\n", "", "Neither X509_USER_PROXY"),
        ("", "", "exit code 3"),
    ],
)
def test_failure_shows_the_first_line_and_a_hint(peer: Peer, out: str, err: str, told: str) -> None:
    peer.answers(out, err, code=3)
    text = failure()
    assert told in text
    assert "voms-proxy-init" in text


@pytest.mark.parametrize("out", ["[\n]\n", "null\n", '[{"das": {}}]'])
def test_unknown_dataset_is_an_error(peer: Peer, out: str) -> None:
    peer.answers(out)
    with pytest.raises(InputFileError, match=r"for ttH_M125 \(2017\): it knows no files"):
        query_das(DATASET, OWNER)


def test_dataset_without_valid_files_is_an_error(peer: Peer) -> None:
    peer.answers([record("/store/a.root", is_file_valid=0)])
    assert "all 1 files are marked invalid" in failure()


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("<html>Bad gateway</html>", "not JSON"),
        ("", "an empty answer"),
        ('[{"file": [{"name": "/a.ro', "not JSON"),
        ("[1]", "something else than files"),
        ('[{"file": [{"error": "DBS is down"}]}]', "DBS is down"),
    ],
)
def test_answer_that_cannot_be_used(peer: Peer, out: str, told: str) -> None:
    peer.answers(out)
    with pytest.raises(DasError):
        query_das(DATASET, OWNER)
    assert told in failure()

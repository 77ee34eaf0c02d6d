from __future__ import annotations

from higgsflow.catalog.files import InputFile
from higgsflow.check.duplicates import copies, files_of_several


def file(url: str) -> InputFile:
    return InputFile(url=url, size=1, mtime_ns=1)


A, B = file("/d/a.root"), file("/d/../d/a.root")


def test_one_file_of_two_samples_of_data_is_a_problem() -> None:
    listed = {"EGamma (2017)": [A], "DoubleEG (2017)": [B], "ttH (2017)": [file("/d/c.root")]}
    (found,) = files_of_several(listed, {"EGamma (2017)", "DoubleEG (2017)"})
    assert found.subjects == ("EGamma (2017)", "DoubleEG (2017)")
    assert found.serious


def test_two_simulated_samples_of_one_file_are_a_note() -> None:
    (found,) = files_of_several({"ttH (2017)": [A], "ttH_again (2017)": [A]}, set())
    assert not found.serious


def test_two_samples_with_the_same_files_are_told_once() -> None:
    files = [file(f"/d/{n}.root") for n in range(5)]
    assert len(list(files_of_several({"A (2017)": files, "B (2017)": files}, set()))) == 1


def test_copies_are_known_by_their_identity() -> None:
    entries = {
        "A (2017)": {"uuid": "u", "url": "/d/a.root"},
        "B (2017)": {"uuid": "u+0123456789ab", "url": "/d/b.root"},
        "C (2017)": {"uuid": "v", "url": "/d/c.root"},
    }
    (found,) = copies(entries, {"A (2017)"})
    assert found.where == "/d/a.root and /d/b.root"
    assert found.serious

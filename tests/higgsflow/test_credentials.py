from __future__ import annotations

import pytest

from higgsflow.credentials import (
    apart,
    filled_in,
    has_credentials,
    hidden,
    refuse_secrets,
    without_values,
)
from higgsflow.errors import InputFileError, InvalidConfiguration


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ME": "me", "PW": "gehe/im", "TOKEN": "abc.def"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("/data/$X/a?b.root", ("", "/data/$X/a?b.root", "")),
        ("root://h//a.root", ("root://", "h//a.root", "")),
        ("root://$ME:$PW@h//a@b.root", ("root://$ME:$PW@", "h//a@b.root", "")),
        ("root://h//a.root?authz=$T&x=1", ("root://", "h//a.root", "?authz=$T&x=1")),
        ("root://h//a?/*.root", ("root://", "h//a?/*.root", "")),
        ("root://h//a?/*.root?authz=$T", ("root://", "h//a?/*.root", "?authz=$T")),
        ("das:/A/B/C", ("", "das:/A/B/C", "")),
    ],
)
def test_where_credentials_can_be_in_an_address(address: str, parts: tuple[str, ...]) -> None:
    assert apart(address) == parts


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("root://me:geheim@h//a.root", "root://me:***@h//a.root"),
        ("https://me:geheim@h/a.root", "https://me:***@h/a.root"),
        ("root://h//a.root?authz=geheim&x=1", "root://h//a.root?authz=***&x=1"),
        ("root://h//a.root?x=1&access_token=geheim", "root://h//a.root?x=1&access_token=***"),
        ("root://h//a.root?X-Amz-Signature=geheim", "root://h//a.root?X-Amz-Signature=***"),
        ("root://h//a.root?authz=Bearer%20geheim", "root://h//a.root?authz=***"),
        ("root://h//a.root?authz=$TOKENgeheim.x", "root://h//a.root?authz=***"),
    ],
)
def test_secrets_are_refused_and_not_told(address: str, shown: str) -> None:
    assert hidden(address) == shown
    with pytest.raises(InvalidConfiguration) as raised:
        refuse_secrets(address, "files of 2017")
    assert "geheim" not in str(raised.value)
    assert shown.replace("***", "$NAME") in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "/data/me:geheim@h/a.root",
        "root://me@h//a.root",
        "root://$ME:${PW}@h//a.root",
        "root://h//a.root?svcClass=default&xrd.wantprot=krb5",
        "root://h//a.root?authz=Bearer%20$TOKEN",
    ],
)
def test_what_is_no_secret_is_left_alone(address: str) -> None:
    refuse_secrets(address, "files of 2017")
    assert hidden(address) == address


def test_values_are_filled_in_for_the_server() -> None:
    url = "root://$ME:${PW}@h//$ME.root?authz=$TOKEN"
    assert has_credentials(url)
    assert filled_in(url) == "root://me:gehe/im@h//$ME.root?authz=abc.def"
    assert not has_credentials("root://h//$ME.root")
    assert filled_in("/data/$ME/a.root") == "/data/$ME/a.root"


def test_value_that_is_not_there_is_an_error_with_its_name() -> None:
    with pytest.raises(InputFileError, match=r"^\$NONE_SUCH is not defined\n  in root://h//a.root"):
        filled_in("root://h//a.root?authz=$NONE_SUCH")


def test_what_a_library_says_has_names_for_values() -> None:
    said = "no root://me:gehe/im@h//a (gehe%2Fim, abc.def): some memory"
    url = "root://$ME:$PW@h//a?authz=$TOKEN"
    assert without_values(said, url) == "no root://me:$PW@h//a ($PW, $TOKEN): some memory"

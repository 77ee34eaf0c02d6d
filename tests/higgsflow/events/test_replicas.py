from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.errors import InputFileError
from higgsflow.events.replicas import addresses_of, forget, in_order, open_replica, server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPLICAS = {"root://one/": ("root://two/", "root://three/"), "root://else/": ("root://four/",)}


@pytest.fixture(autouse=True)
def _nothing_failed() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def two(tmp_path: Path, make_root_file: Callable[..., Path]) -> dict[str, tuple[str, ...]]:
    """The same file in two folders, each called like a server."""
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        make_root_file(tmp_path / place / "f.root", Events={"x": np.arange(3)})
    return {f"{tmp_path}/one/": (f"{tmp_path}/two/",)}


def opened(url: str, replicas: Any, turn: int = 0) -> str:
    with open_replica(url, replicas, turn) as (file, address):
        assert file["Events"].num_entries == 3
        return address


def test_addresses_begin_with_the_one_of_the_catalogue() -> None:
    found = addresses_of("root://one//store/f.root", REPLICAS)
    servers = ("root://one", "root://two", "root://three")
    assert found == tuple(f"{server}//store/f.root" for server in servers)
    assert addresses_of("/local/f.root", REPLICAS) == ("/local/f.root",)


def test_server_of_an_address() -> None:
    assert server_of("root://one:1094//store/f.root") == "root://one:1094"
    assert server_of("/local/f.root") == "/local/f.root"


def test_another_attempt_begins_with_another_server() -> None:
    addresses = addresses_of("root://one//f.root", REPLICAS)
    assert [server_of(in_order(addresses, turn)[0]) for turn in range(4)] == [
        "root://one", "root://two", "root://three", "root://one",
    ]  # fmt: skip


def test_the_next_one_is_asked_where_one_has_no_such_file(
    two: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    url = f"{tmp_path}/one/f.root"
    assert opened(url, two) == url
    (tmp_path / "one" / "f.root").unlink()
    assert opened(url, two) == f"{tmp_path}/two/f.root"


def test_what_failed_is_asked_last_from_then_on(
    two: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    url, other = f"{tmp_path}/one/f.root", f"{tmp_path}/two/f.root"
    with pytest.raises(InputFileError, match="a basket is broken"), open_replica(url, two):
        raise InputFileError("a basket is broken")
    assert opened(url, two) == other


def test_an_error_of_something_else_is_no_reason_to_distrust_a_server(
    two: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    url = f"{tmp_path}/one/f.root"
    with pytest.raises(ZeroDivisionError), open_replica(url, two):
        raise ZeroDivisionError
    assert opened(url, two) == url


def test_all_that_failed_are_named(two: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place / "f.root").unlink()
    with pytest.raises(InputFileError) as caught:
        opened(f"{tmp_path}/one/f.root", two)
    told = str(caught.value)
    assert "nor 1 replicas of it" in told
    assert all(f"{tmp_path}/{place}/f.root" in told for place in ("one", "two"))
    assert len(told.splitlines()) == 3

"""A process that has just read from a server may fork: its client waits for nobody for ever."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# a fork of the busiest takes a fifth of a second where the machine has much to do
PATIENCE = 500.0
# without the moment before each fork, one in a few hundred never ends
FORKS_AFTER_READING = """
import os, sys, threading
import fsspec
import higgsflow.events.replicas

def fork():
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)

system, path = fsspec.core.url_to_fs(sys.argv[2])
for _ in range(int(sys.argv[1])):
    assert len(system.cat_ranges([path] * 4, [0, 10, 20, 30], [5, 15, 25, 35])) == 4
    # as pools of processes do, which fork from a thread
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
"""
# as in a worker some of whose children read, too; without a fork that waits for what the client
# does, some children never end
FORKS_WHILE_READING = """
import os, sys, threading
from higgsflow.events.ranges_of_bytes import open_bytes

def read():
    with open_bytes(sys.argv[2]) as file:
        assert file.read([(0, 10), (30, 50)]) == [bytes(10), bytes(20)]

def read_on():
    while not done:
        read()

read()
done = False
for thread in (threads := [threading.Thread(target=read_on) for _ in range(2)]):
    thread.start()
for number in range(int(sys.argv[1])):
    if not (child := os.fork()):
        if number % 20 == 0:
            read()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
done = True
"""
# without a loop that stands still, some never end; each of both files closes the other,
# as time does
FORKS_WHILE_CLOSING = """
import asyncio, os, sys
import fsspec
import higgsflow.events.replicas

async def read():
    while True:
        for url in urls:
            assert len(await system._cat_file(url, 0, 100)) == 100
        await asyncio.sleep(0.001)

n, *urls = sys.argv[1:]
system, _ = fsspec.core.url_to_fs(urls[0], filehandle_cache_size=1)
reading = asyncio.run_coroutine_threadsafe(read(), system.loop)
for _ in range(int(n)):
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)
assert not reading.done(), reading.exception()
"""
# as on a machine with much to do; without waiting for answers, the first never ends
FORKS_WHILE_TOLD = """
import asyncio, os, sys, time
import fsspec.asyn
import higgsflow.events.replicas
from XRootD import client

async def read():
    told = loop.create_future()

    def tell(status, content, servers):
        time.sleep(0.2)
        loop.call_soon_threadsafe(told.set_result, len(content))

    assert file.read(0, 100, callback=tell).ok
    return await told

loop, file = fsspec.asyn.get_loop(), client.File()
assert file.open(sys.argv[2])[0].ok
for _ in range(int(sys.argv[1])):
    reading = asyncio.run_coroutine_threadsafe(read(), loop)
    time.sleep(0.1)
    if not (child := os.fork()):
        os._exit(0 if len(file.read(0, 100)[1]) == 100 else 1)
    assert reading.result(60) == 100
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


@pytest.mark.parametrize(
    ("program", "n_forks"),
    [
        pytest.param(FORKS_AFTER_READING, 400, id="after reading"),
        pytest.param(FORKS_WHILE_READING, 400, id="while reading"),
        pytest.param(FORKS_WHILE_CLOSING, 200, id="while closing"),
        pytest.param(FORKS_WHILE_TOLD, 3, id="while told"),
    ],
)
def test_forks_end(server: Any, tmp_path: Path, program: str, n_forks: int) -> None:
    own = server()
    urls = []
    for name in ("some", "other"):
        (tmp_path / name).write_bytes(bytes(100))
        urls.append(own.put(tmp_path / name))
    command = [sys.executable, "-c", program, str(n_forks), *urls]
    subprocess.run(command, check=True, timeout=PATIENCE)

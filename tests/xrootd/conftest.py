"""XRootD servers of this machine, as many as a test needs.

apt-get install xrootd-server && pip install -e '.[xrootd]'
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from higgsflow.events import replicas
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WAIT = 120.0  # seconds
# how long the client waits for servers that are gone [s]; by default, for minutes
_PATIENCE = {
    "XRD_CONNECTIONWINDOW": 2,
    "XRD_CONNECTIONRETRY": 1,
    "XRD_STREAMTIMEOUT": 5,
    "XRD_REQUESTTIMEOUT": 5,
    "XRD_STREAMERRORWINDOW": 2,
    "XRD_TIMEOUTRESOLUTION": 1,
}
# other hosts are refused: it cannot be told to listen on one interface only
_CONFIGURATION = """
all.export /
oss.localroot {root}
all.adminpath {folder}
all.pidpath {folder}
xrd.port {port}
xrd.allow host localhost
xrd.network nodnr norpipa
"""


def _is_stopped(thread: Path) -> bool:
    return (thread / "stat").read_text("ascii").rpartition(")")[2].split()[0] == "T"


class Server:
    """One server, which may be stopped and started again.

    Attributes:
        root: the folder that is its `/`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder / "admin", folder / "root"
        for path in (self.folder, self.root):
            path.mkdir(parents=True)
            path.chmod(0o777)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._configuration = folder / "xrootd.cfg"
        self._log = self.folder / "log"
        self._command = ["xrootd", "-I", "v4", "-c", str(self._configuration)]
        self._command += ["-l", str(self._log)]
        if os.getuid() == 0:
            # it refuses to be root
            self._command += ["-R", "xrootd"]

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """How addresses at it begin."""
        return f"root://127.0.0.1:{self.port}/"

    def start(self) -> Server:
        """Returns once it answers, where it was when it is started again."""
        if self.port:
            assert self._is_up(), self._told()
            return self
        for _ in range(10):
            self.port = free_port()
            if self._is_up():
                return self
        raise AssertionError(self._told())

    def _is_up(self) -> bool:
        """False where it has ended, which it does when another has its port."""
        self._configuration.write_text(
            _CONFIGURATION.format(root=self.root, folder=self.folder, port=self.port)
        )
        self._log.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _WAIT
        # not whether something answers there, which may be another server
        while f":{self.port} initialization completed." not in self._told():
            if self._process.poll() is not None:
                return False
            assert time.monotonic() < deadline, self._told()
            time.sleep(0.05)
        return True

    def _told(self) -> str:
        return self._log.read_text("utf-8") if self._log.exists() else ""

    def pause(self) -> None:
        """It takes connections, and answers nothing."""
        self._signal(signal.SIGSTOP)
        # what one of its threads is at, it may still end
        deadline = time.monotonic() + _WAIT
        while not all(map(_is_stopped, Path(f"/proc/{self.pid}/task").iterdir())):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        """At once, as when a machine goes away."""
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def put(self, path: Path) -> str:
        """A copy of a file at the server; its address."""
        target = self.root / path.name
        shutil.copyfile(path, target)
        target.chmod(0o644)
        return f"{self.url}/{path.name}"

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Server]]:
    """Starts a server; all are ended afterwards."""
    missing = shutil.which("xrootd") is None or not all(
        importlib.util.find_spec(name) for name in ("XRootD", "fsspec_xrootd")
    )
    if missing or (os.getuid() == 0 and not _has_user()):
        pytest.skip("to run this test: apt-get install xrootd-server; pip install -e '.[xrootd]'")
    client_settings = importlib.import_module("XRootD.client.env")
    for name, seconds in _PATIENCE.items():
        # processes begun from here read the environment; in this one, an earlier test may have
        # loaded the client, which has read its environment then
        monkeypatch.setenv(name, str(seconds))
        client_settings.EnvPutInt(name.removeprefix("XRD_"), seconds)
    replicas.forget()
    servers: list[Server] = []
    # the server's user cannot look into the folders of pytest
    folder = Path(tempfile.mkdtemp(prefix="higgsflow-xrootd-"))
    folder.chmod(0o755)

    def start() -> Server:
        servers.append(Server(folder / str(len(servers))))
        return servers[-1].start()

    yield start
    for one in servers:
        one.stop()
    shutil.rmtree(folder, ignore_errors=True)
    replicas.forget()


def _has_user() -> bool:
    try:
        pwd.getpwnam("xrootd")
    except KeyError:
        return False
    return True

"""`higgsflow-luigid`: luigi's scheduler and its page on this machine, with the reports of a store.

A plain luigid does as well; but a browser opens no file from its page, and this one serves them. It
keeps nothing on disk, does not start failed stages again by itself, and answers nobody else.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import luigi.scheduler
import luigi.server
import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.routing
import tornado.web

from higgsflow.catalog.store import environment_store
from higgsflow.errors import UserError
from tasks.execution.sockets import caller_is_ours

_HOST, _PORT = "127.0.0.1", 8082
# what a browser calls this machine, also at the end of a tunnel
_NAMES = r"(127\.0\.0\.1|localhost|\[?::1\]?)"
_PRUNE = 60_000  # milliseconds
# reports, tables of jobs, pictures and logs; never events
_SERVED = (".html", ".png", ".pdf", ".json", ".log")
_NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
_WAITING = (
    '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
    "<title>not made yet</title><p>This page is not made yet. It will show here when it is."
)


class StoreHandler(tornado.web.StaticFileHandler):
    """Serves what people read of a store; what is not made yet says so."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Answers with a file."""
        # a link may lead anywhere, and others may lay one where they may write
        if "\0" in path or not path.endswith(_SERVED) or not _is_below(Path(self.root), path):
            raise tornado.web.HTTPError(403)
        if path.endswith(".html") and not Path(self.root, path).is_file():
            self.set_status(404)
            self.finish(_WAITING)
            return
        await super().get(path, include_body)

    def set_extra_headers(self, path: str) -> None:
        """Tables of jobs change; and no script of who may write to the store drives the page."""
        del path
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Content-Security-Policy", _NO_SCRIPTS)
        self.set_header("X-Content-Type-Options", "nosniff")


def _is_below(root: Path, path: str) -> bool:
    return Path(root, path).resolve().is_relative_to(root.resolve())


class OwnServer(tornado.httpserver.HTTPServer):
    """Hangs up on other users of this machine, whom their loopback leads here, too."""

    def handle_stream(self, stream: Any, address: Any) -> None:
        """Answers who has connected."""
        if caller_is_ours(address[1], stream.socket.getsockname()[1]):
            super().handle_stream(stream, address)
        else:
            stream.close()


class AboutHandler(tornado.web.RequestHandler):
    """Says which store is served."""

    def initialize(self, store: Path) -> None:
        """Keeps what every request needs."""
        self._store = store

    def get(self) -> None:
        """Answers with the folder."""
        self.write({"store": str(self._store)})


class ElsewhereHandler(tornado.web.RequestHandler):
    """Answers who was led here by a name or a page of somebody else."""

    def prepare(self) -> None:
        """Refuses whatever is asked."""
        self.set_status(403)
        self.finish(
            f"This is {_HOST}, under no other name and for no other page: open http://{_HOST}:PORT"
        )


class FromElsewhere(tornado.routing.Matcher):
    """What a page of somebody else has the browser ask, which needs no answer to do harm.

    Browsers say so themselves; the programs that talk to the scheduler say nothing.
    """

    def match(self, request: Any) -> dict[str, Any] | None:
        """Something where it would drive the scheduler; links to what is shown are fine."""
        site = request.headers.get("Sec-Fetch-Site", "none")
        origin = request.headers.get("Origin")
        is_own = origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
        is_foreign = site not in ("none", "same-origin") or not is_own
        return {} if is_foreign and request.path.startswith("/api/") else None


def under_own_names(page: Any) -> Any:
    """The page, for those who ask this machine for it by one of its own names."""
    elsewhere = tornado.web.Application([(".*", ElsewhereHandler)])
    return tornado.routing.RuleRouter(
        [
            tornado.routing.Rule(FromElsewhere(), elsewhere),
            tornado.routing.Rule(tornado.routing.HostMatches(_NAMES), page),
            tornado.routing.Rule(tornado.routing.AnyMatches(), elsewhere),
        ]
    )


def application(store: Path) -> Any:
    """The page of luigi, and a store beside it."""
    state = luigi.scheduler.Scheduler(
        retry_delay=365 * 86400, record_task_history=False, state_path=os.devnull
    )
    found = luigi.server.app(state)
    found.add_handlers(
        ".*",
        [
            ("/higgsflow", AboutHandler, {"store": store}),
            ("/store/(.*)", StoreHandler, {"path": str(store)}),
        ],
    )
    # in the loop of the server, once there is one
    tornado.ioloop.PeriodicCallback(state.prune, _PRUNE).start()
    return found


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(prog="higgsflow-luigid", description=str(__doc__))
    parser.add_argument("--port", type=int, default=_PORT, help="default: 8082")
    parser.add_argument("--store", type=Path, help="default: HIGGSFLOW_STORE")
    given = parser.parse_args(arguments)
    try:
        store = environment_store() if given.store is None else given.store.resolve()
        sockets = tornado.netutil.bind_sockets(given.port, address=_HOST)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(
            f"cannot listen at {_HOST}:{given.port}: {error.strerror}\n"
            "  perhaps one is running already; --port takes another number\n"
        )
        return 1
    server = OwnServer(under_own_names(application(store)))
    server.add_sockets(sockets)
    loop = tornado.ioloop.IOLoop.current()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.add_callback_from_signal(loop.stop))
    port = sockets[0].getsockname()[1]
    sys.stdout.write(f"http://{_HOST}:{port} shows what runs, and reports of {store}\n")
    sys.stdout.flush()
    loop.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())

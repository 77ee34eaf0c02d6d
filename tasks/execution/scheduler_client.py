"""What this program asks of luigi's scheduler, which other commands may use at the same time."""

from __future__ import annotations

import threading
from typing import Any

import luigi.cmdline_parser
import luigi.rpc

from tasks.execution.display import say
from tasks.execution.page import named, url_for

_Client: Any = luigi.rpc.RemoteScheduler


class TrackedScheduler(_Client):
    """luigi's client, with three things that luigi leaves out.

    A stage has its address also when it has ended. What another command makes is waited for,
    instead of giving up in silence. A scheduler that ends is told in two lines.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # by default it would be asked for another minute once it is gone
        self._rpc_retry_attempts, self._rpc_retry_wait = 2, 1
        self._asked_for = ""
        self._has_waited = self._has_failed = False

    def add_task(self, **kwargs: Any) -> Any:
        """Announces a stage or a change of its status; the first one is what was asked for."""
        self._asked_for = self._asked_for or kwargs["task_id"]
        self._has_failed |= kwargs.get("status") == "FAILED"
        params = kwargs.get("params")
        if params:
            kwargs["tracking_url"] = kwargs.get("tracking_url") or url_for(params)
            kwargs["params"], kwargs["param_visibilities"] = named(params), {}
        return super().add_task(**kwargs)

    def get_work(self, **kwargs: Any) -> Any:
        """The next stage, and as how many are waited for those that another command makes."""
        found = super().get_work(**kwargs)
        others, found["running_tasks"] = found["running_tasks"], []
        if found["task_id"] is None and not kwargs["current_tasks"]:
            if others:
                self._tell_of(others[0])
            else:
                self._end()
        found["n_pending_last_scheduled"] = len(others)
        return found

    def _tell_of(self, other: dict[str, Any]) -> None:
        if not self._has_waited:
            self._has_waited = True
            whose = f"process {other['pid']} on {other['host']}"
            say(f"another command ({whose}) makes what this one needs; it waits")

    def _end(self) -> None:
        """Nothing is left to do or to wait for; luigi would count what others made as not run."""
        if self._asked_for in self.task_search(task_str=self._asked_for).get("DONE", {}):
            if luigi.cmdline_parser.CmdlineParser.get_instance() is not None:
                raise SystemExit(0)
        elif self._has_waited and not self._has_failed:
            say("the other command did not get to its end; this one goes on when started again")

    def _fetch(self, url_suffix: str, body: Any) -> Any:
        try:
            return super()._fetch(url_suffix, body)
        except luigi.rpc.RPCError:
            if threading.current_thread() is threading.main_thread():
                say(
                    f"the scheduler at {self._url} has ended while it was in use\n"
                    "  the same command goes on where this one stopped, with or without one"
                )
                raise SystemExit(1) from None
            raise

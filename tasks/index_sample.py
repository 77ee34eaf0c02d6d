"""The index of a sample's files."""

from __future__ import annotations

import functools
from contextlib import closing
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.addresses import PRODUCED, REMOTE
from higgsflow.errors import UserError
from higgsflow.ingredients import digest, marked
from higgsflow.records.reasons import NEVER
from tasks import session
from tasks.generate_demo_files import GenerateDemoFiles
from tasks.sample_task import SampleTask
from tasks.targets import StageTarget, head_of, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from higgsflow.catalog.files import InputFile
    from higgsflow.events.sample_index import IndexFile
    from higgsflow.ingredients import Ingredients

_LIST_CHANGED = "list of files changed"
_OF_THESE = "of the same files, what jobs have made the same way for {} is adopted"
_MOST_TOLD = 3  # files, one by one
# tasks that a catalogue entry may name as the producer of its files
PRODUCERS = {"GenerateDemoFiles": GenerateDemoFiles}


class IndexSample(SampleTask):
    """Finds the input files of a sample and year and looks into each of them once."""

    priority = 10

    def stage_requires(self) -> Any:
        return [producer.req(self) for producer in self._producers()]

    def stage_output(self) -> Any:
        return StageTarget(self.stage_folder("index") / "index.json", self._today)

    def stage_run(self) -> None:
        from higgsflow.check.problem import refuse
        from higgsflow.check.report import check_first
        from higgsflow.events.sample_index import IndexFile, look_into, put_together
        from higgsflow.file_columns import check_index
        from tasks.execution.side_by_side import FILES, side_by_side, told, while_waiting
        from tasks.execution.slots import slots_of

        files, cache = self._files(), self.file_index
        # before thousands of them are opened
        refuse(check_first(self.plan, files, cache), self.analysis)
        look = functools.partial(look_into, pair=self.pair, cache=cache, needed=self.plan.may_read)
        if self._remote():
            entries = while_waiting(look, files)
        else:
            entries = side_by_side(look, files, slots_of(self), FILES)
        with closing(entries):
            index = put_together(
                self.pair, files, told(self, entries, len(files), "files looked into")
            )
        check_index(self.plan, index)
        found = IndexFile(inputs="", invocation=session.current.id, index=index)
        self.output().write(found, self._ingredients())

    def _producers(self) -> list[Any]:
        # other names were refused when the configuration was checked
        addresses = self.pair.addresses
        names = (a.removeprefix(PRODUCED) for a in addresses if a.startswith(PRODUCED))
        return [PRODUCERS[name] for name in names]

    def _files(self) -> tuple[InputFile, ...]:
        return _resolved((*self._local(), *self._remote()), self.pair.name)

    def _local(self) -> tuple[str, ...]:
        """Addresses that can be looked at in no time, with the files that tasks have made."""
        made = [target.path for task in self.stage_requires() for target in task.output()]
        given = (a for a in self.pair.addresses if not a.startswith((PRODUCED, *REMOTE)))
        return (*given, *made)

    def _local_files(self) -> tuple[InputFile, ...]:
        # all may be at servers
        return _resolved(self._local(), self.pair.name) if self._local() else ()

    def _remote(self) -> tuple[str, ...]:
        """Addresses of servers, which are asked once: the index keeps the answer."""
        return tuple(a for a in self.pair.addresses if a.startswith(REMOTE))

    def _today(self) -> Ingredients | None:
        """What determines the index today; None while the files cannot be listed."""
        if any(not task.complete() for task in self.stage_requires()):
            return None
        # one invocation, one truth: what vanishes meanwhile is for the jobs to meet
        known = session.current.listed
        if (sealed := self._sealed()) is not None:
            return sealed
        try:
            if self._place not in known:
                known[self._place] = self._ingredients()
            return known[self._place]
        except UserError:
            # run() meets the same error and tells it
            return None

    def _sealed(self) -> Ingredients | None:
        """What the index was made from, if this invocation has made it.

        Raises:
            DamagedRecord: when it cannot be read, and has to be made again.
        """
        target = self.output()
        try:
            found = index_of(target)
        except OSError:
            return None
        return found.made_from if found.invocation == session.current.id else None

    @property
    def _place(self) -> Path:
        return self.stage_folder("index")

    def _ingredients(self) -> Ingredients:
        from higgsflow.events.sample_index import FORMAT

        pair = self.pair
        return {
            "format of the index": FORMAT,
            "list of files": marked(digest([file.model_dump() for file in self._local_files()])),
            "remote files": list(self._remote()),
            "skim or partial": pair.declared_kind,
            "is data": pair.is_data,
        }

    def reasons(self) -> tuple[str, ...]:
        """Why it has to be made, file by file."""
        found: tuple[str, ...] = super().reasons()
        if found == (NEVER,) and (others := self._names_before()):
            return (f"{NEVER}; {_OF_THESE.format(', '.join(others))}",)
        if _LIST_CHANGED not in found or not self.year:
            return found
        files = index_of(self.output()).index.files
        known = {f.url: f for f in files if not f.url.startswith(REMOTE)}
        today = {f.url: f for f in self._local_files()}
        replaced = [
            url
            for url, file in today.items()
            if url in known and (file.size, file.mtime_ns) != (known[url].size, known[url].mtime_ns)
        ]
        told = (
            *_of_files([url for url in today if url not in known], "is new", "are new"),
            *_of_files([url for url in known if url not in today], "is gone", "are gone"),
            *_of_files(replaced, "was replaced", "were replaced"),
        )
        return (*(reason for reason in found if reason != _LIST_CHANGED), *told)

    def _names_before(self) -> list[str]:
        """Former names with an index of exactly these files."""
        own = self.output().file
        today = self._today()
        if today is None:
            return []
        paths = {name: own.parents[2] / name / self.year / own.name for name in self.former_names}
        return [n for n, path in paths.items() if head_of(path).get("made_from") == today]


def _of_files(urls: Sequence[str], one: str, several: str) -> Iterator[str]:
    """A reason for each of a few files, and one for all of many."""
    if len(urls) > _MOST_TOLD:
        yield f"{len(urls)} files {several}, the first is {urls[0]}"
    else:
        yield from (f"file {url} {one}" for url in urls)


def _resolved(addresses: tuple[str, ...], sample: str) -> tuple[InputFile, ...]:
    from higgsflow.catalog.files import resolve_files

    return resolve_files(addresses, sample)


@functools.lru_cache(maxsize=1000)
def read_index(path: Any, mtime_ns: int) -> IndexFile:
    """The index of a file's version."""
    from higgsflow.events.sample_index import IndexFile

    del mtime_ns
    return read_record(path, IndexFile)


def index_of(target: StageTarget) -> IndexFile:
    """The content of an index, read once while it does not change."""
    return read_index(target.file, target.file.stat().st_mtime_ns)

"""The index of a sample's files."""

from __future__ import annotations

import functools
from typing import Any

from higgsflow.catalog.files import InputFile, resolve_files
from higgsflow.digests import digest
from higgsflow.errors import UnknownName, UserError
from higgsflow.events.sample_index import FORMAT, IndexFile, index_sample
from higgsflow.plan import check_index
from tasks.base import SampleTask
from tasks.generate_demo_files import GenerateDemoFiles
from tasks.targets import StageTarget

_PRODUCER = "task:"
_REMOTE = ("root://", "das:")
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
        index = index_sample(self.pair, self._files(), self.folder.parent / "file_index")
        check_index(self.plan, index)
        self.output().write(IndexFile(inputs=self._digest(), index=index))

    def _producers(self) -> list[Any]:
        found = []
        for address in self.pair.addresses:
            if address.startswith(_PRODUCER):
                name = address.removeprefix(_PRODUCER)
                if name not in PRODUCERS:
                    raise UnknownName("producing task", name, PRODUCERS, self.pair.name)
                found.append(PRODUCERS[name])
        return found

    def _files(self) -> tuple[InputFile, ...]:
        return resolve_files((*self._local(), *self._remote()), self.pair.name)

    def _local(self) -> tuple[str, ...]:
        """Addresses that can be looked at in no time, with the files that tasks have made."""
        made = [target.path for task in self.stage_requires() for target in task.output()]
        given = (a for a in self.pair.addresses if not a.startswith((_PRODUCER, *_REMOTE)))
        return (*given, *made)

    def _remote(self) -> tuple[str, ...]:
        """Addresses of servers, which are asked once: the index keeps the answer."""
        return tuple(a for a in self.pair.addresses if a.startswith(_REMOTE))

    def _today(self) -> str | None:
        """The digest of today's list of files; None while it cannot be made."""
        if any(not task.complete() for task in self.stage_requires()):
            return None
        try:
            return self._digest()
        except UserError:
            # run() meets the same error and tells it
            return None

    def _digest(self) -> str:
        local = resolve_files(self._local(), self.pair.name) if self._local() else ()
        listed = [file.model_dump() for file in local]
        pair = self.pair
        return digest([FORMAT, listed, self._remote(), pair.declared_kind, pair.is_data])


@functools.lru_cache(maxsize=1000)
def read_index(path: Any, mtime_ns: int) -> IndexFile:
    """The index of a file's version."""
    del mtime_ns
    return IndexFile.model_validate_json(path.read_bytes())


def index_of(target: StageTarget) -> IndexFile:
    """The content of an index, read once while it does not change."""
    return read_index(target.file, target.file.stat().st_mtime_ns)

"""Why jobs of a sample have to run, and which need not, since they ran under another name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tasks import session
from tasks.execution.display import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.adoption import Found
    from tasks.process_sample import ProcessSample


def adopt(task: ProcessSample) -> bool:
    """Takes outputs that lie under the name of another sample; whether there were any."""
    from higgsflow.records import adoption

    found = _elsewhere(task)
    if found:
        # that of the other sample is the same, but for names
        _ = task.kept_recipe
        for sample, n in adoption.adopt(found, task.chunk_folder).items():
            # by which the next change is told
            task.recipes.take_over(task.recipes_of(sample))
            say(
                f"{task.short_name}: adopted {n} of {len(task.chunks)} chunks of {sample}: the "
                "same files, processed the same way; nothing to make again"
            )
    return bool(found)


def _elsewhere(task: ProcessSample) -> tuple[Found, ...]:
    from higgsflow.records.adoption import find

    return find(task.chunk_folder, task.asked_chunks, task.wanted)


def reasons(task: ProcessSample) -> tuple[str, ...]:
    """Why jobs have to run, each with the number of chunks."""
    from higgsflow.records.reasons import NEVER, JobReasons

    store, chunks = task.store, task.asked_chunks
    elsewhere = {one.chunk_id: one.sample for one in _elsewhere(task)}
    failed = {
        chunk_id: failure.error_class
        for chunk_id, failure in task.final_failures(store).items()
        if chunk_id not in elsewhere
    }
    others = [chunk for chunk in chunks if chunk.id not in {*elsewhere, *failed}]
    found = JobReasons(store, task.recipe, task.recipes).of(others, task.variations)
    if store.is_empty and others:
        found = _since_renamed(task, others) or found
    for sample, n in Counter(elsewhere.values()).items():
        found[f"is to be adopted from {sample}"] = n
    for error_class, n in Counter(failed[c.id] for c in chunks if c.id in failed).items():
        found[f"{NEVER}: its job failed ({error_class})"] = n
    if store.is_empty and tuple(found) == (NEVER,):
        return (NEVER,)
    return tuple(f"{reason} ({n} of {len(chunks)} chunks)" for reason, n in found.items())


def _since_renamed(task: ProcessSample, chunks: Sequence[Chunk]) -> dict[str, int]:
    """Why what was made of these under a former name does not suffice; empty if there is none.

    Of several names the one of which least has changed.
    """
    from higgsflow.records.adoption import relatives
    from higgsflow.records.chunk_store import ChunkStore
    from higgsflow.records.reasons import JobReasons

    found = []
    for sample, made in relatives(task.chunk_folder, chunks).items():
        if sample in task.former_names:
            folder = session.stage_folder(task.model, "chunks", sample, task.year)
            asked = JobReasons(ChunkStore(folder), task.recipe, task.recipes_of(sample))
            told = asked.of(made, task.variations)
            found.append({f"unlike what {sample} has: {one}": n for one, n in told.items()})
    return min(found, key=len, default={})

"""Stages take what is spent in them, and add up to the whole."""

import resource
import time

import numpy as np
import pytest

from higgsflow.profiling import (
    OTHER,
    count_bytes,
    is_recording,
    peak_memory_mb,
    recording,
    span,
)


def spend(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_without_a_recorder_nothing_happens():
    with span("read"):
        count_bytes(read=3)
    with recording(False) as recorder, span("read"):
        assert recorder is None
        assert not is_recording()


def test_a_span_inside_another_is_not_counted_twice():
    with recording(True) as recorder:
        start = time.process_time()
        with span("outer"):
            spend(0.02)
            with span("inner"):
                spend(0.04)
        spend(0.01)
        assert recorder is not None
        profile = recorder.profile()
        whole = time.process_time() - start
    stages = profile.stages
    assert list(stages) == ["outer", "inner", OTHER]
    assert stages["outer"].cpu >= 0.02
    assert stages["inner"].cpu >= 0.04
    assert sum(stage.cpu for stage in stages.values()) == pytest.approx(whole, abs=0.02)
    assert stages["inner"].calls == stages["outer"].calls == 1


def test_a_function_may_be_a_span():
    @span("work")
    def work() -> int:
        return 7

    with recording(True) as recorder:
        assert work() + work() == 14
        assert recorder is not None
        assert recorder.profile().stages["work"].calls == 2


def test_a_stage_ends_also_with_an_exception():
    with recording(True) as recorder:
        with pytest.raises(ValueError, match="no"), span("read"):
            raise ValueError("no")
        with span("write"):
            pass
        assert recorder is not None
        assert list(recorder.profile().stages) == ["read", "write", OTHER]


def test_bytes_are_added():
    with recording(True) as recorder:
        count_bytes(read=10, needed=4)
        count_bytes(needed=3)
        assert recorder is not None
        profile = recorder.profile()
    assert (profile.bytes_read, profile.bytes_needed) == (10, 7)


def test_memory_grows_in_the_stage_that_takes_it():
    if not peak_memory_mb():
        pytest.skip("this system does not say VmHWM")
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    size = max(int(peak_memory_mb()), began) + 200
    with recording(True) as recorder:
        with span("small"):
            pass
        with span("large"):
            np.ones(size << 17)
        assert recorder is not None
        stages = recorder.profile().stages
    assert stages["large"].memory_mb > 150
    assert stages["small"].memory_mb < 20

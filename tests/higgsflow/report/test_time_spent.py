import pytest

from higgsflow.records.profile import Profile, StageCost
from higgsflow.report.time_spent import REST, bytes_read, time_spent


def with_jobs(summary, **changed):
    samples = tuple(
        s.model_copy(update={"jobs": s.jobs.model_copy(update={"wall": 100.0, **changed})})
        for s in summary.samples
    )
    return summary.model_copy(update={"samples": samples})


def test_stages_come_by_time_with_what_is_outside_of_them(make_summary):
    found = time_spent(with_jobs(make_summary(), stages={"write": 10.0, "process": 60.0}))
    assert [(one.stage, one.wall) for one in found] == [
        ("process", 360.0),
        (REST, pytest.approx(180.0)),
        ("write", 60.0),
    ]
    assert sum(one.share for one in found) == pytest.approx(1)


def test_profiles_tell_more_than_stages(make_summary):
    profile = Profile(stages={"read": StageCost(calls=2, wall=100.0, cpu=9.0, memory_mb=5.0)})
    (one,) = time_spent(with_jobs(make_summary(), stages={"process": 1.0}, profile=profile))
    assert (one.stage, one.calls, one.cpu, one.memory_mb) == ("read", 12, 54.0, 5.0)


def test_nothing_recorded_is_nothing(make_summary):
    assert time_spent(make_summary()) == ()
    assert bytes_read(make_summary()) is None


def test_bytes_add_up(make_summary):
    profile = Profile(bytes_read=10, bytes_needed=5)
    assert bytes_read(with_jobs(make_summary(), profile=profile)) == (60, 30)

"""Profiles of jobs add up."""

from higgsflow.records.profile import Profile, StageCost, total

A = Profile(
    stages={"read": StageCost(calls=1, wall=2.0, cpu=1.0, memory_mb=30.0)},
    bytes_read=100,
    bytes_needed=60,
)
B = Profile(
    stages={
        "write": StageCost(calls=2, wall=0.5, cpu=0.5, memory_mb=5.0),
        "read": StageCost(calls=3, wall=1.0, cpu=1.0, memory_mb=40.0),
    },
    bytes_read=1,
    bytes_needed=1,
)


def test_times_and_bytes_add_up_and_memory_is_the_largest():
    both = A + B
    assert both.stages["read"] == StageCost(calls=4, wall=3.0, cpu=2.0, memory_mb=40.0)
    assert both.stages["write"] == B.stages["write"]
    assert (both.bytes_read, both.bytes_needed) == (101, 61)


def test_the_order_of_stages_is_kept():
    assert list((A + B).stages) == ["read", "write"]


def test_no_profiles_have_no_total():
    assert total([]) is None
    assert total([A, B, A]) == A + B + A

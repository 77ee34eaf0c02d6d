from higgsflow.records.profile import Profile, StageCost
from higgsflow.report.content import JobFailure, JobSpan
from higgsflow.report.job_sections import jobs


def with_jobs(summary, **changed):
    samples = tuple(
        s.model_copy(update={"jobs": s.jobs.model_copy(update=changed)}) for s in summary.samples
    )
    return summary.model_copy(update={"samples": samples})


def test_lost_ranges_are_listed(make_summary):
    assert "root://host//f2.root" in jobs(make_summary(incomplete=True)).text
    assert "None." in jobs(make_summary()).text


def test_jobs_have_their_times(make_summary):
    text = jobs(make_summary()).text
    assert "<td>2.2 min</td><td>99.0 s</td><td>512 MB</td>" in text


def test_use_of_processors_and_speed_are_there(make_summary):
    assert "<td>76.2%</td><td>8</td>" in jobs(make_summary()).text


def failure(i):
    return JobFailure(
        chunk_id=f"c{i}",
        url="f.root",
        n_entries=10,
        attempts=3,
        error_class="out_of_memory",
        message="used <2 GB>",
        host="node7",
    )


def test_failures_say_class_message_and_host(make_summary):
    text = jobs(with_jobs(make_summary(), failures=(failure(1),))).text
    for part in ("<code>c1</code>", "out_of_memory", "used &lt;2 GB&gt;", "node7"):
        assert part in text


def test_very_many_failures_are_cut_with_a_sentence(make_summary):
    text = jobs(with_jobs(make_summary(), failures=tuple(map(failure, range(60))))).text
    assert text.count("node7") == 300
    assert "60 more are in summary.json." in text


def test_jobs_are_drawn_over_time(make_summary):
    assert "does not know when jobs ran" in jobs(make_summary()).text
    span = JobSpan(status="done", started=1.7e9, wall=10.0)
    assert "<svg" in jobs(with_jobs(make_summary(), spans=(span,))).text


def test_profiled_stages_have_their_calls_and_memory(make_summary):
    cost = StageCost(calls=4, wall=60.0, cpu=50.0, memory_mb=12.0)
    profile = Profile(stages={"read": cost}, bytes_read=2_000_000, bytes_needed=1_500_000)
    text = jobs(with_jobs(make_summary(), profile=profile)).text
    assert "<td>24</td><td>+12 MB</td>" in text
    assert "Read 12.0 MB, of which 9.0 needed." in text


def test_timed_stages_are_there_without_a_profile(make_summary):
    text = jobs(with_jobs(make_summary(), stages={"process": 65.0})).text
    assert '50.0%\n<meter value="0.5" max="1"' in text
    assert "--profile" in text

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow import job
from higgsflow.records.job_record import FailureRecord
from tasks.execution.judgement import command, defect_error, too_much_lost
from tasks.execution.told_once import forget, told

if TYPE_CHECKING:
    from conftest import Lab

TRACEBACK = 'Traceback (most recent call last):\n  File "/x/mine.py", line {}, in f\nKeyError: {}'


def task_of(lab: Lab) -> Any:
    """Eight chunks of ten events."""
    lab.jobs["n_events_per_output"] = 10
    assert lab.run("IndexSample", sample="Sig")
    return lab.task("ProcessSample", sample="Sig", year="2017")


def defect(task: Any, branch: int, line: int = 1, **changes: Any) -> FailureRecord:
    facts = {"digest": "d", "attempt": 1, "host": "h", "started": 1.0, "wall": 1.0}
    known = {"error_class": "defect", "exception": "KeyError", "message": f"KeyError: {branch}"}
    text = TRACEBACK.format(line, branch)
    chunk_id = task.chunks[branch].id
    return FailureRecord(
        **{
            "chunk_id": chunk_id,
            "traceback": text,
            "log": f"/{branch}.log",
            **known,
            **facts,
            **changes,
        }
    )


def test_the_cause_that_hit_most_is_told_by_its_first_job(lab: Lab) -> None:
    task = task_of(lab)
    found = [defect(task, 0, line=7), defect(task, 5), defect(task, 3), defect(task, 4)]
    told = str(defect_error(task, found)).splitlines()
    assert told[:3] == TRACEBACK.format(1, 3).splitlines()
    assert told[3] == ("  it hit 3 jobs of Sig (2017), and 1 other cause hit 1 more; log: /3.log")
    assert told[4].startswith("  to see it again: law run ProcessSample ")
    assert told[4].endswith(" --sample Sig --year 2017 --branch 3")


def test_what_we_say_ourselves_needs_no_traceback(lab: Lab) -> None:
    task = task_of(lab)
    ours = "tagger 'x' gave a mask of 9 events\n  for 10 events"
    told = str(defect_error(task, [defect(task, 0, message=ours, says_all=True)]))
    assert told.startswith(ours)
    assert "Traceback" not in told


def test_of_the_same_defect_in_another_sample_a_line_is_told(lab: Lab) -> None:
    task = task_of(lab)
    texts = (f"{TRACEBACK.format(1, 'x')}\nin events {n} to 9 of /{n}.root" for n in range(3))
    first, second, third = (
        defect_error(task, [defect(task, n, traceback=text, message="KeyError: 'x'\nmore")])
        for n, text in enumerate(texts)
    )
    other = defect_error(task, [defect(task, 3, line=2)])
    forget()
    assert told(first) == str(first)
    assert told(second) == "KeyError: 'x', it hit 1 job of Sig (2017); log: /1.log"
    assert told(other) == str(other)
    assert told(third).endswith("log: /2.log")
    forget()


def test_events_in_the_message_of_a_library_make_no_other_defect(lab: Lab) -> None:
    """Awkward shows the arrays: 18 samples and years told the same in 700 lines."""
    task = task_of(lab)
    texts = [TRACEBACK.format(1, f"\nThis error occurred with\n  <Array [{n}]>") for n in "12"]
    other = TRACEBACK.replace("mine.py", "other.py").format(1, "x")
    first, second, third, fourth = (
        defect_error(task, [defect(task, n, traceback=text)])
        for n, text in enumerate((*texts, other, other))
    )
    forget()
    assert told(first) == str(first)
    assert told(second) == "KeyError: 1, it hit 1 job of Sig (2017); log: /1.log"
    assert told(third) == str(third)
    assert told(fourth) == "KeyError: 3, it hit 1 job of Sig (2017); log: /3.log"
    forget()


def test_a_traceback_begins_with_the_code_of_the_user(lab: Lab) -> None:
    frame = f'  File "{job.__file__}", line 3, in run_job\n    return tag(events)\n'
    begins, own = TRACEBACK.format(1, 3).split("\n", 1)
    text = f"{begins}\n{frame}{own}"
    assert str(defect_error(task_of(lab), [defect(task_of(lab), 0, traceback=text)])).startswith(
        TRACEBACK.format(1, 3)
    )
    all_ours = f"{begins}\n{frame}KeyError: 3"
    told = str(defect_error(task_of(lab), [defect(task_of(lab), 0, traceback=all_ours)]))
    assert told.startswith(all_ours)


def test_each_of_two_tracebacks_begins_with_the_code_of_the_user(lab: Lab) -> None:
    """As where an exception is raised while another one is handled."""
    frame = f'  File "{job.__file__}", line 3, in run_job\n    return tag(events)\n'
    led_to = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    first, second = TRACEBACK.format(1, 3), TRACEBACK.format(2, 4)
    begins, own = second.split("\n", 1)
    text = f"{first}{led_to}{begins}\n{frame}{own}"
    told = str(defect_error(task_of(lab), [defect(task_of(lab), 0, traceback=text)]))
    assert told.startswith(f"{first}{led_to}{second}")


def test_the_command_counts_events_from_the_first_of_the_branch(lab: Lab) -> None:
    task = task_of(lab)
    (part,) = task.chunks[5].ranges
    failing = part.model_copy(update={"start": part.start + 4, "stop": part.stop})
    words = command(task, defect(task, 5, failing=failing))
    assert words.endswith(" --branch 5 --events 4:10")


def test_the_command_can_be_pasted_whatever_the_path(lab: Lab) -> None:
    """Names in a shell are quoted."""
    odd = lab.folder / "my `analysis`"
    odd.mkdir()
    lab.path = odd / "toy.yaml"
    task = task_of(lab)
    assert f" --analysis '{lab.path}' " in command(task, defect(task, 0))


@pytest.mark.parametrize(
    ("n_lost", "more"), [(1, ""), (4, ""), (5, " and 1 more range"), (8, " and 4 more ranges")]
)
def test_each_range_that_is_lost_is_named_or_counted(lab: Lab, n_lost: int, more: str) -> None:
    path = lab.files / "Sig_2017_0.root"
    lab.sig["files"] = {"2017": [str(path)]}
    lab.jobs["n_events_per_output"] = 40 // n_lost
    assert lab.run("IndexSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    error = too_much_lost(task, task.completeness())
    ranges = [(start, start + 40 // n_lost) for start in range(0, 40, 40 // n_lost)]
    assert error.where == ", ".join(f"{path} {a} to {b}" for a, b in ranges[:4]) + more
    assert error.what.startswith("40 of 40 entries of Sig (2017) were lost")

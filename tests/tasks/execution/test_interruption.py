from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import os, signal, sys, time
from tasks.execution import interruption
from tasks.execution.interruption import held_back, prepare_interruption
{setup}
prepare_interruption()
{body}
"""


def run(body: str, setup: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body, setup=setup)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def forked(lines: str) -> str:
    """A program that runs lines in a process that it forks, and prints how that ended."""
    return (
        f"pid = os.fork()\nif pid == 0:\n{textwrap.indent(lines, '    ')}\n    os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )


def test_ctrl_c_is_told_in_one_sentence() -> None:
    done = run("os.kill(os.getpid(), signal.SIGINT); time.sleep(10)")
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_forked_ends_without_a_word() -> None:
    done = run(forked("os.kill(os.getpid(), signal.SIGINT); time.sleep(10)"))
    assert (done.stdout, done.stderr) == ("130\n", "")


# what libraries in other languages do with an exception of ours: pydantic loses it, or says that a
# schema is wrong
LOSING = """
from pydantic_core import SchemaValidator, core_schema
class Interrupted:
    def __hash__(self):
        os.kill(os.getpid(), signal.SIGINT)
        return 1
SchemaValidator(core_schema.literal_schema([Interrupted()]))
"""
SOON, NEVER = "interruption._GRACE = 0.2", "interruption._GRACE = 300.0"
CHANGING = """
try:
    os.kill(os.getpid(), signal.SIGINT); time.sleep(10)
except BaseException:
    error = ValueError("something is wrong")
"""


def test_another_error_that_a_library_makes_of_it_is_not_told() -> None:
    done = run(f"{CHANGING}\nraise error")
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_a_stage_that_fails_by_it_has_not_failed_but_ends() -> None:
    setup = "from tasks.base import AnalysisTask"
    done = run(forked(f"{CHANGING}\nAnalysisTask.on_failure(None, error)"), setup)
    assert (done.stdout, done.stderr) == ("130\n", "")
    done = run(f"{CHANGING}\nAnalysisTask.on_failure(None, error)", setup)
    assert done.stderr.startswith("interrupted: what is done is kept")


def test_what_was_forked_ends_when_a_library_loses_it() -> None:
    done = run(forked(f"{LOSING}\ntime.sleep(300)"), SOON)
    assert (done.stdout, done.stderr) == (f"{-signal.SIGALRM}\n", "")


def test_it_is_raised_again_when_a_library_loses_it() -> None:
    done = run(f"{LOSING}\nprint('lost', flush=True); time.sleep(300)", SOON)
    assert done.stdout == "lost\n"
    assert done.stderr.startswith("interrupted: what is done is kept")


def test_it_can_wait_for_what_must_not_be_done_by_half() -> None:
    asks = "interruption.end_if_interrupted()"
    body = f"with held_back(): os.kill(os.getpid(), signal.SIGINT); print('whole')\n{asks}"
    done = run(body)
    assert done.stdout == "whole\n"
    assert done.stderr.startswith("interrupted: what is done is kept")


AT_AN_EVENT = """
import luigi
class Stage(luigi.Task): pass
def first(_): os.kill(os.getpid(), signal.SIGINT); print('whole', flush=True)
for called in (first, lambda _: print('next', flush=True)):
    Stage.event_handler(luigi.Event.START)(called)
Stage().trigger_event(luigi.Event.START, None)
time.sleep(300)
"""


def test_it_waits_for_what_luigi_calls_at_an_event() -> None:
    """luigi would say there that the one that is called has failed, and go on with the stage."""
    done = run(forked(AT_AN_EVENT), NEVER)
    assert (done.stdout, done.stderr) == ("whole\nnext\n130\n", "")
    done = run(AT_AN_EVENT, NEVER)
    assert (done.returncode, done.stdout) == (130, "whole\nnext\n")
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_forked_and_not_told_ends_too() -> None:
    body = (
        "import multiprocessing\n"
        "multiprocessing.get_context('fork').Process(target=time.sleep, args=(300,)).start()\n"
        "os.kill(os.getpid(), signal.SIGINT)"
    )
    assert run(body).stderr.startswith("interrupted: what is done is kept")


def test_what_python_drops_is_not_told() -> None:
    body = (
        "class Dropped:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT)\n"
        "Dropped(); time.sleep(300)"
    )
    done = run(body, NEVER)
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1
    other = "class Dropped:\n    def __del__(self): 1 / 0\nDropped()"
    assert "ZeroDivisionError" in run(other).stderr


CAUGHT = """
signal.signal(signal.SIGALRM, signal.SIG_IGN)
try:
    with interruption.only_here():
        prepare_interruption()
        try:
            os.kill(os.getpid(), signal.SIGINT); time.sleep(10)
        except BaseException:
            raise ValueError("something is wrong")
except KeyboardInterrupt:
    print("caught", flush=True)
"""


def test_a_session_that_catches_it_is_left_alone() -> None:
    alarm = "signal.getsignal(signal.SIGALRM) == signal.SIG_IGN"
    own = "signal.getsignal(signal.SIGINT) == signal.default_int_handler"
    done = run(f"{CAUGHT}\ntime.sleep(0.5); print({alarm}, {own})", SOON)
    assert (done.stdout, done.stderr) == ("caught\nTrue True\n", "")
    later = f"{CAUGHT}\nraise ValueError('another thing')"
    assert "ValueError: another thing" in run(later).stderr


def test_a_session_that_does_not_catch_it_ends_with_the_sentence() -> None:
    within = "    os.kill(os.getpid(), signal.SIGINT); time.sleep(10)"
    done = run(f"with interruption.only_here():\n    prepare_interruption()\n{within}")
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_an_interactive_session_goes_on() -> None:
    lines = "prepare_interruption()\nos.kill(os.getpid(), signal.SIGINT)\nprint('still here')\n"
    done = subprocess.run(
        [sys.executable, "-i", "-c",
         "import os, signal; from tasks.execution.interruption import prepare_interruption"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=lines, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "interrupted: what is done is kept" in done.stderr
    assert "still here" in done.stdout


AGAIN = "os.kill(os.getpid(), signal.SIGINT)"
IMPATIENT = f"""
try:
    {AGAIN}; time.sleep(10)
finally:
    {AGAIN}; print("in order", flush=True)
"""


def test_a_second_one_does_not_break_off_what_the_first_one_ends_in_order() -> None:
    done = run(IMPATIENT, NEVER)
    assert (done.returncode, done.stdout) == (130, "in order\n")
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1
    done = run(forked(IMPATIENT), NEVER)
    assert (done.stdout, done.stderr) == ("in order\n130\n", "")


def test_what_is_forked_after_one_that_is_not_followed_yet_hears_of_the_next() -> None:
    body = f"interruption._interrupted.append(True)\n{forked(f'{AGAIN}; time.sleep(10)')}"
    assert run(body).stdout == "130\n"


def test_a_second_one_while_the_user_is_told_changes_nothing() -> None:
    body = f"interruption.tell_what_goes_on(lambda: {AGAIN} or 'jobs go on')\n{AGAIN}"
    done = run(body, NEVER)
    assert done.returncode == 130
    assert len(done.stderr.splitlines()) == 2
    assert done.stderr.endswith("\njobs go on")


def test_where_nobody_hears_of_it_the_program_ends_all_the_same() -> None:
    body = "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)\nos.kill(os.getpid(), signal.SIGINT)"
    assert run(body).returncode == 130


def test_once_the_user_is_told_another_one_ends_the_program_at_once() -> None:
    body = f"import atexit\natexit.register(lambda: {AGAIN} or print('late'))\n{AGAIN}"
    done = run(body)
    assert (done.returncode, done.stdout) == (130, "")
    assert len(done.stderr.splitlines()) == 1


def test_once_the_user_is_told_python_does_not_take_itself_apart() -> None:
    """While it does, the signal would end the process with another code."""
    body = (
        f"class Last:\n    def __del__(self): print('late', flush=True)\nsys.kept = Last()\n{AGAIN}"
    )
    assert (run(body).returncode, run(body).stdout) == (130, "")


def test_it_is_told_when_it_was_lost_until_the_end() -> None:
    done = run(f"{LOSING}\nsys.exit(4)", NEVER)
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: what is done is kept")
    assert len(done.stderr.splitlines()) == 1


def test_other_errors_keep_their_traceback() -> None:
    done = run("1 / 0")
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_what_somebody_else_decided_about_ctrl_c_stays() -> None:
    setup = "signal.signal(signal.SIGINT, signal.SIG_IGN)"
    done = run("os.kill(os.getpid(), signal.SIGINT); print('alive')", setup)
    assert (done.returncode, done.stdout) == (0, "alive\n")


def test_ctrl_c_is_held_back_no_longer_than_it_has_to_be() -> None:
    body = "with held_back(): pass\nos.kill(os.getpid(), signal.SIGINT); time.sleep(5); print('on')"
    done = run(body)
    assert (done.returncode, done.stdout) == (130, "")

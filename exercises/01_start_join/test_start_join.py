"""What the tests ask of `run_together`: all run, all at once, and the truth about how each one ended."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parlab_task(1)
def test_every_job_runs_in_a_process_of_its_own(submission: Any) -> None:
    """Three jobs note three process ids, and none of them is the id of the process that asked."""
    exit_codes, process_ids, our_own = submission.run("note_process_ids", 3)
    submission.assert_no_mistake("PL104", "PL102", workers=3)
    assert 0 not in process_ids, "a job had not run when run_together returned"
    assert our_own not in process_ids, "a job ran in the process that called run_together"
    assert len(set(process_ids)) == 3, "two jobs ran in the same process"
    assert exit_codes == [0, 0, 0]


@pytest.mark.parlab_task(1)
def test_it_waits_for_all_and_leaves_no_process(submission: Any) -> None:
    """When `run_together` returns, also the job that takes longest has ended, wherever it stands."""
    exit_codes = submission.run("work_a_little", [0.0, 0.4, 0.0])
    submission.assert_no_mistake("PL102")
    assert exit_codes == [0, 0, 0], "None means: this process was still running"
    submission.assert_nothing_left()


@pytest.mark.parlab_task(1)
def test_any_number_of_jobs_and_of_arguments(submission: Any) -> None:
    """No job at all is fine, and so is a job without arguments."""
    assert submission.run("different_arguments", []) == []
    assert submission.run("different_arguments", [(), (1, "two", None)]) == [0, 0]


@pytest.mark.parlab_task(2)
def test_all_are_started_before_the_first_wait(submission: Any) -> None:
    """No process has to end before another one may start."""
    exit_codes = submission.run("meet", 3)
    submission.assert_no_mistake("PL101", "PL104", workers=3)
    assert exit_codes == [0, 0, 0]


@pytest.mark.parlab_task(2)
def test_three_processes_meet(submission: Any) -> None:
    """Each process waits at a meeting for the other two: only processes that run together get past it."""
    with submission.meets(3):
        submission.run("meet", 3)


@pytest.mark.parlab_task(3)
def test_the_exit_codes_tell_how_each_job_ended(submission: Any) -> None:
    """Returned is 0, an exception is 1, and `sys.exit` and `os._exit` bring their own number."""
    ways = ["exit at once with 7", "return", "exit 3", "raise", "return"]
    exit_codes = submission.run("end_in_different_ways", ways)
    submission.assert_no_mistake("PL103", expected_errors=True)
    assert exit_codes == [7, 0, 3, 1, 0]

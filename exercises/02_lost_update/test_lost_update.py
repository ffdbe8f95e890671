"""What the tests ask for: no change is lost, and that by order and not by luck."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parlab_task(1)
def test_adding_alone_is_right(submission: Any) -> None:
    """With nobody else around, 5 and seven times 1 is 12."""
    assert submission.run("add_alone", 5, 7) == 12
    assert submission.run("add_alone", 5, 0) == 5


@pytest.mark.parlab_task(1)
def test_no_schedule_loses_an_update(submission: Any, race_detector: Any) -> None:
    """Two processes add once each, in every order that their steps can have: the result is always the same."""
    found = race_detector.explore(submission.run, "add_from_processes", workers=2, times=1)
    assert set(found.outcomes) == {(2, (0, 0))}, "in at least one order of steps the number is not 2"


@pytest.mark.parlab_task(1)
def test_no_update_is_lost(submission: Any, race_detector: Any) -> None:
    """Between reading the number and writing it back, no other process may write. Luck does not count."""
    with race_detector.watch():
        number, exit_codes = submission.run("add_from_processes", workers=submission.workers, times=100)
    assert exit_codes == [0] * submission.workers
    assert number == 100 * submission.workers


@pytest.mark.parlab_task(2)
def test_every_element_is_changed(submission: Any) -> None:
    """The elements of the shared array are changed, not copies of them."""
    numbers = submission.run("add_to_all_alone", [0, 10, 20], 3)
    submission.assert_no_mistake("PL206")
    assert numbers == [3, 13, 23]


@pytest.mark.parlab_task(2)
def test_no_schedule_loses_an_update_of_an_element(submission: Any, race_detector: Any) -> None:
    """Two processes add to two elements once each, in every order that their steps can have."""
    found = race_detector.explore(submission.run, "add_to_all_from_processes", [0, 10], workers=2, times=1)
    assert set(found.outcomes) == {((2, 12), (0, 0))}, "in at least one order of steps the numbers are not 2 and 12"


@pytest.mark.parlab_task(2)
def test_no_update_of_an_element_is_lost(submission: Any, race_detector: Any) -> None:
    """The same care as for one number, for every element."""
    with race_detector.watch():
        numbers, exit_codes = submission.run(
            "add_to_all_from_processes", [0, 10, 20, 30], workers=submission.workers, times=25
        )
    assert exit_codes == [0] * submission.workers
    assert numbers == [start + 25 * submission.workers for start in (0, 10, 20, 30)]


@pytest.mark.parlab_task(3)
def test_the_parts_work_together(submission: Any, race_detector: Any) -> None:
    """Three processes share one number and one lock."""
    with race_detector.watch() as report:
        counted = submission.count_in_parallel(workers=3, times=50)
    submission.assert_no_mistake("PL104", "PL102", "PL101", workers=3)
    assert counted == 150
    trace = report.trace
    writers = {trace.process_of(access.strand).index for access in trace.accesses if access.kind == "write"}
    assert len(writers - {0}) == 3, "the number was not changed by three processes of your own"


@pytest.mark.parlab_task(3)
def test_as_many_processes_as_asked_for_count_at_once(submission: Any) -> None:
    """Each process waits at a meeting for the other one before it counts."""
    with submission.meets(submission.workers):
        counted = submission.count_in_parallel(workers=submission.workers, times=10)
    assert counted == 10 * submission.workers
    submission.assert_nothing_left()

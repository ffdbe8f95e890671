"""What the tests ask for: right and in order, really faster, and honest about errors."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from pytest_parlab.errors import SubmissionRaised


@pytest.mark.parlab_task(1)
def test_the_results_come_in_the_order_of_the_items(submission: Any) -> None:
    """The first item takes longest, and its result still comes first."""
    results = submission.run("map_negate", list(range(10)), workers=submission.workers)
    assert results == [0, -1, -2, -3, -4, -5, -6, -7, -8, -9]


@pytest.mark.parlab_task(1)
def test_any_items_will_do(submission: Any) -> None:
    """No items give no results, and items may come from an iterator."""
    assert submission.run("map_upper_case", [], workers=submission.workers) == []
    assert submission.run("map_upper_case", ["one", "two", "three"], workers=submission.workers) == [
        "ONE",
        "TWO",
        "THREE",
    ]


@pytest.mark.parlab_task(1)
def test_one_pool_does_it_and_is_gone_afterwards(submission: Any) -> None:
    """One pool of two workers for all items, closed or terminated, and waited for."""
    results = submission.run("map_negate", list(range(10)), workers=submission.workers)
    submission.assert_no_mistake("PL104", "PL401", "PL407", "PL501", workers=submission.workers)
    submission.assert_nothing_left()
    assert len(results) == 10


@pytest.mark.parlab_task(2)
def test_two_processes_work_at_the_same_time(submission: Any) -> None:
    """Each process waits at a meeting for the other one: one busy process alone does not get past it."""
    numbers = list(range(1, 4 * submission.workers + 1))
    with submission.meets(submission.workers):
        cubes = submission.run("map_slow_cubes", numbers, workers=submission.workers)
    assert cubes == [number**3 for number in numbers]


@pytest.mark.parlab_task(2)
def test_both_processes_compute(submission: Any) -> None:
    """Processes and not threads, and not one portion that a single worker gets."""
    cubes = submission.run("map_slow_cubes", list(range(600, 616)), workers=submission.workers)
    submission.assert_no_mistake("PL104", "PL405", "PL501", workers=submission.workers)
    assert cubes[0] == 216_000_000


@pytest.mark.parlab_task(2)
@pytest.mark.parlab_cores(2)
def test_it_is_faster_than_one_after_another(submission: Any, core_scaling: Any) -> None:
    """With two workers at least 1.5 times as fast as one process, by the judge's clock and the same work."""
    # Where starting a process takes longer, there is more to do, so that the start does not decide.
    numbers = list(range(600, 632 if submission.run("start_method") == "fork" else 760))
    core_scaling.assert_speedup(
        candidate=partial(submission.run, "map_slow_cubes", numbers, workers=submission.workers),
        baseline=partial(submission.baseline, "slow_cubes_serially", numbers),
        workers=submission.workers,
        at_least=1.5,
    )


@pytest.mark.parlab_task(3)
def test_each_item_is_applied_in_order(submission: Any) -> None:
    """The first item takes longest, and its result still comes first."""
    results = submission.run("apply_negate", list(range(10)), workers=submission.workers)
    submission.assert_no_mistake("PL104", "PL401", "PL402", "PL407", "PL501", workers=submission.workers)
    assert results == [0, -1, -2, -3, -4, -5, -6, -7, -8, -9]


@pytest.mark.parlab_task(3)
def test_all_are_handed_over_before_the_first_answer_is_got(submission: Any) -> None:
    """Two processes work at the same time, each waiting at a meeting for the other one."""
    numbers = list(range(2, 4 * submission.workers + 1, 2))
    with submission.meets(submission.workers):
        halves = submission.run("apply_half", numbers, workers=submission.workers)
    assert halves == [number // 2 for number in numbers]


@pytest.mark.parlab_task(3)
@pytest.mark.parametrize("scenario", ["apply_half", "map_half"])
def test_an_error_reaches_the_caller_and_no_process_is_left(submission: Any, scenario: str) -> None:
    """One item of six raises: so does your function, and the pool is gone all the same."""
    with pytest.raises(SubmissionRaised) as caught:
        submission.run(scenario, [2, 4, 7, 8, 10, 12], workers=submission.workers)
    assert caught.value.kind == "ValueError"
    assert caught.value.message == "7 is odd"
    submission.assert_no_mistake("PL407", "PL408", expected_errors=True)
    submission.assert_nothing_left()

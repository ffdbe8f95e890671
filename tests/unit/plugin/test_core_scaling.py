"""The fixture's object: real pairs of fresh processes, and every message about its arguments.

No test depends on how busy this machine is: where a verdict is asserted, the runs are made by hand.
"""

from __future__ import annotations

import functools
import itertools
import math
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_parlab.errors import Finding, HangFound, NotParallel, TooSlow, Undecided, UsageError
from pytest_parlab.machine import cores, noise
from pytest_parlab.plugin import scaling_series
from pytest_parlab.plugin.core_scaling import CoreScaling
from pytest_parlab.plugin.scaling_questions import check_question, compare
from pytest_parlab.plugin.scaling_series import environment, measure_once
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.model import Trace
from tests.unit.analysis.runs import Run, even, serial

FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else multiprocessing.get_context()


def fast() -> int:
    return 7


def slow() -> int:
    return 7


class Measured:
    """A callable that brings its own runs, as a submission does."""

    def __init__(self, *runs: Run, value: object = 7) -> None:
        self.runs = itertools.cycle(runs)
        self.value = value
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *_: object, **__: object) -> object:
        raise AssertionError("it is measured, not called")

    def parlab_measure(self, *args: object, deadline_s: float, **kwargs: object) -> MeasuredRun:
        self.calls.append((args, kwargs, deadline_s))
        run = next(self.runs)
        return MeasuredRun(self.value, run.wall_s, run.cpu_s, run.trace, run.delay_s)


@pytest.fixture
def scaling(monkeypatch: pytest.MonkeyPatch) -> CoreScaling:
    """On a machine that is quiet by decree."""
    monkeypatch.setattr(cores, "usable_cores", lambda: 2.0)
    monkeypatch.setattr(noise, "capacity", lambda _workers: 2.0)
    monkeypatch.setattr(noise, "load_between", lambda *_: noise.Load(0.0, 0.0, None, 0.2))
    return CoreScaling(seed=5, seconds=20, deadline_s=20)


def test_a_good_solution_passes_with_its_evidence(scaling: CoreScaling) -> None:
    base, cand = Measured(serial(200), serial(201)), Measured(even())
    result = scaling.assert_speedup(candidate=cand, baseline=base, workers=2, at_least=1.5)
    assert result.state == "passed"
    assert result.pairs == 4
    assert len(cand.calls) == 5, "the first pair is measured and discarded"


def test_too_slow_carries_the_report_and_the_order_to_repeat(scaling: CoreScaling) -> None:
    base, cand = Measured(serial(200), serial(201)), Measured(serial(202))
    with pytest.raises(TooSlow) as caught:
        scaling.assert_speedup(candidate=cand, baseline=base, workers=2, at_least=1.5)
    text = str(caught.value)
    assert text.startswith("0.99x on 2 workers (95 % 0.99-1.00), wanted 1.5x\nNo work was handed to another process")
    assert "Repeat this order of runs with --parlab-seed=5." in text
    assert vars(caught.value)["report"].state == "failed"


def test_a_fake_is_named_without_further_mistakes(scaling: CoreScaling) -> None:
    base, cand = Measured(serial(200), serial(201)), Measured(serial(1, cpu=1))
    with pytest.raises(TooSlow, match=r"answers were prepared\s+beforehand") as caught:
        scaling.assert_speedup(candidate=cand, baseline=base, workers=2, at_least=1.5)
    assert "PL" not in str(caught.value)


def test_a_question_that_stays_open_is_undecided(scaling: CoreScaling) -> None:
    scaling.pairs = 6
    base, cand = Measured(serial(120), serial(210)), Measured(even())
    with pytest.raises(Undecided, match=r"too close to 1\.5x for the spread of these runs") as caught:
        scaling.assert_speedup(candidate=cand, baseline=base, workers=2, at_least=1.5, work_factor=(0.1, 10))
    assert vars(caught.value)["report"].pairs == 6


def test_a_spent_budget_ends_the_series(scaling: CoreScaling) -> None:
    scaling.seconds = 0.0
    with pytest.raises(Undecided, match="the pairs measured in the time allowed do not settle it"):
        scaling.assert_speedup(candidate=Measured(even()), baseline=Measured(serial(200)), workers=2, at_least=1.5)


def test_runs_of_a_millisecond_are_refused_after_one_pair(scaling: CoreScaling) -> None:
    cand = Measured(serial(1))
    with pytest.raises(Undecided, match="the baseline takes 1 ms, and below 20 ms"):
        scaling.assert_speedup(candidate=cand, baseline=Measured(serial(1)), workers=2, at_least=1.5)
    assert len(cand.calls) == 2


def test_measuring_gives_numbers_and_no_verdict(scaling: CoreScaling) -> None:
    result = scaling.measure(Measured(even()), Measured(serial(200)), workers=2, pairs=3)
    assert (result.state, result.pairs, result.at_least) == ("undecided", 3, None)
    assert result.speedup == pytest.approx(1.85, abs=0.01)


def test_the_seed_decides_the_order_inside_the_pairs(scaling: CoreScaling, monkeypatch: pytest.MonkeyPatch) -> None:
    def order(seed: int) -> list[str]:
        seen: list[str] = []

        def measure(function: Callable[[], object], **_: object) -> MeasuredRun:
            seen.append(str(function))
            return MeasuredRun(7, 0.2, 0.2, Trace(0, 0))

        monkeypatch.setattr(scaling_series, "measure_once", measure)
        CoreScaling(seed=seed).measure("candidate", "baseline", workers=2)  # type: ignore[arg-type]
        return seen

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) > 1
    both = ["baseline", "candidate"]
    assert all(sorted(order(1)[start : start + 2]) == both for start in range(0, 14, 2))


def test_results_must_be_equal(scaling: CoreScaling) -> None:
    with pytest.raises(Finding) as caught:
        scaling.assert_speedup(
            candidate=Measured(even(), value=[1, 8, 28]),
            baseline=Measured(serial(200), value=[1, 8, 27]),
            workers=2,
            at_least=1.5,
        )
    assert str(caught.value) == (
        "The candidate and the baseline do not return the same, so their times say nothing.\n"
        "  candidate: [1, 8, 28]\n"
        "  baseline:  [1, 8, 27]\n"
        "  first difference, at index 2: 28 and 27"
    )


def test_results_are_not_compared_where_the_asker_says_so(scaling: CoreScaling) -> None:
    result = scaling.assert_speedup(
        candidate=Measured(even(), value=1),
        baseline=Measured(serial(200), serial(201), value=2),
        workers=2,
        at_least=1.5,
        check=None,
    )
    assert result.state == "passed"


def test_long_results_are_shortened() -> None:
    with pytest.raises(Finding) as caught:
        compare(list(range(1000)), list(range(999)), lambda *_: False)
    assert "[0, 1, 2, 3, 4, 5, ...]" in str(caught.value)
    assert "lengths: 1000 and 999" in str(caught.value)
    with pytest.raises(Finding) as caught:
        compare("x" * 1000, "y", lambda *_: False)
    assert len(str(caught.value)) < 250


def test_a_comparison_without_a_truth_value_is_explained() -> None:
    def array_like(_ours: object, _theirs: object) -> object:
        raise ValueError("The truth value of an array is ambiguous")

    with pytest.raises(UsageError, match=r"cannot be compared: The truth value .* check=None not to compare\."):
        compare(1, 1, array_like)


def test_results_that_only_check_calls_different_have_no_first_difference() -> None:
    with pytest.raises(Finding) as caught:
        compare([1], [1], lambda *_: False)
    assert str(caught.value).endswith("baseline:  [1]")


@pytest.mark.parametrize("at_least", [0, -1, 2.5, math.nan])
def test_a_threshold_that_makes_no_sense_is_refused(at_least: float) -> None:
    with pytest.raises(UsageError, match=r"at_least is .* for 2 workers; it must be above 0 and at most 2, because"):
        CoreScaling().assert_speedup(candidate=fast, baseline=slow, workers=2, at_least=at_least)


@pytest.mark.parametrize("workers", [1, 0, 2.0, True])
def test_a_number_of_workers_that_makes_no_sense_is_refused(workers: int) -> None:
    with pytest.raises(UsageError, match=r"workers is .*; it must be a whole number of at least 2\."):
        CoreScaling().assert_parallel(fast, workers=workers)


@pytest.mark.parametrize("work_factor", [(1.1, 2), (0, 2), (0.5, 0.9)])
def test_a_work_factor_that_makes_no_sense_is_refused(work_factor: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match=r"work_factor is .*; it must be a pair \(low, high\)"):
        check_question(workers=2, at_least=1.5, work_factor=work_factor)


def test_a_partial_of_something_that_measures_itself_is_asked_to() -> None:
    measured = Measured(serial(50))
    inner = functools.partial(measured, 1, key="old")
    run = measure_once(functools.partial(inner, 2, key="new"), deadline_s=3)
    assert run.wall_s == 0.05
    assert measured.calls == [((1, 2), {"key": "new"}, 3)]


def test_a_method_of_something_that_measures_itself_is_measured_by_its_owner() -> None:
    measured = Measured(serial(50))
    assert measure_once(functools.partial(measured.__call__), deadline_s=3).wall_s == 0.05


def test_an_object_that_answers_to_every_name_is_run_in_a_fresh_process() -> None:
    class Answers:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"asked for {name}")

        def work(self) -> int:
            return os.getpid()

    assert measure_once(Answers().work, deadline_s=20).value != os.getpid()


def raise_key_error() -> None:
    raise KeyError("row 3")


def test_an_exception_says_which_side_raised_it(scaling: CoreScaling) -> None:
    with pytest.raises(KeyError) as caught:
        scaling.assert_speedup(candidate=raise_key_error, baseline=Measured(serial(200)), workers=2, at_least=1.5)
    assert "This was the candidate of a speedup measurement." in caught.value.__notes__


def test_a_hang_says_which_side_hung(scaling: CoreScaling) -> None:
    scaling.deadline_s = 0.3
    with pytest.raises(HangFound, match=r"did not answer within 0\.3 s") as caught:
        scaling.measure(Measured(even()), threading.Event().wait, workers=2)
    assert caught.value.__notes__ == ["This was the baseline of a speedup measurement."]


def spin(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def double(number: int) -> int:
    return 2 * number


def in_a_pool(chunksize: int = 1) -> list[int]:
    with FORK.Pool(2) as pool:
        return pool.map(double, range(4), chunksize)


def start_then_join(*, together: bool) -> None:
    started = []
    for _ in range(2):
        started.append(FORK.Process(target=double, args=(1,)))
        started[-1].start()
        if not together:
            started[-1].join()
    for process in started:
        process.join()


def in_threads() -> list[int]:
    with ThreadPoolExecutor(2) as executor:
        return list(executor.map(double, range(4)))


def work_in_the_parent() -> None:
    spin(0.2)
    start_then_join(together=False)


def test_a_pool_of_two_is_parallel() -> None:
    gathering = CoreScaling(deadline_s=20).assert_parallel(in_a_pool, workers=2)
    assert len(gathering.pids) == 2


def test_two_processes_started_together_are_parallel() -> None:
    assert CoreScaling(deadline_s=20).assert_parallel(functools.partial(start_then_join, together=True), 2).met


@pytest.mark.parametrize(
    ("candidate", "seen"),
    [
        (fast, "Nothing was handed to another process"),
        (in_threads, "The work ran in threads of one process"),
        (functools.partial(start_then_join, together=False), "Each of 2 processes was joined before the next one"),
        (functools.partial(in_a_pool, 4), "The work was cut into 1 piece only"),
    ],
    ids=["serial", "threads", "start-join", "one-giant-chunk"],
)
def test_what_is_not_parallel_is_named(candidate: Callable[[], object], seen: str) -> None:
    with pytest.raises(NotParallel) as caught:
        CoreScaling(deadline_s=20).assert_parallel(candidate, workers=2)
    text = " ".join(str(caught.value).split())
    assert text.startswith("The work did not run in 2 processes at once: ")
    assert seen in text


def test_a_call_of_the_submission_has_a_meeting_of_its_own() -> None:
    with pytest.raises(UsageError) as caught:
        CoreScaling().assert_parallel(functools.partial(Measured(serial(50)), 1), workers=2)
    assert str(caught.value).endswith("For the submission, write: with submission.meets(2): ...")


def test_the_meeting_s_address_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLAB_TEST_ADDRESS", "before")
    with environment("PARLAB_TEST_ADDRESS", "inside"):
        assert os.environ["PARLAB_TEST_ADDRESS"] == "inside"
    assert os.environ["PARLAB_TEST_ADDRESS"] == "before"
    with environment("PARLAB_TEST_OTHER", "inside"):
        pass
    assert "PARLAB_TEST_OTHER" not in os.environ


def use_cpu(milliseconds: int) -> int:
    spin(milliseconds / 1000)
    return milliseconds


def shared_out() -> list[int]:
    with FORK.Pool(2) as pool:
        return pool.map(use_cpu, [15] * 8, 1)


def one_after_another() -> list[int]:
    return [use_cpu(15) for _ in range(8)]


def test_real_runs_are_measured_whatever_the_machine_does_meanwhile() -> None:
    """The one test with a real clock: it asserts what cannot depend on neighbours."""
    result = CoreScaling(seed=1).measure(shared_out, one_after_another, workers=2, pairs=2)
    assert result.pairs == 2
    assert 0.5 < result.work_factor < 1.5
    assert result.machine.usable_cores > 0
    assert len(result.trace.tasks) == 8

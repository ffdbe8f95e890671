"""The books of an executor, from traces written by hand; times in milliseconds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.analysis.intervals import most_at_once
from pytest_parlab.analysis.tasks import executor_facts
from tests.unit.analysis.builder import MS, TraceBuilder


def test_two_workers_side_by_side() -> None:
    builder = TraceBuilder()
    group = builder.group(2, kind="process")
    one, other = builder.worker(), builder.worker()
    builder.task(group, one, 10, 12, 22, cpu_ns=9 * MS, delay_ns=MS, argument_bytes=5, result_bytes=6)
    builder.task(group, other, 10, 13, 23, cpu_ns=10 * MS)
    builder.task(group, one, 11, 24, 30, cpu_ns=6 * MS, error="ValueError: no")
    facts = executor_facts(builder.build())
    assert facts.wall_s == pytest.approx(0.020)
    assert facts.work_s == pytest.approx(0.025)
    assert (facts.max_concurrency, facts.workers) == (2, 2)
    assert facts.overhead_s == pytest.approx(0.003), "two before the first, one in between"
    assert facts.cpu_overlap == pytest.approx(25 / 17)
    assert facts.utilisation == pytest.approx(26 / 40)
    first, _, third = facts.tasks
    assert (first.submitted, first.started, first.finished) == pytest.approx((0.0, 0.002, 0.012))
    assert (first.pid, first.thread, first.function, first.items) == (1001, "MainThread", "work", 1)
    assert first.run_queue_delay_s == pytest.approx(0.001)
    assert (first.argument_bytes, first.result_bytes, first.error) == (5, 6, "")
    assert third.error == "ValueError: no"
    assert third.run_queue_delay_s is None


def test_a_task_that_did_not_start_costs_nothing() -> None:
    builder = TraceBuilder()
    group = builder.group(1, kind="thread")
    builder.task(group, 0, 10, 12, 20, cpu_ns=8 * MS)
    builder.task(group, 0, 10, None, None)
    builder.tasks[-1] = replace(builder.tasks[-1], process=None, thread=None)
    facts = executor_facts(builder.build())
    assert facts.max_concurrency == 1
    waiting = facts.tasks[1]
    assert (waiting.started, waiting.finished, waiting.pid, waiting.thread) == (None, None, None, "")


def test_threads_of_one_process_are_workers_of_their_own() -> None:
    builder = TraceBuilder()
    group = builder.group(2, kind="thread")
    builder.task(group, 0, 0, 1, 5, thread=1)
    builder.task(group, 0, 0, 2, 6, thread=2)
    assert executor_facts(builder.build()).workers == 2


def test_threads_inside_a_process_worker_count_once() -> None:
    builder = TraceBuilder()
    group = builder.group(1, kind="process")
    worker = builder.worker()
    builder.task(group, worker, 0, 1, 5, thread=0)
    builder.task(group, worker, 0, 6, 8, thread=1)
    assert executor_facts(builder.build()).workers == 1


def test_no_task_at_all() -> None:
    facts = executor_facts(TraceBuilder().build())
    assert (facts.tasks, facts.wall_s, facts.work_s, facts.workers) == ((), 0.0, 0.0, 0)
    assert (facts.cpu_overlap, facts.utilisation, facts.overhead_s) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 5), (5, 9)], 1),
        ([(0, 5), (4, 9)], 2),
        ([(0, 9), (1, 2), (3, 4), (3, 9)], 3),
    ],
)
def test_spans_that_touch_do_not_overlap(spans: list[tuple[int, int]], most: int) -> None:
    assert most_at_once(spans) == most

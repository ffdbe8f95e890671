"""Every PL5xx detector sees its bug and leaves the look-alikes alone."""

from __future__ import annotations

from typing import Any

from pytest_parlab.analysis.mistakes import Question, find
from tests.unit.analysis.builder import MS, TraceBuilder


def codes(builder: TraceBuilder, question: Question | None = None) -> list[str]:
    return [mistake.code for mistake in find(builder.build(), question)]


# PL501


def threads(cpu_ms: int, *, kind: str = "thread", delay_ms: int | None = None, overlap: bool = True) -> TraceBuilder:
    trace = TraceBuilder()
    group = trace.group(2, kind=kind)
    for index in range(2):
        begin = 0 if overlap else 210 * index
        cost: dict[str, Any] = {"cpu_ns": cpu_ms * MS, "delay_ns": None if delay_ms is None else delay_ms * MS}
        trace.task(group, 0, 0, begin, begin + 200, retrieved=1, thread=index + 1, call=1, **cost)
    return trace


def test_threads_that_take_turns_at_computing_are_seen() -> None:
    [mistake] = find(threads(98).build())
    assert (mistake.code, mistake.line) == ("PL501", 5)
    assert mistake.message == (
        "2 tasks ran in up to 2 threads at once, but used 196 ms of CPU time in 200 ms: one core's worth. Threads of "
        "one process take turns at the interpreter lock when they compute. Use processes (Pool or "
        "ProcessPoolExecutor)."
    )


def test_threads_that_compute_beside_a_busy_neighbour_are_seen() -> None:
    assert codes(threads(55, delay_ms=40)) == ["PL501"]


def test_threads_that_wait_are_right() -> None:
    assert codes(threads(2)) == []
    assert codes(threads(40)) == []
    assert codes(threads(98), Question(cpu_bound=False)) == []


def test_threads_that_compute_at_once_are_right() -> None:
    assert codes(threads(190)) == []


def test_processes_and_threads_one_after_another_are_right() -> None:
    assert codes(threads(98, kind="process")) == []
    assert codes(threads(190, overlap=False)) == []


# PL503


def test_a_pool_larger_than_asked_for_is_seen() -> None:
    trace = TraceBuilder()
    trace.group(8)
    trace.task(1, trace.worker(), 0, 1, 2, retrieved=1)
    [mistake] = find(trace.build(), Question(workers=2))
    assert (mistake.code, mistake.line) == ("PL503", 5)
    assert mistake.message == (
        "2 workers were asked for, and this pool has 8: each more costs a start and takes turns with the others. "
        "Pass the number that the function is given."
    )


def test_a_pool_far_larger_than_the_machine_is_seen() -> None:
    trace = TraceBuilder()
    trace.group(8)
    [mistake] = find(trace.build(), Question(cores=2))
    assert mistake.message == (
        "This pool has 8 workers and the machine 2 usable cores: workers that compute only take turns. Ask for one "
        "worker per usable core."
    )


def test_as_many_workers_as_asked_for_are_right() -> None:
    trace = TraceBuilder()
    trace.group(8)
    trace.group(1)
    trace.task(1, trace.worker(), 0, 1, 2, retrieved=1)
    assert codes(trace, Question(workers=8, cores=2)) == []
    assert codes(trace) == []
    assert codes(trace, Question(cores=2, cpu_bound=False)) == []


def test_many_threads_are_right() -> None:
    trace = TraceBuilder()
    trace.group(32, kind="thread")
    trace.task(1, 0, 0, 1, 2, retrieved=1)
    assert codes(trace, Question(workers=2)) == []


# PL506


def test_answers_prepared_beforehand_are_seen() -> None:
    [mistake] = find(TraceBuilder().build(), Question(baseline_cpu_s=0.4, candidate_cpu_s=0.002))
    assert (mistake.code, mistake.path) == ("PL506", None)
    assert mistake.message == (
        "The call used 2 ms of CPU time in all its processes, where the serial reference uses 400 ms for the same "
        "input: the work was not done in this call. Compute the answer from the arguments, in the workers, each time."
    )


def test_a_cleverer_way_and_an_honest_one_are_right() -> None:
    assert codes(TraceBuilder(), Question(baseline_cpu_s=0.4, candidate_cpu_s=0.13)) == []
    assert codes(TraceBuilder(), Question(baseline_cpu_s=0.4, candidate_cpu_s=0.44)) == []


def test_a_short_or_unknown_baseline_says_nothing() -> None:
    assert codes(TraceBuilder(), Question(baseline_cpu_s=0.01, candidate_cpu_s=0.0)) == []
    assert codes(TraceBuilder(), Question(candidate_cpu_s=0.0)) == []


def test_a_child_that_was_left_may_have_done_the_work() -> None:
    trace = TraceBuilder()
    trace.process()
    assert codes(trace, Question(baseline_cpu_s=0.4, candidate_cpu_s=0.002)) == ["PL102"]

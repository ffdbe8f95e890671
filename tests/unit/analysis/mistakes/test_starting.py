"""Every PL1xx detector sees its bug and leaves the look-alikes alone."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_parlab.analysis.mistakes import Question, find
from tests.unit.analysis.builder import PATH, TraceBuilder, at

LOOP = """\
from multiprocessing import Process
def run(items):
    for item in items:
        # comment
        p = Process(target=work, args=(item,)); p.start()
        # comment
        p.join()
"""
HELPER = """\
from multiprocessing import Process
def run(item):
    if item:
        # comment
        p = Process(target=work, args=(item,)); p.start()
        # comment
        p.join()
"""


def codes(builder: TraceBuilder, question: Question | None = None, **changes: object) -> list[str]:
    return [mistake.code for mistake in find(builder.build(**changes), question)]


def sources(text: str) -> Question:
    return Question(sources={PATH: text})


def one_at_a_time(number: int = 3) -> TraceBuilder:
    trace = TraceBuilder()
    for index in range(number):
        trace.process(begin=20 * index, end=20 * index + 10, joined=20 * index + 11)
    return trace


# PL101


def test_start_and_join_in_one_loop_is_seen() -> None:
    [mistake] = find(one_at_a_time().build(), sources(LOOP))
    assert (mistake.code, mistake.path, mistake.line) == ("PL101", PATH, 7)
    assert mistake.message == (
        "3 processes were started (line 5), and each was joined (line 7) before the next was started, so only one "
        "ran at a time. Start all of them in one loop, then join all of them in a second loop."
    )


def test_without_the_source_it_is_seen_when_workers_were_asked_for() -> None:
    assert codes(one_at_a_time(2), Question(workers=2)) == ["PL101"]


def test_a_helper_that_starts_and_joins_one_process_and_is_called_in_a_loop_is_seen() -> None:
    trace = TraceBuilder()
    for index in range(3):
        here: dict[str, Any] = {"start_site": at(2, 8), "join_site": at(3, 8)}
        trace.process(begin=20 * index, end=20 * index + 10, joined=20 * index + 11, **here)
    text = (
        "def run(item):\n    p.start()\n    p.join()\n\n\ndef caller(items):\n    for i in items:\n        run(i)\n"
    )
    assert codes(trace, sources(text)) == ["PL101"]


def test_a_start_loop_and_then_a_join_loop_is_right() -> None:
    trace = TraceBuilder()
    for index in range(3):
        trace.process(begin=index, end=10 + index, joined=20 + index)
    assert codes(trace, sources(LOOP)) == []


def test_a_helper_called_twice_for_one_process_each_is_right() -> None:
    assert codes(one_at_a_time(2), sources(HELPER)) == []
    assert codes(one_at_a_time(2)) == []
    assert codes(one_at_a_time(2), Question(workers=1, sources={PATH: LOOP})) == []


def test_batches_that_are_joined_before_the_next_batch_are_right() -> None:
    trace = TraceBuilder()
    for begin, joined in ((0, 20), (1, 21), (30, 50), (31, 51), (60, 80)):
        trace.process(begin=begin, end=joined - 1, joined=joined)
    assert codes(trace, sources(LOOP)) == []


def test_stages_on_lines_of_their_own_are_right() -> None:
    trace = TraceBuilder()
    trace.process(begin=0, end=10, joined=11, line=5, join_line=6)
    trace.process(begin=20, end=30, joined=31, line=8, join_line=9)
    assert codes(trace, Question(workers=2)) == []


# PL102


def test_a_child_that_nobody_joined_is_seen() -> None:
    trace = TraceBuilder()
    trace.process(begin=0, end=10, joined=20)
    trace.process(begin=1, end=10, ended=False, exit_code=None)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL102", 5)
    assert mistake.message == (
        "1 of 2 processes started here (Process-2 (work)) was never joined. 1 was still running at the end. Keep the "
        "Process objects in a list and call join() on each, after all are started and before the answer is used."
    )


def test_a_join_that_gave_up_is_seen() -> None:
    trace = TraceBuilder()
    trace.process(begin=0, join_called_ns=30_000_000, join_site=at(7), ended=False, exit_code=None)
    trace.process(begin=1, joined=40, join_called_ns=35_000_000)
    [mistake] = find(trace.build())
    assert mistake.code == "PL102"
    assert "1 of 2 processes started here (Process-1 (work)) was not joined to the end: the join in line 7" in str(
        mistake
    )
    assert "ran into its timeout. 1 was still running at the end." in mistake.message
    trace.processes.pop()
    assert codes(trace, sources("# why\n" * 6 + "p.join(timeout=0.1)\n")) == ["PL102"]


def test_a_join_that_still_waits_is_right() -> None:
    trace = TraceBuilder()
    trace.process(begin=0, join_called_ns=30_000_000, join_site=at(7), ended=False, exit_code=None)
    assert codes(trace) == []
    assert codes(trace, sources("# why\n" * 6 + "p.join()\n")) == []


def test_a_child_of_a_run_that_was_cut_short_is_no_left_child() -> None:
    trace = TraceBuilder()
    trace.process()
    assert codes(trace, Question(cut_short=True)) == []


def test_children_whose_end_was_seen_in_another_way_are_no_left_children() -> None:
    trace = TraceBuilder()
    trace.process(exit_code_read=True)
    trace.process(join_called_ns=5)  # still inside join, or a timeout that somebody chose
    trace.process(role="helper")
    assert codes(trace) == []


def test_a_result_read_before_the_child_wrote_it_is_seen() -> None:
    trace = TraceBuilder()
    child = trace.process(joined=50)
    total = trace.block()
    trace.access("read", 0, total, line=9)
    trace.access("write", child, total, line=20)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL102", 9)
    assert mistake.message == (
        "MainProcess read the shared result here while Process-1 (work) had not finished: 1 write came after the "
        "read. Call join() on every process first, then read."
    )


def test_a_result_read_after_join_or_read_again_after_join_is_right() -> None:
    trace = TraceBuilder()
    child = trace.process(joined=50)
    total = trace.block()
    trace.access("read", 0, total, line=9)
    trace.access("write", child, total, line=20)
    trace.access("read", 0, total, line=12, knows={child: 1})
    assert codes(trace) == []


def test_a_value_read_before_the_start_is_right() -> None:
    trace = TraceBuilder()
    child = trace.process(joined=50)
    total = trace.block()
    trace.access("read", 0, total, line=4)
    trace.access("write", child, total, line=20, knows={0: 1})
    assert codes(trace) == []


def test_polling_in_a_while_loop_is_no_early_read() -> None:
    trace = TraceBuilder()
    child = trace.process(joined=50)
    progress = trace.block()
    trace.access("read", 0, progress, line=2)
    trace.access("write", child, progress, line=20)
    assert codes(trace, sources("def run():\n    while progress.value < 10:\n        pass\n")) == []


# PL103


def test_a_child_that_raised_unseen_is_seen() -> None:
    trace = TraceBuilder()
    trace.process(joined=20, exit_code=1, error="ValueError: no such item")
    trace.process(begin=1, joined=20, exit_code=1, error="ValueError: no such item")
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL103", 5)
    assert mistake.message == (
        "Process-1 (work) ended with ValueError: no such item, and so did 1 other, and the parent went on as if all "
        "were well: join() does not raise. After join(), read exitcode and raise when it is not 0."
    )


@pytest.mark.parametrize(("code", "text"), [(3, "ended with exit code 3"), (-11, "was ended by SIGSEGV")])
def test_an_exit_and_a_crash_are_seen(code: int, text: str) -> None:
    trace = TraceBuilder()
    trace.process(joined=20, exit_code=code)
    [mistake] = find(trace.build())
    assert mistake.code == "PL103"
    assert text in mistake.message


def test_a_failure_that_was_looked_at_is_right() -> None:
    trace = TraceBuilder()
    trace.process(joined=20, exit_code=1, error="ValueError: x", exit_code_read=True)
    assert codes(trace) == []


def test_a_child_that_was_stopped_on_purpose_is_right() -> None:
    trace = TraceBuilder()
    trace.process(begin=1, joined=20, exit_code=-15, ended=False)
    trace.process(begin=1, joined=20, exit_code=-9, ended=False)
    trace.process(begin=1, joined=20, exit_code=-2, ended=False)
    assert codes(trace) == []


# PL104


def test_no_process_at_all_is_seen_when_workers_were_asked_for() -> None:
    [mistake] = find(TraceBuilder().build(), Question(workers=2))
    assert (mistake.code, mistake.path) == ("PL104", None)
    assert mistake.message == (
        "2 workers were asked for, and no process was started: the calling process did everything itself. Hand the "
        "work over: to processes that are started by start() (run() only calls the function), or to a pool by its "
        "map or submit."
    )


def test_children_that_did_nothing_beside_a_busy_parent_are_seen() -> None:
    trace = TraceBuilder(main_cpu_ms=400)
    trace.process(joined=20, cpu_ms=1, target="")
    trace.process(begin=1, joined=21, cpu_ms=1, target="")
    [mistake] = find(trace.build(), Question(workers=2, baseline_cpu_s=0.41))
    assert (mistake.code, mistake.line) == ("PL104", 5)
    assert mistake.message == (
        "The calling process used 400 ms of CPU time, the 2 children together 2 ms: the work was done before it was "
        "handed over, or never handed over. Do in the children what takes time."
    )


def test_a_pool_that_got_no_task_is_seen() -> None:
    trace = TraceBuilder()
    trace.group()
    trace.worker()
    [mistake] = find(trace.build(), Question(workers=2))
    assert (mistake.code, mistake.line) == ("PL104", 5)
    assert (
        "2 workers were asked for, and a pool was made, but no task was given to it: the calling" in mistake.message
    )


def test_a_target_that_is_called_is_seen() -> None:
    trace = TraceBuilder()
    trace.process(joined=20, target="BaseProcess.run", line=3)
    [mistake] = find(trace.build(), sources("def run(item):\n    p = Process(target=work(item))\n    p.start()\n"))
    assert (mistake.code, mistake.line) == ("PL104", 2)
    assert mistake.message == (
        "1 process was started without anything to run: the target is called here, and what it returned is None. So "
        "the parent did the work. Pass the function and its arguments separately, target=work, args=(item,); "
        "target=work(item) calls it at once, in the parent."
    )
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL104", 3)
    assert "without anything to run: its target was None. So the parent" in mistake.message


def test_a_class_of_its_own_and_a_target_made_by_a_call_are_right() -> None:
    trace = TraceBuilder()
    trace.process(joined=20, target="Job.run", line=3)
    assert codes(trace, sources("class Job(Process):\n    def run(self): ...\n")) == []
    trace = TraceBuilder()
    trace.process(joined=20, target="partial", line=3)
    assert codes(trace, sources("def run(item):\n    p = Process(target=partial(work, item))\n    p.start()\n")) == []


def test_the_cpu_time_of_the_whole_call_tells_of_the_parent_too() -> None:
    trace = TraceBuilder(main_cpu_ms=0)
    trace.process(joined=20, cpu_ms=1, target="")
    assert codes(trace, Question(workers=2, baseline_cpu_s=0.4, candidate_cpu_s=0.4)) == ["PL104"]


def test_a_parent_that_imports_much_for_little_work_is_right() -> None:
    trace = TraceBuilder(main_cpu_ms=400)
    trace.process(joined=20, cpu_ms=1)
    assert codes(trace, Question(workers=2)) == []
    assert codes(trace, Question(workers=2, baseline_cpu_s=2, candidate_cpu_s=0.5)) == []


def test_a_serial_run_is_right_when_nobody_asked_for_workers() -> None:
    assert codes(TraceBuilder(main_cpu_ms=400)) == []
    assert codes(TraceBuilder(main_cpu_ms=400), Question(workers=1)) == []


def test_a_recording_with_gaps_proves_no_absence() -> None:
    assert codes(TraceBuilder(), Question(workers=2), truncated=True) == []
    assert codes(TraceBuilder(), Question(workers=2), problems=("a ring could not be read",)) == []


def test_a_parent_that_prepares_while_its_children_work_is_right() -> None:
    trace = TraceBuilder(main_cpu_ms=400)
    trace.process(joined=200, cpu_ms=150)
    trace.process(begin=1, joined=201, cpu_ms=150)
    assert codes(trace, Question(workers=2, baseline_cpu_s=0.6)) == []


def test_children_that_wait_are_right_when_the_work_waits() -> None:
    trace = TraceBuilder(main_cpu_ms=400)
    trace.process(joined=200, cpu_ms=1)
    assert codes(trace, Question(workers=2, cpu_bound=False, baseline_cpu_s=0.4)) == []


# PL105


def many(number: int, lifetime: float = 50) -> TraceBuilder:
    trace = TraceBuilder()
    for index in range(number):
        trace.process(begin=index, end=index + 5, joined=index + lifetime)
    return trace


def test_a_process_for_each_of_many_items_is_seen() -> None:
    [mistake] = find(many(40, lifetime=100).build(), Question(workers=2))
    assert (mistake.code, mistake.line) == ("PL105", 5)
    assert mistake.message == (
        "40 processes were started at once, where 2 workers were asked for: each costs its start and its memory, and "
        "they take turns on the cores. Start one process per worker and give each a share of the items, or use a "
        "Pool."
    )
    assert "where 4 cores are there" in find(many(40, lifetime=100).build(), Question(cores=4))[0].message


def test_a_process_per_worker_and_many_rounds_of_few_are_right() -> None:
    assert codes(many(8, lifetime=100), Question(workers=2)) == []
    assert codes(many(40, lifetime=1.5), Question(workers=2, sources={PATH: HELPER})) == []
    assert codes(many(40, lifetime=100)) == []

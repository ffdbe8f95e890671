"""Every PL2xx detector sees its bug and leaves the look-alikes alone."""

from __future__ import annotations

from typing import Any

from pytest_parlab.analysis.mistakes import Question, find
from tests.unit.analysis.builder import PATH, TraceBuilder, at


def codes(builder: TraceBuilder, question: Question | None = None) -> list[str]:
    return [mistake.code for mistake in find(builder.build(), question)]


def two_workers(end: float = 100, **changes: Any) -> tuple[TraceBuilder, int, int]:
    trace = TraceBuilder()
    first = trace.process(begin=0, end=end, joined=150, **changes)
    second = trace.process(begin=0, end=end + 1, joined=151, **changes)
    return trace, first, second


# PL201


def test_an_unlocked_update_by_two_processes_is_seen() -> None:
    trace, one, two = two_workers()
    total = trace.block(line=2)
    trace.update(one, total, line=11)
    trace.update(two, total, line=11)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.path, mistake.line) == ("PL201", PATH, 11)
    assert mistake.message == (
        "Process-1 (work) and Process-2 (work) change Value('i') made at line 2 without a common lock (1 such pair "
        "in this run): reading and writing back are two steps, and an update made by another process between them is "
        "lost. Put both into one `with value.get_lock():`, or under one Lock that all processes are given."
    )


def test_one_locked_and_one_unlocked_update_are_seen_at_the_unlocked_line() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    lock = trace.lock()
    trace.update(one, total, line=11, locks=[trace.hold(lock, one, 2, 3)])
    trace.update(two, total, line=15)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL201", 15)
    assert "at lines 11 and 15 without a common lock" in mistake.message


def test_a_lock_given_back_between_the_read_and_the_write_is_no_guard() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    lock = trace.lock()
    for worker in (one, two):
        trace.access("read", worker, total, locks=[trace.hold(lock, worker, 2, 3)])
        trace.access("write", worker, total, locks=[trace.hold(lock, worker, 4, 5)])
    assert codes(trace) == ["PL201"]


def test_a_locked_update_is_right() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    lock = trace.lock()
    trace.update(one, total, locks=[trace.hold(lock, one, 2, 3)])
    trace.update(two, total, locks=[trace.hold(lock, two, 4, 5)])
    assert codes(trace) == []


def test_an_element_for_each_worker_is_right() -> None:
    trace, one, two = two_workers()
    totals = trace.block("Array('i')", 2)
    trace.update(one, totals, 0)
    trace.update(two, totals, 1)
    assert codes(trace) == []


def test_updates_one_after_another_are_right() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    trace.update(one, total)
    trace.update(two, total, knows={one: 1})
    assert codes(trace) == []


def in_three_lines() -> TraceBuilder:
    trace, one, two = two_workers()
    shared = trace.block()
    for worker in (one, two):
        trace.access("read", worker, shared, line=2)
        trace.access("write", worker, shared, line=4)
    return trace


def test_an_update_spread_over_lines_is_seen_with_the_source() -> None:
    text = "def add(total):\n    old = total.value\n    new = old + 1\n    total.value = new\n"
    assert codes(in_three_lines(), Question(sources={PATH: text})) == ["PL201"]


def test_a_flag_that_is_looked_at_and_set_is_right() -> None:
    text = "def search(found):\n    while not found.value:\n        work()\n        found.value = 1\n"
    assert codes(in_three_lines(), Question(sources={PATH: text})) == []


def test_plain_writes_of_a_stop_flag_are_right() -> None:
    trace, one, two = two_workers()
    stop = trace.block()
    for worker in (one, two):
        trace.access("read", worker, stop, line=11)
        trace.access("write", worker, stop, line=14)
    assert codes(trace) == []


# PL202


def test_a_lock_made_in_every_process_is_seen_where_it_is_made() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    for worker in (one, two):
        lock = trace.lock(process=worker, line=9)
        trace.update(worker, total, line=11, locks=[trace.hold(lock, worker, 2, 3)])
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL202", 9)
    assert mistake.message == (
        "Process-1 (work) and Process-2 (work) each hold a lock while they change Value('i') made at line 2 "
        "(line 11), but each has its own lock, made here, so nobody ever waits for anybody. Make one Lock in the "
        "parent, before the processes start, and pass the same one to each of them."
    )


def test_a_lock_of_its_own_beside_a_common_lock_is_right() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    common = trace.lock()
    for worker in (one, two):
        own = trace.lock(process=worker, line=9)
        locks = [trace.hold(own, worker, 2, 5), trace.hold(common, worker, 3, 4)]
        trace.update(worker, total, locks=locks)
    assert codes(trace) == []


def test_a_lock_and_an_account_for_each_worker_are_right() -> None:
    trace, one, two = two_workers()
    for worker in (one, two):
        account = trace.block()
        lock = trace.lock(process=worker)
        trace.update(worker, account, locks=[trace.hold(lock, worker, 2, 3)])
    assert codes(trace) == []


def test_a_lock_made_for_each_process_by_one_line_is_seen() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    for worker in (one, two):
        trace.update(worker, total, locks=[trace.hold(trace.lock(line=9), worker, 2, 3)])
    assert [(mistake.code, mistake.line) for mistake in find(trace.build())] == [("PL202", 9)]


# PL204


def test_two_locks_for_one_variable_are_seen() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    adding, taking = trace.lock(line=3), trace.lock(line=4)
    trace.update(one, total, line=11, locks=[trace.hold(adding, one, 2, 3)])
    trace.update(two, total, line=16, locks=[trace.hold(taking, two, 2, 3)])
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL204", 16)
    assert mistake.message == (
        "Value('i') made at line 2 is changed by Process-1 (work) under the Lock made at line 3 (line 11) and by "
        "Process-2 (work) under the Lock made at line 4 (line 16): two locks do not keep each other out. Guard one "
        "variable by one lock, everywhere."
    )


def test_a_lock_for_each_of_two_accounts_is_right() -> None:
    trace, one, two = two_workers()
    accounts = [trace.block(), trace.block()]
    locks = [trace.lock(), trace.lock()]
    for worker in (one, two):
        for account, lock in zip(accounts, locks, strict=True):
            trace.update(worker, account, locks=[trace.hold(lock, worker, 2, 3)])
    assert codes(trace) == []


def test_two_locks_in_two_phases_are_right() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    first, second = trace.lock(), trace.lock()
    trace.update(one, total, locks=[trace.hold(first, one, 2, 3)])
    trace.update(two, total, locks=[trace.hold(second, two, 2, 3)], knows={one: 1})
    assert codes(trace) == []


def test_a_reader_under_a_print_lock_is_right() -> None:
    trace, one, two = two_workers()
    total = trace.block()
    guard, printing = trace.lock(), trace.lock()
    trace.update(one, total, locks=[trace.hold(guard, one, 2, 3)])
    trace.access("read", two, total, locks=[trace.hold(printing, two, 2, 3)])
    assert codes(trace) == []


# PL203


def test_a_lock_around_all_the_work_is_seen() -> None:
    trace, one, two = two_workers()
    lock = trace.lock()
    trace.hold(lock, one, 0, 95, line=10)
    trace.hold(lock, two, 95, 101, asked=1, line=10)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL203", 10)
    assert mistake.message == (
        "2 processes held this lock for 101 ms, at least 86% of the time in which each of them worked, and waited "
        "94 ms for it: only one works at a time. Compute outside the lock and hold it only for the line that changes "
        "shared data."
    )


def test_a_lock_around_each_heavy_item_of_a_pool_is_seen() -> None:
    trace = TraceBuilder()
    one, two = trace.worker(end=500), trace.worker(end=500)
    pool = trace.group()
    lock = trace.lock()
    for worker, begin in ((one, 0), (two, 20), (one, 40), (two, 60)):
        trace.task(pool, worker, 0, begin, begin + 20, retrieved=1, call=1)
        trace.hold(lock, worker, begin + 1, begin + 19)
    assert codes(trace) == ["PL203"]


def test_counting_under_a_lock_is_right() -> None:
    trace, one, two = two_workers(end=2)
    lock = trace.lock()
    for step in range(100):  # short, and often
        trace.hold(lock, one, step / 50, step / 50 + 0.009)
        trace.hold(lock, two, step / 50 + 0.01, step / 50 + 0.019)
    assert codes(trace) == []


def test_a_long_holding_beside_longer_work_is_right() -> None:
    trace, one, two = two_workers()
    lock = trace.lock()
    trace.hold(lock, one, 80, 90)
    trace.hold(lock, two, 90, 99, asked=85)
    assert codes(trace) == []


def test_a_lock_that_one_process_alone_holds_is_right() -> None:
    trace, one, _ = two_workers()
    trace.hold(trace.lock(), one, 0, 100)
    assert codes(trace) == []


# PL205


def test_a_lock_not_released_by_a_process_that_raised_is_seen() -> None:
    trace, one, _ = two_workers(exit_code=1, error="ValueError: negative", exit_code_read=True)
    trace.hold(trace.lock(), one, 2, None, line=10)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL205", 10)
    assert mistake.message == (
        "Process-1 (work) acquired this Lock and ended with ValueError: negative without releasing it: whoever asks "
        "for it next waits for ever. Write `with lock:`, which releases it on every way out, an exception included."
    )


def test_a_lock_not_released_by_a_task_that_raised_is_seen() -> None:
    trace = TraceBuilder()
    worker = trace.worker(ended=False, exit_code=None)
    pool = trace.group()
    trace.task(pool, worker, 0, 1, 4, retrieved=1, error="ValueError: negative")
    trace.hold(trace.lock(), worker, 2, None)
    [mistake] = find(trace.build())
    assert mistake.code == "PL205"
    assert (
        "ForkPoolWorker-1 acquired this Lock and its task ended with ValueError: negative without" in mistake.message
    )


def test_a_lock_still_held_by_a_process_that_still_runs_is_right() -> None:
    trace, one, _ = two_workers(ended=False)
    trace.hold(trace.lock(), one, 2, None)
    assert codes(trace) == []


def test_a_semaphore_used_as_a_signal_is_right() -> None:
    trace, one, _ = two_workers()
    trace.hold(trace.lock(kind="Semaphore"), one, 2, None, ticket=0)
    assert codes(trace) == []


def test_a_lock_that_somebody_had_later_was_released() -> None:
    trace, one, two = two_workers()
    lock = trace.lock()
    trace.hold(lock, one, 2, None)
    trace.hold(lock, two, 3, 4)
    assert codes(trace) == []


# PL206

CHANGES_THE_COPY = "def double(array):\n    for x in array:\n        x *= 2\n"
SUMS_UP = "def double(array):\n    for x in array:\n        x *= 2\n        total += x\n"
ASSIGNS = "def double(array):\n    for i, x in enumerate(array):\n        if x:\n            x = x * 2\n"
ONLY_READS = "def double(array):\n    for x in array:\n        print(x)\n"


def reader(*, writes: bool = False) -> TraceBuilder:
    trace, one, _ = two_workers()
    array = trace.block("Array('i')", 4)
    for index in range(4):
        trace.access("read", one, array, index, site=at(2))
        if writes:
            trace.access("write", one, array, index, line=4)
    return trace


def test_a_changed_loop_variable_is_seen() -> None:
    [mistake] = find(reader().build(), Question(sources={PATH: CHANGES_THE_COPY}))
    assert (mistake.code, mistake.line) == ("PL206", 2)
    assert mistake.message == (
        "Process-1 (work) read 4 elements of Array('i') and wrote none: line 3 changes `x`, a copy of the element. "
        "Loop over the positions and write to the array: for i in range(len(array)): array[i] = ..."
    )
    assert codes(reader(), Question(sources={PATH: ASSIGNS})) == ["PL206"]


def test_a_copy_that_is_changed_and_used_is_right() -> None:
    assert codes(reader(), Question(sources={PATH: SUMS_UP})) == []


def test_a_copy_that_an_inner_loop_uses_before_the_next_change_is_right() -> None:
    text = "def run(array):\n    for x in array:\n        while x < 9:\n            print(x)\n            x *= 2\n"
    assert codes(reader(), Question(sources={PATH: text})) == []


def test_a_loop_that_only_reads_or_that_writes_the_array_is_right() -> None:
    assert codes(reader(), Question(sources={PATH: ONLY_READS})) == []
    assert codes(reader(writes=True), Question(sources={PATH: CHANGES_THE_COPY})) == []


def test_without_the_source_nothing_is_said_about_loop_variables() -> None:
    assert codes(reader()) == []
    assert codes(reader(), Question(sources={PATH: "not python ("})) == []

"""Every PL4xx detector sees its bug and leaves the look-alikes alone."""

from __future__ import annotations

from typing import Any

from pytest_parlab.analysis.mistakes import Question, find
from tests.unit.analysis.builder import PATH, TraceBuilder, at

POOL_IN_LOOP = (
    "def run(items):\n    for item in items:\n        # why\n        # why\n        with Pool(2) as pool:\n"
)
POOL_IN_LOOP += "            out.append(pool.apply(work, (item,)))\n"
POOL_OUTSIDE = "def run(items):\n    # why\n    # why\n    # why\n    with Pool(2) as pool:\n"
POOL_OUTSIDE += "        for item in items:\n            out.append(pool.apply_async(work, (item,)))\n"


def codes(builder: TraceBuilder, question: Question | None = None) -> list[str]:
    return [mistake.code for mistake in find(builder.build(), question)]


def sources(text: str) -> Question:
    return Question(sources={PATH: text})


# PL401


def pools(number: int, items: int = 1, **changes: Any) -> TraceBuilder:
    trace = TraceBuilder()
    for index in range(number):
        pool = trace.group(line=5, **changes)
        worker = trace.worker()
        trace.task(pool, worker, 10 * index, 10 * index + 1, 10 * index + 5, retrieved=10 * index + 1, items=items)
        trace.task(pool, worker, 10 * index, 10 * index + 5, 10 * index + 7, retrieved=10 * index + 1, items=items)
    return trace


def test_a_pool_in_a_loop_is_seen() -> None:
    [mistake] = find(pools(3).build(), sources(POOL_IN_LOOP))
    assert (mistake.code, mistake.path, mistake.line) == ("PL401", PATH, 5)
    assert mistake.message == (
        "3 Pools were made here, one after another, for 6 tasks in all: each starts its 2 workers anew. Make one "
        "before the loop, and give it all the work."
    )


def test_a_pool_for_each_item_is_seen_without_the_source() -> None:
    trace = TraceBuilder()
    for index in range(3):
        trace.task(
            trace.group(), trace.worker(), 10 * index, 10 * index + 1, 10 * index + 5, retrieved=10 * index + 6
        )
    assert codes(trace) == ["PL401"]


def test_a_pool_in_a_helper_that_is_called_in_a_loop_is_seen() -> None:
    trace = pools(2, site=at(2, 6))
    text = (
        "def run(item):\n    with Pool() as pool: ...\n\ndef caller():\n    for item in items:\n        run(item)\n"
    )
    assert codes(trace, sources(text)) == ["PL401"]


def test_a_pool_in_a_comprehension_is_seen() -> None:
    trace = pools(2, site=at(1, column=1))
    assert codes(trace, sources("[Pool(2).map(work, part) for part in parts]")) == ["PL401"]


def test_a_pool_whose_result_is_looped_over_is_right() -> None:
    for text, column in (
        ("for r in Pool(2).map(work, items):\n    print(r)\n", 9),
        ("[r for r in Pool(2).map(work, items)]", 12),
        ("[r for r in Pool(2).map(work, items)]", -1),
    ):
        assert codes(pools(2, site=at(1, column=column)), sources(text)) == []


def test_a_pool_before_the_loop_is_right() -> None:
    assert codes(pools(1), sources(POOL_OUTSIDE)) == []
    assert codes(pools(3), sources(POOL_OUTSIDE)) == []  # three calls of the helper


def test_a_helper_with_a_pool_that_a_test_calls_in_a_loop_is_right() -> None:
    test = "test_lesson.py"
    trace = pools(3, site=at(5))
    looped = {test: "for _ in range(3):\n    run(items)\n", PATH: POOL_OUTSIDE}
    assert codes(trace, Question(sources=looped, user_paths=(PATH,))) == []


def test_a_loop_around_the_definition_of_a_function_does_not_repeat_its_body() -> None:
    text = "for name in names:\n    def run(items):\n        # why\n        # why\n        Pool(2)\n"
    assert codes(pools(2), sources(text)) == []


# PL402


def series(number: int = 4, *, wait: bool = True, workers: int = 2, **changes: Any) -> TraceBuilder:
    trace = TraceBuilder()
    pool = trace.group(workers, kind="process")
    one, two = trace.worker(), trace.worker()
    for index in range(number):
        begin = 10 * index if wait else index
        retrieved = begin + 1 if wait else 50 + index
        worker = one if index % 2 else two
        trace.task(
            pool,
            worker,
            begin,
            begin + 2,
            begin + 8,
            retrieved=retrieved,
            retrieve_site=at(7),
            **{"line": 6, **changes},
        )
    return trace


def test_a_result_asked_for_right_after_submit_is_seen() -> None:
    [mistake] = find(series().build())
    assert (mistake.code, mistake.line) == ("PL402", 7)
    assert mistake.message == (
        "4 tasks were submitted (line 6), and the result of each was asked for (line 7) before the next was "
        "submitted, so one worker worked and the others waited. Submit all tasks first and keep what submit returns; "
        "ask for the results afterwards."
    )


def test_submit_all_and_then_ask_is_right() -> None:
    assert codes(series(wait=False)) == []


def test_two_tasks_one_after_another_show_no_habit() -> None:
    assert codes(series(2)) == []


def test_one_worker_works_one_at_a_time_anyway() -> None:
    assert codes(series(workers=1)) == []
    assert codes(series(), Question(workers=1)) == ["PL503"]


def test_map_with_chunks_is_right() -> None:
    assert codes(series(call=1)) == []


def test_stages_on_lines_of_their_own_are_right() -> None:
    trace = TraceBuilder()
    pool = trace.group()
    worker = trace.worker()
    for index in range(4):
        begin = 10 * index
        trace.task(pool, worker, begin, begin + 2, begin + 8, retrieved=begin + 1, line=6 + index)
    assert codes(trace) == []


# PL405


def test_one_giant_chunk_is_seen() -> None:
    trace = TraceBuilder()
    trace.task(trace.group(4), trace.worker(), 0, 1, 90, retrieved=1, items=100, line=6)
    [mistake] = find(trace.build())
    assert (mistake.code, mistake.line) == ("PL405", 6)
    assert mistake.message == (
        "All 100 items went out as one chunk, to one of 4 workers; the others had nothing to do. Choose a chunk size "
        "of at most the number of items divided by the number of workers, or leave it out."
    )


def test_a_pool_of_one_is_seen_when_more_were_asked_for() -> None:
    trace = TraceBuilder()
    pool, worker = trace.group(1, kind="process"), trace.worker()
    for index in range(4):
        trace.task(pool, worker, 0, 10 * index, 10 * index + 9, retrieved=50)
    [mistake] = find(trace.build(), Question(workers=2))
    assert (mistake.code, mistake.line) == ("PL405", 5)
    assert mistake.message == (
        "This ProcessPoolExecutor has 1 worker, where 2 were asked for, and it ran all 4 tasks. Pass the number of "
        "workers that the function is given."
    )


def test_one_task_with_all_the_work_is_seen_when_more_workers_were_asked_for() -> None:
    trace = TraceBuilder()
    trace.task(trace.group(2), trace.worker(), 0, 1, 600, retrieved=1, cpu_ns=590_000_000)
    [mistake] = find(trace.build(), Question(workers=2))
    assert mistake.code == "PL405"
    assert mistake.message == (
        "One task held all the work (590 ms of CPU time), where 2 workers were asked for: one task runs in one "
        "worker. Cut the work into at least as many tasks as workers."
    )


def test_two_chunks_that_one_quick_worker_took_are_right() -> None:
    trace = TraceBuilder()
    pool, worker = trace.group(2), trace.worker()
    trace.task(pool, worker, 0, 1, 2, retrieved=1, items=50, call=1)
    trace.task(pool, worker, 0, 2, 3, retrieved=1, items=50, call=1)
    assert codes(trace, Question(workers=2)) == []


def test_a_single_small_item_and_a_pool_of_one_on_request_are_right() -> None:
    trace = TraceBuilder()
    trace.task(trace.group(2), trace.worker(), 0, 1, 2, retrieved=1)
    assert codes(trace, Question(workers=2)) == []
    trace = TraceBuilder()
    pool, worker = trace.group(1), trace.worker()
    trace.task(pool, worker, 0, 1, 2, retrieved=1, items=9)
    assert codes(trace) == []
    assert codes(trace, Question(workers=1)) == []


# PL407


def test_a_pool_left_open_is_seen() -> None:
    trace = TraceBuilder()
    trace.group(closed=False, joined=False)
    trace.group(kind="process", line=9, closed=False, joined=False)
    pool, executor = find(trace.build())
    assert (pool.code, pool.line) == ("PL407", 5)
    assert pool.message == (
        "This Pool of 2 workers was never closed: its workers stay until the program ends. Use it in a `with` block, "
        "or call close() and join() when its work is done."
    )
    assert executor.message.endswith("Use it in a `with` block, or call shutdown() when its work is done.")


def test_a_pool_closed_but_not_joined_is_seen_as_a_mild_form() -> None:
    trace = TraceBuilder()
    trace.group(joined=False)
    [mistake] = find(trace.build())
    assert mistake.message == (
        "This Pool was closed but not joined: nobody waited until its 2 workers had ended. Call join() after close()."
    )
    assert mistake.weight < 0.2


def test_a_pool_closed_by_with_and_an_executor_not_waited_for_are_right() -> None:
    trace = TraceBuilder()
    trace.group()
    trace.group(kind="process", joined=False)
    assert codes(trace) == []


def test_a_pool_of_a_run_that_was_cut_short_is_right() -> None:
    trace = TraceBuilder()
    trace.group(closed=False, joined=False)
    assert codes(trace, Question(cut_short=True)) == []


def test_a_pool_that_somebody_still_waits_for_is_right() -> None:
    trace = TraceBuilder()
    pool = trace.group(closed=False, joined=False)
    trace.task(pool, trace.worker(), 0, 1, None, retrieved=2)
    assert codes(trace) == []


# PL408

SWALLOWS = (
    "def run():\n    for f in futures:\n        try:\n            # why\n            # why\n            f.result()\n"
)


def failing(retrieved: float | None, **changes: Any) -> TraceBuilder:
    trace = TraceBuilder()
    pool, worker = trace.group(), trace.worker()
    trace.task(pool, worker, 0, 1, 2, retrieved=retrieved)
    trace.task(pool, worker, 0, 2, 3, retrieved=retrieved, error="ValueError: 7", **changes)
    trace.task(pool, worker, 0, 3, 4, error="ValueError: 8")
    return trace


def test_an_error_that_nobody_asked_for_is_seen() -> None:
    [mistake] = find(failing(None).build())
    assert (mistake.code, mistake.line) == ("PL408", 6)
    assert mistake.message == (
        "2 of 3 tasks raised (ValueError: 7 and ValueError: 8), and nobody asked for the result, which is where the "
        "exception would appear. Call get() or result() on everything that was submitted."
    )


def test_a_swallowed_error_is_seen_when_errors_are_expected() -> None:
    question = Question(
        expected_errors=True, sources={PATH: SWALLOWS + "        except Exception:\n            pass\n"}
    )
    [mistake] = find(failing(5).build(), question)
    assert (mistake.code, mistake.line) == ("PL408", 7)
    assert mistake.message == (
        "A task raised ValueError: 7, and the `except` in line 7 caught it and told nobody, so the caller takes a "
        "part of the answer for the whole. Let it rise, or raise an exception of your own from it."
    )


def test_an_error_that_goes_to_a_callback_is_right() -> None:
    text = "# why\n" * 5 + "pool.apply_async(work, (1,), error_callback=errors.append)\n"
    assert codes(failing(None), sources(text)) == []


def test_an_error_that_ended_the_collecting_is_right() -> None:
    assert codes(failing(5)) == []
    assert codes(failing(5), Question(expected_errors=True)) == []


def test_an_error_that_is_passed_on_is_right() -> None:
    for handler in (
        "except Exception as error:\n            errors.append(error)\n",
        "except Exception:\n            failed.append(name)\n",
        "except Exception:\n            raise Failed from None\n",
        "except KeyError:\n            pass\n",
    ):
        question = Question(expected_errors=True, sources={PATH: SWALLOWS + "        " + handler})
        assert codes(failing(5), question) == []


def test_a_swallowed_error_is_right_when_no_error_is_expected_to_reach_the_caller() -> None:
    assert codes(failing(5), sources(SWALLOWS + "        except Exception:\n            pass\n")) == []

"""The documented examples of the fixtures, in a suite that is nobody's course, under every start method."""

from __future__ import annotations

import sys

import pytest

METHODS = ("fork", "spawn", "forkserver") if sys.platform == "linux" else ("spawn",)

BANK = """
    from multiprocessing import Array, Lock, Process, Value

    def add(number, lock, times):
        for _ in range(times):
            if lock is None:
                number.value += 1
            else:
                with lock:
                    number.value += 1

    def add_to(numbers, index, turn, done):
        turn.acquire()
        numbers[index] += 1
        done.release()

    def run(*processes):
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    def deposit_in_parallel(times=3, lock=None):
        number = Value("i", 0)
        run(*(Process(target=add, args=(number, lock, times)) for _ in range(2)))
        return number.value

    def fail(text):
        raise ValueError(text)

    def square(number):
        return number * number
"""

RACES = """
    import time
    from multiprocessing import Array, Barrier, Lock, Process, Value
    import pytest
    from bank import add, deposit_in_parallel, fail, run
    from pytest_parlab import ChildFailed, RaceFound

    METHODS = pytest.mark.parlab_start_methods({methods})

    @METHODS
    def test_an_unlocked_update_is_found(race_detector):
        with pytest.raises(RaceFound) as caught:
            with race_detector.watch():
                deposit_in_parallel()
        report = caught.value.report
        [race] = report.races
        assert race.kind == "lost-update"
        assert (race.first.line, race.second.line) == (6, 6)
        assert race.first.path == race.second.path == "bank.py"
        assert race.first.process != race.second.process
        text = str(caught.value)
        assert "bank.py" in text and "number.value += 1" in text
        assert race.first.process in text and race.second.process in text

    @METHODS
    def test_the_locked_twin_is_silent(race_detector):
        with race_detector.watch() as report:
            assert deposit_in_parallel(lock=Lock()) == 6
        assert report.races == ()
        report.assert_race_free()

    @METHODS
    def test_a_race_is_found_in_a_run_that_lost_nothing(race_detector):
        # One after the other by the clock alone: no order between them, and no harm done.
        with race_detector.watch(check=False) as report:
            number = Value("i", 0)
            first = Process(target=add, args=(number, None, 1))
            second = Process(target=later, args=(number,))
            run(first, second)
            assert number.value == 2
        [race] = report.races
        assert race.kind == "lost-update"
        with pytest.raises(RaceFound):
            report.assert_race_free()

    def later(number):
        time.sleep(1.0)
        number.value += 1

    def add_to(numbers, index, lock):
        if lock is None:
            numbers[index] += 1
        else:
            with lock:
                numbers[index] += 1

    @METHODS
    def test_elements_of_an_array_are_told_apart(race_detector):
        with race_detector.watch(check=False) as report:
            numbers = Array("i", 3)
            run(*(Process(target=add_to, args=(numbers, index, None)) for index in (0, 2, 2)))
        [race] = report.races
        assert race.cell.index == 2
        with race_detector.watch():
            numbers, lock = Array("i", 2), Lock()
            run(*(Process(target=add_to, args=(numbers, 1, lock)) for _ in range(2)))

    @METHODS
    def test_a_child_that_failed_fails_the_test(race_detector):
        with pytest.raises(ChildFailed) as caught:
            with race_detector.watch():
                run(Process(target=fail, args=("no luck",), name="Child"))
        text = str(caught.value)
        assert text.startswith("Child (bank.fail") or text.startswith("Child (fail")
        assert "ended with exit code 1: ValueError: no luck" in text

    def test_a_failure_inside_the_block_is_the_failure(race_detector):
        with pytest.raises(ZeroDivisionError):
            with race_detector.watch():
                1 / 0
"""

SHOWN = """
    from bank import deposit_in_parallel

    def test_shown(race_detector):
        with race_detector.watch():
            deposit_in_parallel()
"""

QUEUES = """
    from multiprocessing import Process, Queue
    import pytest
    from pytest_parlab import ItemsLost

    METHODS = pytest.mark.parlab_start_methods({methods})

    def produce(results, count):
        for number in range(count):
            results.put(number)

    def pipeline(put, got):
        results = Queue()
        producer = Process(target=produce, args=(results, put), name="Producer")
        producer.start()
        items = [results.get() for _ in range(got)]
        if put > got:
            results.cancel_join_thread()
        producer.join()
        return items

    @METHODS
    def test_a_drained_queue_is_counted(queue_inspector):
        with queue_inspector.watch() as report:
            pipeline(10, 10)
        [results] = report.queues
        assert (results.puts, results.gets, results.lost) == (10, 10, 0)
        assert 1 <= results.max_depth <= 10
        assert results.name == "results"
        assert dict(results.producers) == {{"Producer": 10}}
        assert list(dict(results.consumers).values()) == [10]
        report.assert_drained()
        report.assert_no_hazards()

    @METHODS
    def test_lost_items_are_named(queue_inspector):
        with pytest.raises(ItemsLost) as caught:
            with queue_inspector.watch():
                pipeline(5, 3)
        text = str(caught.value)
        assert text.startswith("2 items were put into results, created at test_queues.py:")
        assert "and nobody got them." in text
        assert "Get every item before the block ends, or put fewer." in text

    def test_one_item_is_one_item(queue_inspector):
        with queue_inspector.watch(check=False) as report:
            pipeline(3, 2)
        with pytest.raises(ItemsLost, match="1 item was put into results.* and nobody got it"):
            report.assert_drained()

    def test_both_questions_can_be_asked_of_one_block(queue_inspector, race_detector):
        with queue_inspector.watch() as queues, race_detector.watch() as races:
            pipeline(4, 4)
        assert queues.queues[0].puts == 4
        assert races.races == ()
        with race_detector.watch() as races:
            with queue_inspector.watch(check=False) as queues:
                pipeline(4, 3)
        assert queues.queues[0].lost == 1
        assert races.trace.processes
"""

EXECUTORS = """
    import os, threading, time
    import pytest
    from concurrent.futures import Executor
    from bank import fail, square
    from pytest_parlab import NotParallel, UsageError

    METHODS = pytest.mark.parlab_start_methods({methods})

    @METHODS
    def test_processes_are_timed(timed_executor):
        with timed_executor("process", max_workers=2) as executor:
            assert isinstance(executor, Executor)
            assert list(executor.map(square, range(8))) == [n * n for n in range(8)]
        report = executor.report
        assert len(report.tasks) == 8
        assert {{task.function for task in report.tasks}} == {{"bank.square"}} or report.tasks[0].function == "square"
        for task in report.tasks:
            assert 0 <= task.submitted <= task.started <= task.finished
            assert task.pid not in (None, os.getpid())
            assert task.cpu_s >= 0
            assert task.argument_bytes is None or task.argument_bytes > 0
            assert task.result_bytes is None or task.result_bytes > 0
            assert task.error == ""
        assert 1 <= report.max_concurrency <= 2
        assert report.wall_s > 0
        assert 0 < report.utilisation <= 1
        assert len(report.timeline().splitlines()) >= 2

    def wait_for_both(barrier):
        barrier.wait(60)

    def test_threads_are_timed(timed_executor):
        barrier = threading.Barrier(2)
        with timed_executor("thread", max_workers=2) as executor:
            futures = [executor.submit(barrier.wait, 60) for _ in range(2)]
            assert sorted(future.result() for future in futures) == [0, 1]
        report = executor.report
        assert report.max_concurrency == 2
        assert report.workers == 2
        assert {{task.pid for task in report.tasks}} == {{os.getpid()}}
        report.assert_parallel(2)

    def test_work_one_by_one_is_not_parallel(timed_executor):
        with timed_executor("thread", max_workers=2) as executor:
            for number in range(3):
                executor.submit(square, number).result()
        with pytest.raises(NotParallel) as caught:
            executor.report.assert_parallel(2)
        text = str(caught.value)
        assert text.startswith("2 workers were to be at work at once; ")
        assert " took part, and at most 1 of 3 tasks were under way at one moment." in text
        assert "Submit all tasks before asking for the first result" in text
        assert executor.report.timeline() in text

    @pytest.mark.parametrize("kind", ["process", "thread"])
    def test_exceptions_reach_the_caller_and_the_report(timed_executor, kind):
        with timed_executor(kind, max_workers=1) as executor:
            future = executor.submit(fail, "no luck")
            with pytest.raises(ValueError, match="no luck"):
                future.result()
        [task] = executor.report.tasks
        assert task.error == "ValueError: no luck"

    def test_a_cancelled_task_did_not_start(timed_executor):
        go = threading.Event()
        with timed_executor("thread", max_workers=1) as executor:
            executor.submit(go.wait, 60)
            second = executor.submit(square, 2)
            assert second.cancel()
            go.set()
        first, cancelled = executor.report.tasks
        assert (cancelled.started, cancelled.finished, cancelled.pid) == (None, None, None)
        assert first.finished is not None

    def begin(number):
        os.environ["BEGUN"] = str(number)

    def begun():
        return os.environ["BEGUN"]

    def test_an_initializer_runs_in_each_worker(timed_executor):
        with timed_executor("process", max_workers=1, initializer=begin, initargs=(7,)) as executor:
            assert executor.submit(begun).result() == "7"
        assert len(executor.report.tasks) == 1

    def test_the_report_waits_for_the_end(timed_executor):
        with timed_executor("thread", max_workers=1) as executor:
            with pytest.raises(UsageError, match="the report is there once the executor has shut down"):
                executor.report

    def test_not_waiting_means_no_report_yet(timed_executor):
        go = threading.Event()
        executor = timed_executor("thread", max_workers=1)
        future = executor.submit(go.wait, 60)
        executor.shutdown(wait=False)
        with pytest.raises(UsageError):
            executor.report
        go.set()
        future.result()
        executor.shutdown()
        assert executor.report.tasks[0].finished is not None

    def test_two_at_once_keep_their_own_books(timed_executor):
        with timed_executor("thread", max_workers=1) as outer:
            outer.submit(square, 1).result()
            with timed_executor("thread", max_workers=1) as inner:
                inner.submit(square, 2).result()
                inner.submit(square, 3).result()
                outer.submit(square, 4).result()
        assert len(inner.report.tasks) == 2
        assert len(outer.report.tasks) == 2

    def test_an_unknown_kind_names_the_known_ones(timed_executor):
        with pytest.raises(UsageError, match="timed_executor has no kind 'fibre'; use one of 'process', 'thread'"):
            timed_executor("fibre")

    def test_the_standard_library_refuses_as_ever(timed_executor):
        with pytest.raises(ValueError, match="max_workers must be greater than 0"):
            timed_executor("thread", max_workers=0)

    def test_a_forgotten_executor_is_shut_down(timed_executor):
        timed_executor("process", max_workers=1).submit(square, 3)

    def test_no_task_makes_an_empty_report(timed_executor):
        with timed_executor("thread") as executor:
            pass
        report = executor.report
        assert (report.tasks, report.max_concurrency, report.wall_s, report.utilisation) == ((), 0, 0.0, 0.0)
        assert isinstance(report.timeline(), str)
"""

METHOD = """
    import multiprocessing
    import pytest

    def test_the_option(race_detector, parlab_start_method):
        assert parlab_start_method == multiprocessing.get_start_method() == "spawn"

    @pytest.mark.parlab_start_methods("spawn", "forkserver")
    def test_the_mark(race_detector):
        assert multiprocessing.get_start_method() in ("spawn", "forkserver")

    def test_neither():
        assert multiprocessing.get_start_method(allow_none=True) != "spawn"
"""


def suite(pytester: pytest.Pytester, name: str, text: str) -> pytest.RunResult:
    """Run a suite of its own process, whose modules can be imported by spawned children."""
    methods = ", ".join(map(repr, METHODS))
    pytester.makepyfile(bank=BANK, **{name: text.replace("{methods}", methods).replace("{{", "{").replace("}}", "}")})
    return pytester.runpytest_subprocess("-p", "parlab", "-p", "no:cacheprovider", "-W", "error", "-vv", "--tb=short")


@pytest.fixture(autouse=True)
def _few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def passes(result: pytest.RunResult, count: int) -> None:
    outcomes = result.parseoutcomes()
    assert outcomes == {"passed": count}, result.stdout.str()


def test_races_are_found_and_their_twins_are_silent(pytester: pytest.Pytester) -> None:
    passes(suite(pytester, "test_races", RACES), 5 * len(METHODS) + 1)


def test_a_race_is_shown_with_the_lines_of_the_test_and_no_frame_of_ours(pytester: pytest.Pytester) -> None:
    result = suite(pytester, "test_shown", SHOWN)
    output = result.stdout.str()
    assert result.parseoutcomes() == {"failed": 1}
    assert "RaceFound" in output
    assert "number.value += 1" in output
    assert "race_detector.py" not in output
    assert "contextlib.py" not in output


def test_queues_are_counted_and_lost_items_named(pytester: pytest.Pytester) -> None:
    passes(suite(pytester, "test_queues", QUEUES), 2 * len(METHODS) + 2)


def test_executors_keep_books(pytester: pytest.Pytester) -> None:
    passes(suite(pytester, "test_executors", EXECUTORS), len(METHODS) + 13)


def test_the_start_method_of_a_test_is_set_and_put_back(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLAB_START_METHOD", "spawn")
    pytester.makepyfile(METHOD)
    result = pytester.runpytest_subprocess("-p", "parlab")
    assert result.parseoutcomes() == {"passed": 4 if "forkserver" in METHODS else 3}, result.stdout.str()


def test_undecided_in_a_plain_suite_is_never_a_pass(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from pytest_parlab import Undecided\ndef test_a():\n    raise Undecided('too noisy; run it again')\n"
    )
    result = pytester.runpytest_subprocess("-p", "parlab", "-v", "--junitxml=report.xml")
    result.stdout.fnmatch_lines(
        ["*test_a UNDECIDED*", "*= undecided =*", "*::test_a: undecided: too noisy; run it again", "*1 undecided*"]
    )
    assert "1 passed" not in result.stdout.str()
    assert 'skipped="1"' in (pytester.path / "report.xml").read_text(encoding="utf-8")


def test_the_submission_needs_an_exercise(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(submission):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "parlab")
    result.stdout.fnmatch_lines(
        ["UsageError: the fixture 'submission' is for the tests of an exercise; there is no exercise.toml beside*"]
    )
    assert result.parseoutcomes() == {"errors": 1}

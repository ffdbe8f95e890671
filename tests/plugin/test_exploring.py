"""Searches through schedules in a suite that is nobody's course, and in one that is: what is shown, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.courses import hand_in, make_exercise, run

BANK = """
    import time
    from multiprocessing import Lock, Process, Value

    def add(total, times, lock):
        for _ in range(times):
            if lock is None:
                total.value += 1
            else:
                with lock:
                    total.value += 1

    def count_to(workers, times=1, locked=False):
        total, lock = Value("i", 0), Lock() if locked else None
        processes = [Process(target=add, args=(total, times, lock)) for _ in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        return total.value
"""
"""A suite in which `add` without a lock is at line 7, once the first line break is gone."""

TESTS = """
    import pytest
    from bank import count_to

    def test_lost(race_detector):
        found = race_detector.explore(count_to, 2)
        assert set(found.outcomes) == {2}

    def test_kept(race_detector):
        found = race_detector.explore(count_to, 2, locked=True)
        assert found.exhausted
        assert set(found.outcomes) == {2}

    def test_again(race_detector):
        found = race_detector.explore(count_to, 2, seed=3)
        [failure] = found.failures
        again = race_detector.replay(failure.token, count_to, 2)
        assert list(again.outcomes) == [failure.outcome] == [1]
        assert again.schedules == 1

    def test_wrong_token(race_detector):
        race_detector.replay("nonsense", count_to, 2)
"""


@pytest.fixture(autouse=True)
def _few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def suite(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(bank=BANK, test_bank=TESTS)
    return pytester.runpytest_subprocess(
        "-p", "parlab", "-p", "no:cacheprovider", "-W", "error", "--parlab-seed=42", *arguments
    )


def test_a_failed_test_shows_its_searches_with_the_interleaving_and_how_to_repeat_it(
    pytester: pytest.Pytester,
) -> None:
    result = suite(pytester, "-k", "lost")
    assert result.parseoutcomes() == {"failed": 1, "deselected": 3}
    result.stdout.fnmatch_lines(
        [
            "*- Explored schedules -*",
            "count_to(2): 4 of 6 schedules lose an update.*",
            "  1                4  ##############################  <- wrong",
            "  2                2  ###############",
            "Failure: *",
            "*reads 0 *bank.py:7*",
            "  * interrupts a process that could have gone on",
            "  bank.py:7 *total.value += 1",
            '  Replay: race_detector.replay("*", count_to, 2)',
            "  Search again: --parlab-seed=42",
        ]
    )
    assert "step 3 is overwritten" in result.stdout.str()
    assert "race_detector.py" not in result.stdout.str()


def test_a_passed_test_shows_them_in_a_line_if_asked_for_more(pytester: pytest.Pytester) -> None:
    assert "explored schedules" not in suite(pytester, "-k", "kept").stdout.str()
    result = suite(pytester, "-k", "kept", "-v")
    assert result.parseoutcomes() == {"passed": 1, "deselected": 3}
    result.stdout.fnmatch_lines(
        [
            "*= explored schedules =*",
            "test_bank.py::test_kept: count_to(2, locked=True): *schedules*were run; every one gives 2.",
        ]
    )


def test_one_schedule_can_be_run_again(pytester: pytest.Pytester) -> None:
    assert suite(pytester, "-k", "again").parseoutcomes() == {"passed": 1, "deselected": 3}


def test_a_token_that_is_none_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = suite(pytester, "-k", "token")
    assert result.parseoutcomes() == {"failed": 1, "deselected": 3}
    result.stdout.fnmatch_lines(["UsageError: 'nonsense' is no token of a schedule*"])


UNDECIDED = """
    import threading

    def threaded():
        threading.Thread(target=print).start()

    def test_threaded(race_detector):
        race_detector.explore(threaded)
        assert False, "it is not reached"
"""


def test_what_cannot_be_scheduled_is_undecided_with_its_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(UNDECIDED)
    result = pytester.runpytest_subprocess("-p", "parlab", "-p", "no:cacheprovider")
    assert result.parseoutcomes() == {"undecided": 1}
    why = "undecided after 0 schedules: it starts a thread*.py:4."
    result.stdout.fnmatch_lines(["*= undecided =*", f"*::test_threaded: undecided: threaded(): {why}"])


# -- exercises -------------------------------------------------------------------------------------------------

EXPLORING = """
    import pytest

    @pytest.mark.parlab_task(1)
    def test_count(submission, race_detector):
        found = race_detector.explore(submission.count_to, 2)
        assert set(found.outcomes) == {2}
"""
STUB = """
    def count_to(workers, times=1, locked=True):
        raise NotImplementedError("task 1: count")  # TODO(task 1)
"""
SLUG = "01_counting"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make_exercise(tmp_path, SLUG, test=EXPLORING, stub=STUB)
    return tmp_path


@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_submission_is_judged_by_all_its_schedules(course: Path, isolation: str) -> None:
    hand_in(course, SLUG, BANK)
    done = run(course, "exercises", "--parlab-submission=handed_in", f"--parlab-isolation={isolation}")
    assert done.test(SLUG).state == "failed", done.output
    assert "submission.count_to(2): 4 of 6 schedules lose an update." in done.output
    assert "PL201" in done.output
    assert "is overwritten" in done.output
    assert done.left == []
    hand_in(course, SLUG, BANK.replace("locked=False", "locked=True"))
    done = run(course, "exercises", "--parlab-submission=handed_in", f"--parlab-isolation={isolation}", "-v")
    assert done.test(SLUG).state == "passed", done.output
    assert "submission.count_to(2): all 2 schedules were run; every one gives 2." in done.output
    assert done.left == []


def test_a_stub_is_not_begun(course: Path) -> None:
    done = run(course, "exercises")
    assert done.test(SLUG).state == "not-started", done.output


def test_an_exception_is_an_outcome_with_the_submissions_own_line(course: Path) -> None:
    hand_in(course, SLUG, "def count_to(workers):\n    raise ValueError(f'no {workers}')\n")
    done = run(course, "exercises", "--parlab-submission=handed_in")
    assert done.test(SLUG).state == "failed"
    assert "submission.count_to(2): 1 of 1 schedule raises an exception. These are all that there are." in done.output
    assert "Failure: ValueError: no 2" in done.output
    assert "parlab-host" not in done.output


def test_a_deadlock_is_shown_as_one_and_not_waited_for(course: Path) -> None:
    hand_in(
        course,
        SLUG,
        "from multiprocessing import Lock\ndef count_to(workers):\n"
        "    lock = Lock()\n    lock.acquire()\n    lock.acquire()\n    return 2\n",
    )
    done = run(course, "exercises", "--parlab-submission=handed_in")
    assert done.test(SLUG).state == "failed", done.output
    assert "submission.count_to(2): 1 of 1 schedule ends in a deadlock." in done.output
    assert "counting.py:5" in done.output
    assert done.left == []


def test_code_that_says_that_its_search_found_nothing_wrong_is_believed_no_more_than_its_result(
    course: Path,
) -> None:
    """It can forge what the search says, as it can return any number: a test asks for other evidence as well."""
    forged = (
        "from pytest_parlab.sandbox import host\n"
        "host.search = lambda *_: 7\n"
        "host.to_plain = lambda *_: {'outcomes': 'all is well'}\n"
        "def count_to(workers):\n    return 3\n"
    )
    hand_in(course, SLUG, forged)
    done = run(course, "exercises", "--parlab-submission=handed_in")
    assert done.test(SLUG).state == "failed", done.output
    assert "sent something that is no answer" in done.output

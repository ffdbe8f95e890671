"""Which runs give points, in whatever way pytest is called, and what interrupts and kills leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_parlab.sandbox.clearing import marked
from tests.plugin.courses import RIGHT, command, environment, hand_in, left_by, make_exercise, run, write

TWO_TASKS = """
    import pytest

    @pytest.mark.parlab_task(1)
    def test_two(submission):
        assert submission.double(2) == 4

    @pytest.mark.parlab_task(1)
    @pytest.mark.parametrize("number", [3, 4])
    def test_more(submission, number):
        assert submission.double(number) == 2 * number

    @pytest.mark.parlab_task(2)
    class TestTexts:
        def test_text(self, submission):
            assert submission.double("a") == "aa"

        def test_list(self, submission):
            assert submission.double([1]) == [1, 1]
"""
TESTS = "exercises/01_lesson/test_lesson.py"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make_exercise(tmp_path, "01_lesson", test=TWO_TASKS, tasks=2)
    hand_in(tmp_path, "01_lesson", RIGHT)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "points"),
    [
        (("exercises",), (2, 2)),
        ((TESTS,), (2, 2)),
        (("exercises", "-n", "2"), (2, 2)),
        (("exercises", "-k", "two"), (0, 0)),
        (("exercises", "-k", "Texts", "-n", "2"), (0, 2)),
        ((f"{TESTS}::TestTexts",), (0, 2)),
        ((f"{TESTS}::TestTexts::test_text",), (0, 0)),
        ((f"{TESTS}::test_two", f"{TESTS}::test_more"), (2, 0)),
        ((f"{TESTS}::test_two", f"{TESTS}::test_more[3]"), (0, 0)),
        (("exercises", "--deselect", f"{TESTS}::test_two"), (0, 2)),
    ],
    ids=lambda value: " ".join(value).replace(TESTS, "file") if isinstance(value[0], str) else "",
)
def test_points_are_given_for_whole_tasks_only(
    course: Path, arguments: tuple[str, ...], points: tuple[int, int]
) -> None:
    done = run(course, *arguments, "--parlab-submission=handed_in", "-p", "no:cacheprovider")
    tasks = done.exercise("01_lesson").tasks
    assert tuple(task.points for task in tasks) == points, done.output
    for task in tasks:
        if task.points == 0:
            assert task.state == "undecided"
            assert task.undecided
    assert done.left == []


def test_the_last_failures_alone_give_no_points(course: Path) -> None:
    hand_in(course, "01_lesson", "def double(number):\n    return 8\n")
    run(course, "exercises", "--parlab-submission=handed_in")
    hand_in(course, "01_lesson", RIGHT)
    done = run(course, "exercises", "--parlab-submission=handed_in", "--lf")
    assert done.exercise("01_lesson").tasks[0].state == "undecided", done.output
    assert done.exercise("01_lesson").tasks[1].state == "passed", "all its tests had failed"


def test_inside_the_folder_of_the_exercise_it_is_the_same(course: Path) -> None:
    arguments = ["test_lesson.py::test_two", "--parlab-submission=../../handed_in", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command(*arguments),
        cwd=course / "exercises" / "01_lesson",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Total: 0 of 4 points" in done.stdout, done.stdout


def test_distributed_and_not_the_results_are_the_same(course: Path) -> None:
    hand_in(course, "01_lesson", "def double(number):\n    return 2 * int(number)\n")
    make_exercise(course, "02_other")
    hand_in(course, "02_other", "import nothing_like_it\n")
    write(make_exercise(course, "03_broken") / "exercise.toml", "schema = 2\n")
    alone = run(course, "exercises", "--parlab-submission=handed_in", "--parlab-seed=5", "-p", "no:cacheprovider")
    spread = run(
        course, "exercises", "--parlab-submission=handed_in", "--parlab-seed=5", "-p", "no:cacheprovider", "-n", "2"
    )
    assert alone.results is not None
    assert spread.results is not None
    assert alone.points() == spread.points() == {"01_lesson": 2, "02_other": 0}
    for one, other in zip(alone.results.exercises, spread.results.exercises, strict=True):
        assert (one.state, one.error) == (other.state, other.error)
        for task, same in zip(one.tasks, other.tasks, strict=True):
            assert {test.nodeid: test.state for test in task.tests} == {
                test.nodeid: test.state for test in same.tests
            }
    assert alone.results.seed == spread.results.seed == 5
    for output in (alone.output, spread.output):
        assert "repeat with --parlab-seed=5" in output
        assert "03_broken: cannot be graded" in output
        assert "Total: 2 of 6 points" in output
    assert (alone.code, spread.code, spread.left) == (1, 1, [])


def test_a_folder_without_any_exercise_is_no_submission(course: Path) -> None:
    (course / "empty").mkdir()
    done = run(course, "exercises", "--parlab-submission=empty")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert (
        f"ERROR: '{course}/empty' from the command line option --parlab-submission has no module of any exercise: "
        "it needs 01_lesson/lesson.py, or lesson.py, and the like" in done.output
    )
    assert done.results is None
    spread = run(course, "exercises", "--parlab-submission=empty", "-n", "2")
    assert "has no module of any exercise" in spread.output
    assert "INTERNALERROR" not in spread.output
    assert spread.code != 0


def test_a_flat_submission_will_do(course: Path) -> None:
    write(course / "flat" / "lesson.py", RIGHT)
    assert run(course, "exercises", "--parlab-submission=flat").points() == {"01_lesson": 4}


def test_collecting_alone_grades_nothing(course: Path) -> None:
    done = run(course, "exercises", "--collect-only", "-q")
    assert done.results is None
    assert "Total" not in done.output


def test_results_that_cannot_be_written_are_an_error_and_the_summary_is_shown(course: Path) -> None:
    folder = course / "locked"
    folder.mkdir()
    write(
        course / "conftest.py",
        f"import shutil\ndef pytest_collection_finish(session):\n    shutil.rmtree({str(folder)!r})\n",
    )
    done = run(course, "exercises", "--parlab-submission=handed_in", f"--parlab-results={folder}/results.json")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert (
        f"ERROR: the results cannot be written to {folder}/results.json: the folder {folder} does not" in done.output
    )
    assert "Total: 4 of 4 points" in done.output


def test_the_results_file_tells_everything(course: Path) -> None:
    done = run(course, "exercises", "--parlab-submission=handed_in", "--parlab-seed=12")
    results = done.results
    assert results is not None
    assert (results.submission, results.seed, results.points, results.max_points) == ("handed_in", 12, 4, 4)
    assert results.seconds > 0
    assert results.started.startswith("20")
    assert {"usable_cores", "python", "system", "start_method", "isolation"} <= set(results.machine)
    assert results.machine["isolation"] == "process"
    assert len(results.promises) == 2
    task = done.exercise("01_lesson").tasks[0]
    assert (task.id, task.title, task.state, task.points, task.max_points) == (1, "Task 1", "passed", 2, 2)
    assert [test.nodeid for test in task.tests] == [
        f"{TESTS}::test_two",
        *(f"{TESTS}::test_more[{n}]" for n in (3, 4)),
    ]
    assert all(test.seconds > 0 for test in task.tests)
    assert f"Results written to {course}/results.json" in done.output


def test_an_untouched_stub_is_one_line_and_no_traceback(course: Path) -> None:
    done = run(course, "exercises")
    assert done.exercise("01_lesson").state == "not-started"
    assert "not started" in done.output
    assert "Traceback" not in done.output
    assert "NotImplementedError" not in done.output
    assert "problem ==" not in done.output


UNDECIDED = """
    import pytest
    from pytest_parlab import Undecided

    @pytest.mark.parlab_task(1)
    def test_noise(submission):
        raise Undecided("too much noise; run it on a quiet machine")

    @pytest.mark.parlab_task(1)
    def test_right(submission):
        assert submission.double(2) == 4
"""


@pytest.mark.parametrize("extra", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_an_undecided_task_gives_and_costs_nothing(tmp_path: Path, extra: tuple[str, ...]) -> None:
    make_exercise(tmp_path, "01_lesson", test=UNDECIDED)
    hand_in(tmp_path, "01_lesson", RIGHT)
    done = run(tmp_path, "exercises", "--parlab-submission=handed_in", *extra)
    [task] = done.exercise("01_lesson").tasks
    assert (task.state, task.points) == ("undecided", 0)
    assert "too much noise; run it on a quiet machine" in task.undecided
    assert "too much noise" in done.output
    assert "1 undecided" in done.output
    assert "1 points are open" in done.output or "open" in done.output


def test_a_wrong_mark_is_a_problem_of_the_exercise(tmp_path: Path) -> None:
    for slug, mark in (("01_lesson", "parlab_task(7)"), ("02_other", "parlab_task('one')")):
        test = f"import pytest\n@pytest.mark.{mark}\ndef test_a(submission):\n    pass\n"
        make_exercise(tmp_path, slug, test=test)
    done = run(tmp_path, "exercises")
    text = "parlab_task(7) names no task of 01_lesson; use one of 1"
    assert text in done.output
    assert "parlab_task('one') names no task of 02_other; use one of 1" in done.output
    assert "INTERNALERROR" not in done.output


HANGING = """
    import os, time
    from multiprocessing import Process, shared_memory
    from pathlib import Path

    def double(number):
        memory = shared_memory.SharedMemory(create=True, size=100)
        Process(target=time.sleep, args=(600,)).start()
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
        Path(__file__).with_name("busy").write_text(memory.name)
        time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_or_killed_run_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Processes, shared memory, folders: whether pytest can clear up or its guard has to."""
    make_exercise(tmp_path, "01_lesson")
    hand_in(tmp_path, "01_lesson", HANGING)
    temporary = tmp_path / "t"
    temporary.mkdir()
    arguments = command("exercises", "--parlab-submission=handed_in", "-p", "no:cacheprovider")
    with subprocess.Popen(
        arguments,
        cwd=tmp_path,
        env=environment(TMPDIR=str(temporary)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        end = time.monotonic() + 60
        while not (busy := list(temporary.glob("*/work/busy"))):
            assert time.monotonic() < end
            time.sleep(0.02)
        running.send_signal(number)
        output, _ = running.communicate(timeout=60)
    end = time.monotonic() + 60
    while left_by(running.pid, temporary) and time.monotonic() < end:
        time.sleep(0.05)  # a dead judge's guard needs a moment
    assert left_by(running.pid, temporary) == []
    assert busy
    if number == signal.SIGINT:
        assert running.returncode == pytest.ExitCode.INTERRUPTED, output
        assert "KeyboardInterrupt" in output
    assert marked(str(temporary)) == []


def test_what_a_killed_run_left_is_cleared_by_the_next(course: Path) -> None:
    stale = course / "t" / "parlab-host-999999998-abc"
    stale.mkdir(parents=True)
    alive = course / "t" / f"parlab-host-{os.getpid()}-abc"
    alive.mkdir()
    run(course, "exercises", "--parlab-submission=handed_in")
    assert not stale.exists()
    assert alive.exists()


def test_without_isolation_the_learners_code_runs_here(course: Path) -> None:
    hand_in(
        course, "01_lesson", "def double(number):\n    return inner(number)\n\ndef inner(number):\n    return {}[1]\n"
    )
    done = run(course, "exercises", "--parlab-submission=handed_in", "--parlab-isolation=none")
    message = done.exercise("01_lesson").tasks[0].tests[0].message
    shown = "handed_in/01_lesson/lesson.py"
    assert f'File "{shown}", line 2, in double\n    return inner(number)\n' in message
    assert f'File "{shown}", line 5, in inner' in message
    assert "plugin/local.py" not in done.output
    assert "no isolation: the learner's code runs in this process, is trusted" in done.output
    hand_in(course, "01_lesson", RIGHT)
    assert run(course, "exercises", "--parlab-submission=handed_in", PARLAB_ISOLATION="none").points() == {
        "01_lesson": 4
    }


@pytest.mark.parametrize(
    ("source", "state", "text"),
    [
        ("def double(:\n", "error", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "error", "SystemExit: 3"),
        ("def treble(n): return n\n", "failed", "has no function 'double'"),
        ("import sys\ndef double(n): sys.exit(3)\n", "failed", "SystemExit: 3"),
        ('def double(n): raise NotImplementedError("task 1: double")\n', "not-started", "task 1"),
    ],
)
def test_without_isolation_errors_are_told_alike(course: Path, source: str, state: str, text: str) -> None:
    hand_in(course, "01_lesson", source)
    done = run(course, "exercises", "--parlab-submission=handed_in", "--parlab-isolation=none")
    test = done.exercise("01_lesson").tasks[0].tests[0]
    assert test.state == state
    assert text in test.message


def test_the_start_method_of_the_option_and_of_the_mark_reaches_the_host(tmp_path: Path) -> None:
    test = """
        import pytest

        @pytest.mark.parlab_task(1)
        @pytest.mark.parlab_start_methods("spawn", "forkserver")
        def test_marked(submission, parlab_start_method):
            assert submission.double(1) == parlab_start_method

        @pytest.mark.parlab_task(1)
        def test_plain(submission):
            assert submission.double(1) == "spawn"
    """
    source = "import multiprocessing\ndef double(n): return multiprocessing.get_start_method()\n"
    make_exercise(tmp_path, "01_lesson", test=test, stub=source)
    done = run(tmp_path, "exercises", "--parlab-start-method=spawn")
    assert done.points() == {"01_lesson": 2}, done.output


def test_names_of_the_fixture_do_not_hide_the_learners_functions(tmp_path: Path) -> None:
    test = """
        import pytest

        @pytest.mark.parlab_task(1)
        def test_names(submission):
            assert [submission[name](1) for name in ("run", "trace", "workers")] == [1, 2, 3]
            assert submission.call(1) == submission.finish(1) == submission.traces(1) == 4
            assert submission.measure("run", 1).value == submission.measure(submission.call, 1).value - 3 == 1
            with pytest.raises(AttributeError):
                submission._private
            with pytest.raises(Exception, match="takes the name of a function of scenarios.py first"):
                submission.run()
    """
    source = "def run(n): return 1\ndef trace(n): return 2\ndef workers(n): return 3\ndef call(n): return 4\n"
    source += "finish = traces = call\n"
    make_exercise(tmp_path, "01_lesson", test=test, stub=source)
    done = run(tmp_path, "exercises")
    assert done.points() == {"01_lesson": 2}, done.output


def test_the_time_of_an_exercise_is_shared_by_its_tests(tmp_path: Path) -> None:
    test = """
        import pytest
        from pytest_parlab import SubmissionTimeout

        @pytest.mark.parlab_task(1)
        def test_first(submission):
            with pytest.raises(SubmissionTimeout):
                submission.double(1)

        @pytest.mark.parlab_task(1)
        def test_second(submission):
            submission.double(1)
    """
    make_exercise(tmp_path, "01_lesson", test=test, stub="def double(n):\n    while True: pass\n", seconds=2)
    done = run(tmp_path, "exercises")
    message = done.exercise("01_lesson").tasks[0].tests[1].message
    assert message.startswith("The 2 s that this exercise has for all its tests are used up.")


def test_a_call_after_a_timeout_gets_a_fresh_host(tmp_path: Path) -> None:
    test = """
        import pytest
        from pytest_parlab import SubmissionDied

        @pytest.mark.parlab_task(1)
        def test_both(submission):
            with pytest.raises(SubmissionDied):
                submission.double(0)
            assert submission.double(2) == 4
    """
    source = "import os\ndef double(n):\n    return os._exit(1) if n == 0 else 2 * n\n"
    make_exercise(tmp_path, "01_lesson", test=test, stub=source)
    assert run(tmp_path, "exercises").points() == {"01_lesson": 2}

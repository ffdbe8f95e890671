"""Grading in a run of pytest: which tests belong to which exercise, what they showed, and the summary at the end."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.errors import ParlabError
from pytest_parlab.grading.exercises import Exercise
from pytest_parlab.grading.points import exercise_result, total
from pytest_parlab.grading.results import ExerciseResult, MistakeResult, Results, TaskResult, TestResult
from pytest_parlab.plugin.enrolment import Enrolment
from pytest_parlab.plugin.keys import PROBLEM, SETTINGS
from pytest_parlab.plugin.orders import shown
from pytest_parlab.plugin.promises import promises

WIDEST = 100
"""Columns of the summary, at most."""
NOT_SELECTED = "not all of its tests were selected for this run; run the whole exercise to settle it"


class Course:
    """Collects what the tests of the exercises showed; a plugin of pytest's for the length of one run.

    Args:
        config: pytest's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._settings = config.stash[SETTINGS]
        self._enrolment = Enrolment()
        self._outcomes: dict[str, dict[str, Any]] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self._began = time.time()
        self._results: Results | None = None
        self._not_written = ""

    # -- before the tests --------------------------------------------------------------------------------------

    def enrol(self, items: list[pytest.Item], folders: list[Path]) -> None:
        """Read the exercises and give each test its own.

        Raises:
            pytest.UsageError: The submission has no module for any of them.
        """
        enrolment, worker_output = self._enrolment, getattr(self._config, "workeroutput", None)
        enrolment.read(folders)
        enrolment.enrol(items)
        enrolment.note_partial(items, self._config)
        missing = enrolment.missing_submission(self._settings)
        if missing and worker_output is None:
            raise pytest.UsageError(missing)
        if missing:  # an exception here would end the worker without a word
            enrolment.broken |= dict.fromkeys(enrolment.exercises, missing)
            for item in items:
                item.stash[PROBLEM] = missing
        if worker_output is not None:
            worker_output["parlab_enrolment"] = enrolment.to_plain()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker of pytest-xdist which tests there are; their reports have come already."""
        plain = getattr(node, "workeroutput", {}).get("parlab_enrolment")
        if plain is not None:
            self._enrolment.add_plain(plain)

    # -- during the tests --------------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcome of one phase of one test."""
        self._seconds[report.nodeid] += report.duration
        outcome = getattr(report, "parlab", None)
        if outcome is not None:
            self._outcomes[report.nodeid] = outcome

    # -- after the tests ---------------------------------------------------------------------------------------

    def results(self) -> Results:
        """What everything was worth."""
        if self._results is None:
            self._results = total(
                [self._graded(folder, exercise) for folder, exercise in self._sorted()],
                submission=self._submission(),
                seed=self._settings.seed,
                started=dt.datetime.fromtimestamp(self._began, dt.UTC).isoformat(timespec="seconds"),
                seconds=round(time.time() - self._began, 3),
                machine=self._machine(),
                promises=promises(self._settings),
            )
        return self._results

    def _sorted(self) -> list[tuple[Path, Exercise]]:
        """The exercises that can be graded, in the order of the course."""
        return sorted(item for item in self._enrolment.exercises.items() if item[0] not in self._enrolment.broken)

    def _submission(self) -> str:
        submission = self._settings.submission
        return "" if submission is None else self._shown(submission)

    def _graded(self, folder: Path, exercise: Exercise) -> ExerciseResult:
        tests: dict[int, list[TestResult]] = defaultdict(list)
        mistakes: dict[int, list[MistakeResult]] = defaultdict(list)
        error = ""
        for nodeid, (own, task) in self._enrolment.tests.items():
            if own != folder:
                continue
            outcome = self._outcomes.get(nodeid)
            tests[task].append(self._test(nodeid, outcome))
            if outcome is None:
                continue
            if outcome["loading"] and not error:
                error = outcome["message"]
            for mistake in outcome["mistakes"]:
                found = MistakeResult(**mistake)
                if all((found.code, found.line) != (known.code, known.line) for known in mistakes[task]):
                    mistakes[task].append(found)
        for own, task in self._enrolment.partial:
            if own == folder and tests[task]:
                tests[task].append(TestResult(f"{folder.name} task {task}", "undecided", message=NOT_SELECTED))
        return exercise_result(exercise, tests, mistakes=mistakes, error=error)

    def _test(self, nodeid: str, outcome: dict[str, Any] | None) -> TestResult:
        if outcome is None:
            return TestResult(nodeid, "undecided", message=NOT_SELECTED)
        return TestResult(
            nodeid=nodeid,
            state=outcome["state"],
            seconds=round(self._seconds[nodeid], 3),
            message=outcome["message"],
            output=outcome["output"],
        )

    def _machine(self) -> dict[str, Any]:
        from pytest_parlab.machine.cores import usable_cores  # noqa: PLC0415 - at the end only

        return {
            "usable_cores": usable_cores(),
            "python": platform.python_version(),
            "system": platform.system(),
            "start_method": self._settings.start_method or "default",
            "isolation": self._settings.isolation,
        }

    def _has_run(self) -> bool:
        """There is something to show, here: not in a worker, and not if nothing was to be run."""
        enrolled = self._enrolment.exercises or self._enrolment.broken
        return bool(enrolled) and not hasattr(self._config, "workerinput") and not self._config.option.collectonly

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the results file, if one is asked for."""
        if self._settings.results is None or not self._has_run():
            return
        try:
            self.results().write(self._settings.results)
        except ParlabError as error:
            self._not_written = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show points and states, the first problem in full, and what to do next."""
        if not self._has_run():
            return
        from pytest_parlab.report.summary import summary  # noqa: PLC0415 - at the end only

        results = self.results()
        width, unicode = min(shutil.get_terminal_size().columns, WIDEST), _speaks_unicode()
        for folder, problem in self._enrolment.broken.items():
            terminalreporter.section(f"{folder.name}: cannot be graded")
            terminalreporter.write_line(problem)
        verbose = self._config.get_verbosity() > 0
        for text in self._problems(results, width=width, unicode=unicode, every=verbose):
            terminalreporter.section("problem" if verbose else "first problem")
            terminalreporter.write_line(text)
        terminalreporter.section("exercises")
        folder = next(iter(self._enrolment.exercises), Path("exercises")).parent
        terminalreporter.write_line(summary(results, exercises=self._shown(folder), width=width, unicode=unicode))
        if self._not_written:
            terminalreporter.write_line(f"ERROR: {self._not_written}", red=True)
        elif self._settings.results is not None:
            terminalreporter.write_line(f"Results written to {self._settings.results}")

    def _problems(self, results: Results, *, width: int, unicode: bool, every: bool) -> list[str]:
        texts = []
        for (_, exercise), graded in zip(self._sorted(), results.exercises, strict=True):
            for task in graded.tasks:
                if task.state in ("failed", "error"):
                    texts.append(self._problem(exercise, graded, task, width=width, unicode=unicode))
                    if not every:
                        return texts
                    if graded.error:
                        break
        return texts

    def _problem(
        self, exercise: Exercise, graded: ExerciseResult, task: TaskResult, *, width: int, unicode: bool
    ) -> str:
        from pytest_parlab.report.failure import failure  # noqa: PLC0415 - where something failed

        test = next(test for test in task.tests if test.state in ("failed", "error"))
        outcome = self._outcomes[test.nodeid]
        if graded.error:
            return failure(
                f"{exercise.number} {exercise.title}: your module cannot be judged",
                assertion=graded.error,
                rerun=self._rerun(exercise.directory),
                width=width,
                unicode=unicode,
            )
        own = [MistakeResult(**mistake) for mistake in outcome["mistakes"]]
        return failure(
            f"{exercise.number}.{task.id} {task.title}: {'stopped' if test.state == 'error' else 'not right yet'}",
            mistakes=own,
            picture=outcome["picture"],
            hint=exercise.tasks[task.id - 1].hints[0],
            hint_command=f"parlab hint {exercise.number}.{task.id} 2",
            rerun=self._rerun(exercise.directory),
            assertion="" if self._said_already(test.message, outcome["picture"], own) else test.message,
            width=width,
            unicode=unicode,
        )

    @staticmethod
    def _said_already(message: str, picture: str, mistakes: list[MistakeResult]) -> bool:
        """The message is the picture, or begins with the mistake that heads the text."""
        return message.strip() == picture.strip() or any(message.startswith(mistake.code) for mistake in mistakes[:1])

    def _rerun(self, directory: Path) -> str:
        from pytest_parlab.report.summary import quoted  # noqa: PLC0415 - where something failed

        submission = self._submission()
        extra = f" --parlab-submission={quoted(submission)}" if submission else ""
        return f"pytest {quoted(self._shown(directory))}{extra}"

    def _shown(self, path: Path) -> str:
        return shown(path, self._config.invocation_params.dir)


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "") == "utf8"

"""The public names and their types, read by the type checker alone: a change here is a change for every user."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Any, assert_type

import pytest_parlab
from pytest_parlab import (
    ChildFailed,
    Finding,
    HangFound,
    ItemsLost,
    MistakeFound,
    NotParallel,
    NotPlainData,
    ParlabError,
    RaceFound,
    SubmissionDied,
    SubmissionError,
    SubmissionRaised,
    SubmissionTimeout,
    TooSlow,
    Undecided,
    UsageError,
)
from pytest_parlab.analysis.mistakes import Mistake
from pytest_parlab.analysis.queues_model import QueueStats
from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess
from pytest_parlab.analysis.tasks import TimedTask
from pytest_parlab.explore.exploration import Blocked, Exploration, Failure, Moment
from pytest_parlab.plugin.calls import Remote
from pytest_parlab.plugin.queue_inspector import QueueInspector, QueueReport
from pytest_parlab.plugin.race_detector import RaceDetector, RaceReport
from pytest_parlab.plugin.submission import Submission
from pytest_parlab.plugin.timed_executor import ExecutorReport, TimedExecutors
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.model import Trace

assert_type(pytest_parlab.__version__, str)

FINDINGS: tuple[type[Finding], ...] = (
    ChildFailed,
    HangFound,
    ItemsLost,
    MistakeFound,
    NotParallel,
    RaceFound,
    TooSlow,
)
SUBMISSION: tuple[type[SubmissionError], ...] = (NotPlainData, SubmissionDied, SubmissionRaised, SubmissionTimeout)
ERRORS: tuple[type[ParlabError], ...] = (Finding, SubmissionError, Undecided, UsageError)
ASSERTION: type[AssertionError] = Finding


def raised(error: SubmissionRaised) -> None:
    assert_type(error.kind, str)
    assert_type(error.message, str)
    assert_type(error.traceback, str)
    assert_type(error.path, str | None)
    assert_type(error.line, int | None)
    assert_type(error.loading, bool)


def races(race_detector: RaceDetector) -> None:
    watch: AbstractContextManager[RaceReport] = race_detector.watch(check=False)
    with watch as report:
        pass
    assert_type(report.races, tuple[Race, ...])
    assert_type(report.trace, Trace)
    assert_type(report.truncated, bool)
    assert_type(report.untracked, tuple[str, ...])
    report.assert_race_free()
    [race] = report.races
    assert_type(race.cell, Cell)
    assert_type(race.first, RaceAccess)
    assert_type(race.first.line, int)
    assert_type(race.explanation, str)
    assert_type(race.fix, str)
    assert_type(race.replay, str)
    assert_type((race.reproduced, race.replays, race.unconfirmed), tuple[int, int, str])


def schedules(race_detector: RaceDetector) -> None:
    def count(workers: int) -> int:
        return workers

    found = race_detector.explore(count, 2, schedules=100, seed=None, check=print)
    assert_type(found, Exploration)
    assert_type(found.outcomes, Mapping[Any, int])
    assert_type(found.witnesses, Mapping[Any, str])
    assert_type(found.schedules, int)
    assert_type(found.interleavings, int | None)
    assert_type(found.exhausted, bool)
    assert_type(found.undecided, str)
    [failure] = found.failures
    assert_type(failure, Failure)
    assert_type(failure.moments, tuple[Moment, ...])
    assert_type(failure.blocked, tuple[Blocked, ...])
    assert_type((failure.token, failure.preemptions, failure.message), tuple[str, int, str])
    assert_type(race_detector.replay(failure.token, count, 2), Exploration)
    assert_type(race_detector.check(count, 2), RaceReport)


def queues(queue_inspector: QueueInspector) -> None:
    watch: AbstractContextManager[QueueReport] = queue_inspector.watch()
    with watch as report:
        pass
    [stats] = report.queues
    assert_type(stats, QueueStats)
    assert_type((stats.puts, stats.gets, stats.lost, stats.max_depth), tuple[int, int, int, int])
    assert_type(stats.created, tuple[str, int] | None)
    report.assert_drained()
    report.assert_no_hazards()


def executors(timed_executor: TimedExecutors) -> None:
    with timed_executor("process", max_workers=2) as executor:
        standard: Executor = executor
        standard.submit(len, [])
    report = executor.report
    assert_type(report, ExecutorReport)
    assert_type(report.tasks, tuple[TimedTask, ...])
    assert_type(report.wall_s, float)
    assert_type(report.max_concurrency, int)
    assert_type(report.timeline(), str)
    report.assert_parallel(2)


def submissions(submission: Submission) -> None:
    assert_type(submission.double, Remote)
    assert_type(submission["run"], Remote)
    assert_type(submission.workers, int)
    assert_type(submission.trace, Trace)
    assert_type(submission.mistakes(), tuple[Mistake, ...])
    assert_type(submission.measure("double", 2), MeasuredRun)
    result: Any = submission.run("scenario", 1, workers=2)
    facts: Mapping[str, int] = result
    print(facts)
    with submission.meets(2):
        submission.baseline("scenario")
    submission.assert_no_mistake("PL101", workers=2, expected_errors=False)
    submission.assert_nothing_left()

"""What one test of an exercise showed: its state, the mistakes behind it and the picture that proves them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from pytest_parlab.analysis.mistakes import Mistake, Question
from pytest_parlab.errors import (
    MistakeFound,
    ParlabError,
    RaceFound,
    SubmissionError,
    SubmissionRaised,
    SubmissionTimeout,
    TooSlow,
    Undecided,
)
from pytest_parlab.plugin.hosts import Hosts
from pytest_parlab.plugin.keys import EXERCISE, PROBLEM, RUN
from pytest_parlab.plugin.watches import TestRun
from pytest_parlab.trace.model import Trace

NOT_STARTED = "NotImplementedError"
OUTPUT_LIMIT = 20_000
"""Characters of a submission's output that are kept per test."""
MISTAKE_LIMIT = 5


def outcome_of(item: pytest.Item, error: BaseException | None, report: pytest.TestReport) -> dict[str, Any]:
    """Describe one test as plain data, so that it can travel with its report.

    Returns:
        ``exercise`` (folder), ``task``, ``state``, ``message``, ``mistakes``, ``picture``, ``loading`` (the module
        could not be loaded), ``output``.
    """
    run = item.stash.get(RUN, None) or TestRun()
    marker = item.get_closest_marker("parlab_task")
    state = _state(error, report, run)
    problem = state in ("failed", "error")
    mistakes = _mistakes(error, run) if problem else ()
    return {
        "exercise": str(item.stash[EXERCISE].directory),
        "task": int(marker.args[0]) if marker and marker.args else 1,
        "state": state,
        "message": _message(error),
        "mistakes": [_plain(mistake) for mistake in mistakes[:MISTAKE_LIMIT]],
        "picture": _picture(error, run) if problem else "",
        "loading": bool(getattr(error, "loading", False)) or PROBLEM in item.stash,
        "output": report.capstdout[:OUTPUT_LIMIT],
    }


def _state(error: BaseException | None, report: pytest.TestReport, run: TestRun) -> str:
    if isinstance(error, Undecided) or report.skipped:
        return "undecided"
    if report.passed:
        return "passed"
    if isinstance(error, SubmissionRaised) and error.kind == NOT_STARTED:
        return "not-started"
    if isinstance(error, SubmissionTimeout) or getattr(error, "loading", False):
        return "error"
    if any(hosts.met_stub for hosts in run.hosts):
        return "not-started"
    if any(_not_started(trace) for hosts in run.hosts for trace in hosts.traces):
        return "not-started"
    return "failed" if report.when == "call" else "error"


def _not_started(trace: Trace) -> bool:
    """A process or a task of the submission ended at the stub's own exception."""
    errors = [process.error for process in trace.processes] + [task.error for task in trace.tasks]
    return any(error.startswith(f"{NOT_STARTED}: task ") for error in errors)


def _mistakes(error: BaseException | None, run: TestRun) -> tuple[Mistake, ...]:
    if getattr(error, "loading", False):
        return ()
    named = error.mistakes if isinstance(error, MistakeFound) else ()
    found = [mistake for mistake in named if isinstance(mistake, Mistake)]
    for hosts in run.hosts:
        found.extend(hosts.mistakes(_question(error, hosts)))
    unique: dict[tuple[str, int | None], Mistake] = {}
    for mistake in found:
        unique.setdefault((mistake.code, mistake.line), mistake)
    return tuple(unique.values())


def _question(error: BaseException | None, hosts: Hosts) -> Question:
    known = hosts.last_question
    question = hosts.question(workers=known.workers, expected_errors=known.expected_errors)
    question = replace(question, cut_short=isinstance(error, SubmissionTimeout))
    report = getattr(error, "report", None)
    if not isinstance(error, TooSlow) or report is None:
        return question
    candidate_cpu_s = report.busy_cores * report.candidate_s
    return replace(
        question,
        workers=report.workers,
        baseline_cpu_s=report.work_factor * candidate_cpu_s,
        candidate_cpu_s=candidate_cpu_s,
    )


def _plain(mistake: Mistake) -> dict[str, Any]:
    return {
        "code": mistake.code,
        "title": mistake.title,
        "path": mistake.path,
        "line": mistake.line,
        "message": mistake.message,
    }


def _message(error: BaseException | None) -> str:
    """The problem in words, its first line first."""
    if error is None:
        return ""
    text = str(error).strip()
    if isinstance(error, SubmissionRaised):
        return f"your code raised {error.kind}: {error.message}\n{text}"
    if isinstance(error, ParlabError):
        return text
    if isinstance(error, AssertionError):
        return re.sub(r"^AssertionError:?\s*", "", text) or "an assertion of the test does not hold"
    return f"{type(error).__name__}: {text}"


def _picture(error: BaseException | None, run: TestRun) -> str:
    """The drawing that proves the finding: the interleaving of a race or of a schedule, else who ran when."""
    if isinstance(error, RaceFound):
        return str(error)
    if run.explored and type(error) is AssertionError:
        return run.explored[-1].text
    if isinstance(error, TooSlow):
        return ""  # its own text says where the time went
    if isinstance(error, SubmissionError) and not isinstance(error, SubmissionRaised):
        return ""
    traces = [trace for hosts in run.hosts for trace in hosts.traces]
    drawn = [trace for trace in traces if len(trace.processes) > 1 or trace.tasks]
    if not drawn:
        return ""
    from pytest_parlab.report.timeline import timeline  # noqa: PLC0415 - only where it is drawn

    return timeline(drawn[-1])

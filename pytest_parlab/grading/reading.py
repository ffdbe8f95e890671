"""Turns the plain data of a results file into facts, and refuses what is not one, saying where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_parlab.errors import UsageError
from pytest_parlab.grading import results as model
from pytest_parlab.grading.checked import Problems, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WHOLE = "the file is damaged or was changed by hand: make it again with --parlab-results"


def results(data: object, source: str) -> model.Results:
    """Make the frozen facts from plain data.

    Raises:
        UsageError: The data are not those of a results file of this version.
    """
    if not isinstance(data, dict):
        raise UsageError(f"{source}: is not a results file; give a file written by --parlab-results")
    problems = Problems(source)
    top = Table(data, problems)
    if top.whole("schema", model.SCHEMA) != model.SCHEMA:
        top.note("schema", f"is {data['schema']}", f"this version of pytest-parlab reads schema {model.SCHEMA}")
        problems.raise_if_any()
    made = model.Results(
        submission=top.text("submission", '"solutions"', empty=True),
        seed=top.whole("seed", 0),
        started=top.text("started", '"2026-01-31T12:00:00+00:00"', empty=True),
        seconds=top.number("seconds", 0),
        points=_points(top),
        max_points=top.whole("max_points", 0),
        machine=top.table("machine", _WHOLE),
        promises=top.texts("promises", "[]"),
        exercises=tuple(_exercise(each) for each in _inner(top, "exercises", "exercise")),
    )
    problems.raise_if_any()
    return made


def _inner(table: Table, key: str, what: str) -> Sequence[Table]:
    before = f"{table.where}, " if table.where else ""
    return [
        Table(data, table.problems, f"{before}{what} {number}")
        for number, data in enumerate(table.tables(key, _WHOLE), start=1)
    ]


def _exercise(table: Table) -> model.ExerciseResult:
    return model.ExerciseResult(
        slug=table.text("slug", '"03_pool_map"'),
        title=table.text("title", '"Share the work"', empty=True),
        state=_state(table),
        points=_points(table),
        max_points=table.whole("max_points", 0),
        seconds=table.number("seconds", 0),
        error=table.text("error", '""', empty=True),
        tasks=tuple(_task(each) for each in _inner(table, "tasks", "task")),
    )


def _task(table: Table) -> model.TaskResult:
    return model.TaskResult(
        id=table.whole("id", 1, least=1),
        title=table.text("title", '"Cube every number"', empty=True),
        state=_state(table),
        points=_points(table),
        max_points=table.whole("max_points", 0),
        undecided=table.text("undecided", '""', empty=True),
        mistakes=tuple(_mistake(each) for each in _inner(table, "mistakes", "mistake")),
        tests=tuple(_test(each) for each in _inner(table, "tests", "test")),
    )


def _mistake(table: Table) -> model.MistakeResult:
    return model.MistakeResult(
        code=table.text("code", '"PL102"'),
        title=table.text("title", '"never joined"', empty=True),
        path=table.text("path", '"join.py"') if _given(table.data, "path") else None,
        line=table.whole("line", 1, least=1) if _given(table.data, "line") else None,
        message=table.text("message", '""', empty=True),
    )


def _test(table: Table) -> model.TestResult:
    return model.TestResult(
        nodeid=table.text("nodeid", '"test_join.py::test_all_are_joined"'),
        state=_state(table),
        seconds=table.number("seconds", 0),
        message=table.text("message", '""', empty=True),
        output=table.text("output", '""', empty=True),
    )


def _given(data: Mapping[str, Any], key: str) -> bool:
    return data.get(key) is not None


def _points(table: Table) -> int:
    points = table.whole("points", 0)
    most = table.data.get("max_points")
    if isinstance(most, int) and points > most:
        table.note("points", f"is {points}, more than max_points", _WHOLE)
    return points


def _state(table: Table) -> model.State:
    text = table.text("state", '"passed"')
    for state in model.STATES:
        if text == state:
            return state
    if text:
        table.note("state", f'is "{text}"', f"the states are {', '.join(model.STATES)}")
    return "error"

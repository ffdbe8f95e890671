"""Every exercise keeps the rules of the course: metadata, tasks and tests, stub and solution."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from pytest_parlab.grading.exercises import Exercise
from pytest_parlab.plugin.options import OPTIONS
from tests.course.places import COURSE, EXERCISES, SOLUTIONS, graded_tests, named, solution, stub, task_of

each_exercise = pytest.mark.parametrize("exercise", COURSE, ids=named)


def signatures(path_of_module: str) -> dict[str, tuple[str, str, str | None]]:
    """Return arguments, annotation of the result and docstring of every public function."""
    tree = ast.parse(path_of_module)
    return {
        node.name: (
            ast.unparse(node.args),
            ast.unparse(node.returns) if node.returns else "",
            ast.get_docstring(node),
        )
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_there_is_a_solution_for_each_exercise_and_nothing_else() -> None:
    """A folder in one place has its twin in the other."""
    solved = sorted(path.name for path in SOLUTIONS.iterdir() if path.is_dir() and not path.name.startswith("_"))
    assert solved == [exercise.slug for exercise in COURSE]


def test_module_names_are_unique_and_shadow_nothing() -> None:
    """Every module beside an exercise can be imported next to the standard library and the other exercises."""
    own = [exercise.module for exercise in COURSE]
    assert len(set(own)) == len(own)
    beside = {path.stem for exercise in COURSE for path in (EXERCISES / exercise.slug).glob("*.py")}
    assert all(name.isidentifier() for name in beside)
    assert not beside & set(sys.stdlib_module_names)


@each_exercise
def test_every_task_has_tests_points_and_hints(exercise: Exercise) -> None:
    """No task without a test, no test without a task, and two hints at least."""
    tested = {task_of(test) for test in graded_tests(exercise).values()}
    assert tested == {task.id for task in exercise.tasks}
    assert all(task.points > 0 for task in exercise.tasks)
    assert all(len(task.hints) >= 2 for task in exercise.tasks)
    assert exercise.max_points == 10


@each_exercise
def test_tests_import_neither_the_stub_nor_the_scenarios(exercise: Exercise) -> None:
    """Expected values stay with the judge, and the learner's code stays out of the judge's process."""
    for path in (EXERCISES / exercise.slug).glob("*.py"):
        if path.stem in (exercise.module, "scenarios"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & {exercise.module, "scenarios"}, path


@each_exercise
def test_the_speedup_that_is_promised_is_the_one_that_is_tested(exercise: Exercise) -> None:
    """The numbers in exercise.toml are those of the call of assert_speedup."""
    calls = [
        {str(keyword.arg): keyword.value for keyword in node.keywords}
        for test in graded_tests(exercise).values()
        for node in ast.walk(test)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "core_scaling.assert_speedup"
    ]
    promised = [exercise.speedup] if exercise.speedup else []
    assert [ast.literal_eval(call["at_least"]) for call in calls] == [speedup.at_least for speedup in promised]
    assert {ast.unparse(call["workers"]) for call in calls} <= {"submission.workers"}
    [default] = [option.default for option in OPTIONS if option.stem == "workers"]
    assert all(speedup.workers == default for speedup in promised)


@each_exercise
def test_stub_and_solution_have_the_same_signatures_and_docstrings(exercise: Exercise) -> None:
    """What a learner reads in the stub is what the solution does."""
    of_stub, of_solution = (signatures(path(exercise).read_text("utf-8")) for path in (stub, solution))
    assert of_stub == of_solution
    assert all(docstring for _, _, docstring in of_stub.values())


@each_exercise
def test_every_function_of_the_stub_says_which_task_it_is(exercise: Exercise) -> None:
    """A mark and an error with the same number stand in every function, and nothing else does."""
    source = stub(exercise).read_text("utf-8")
    marks = re.findall(r"# TODO\(task (\d)\): .+\n    raise NotImplementedError\(\s*\"task (\d): ", source)
    assert len(marks) == len(signatures(source)) == source.count("TODO") == source.count("NotImplementedError")
    assert all(mark == error for mark, error in marks)
    assert {int(mark) for mark, _ in marks} <= {task.id for task in exercise.tasks}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            assert len(node.body) == 2, f"{node.name} holds more than its docstring and its error"

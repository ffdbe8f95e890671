"""Where the course lies, and what its files say, for the tests beside this."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_parlab.grading import exercises

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_parlab.grading.exercises import Exercise

ROOT = Path(__file__).parents[2]
EXERCISES = ROOT / "exercises"
SOLUTIONS = ROOT / "solutions"
WRONG = Path(__file__).parent / "wrong"
VARIANTS = Path(__file__).parent / "variants"

COURSE: tuple[Exercise, ...] = exercises.find(EXERCISES)
START_METHODS = ("fork", "spawn", "forkserver") if sys.platform == "linux" else ("spawn",)


def named(exercise: Exercise) -> str:
    """Name a test's parameter after the exercise."""
    return exercise.slug


def stub(exercise: Exercise) -> Path:
    """Return the path of what a learner begins with."""
    return EXERCISES / exercise.slug / f"{exercise.module}.py"


def solution(exercise: Exercise) -> Path:
    """Return the path of the exercise's solution."""
    return SOLUTIONS / exercise.slug / f"{exercise.module}.py"


def graded_tests(exercise: Exercise) -> dict[str, ast.FunctionDef]:
    """Return the test functions of an exercise by name, without importing them."""
    tree = ast.parse((EXERCISES / exercise.slug / f"test_{exercise.module}.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {function.name: function for function in functions if function.name.startswith("test_")}


def task_of(test: ast.FunctionDef) -> int | None:
    """Return the number in ``@pytest.mark.parlab_task(n)``; None if there is no such mark."""
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.parlab_task":
            number = ast.literal_eval(decorator.args[0])
            assert isinstance(number, int)
            return number
    return None


def pictures_module(name: str) -> ModuleType:
    """Import a module that stands beside the exercise on pictures."""
    folder = str(EXERCISES / "04_image_pool")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)

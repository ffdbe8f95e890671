"""Which tests the files of an exercise hold, whichever of them were selected: read from the source, not imported.

A task gives points only if all its tests ran; a run of some of them (by name, or of the last failures) must not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANY_TASK = 0
"""The task of a test whose mark cannot be read from the source: it may be any."""
TestName = tuple[str, str, str]
"""File name, class (empty if none) and function."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A test as it stands in the source.

    Attributes:
        task: Number of its task; `ANY_TASK` if that cannot be read.
        parametrised: It is run several times.
    """

    __test__ = False

    task: int
    parametrised: bool


def declared_tests(folder: Path) -> dict[TestName, Declared]:
    """The tests in the test files of a folder; a file that cannot be read has none."""
    found: dict[TestName, Declared] = {}
    for file in sorted({*folder.glob("test_*.py"), *folder.glob("*_test.py")}):
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        marked = any(isinstance(node, ast.Name) and node.id == "pytestmark" for node in ast.walk(tree))
        for owner, function, decorators in _functions(tree):
            task = ANY_TASK if marked else _task(decorators)
            found[file.name, owner, function] = Declared(task, "parametrize" in map(_name, decorators))
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, str, list[ast.expr]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield "", node.name, node.decorator_list
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name.startswith("test"):
                    yield node.name, inner.name, [*inner.decorator_list, *node.decorator_list]


def _task(decorators: list[ast.expr]) -> int:
    for decorator in decorators:
        if _name(decorator) == "parlab_task":
            match decorator:
                case ast.Call(args=[ast.Constant(value=int(number)), *_]):
                    return number
            return ANY_TASK
    return 1


def _name(decorator: ast.expr) -> str:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return function.attr if isinstance(function, ast.Attribute) else ""

"""What an access to shared memory is for, told from its place in the source.

``while not done.value: ...`` waits, ``print(done.value)`` displays, ``if done.value: ...`` checks. None of this can
be told from behaviour alone: a flag that was set in time looks like any other value.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from functools import lru_cache
from opcode import opmap
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from pytest_parlab.trace.syntax import UNREADABLE, Place, children, read, span, text, within

_LOOPS = frozenset({"While", "For", "AsyncFor"})
_REPEATING = _LOOPS | {"ListComp", "SetComp", "DictComp", "GeneratorExp"}
_FUNCTIONS = frozenset({"FunctionDef", "AsyncFunctionDef", "Lambda", "ClassDef"})
_LOOPING = frozenset(
    number
    for name, number in opmap.items()
    if "BACKWARD" in name or name in {"BEFORE_WITH", "LOAD_SPECIAL", "WITH_EXCEPT_START"}
)
_DISPLAYING = frozenset({"print", "write", "debug", "info", "warning", "error", "exception", "critical", "log"})
_ALTERING = frozenset({"append", "extend", "insert", "pop", "popitem", "remove"})


class Purpose(IntFlag):
    """What an access is for.

    * ``POLLS``: it decides when a loop ends that does not change it, or it is a check of a double-checked flag.
    * ``CHECKS``: it stands in the condition of an ``if``, a loop or an ``assert``, or in ``max`` or ``min``.
    * ``DISPLAYS``: it is an argument of ``print`` or of a logger, in a statement of its own.
    * ``LOOPS``: it stands in a loop or in what builds a list.
    * ``CONSTANT``: a constant is assigned to it.
    * ``STEPS``: a constant is added to it or taken away.
    * ``MEETS``: a program goes on only if it is equal to what does not change; see `decisions`.
    * ``ALTERS``: it calls a method that alters a collection and overwrites nothing that is there.
    """

    NONE = 0
    POLLS = 1
    CHECKS = 2
    DISPLAYS = 4
    LOOPS = 8
    CONSTANT = 16
    STEPS = 32
    MEETS = 64
    ALTERS = 128


class _Region(NamedTuple):
    """A stretch of source whose accesses have a purpose, except for those to what is named in `assigned`."""

    begin: Place
    end: Place
    purpose: Purpose
    assigned: frozenset[str] = frozenset()


def polls(code: CodeType, begin: Place, end: Place) -> bool:
    """Tell whether an expression polls, given the code object that it is in."""
    if begin[1] < 0 or not (code.co_name.startswith("<") or _may_wait(code)):
        return False
    return Purpose.POLLS in purpose_of(code.co_filename, begin, end)


def _may_wait(code: CodeType) -> bool:
    """Tell whether the code jumps back anywhere or has a ``with``: most code has neither, and need not be parsed."""
    return any(operation in _LOOPING for operation in code.co_code[::2])


def purpose_of(path: str, begin: Place, end: Place) -> Purpose:
    """What the expression between two places is for; nothing is known of it if the source cannot be read.

    Args:
        path: The source file.
        begin: Where the expression begins.
        end: The place after it.
    """
    try:
        lines, regions = _read(path, Path(path).stat().st_mtime_ns)
    except UNREADABLE:
        return Purpose.NONE
    found, source = Purpose.NONE, ""
    for region in regions:
        if region.begin <= begin and end <= region.end:
            source = source or text(lines, begin, end)
            if source not in region.assigned:
                found |= region.purpose
    return found


@lru_cache(maxsize=16)
def _read(path: str, _written_ns: int) -> tuple[list[bytes], tuple[_Region, ...]]:
    tree, lines = read(path)
    return lines, tuple(_regions(tree, lines))


def _regions(tree: Any, lines: list[bytes]) -> Iterator[_Region]:
    todo: list[tuple[Any, frozenset[str], bool]] = [(tree, frozenset(), False)]
    while todo:
        node, assigned, in_loop = todo.pop()
        kind = type(node).__name__
        if kind in _FUNCTIONS:
            in_loop = False
        if kind in _LOOPS:
            assigned, in_loop = frozenset(_assigned(node, lines)), True
        yield from _regions_of(node, kind, lines, assigned, in_loop=in_loop)
        todo += [(child, assigned, in_loop) for child in children(node)]


def _regions_of(
    node: Any, kind: str, lines: list[bytes], assigned: frozenset[str], *, in_loop: bool
) -> Iterator[_Region]:
    """What one node says about what is inside it."""
    if kind in _REPEATING:
        yield _Region(*span(node), Purpose.LOOPS)
    if kind == "Call" and _called(node) in {"max", "min"}:
        yield _Region(*span(node), Purpose.CHECKS)
    if kind == "Call" and getattr(node.func, "attr", "") in _ALTERING:
        yield _Region(*span(node), Purpose.ALTERS)
    if kind in {"While", "If", "IfExp", "Assert"}:
        yield _Region(*span(node.test), Purpose.CHECKS)
    if kind == "While" or (kind == "If" and in_loop and type(node.body[-1]).__name__ in {"Break", "Return"}):
        yield _Region(*span(node.test), Purpose.POLLS, assigned)
    if kind == "If":
        yield from _checked_twice(node, lines)
    if kind == "Expr" and type(node.value).__name__ == "Call" and _called(node.value) in _DISPLAYING:
        yield _Region(*span(node), Purpose.DISPLAYS)
    if kind == "Assign" and _is_constant(node.value):
        for target in node.targets:
            yield _Region(*span(target), Purpose.CONSTANT)
    if kind == "AugAssign" and type(node.op).__name__ in {"Add", "Sub"} and _is_constant(node.value):
        yield _Region(*span(node.target), Purpose.STEPS)


def _is_constant(node: Any) -> bool:
    """Tell whether an expression is a constant, or one with a sign."""
    return type(getattr(node, "operand", node)).__name__ == "Constant"


def _called(call: Any) -> str:
    return str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))


def _checked_twice(node: Any, lines: list[bytes]) -> Iterator[_Region]:
    """The two conditions of ``if not x: with lock: if not x: ...``: whoever finds the flag set does not wait."""
    if len(node.body) != 1 or type(node.body[0]).__name__ != "With":
        return
    test = text(lines, *span(node.test))
    for inner in node.body[0].body:
        if type(inner).__name__ == "If" and text(lines, *span(inner.test)) == test:
            updated = frozenset(_updated(inner, lines))
            yield _Region(*span(node.test), Purpose.POLLS, updated)
            yield _Region(*span(inner.test), Purpose.POLLS, updated)


def _assigned(node: Any, lines: list[bytes]) -> Iterator[str]:
    """The source of everything that is assigned to in a loop."""
    for child in within(node):
        if type(getattr(child, "ctx", None)).__name__ == "Store":
            yield text(lines, *span(child))


def _updated(node: Any, lines: list[bytes]) -> Iterator[str]:
    """The source of everything that is changed by an augmented assignment."""
    for child in within(node):
        if type(child).__name__ == "AugAssign":
            yield text(lines, *span(child.target))

"""What an access to shared memory is for, told from its place in the source.

``while not done.value: ...`` waits, ``print(done.value)`` displays, ``if done.value: ...`` checks. None of this can
be told from behaviour alone: a flag that was set in time looks like any other value. The syntax tree comes from the
compiler, without the module `ast`: a started child would pay for its import.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from enum import IntFlag
from functools import lru_cache
from opcode import opmap
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

Place = tuple[int, int]
"""Line from 1 and column in bytes from 0."""
_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST
_LOOPS = frozenset({"While", "For", "AsyncFor"})
_REPEATING = _LOOPS | {"ListComp", "SetComp", "DictComp", "GeneratorExp"}
_FUNCTIONS = frozenset({"FunctionDef", "AsyncFunctionDef", "Lambda", "ClassDef"})
_LOOPING = frozenset(
    number
    for name, number in opmap.items()
    if "BACKWARD" in name or name in {"BEFORE_WITH", "LOAD_SPECIAL", "WITH_EXCEPT_START"}
)
_DISPLAYING = frozenset({"print", "write", "debug", "info", "warning", "error", "exception", "critical", "log"})


class Purpose(IntFlag):
    """What an access is for.

    * ``POLLS``: it decides when a loop ends that does not change it, or it is a check of a double-checked flag.
    * ``CHECKS``: it stands in the condition of an ``if``, a loop or an ``assert``, or in ``max`` or ``min``.
    * ``DISPLAYS``: it is an argument of ``print`` or of a logger, in a statement of its own.
    * ``LOOPS``: it stands in a loop or in what builds a list.
    * ``CONSTANT``: a constant is assigned to it.
    """

    NONE = 0
    POLLS = 1
    CHECKS = 2
    DISPLAYS = 4
    LOOPS = 8
    CONSTANT = 16


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
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: it is nested too deeply
        return Purpose.NONE
    found, text = Purpose.NONE, ""
    for region in regions:
        if region.begin <= begin and end <= region.end:
            text = text or _text(lines, begin, end)
            if text not in region.assigned:
                found |= region.purpose
    return found


@lru_cache(maxsize=16)
def _read(path: str, _written_ns: int) -> tuple[list[bytes], tuple[_Region, ...]]:
    source = _decoded(Path(path).read_bytes())
    lines = source.encode().splitlines(keepends=True)  # the compiler counts columns in UTF-8
    with warnings.catch_warnings():  # the interpreter gave them when it compiled the source itself
        warnings.simplefilter("ignore")
        tree = compile(source, path, "exec", _ONLY_TREE, dont_inherit=True)
    return lines, tuple(_regions(tree, lines))


def _decoded(source: bytes) -> str:
    if source.isascii() or not any(b"coding" in line for line in source.splitlines()[:2]):
        return source.decode("utf-8-sig")
    from importlib.util import decode_source  # noqa: PLC0415 - what it needs is slow to import, and this is rare

    return decode_source(source)


def _children(node: Any) -> Iterator[Any]:
    for name in node._fields:
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else (value,):
            if hasattr(child, "_fields"):
                yield child


def _span(node: Any) -> tuple[Place, Place]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _within(node: Any) -> Iterator[Any]:
    """All nodes below one. Trees are deeper than the interpreter's stack: a long sum is one level for each term."""
    todo = [*_children(node)]
    while todo:
        node = todo.pop()
        yield node
        todo += _children(node)


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
        todo += [(child, assigned, in_loop) for child in _children(node)]


def _regions_of(
    node: Any, kind: str, lines: list[bytes], assigned: frozenset[str], *, in_loop: bool
) -> Iterator[_Region]:
    """What one node says about what is inside it."""
    if kind in _REPEATING:
        yield _Region(*_span(node), Purpose.LOOPS)
    if kind == "Call" and _called(node) in {"max", "min"}:
        yield _Region(*_span(node), Purpose.CHECKS)
    if kind in {"While", "If", "IfExp", "Assert"}:
        yield _Region(*_span(node.test), Purpose.CHECKS)
    if kind == "While" or (kind == "If" and in_loop and type(node.body[-1]).__name__ in {"Break", "Return"}):
        yield _Region(*_span(node.test), Purpose.POLLS, assigned)
    if kind == "If":
        yield from _checked_twice(node, lines)
    if kind == "Expr" and type(node.value).__name__ == "Call" and _called(node.value) in _DISPLAYING:
        yield _Region(*_span(node), Purpose.DISPLAYS)
    if kind == "Assign" and _is_constant(node.value):
        for target in node.targets:
            yield _Region(*_span(target), Purpose.CONSTANT)


def _is_constant(node: Any) -> bool:
    """Tell whether an expression is a constant, or one with a sign."""
    return type(getattr(node, "operand", node)).__name__ == "Constant"


def _called(call: Any) -> str:
    return str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))


def _checked_twice(node: Any, lines: list[bytes]) -> Iterator[_Region]:
    """The two conditions of ``if not x: with lock: if not x: ...``: whoever finds the flag set does not wait."""
    if len(node.body) != 1 or type(node.body[0]).__name__ != "With":
        return
    test = _text(lines, *_span(node.test))
    for inner in node.body[0].body:
        if type(inner).__name__ == "If" and _text(lines, *_span(inner.test)) == test:
            updated = frozenset(_updated(inner, lines))
            yield _Region(*_span(node.test), Purpose.POLLS, updated)
            yield _Region(*_span(inner.test), Purpose.POLLS, updated)


def _assigned(node: Any, lines: list[bytes]) -> Iterator[str]:
    """The source of everything that is assigned to in a loop."""
    for child in _within(node):
        if type(getattr(child, "ctx", None)).__name__ == "Store":
            yield _text(lines, *_span(child))


def _updated(node: Any, lines: list[bytes]) -> Iterator[str]:
    """The source of everything that is changed by an augmented assignment."""
    for child in _within(node):
        if type(child).__name__ == "AugAssign":
            yield _text(lines, *_span(child.target))


def _text(lines: list[bytes], begin: Place, end: Place) -> str:
    """The source between two places, without its spaces."""
    (line, column), (end_line, end_column) = begin, end
    if line == end_line:
        found = lines[line - 1][column:end_column]
    else:
        found = b"".join([lines[line - 1][column:], *lines[line : end_line - 1], lines[end_line - 1][:end_column]])
    return b"".join(found.split()).decode(errors="replace")

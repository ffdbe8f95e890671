"""Which reads poll: those in the condition of a loop that goes on until somebody else changes what is read.

``while not done.value: ...`` is a way to wait. It is told from the source, for by its behaviour alone a flag that was
set in time looks like any other read. A loop that changes the polled expression itself does not wait for others. The
syntax tree comes from the compiler, without the module `ast`: a started child would pay for its import.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from opcode import opmap
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST
_LOOPS = frozenset({"While", "For", "AsyncFor"})
_FUNCTIONS = frozenset({"FunctionDef", "AsyncFunctionDef", "Lambda", "ClassDef"})
_JUMPS_BACK = frozenset(number for name, number in opmap.items() if "BACKWARD" in name)


class _Condition(NamedTuple):
    """A condition that ends a loop: where it stands, and the source of what the loop itself assigns."""

    begin: tuple[int, int]
    end: tuple[int, int]
    assigned: frozenset[str]


def polls(code: CodeType, line: int, column: int, end_line: int, end_column: int) -> bool:
    """Tell whether an expression decides when a loop ends, and the loop does not assign to it.

    Args:
        code: The code object that it is in.
        line: Its first line, from 1.
        column: Its first column in bytes, from 0.
        end_line: Its last line.
        end_column: The column after it.
    """
    if column < 0 or not _in_a_loop(code):
        return False
    try:
        lines, conditions = _read(code.co_filename)
    except (OSError, SyntaxError, ValueError):
        return False
    text = _text(lines, (line, column), (end_line, end_column))
    return any(
        condition.begin <= (line, column)
        and (end_line, end_column) <= condition.end
        and text not in condition.assigned
        for condition in conditions
    )


def _in_a_loop(code: CodeType) -> bool:
    """Tell whether the code jumps back anywhere, or is part of an expression that others may repeat."""
    return code.co_name.startswith("<") or any(operation in _JUMPS_BACK for operation in code.co_code[::2])


@lru_cache(maxsize=16)
def _read(path: str) -> tuple[list[bytes], list[_Condition]]:
    source = Path(path).read_bytes()
    lines = source.splitlines(keepends=True)
    tree = compile(source, path, "exec", _ONLY_TREE, dont_inherit=True)
    return lines, list(_conditions(tree, lines, frozenset(), in_loop=False))


def _children(node: Any) -> Iterator[Any]:
    for name in node._fields:
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else (value,):
            if hasattr(child, "_fields"):
                yield child


def _conditions(node: Any, lines: list[bytes], assigned: frozenset[str], *, in_loop: bool) -> Iterator[_Condition]:
    kind = type(node).__name__
    if kind in _FUNCTIONS:
        in_loop = False
    if kind in _LOOPS:
        assigned, in_loop = frozenset(_assigned(node, lines)), True
    if kind == "While" or (kind == "If" and in_loop and type(node.body[-1]).__name__ in {"Break", "Return"}):
        test = node.test
        begin, end = (test.lineno, test.col_offset), (test.end_lineno, test.end_col_offset)
        yield _Condition(begin, end, assigned)
    for child in _children(node):
        yield from _conditions(child, lines, assigned, in_loop=in_loop)


def _assigned(node: Any, lines: list[bytes]) -> Iterator[str]:
    """The source of everything that a loop assigns to."""
    for child in _children(node):
        if type(getattr(child, "ctx", None)).__name__ == "Store":
            yield _text(lines, (child.lineno, child.col_offset), (child.end_lineno, child.end_col_offset))
        yield from _assigned(child, lines)


def _text(lines: list[bytes], begin: tuple[int, int], end: tuple[int, int]) -> str:
    """The source between two places, without its spaces."""
    (line, column), (end_line, end_column) = begin, end
    if line == end_line:
        found = lines[line - 1][column:end_column]
    else:
        found = b"".join([lines[line - 1][column:], *lines[line : end_line - 1], lines[end_line - 1][:end_column]])
    return b"".join(found.split()).decode(errors="replace")

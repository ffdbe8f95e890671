"""The syntax tree of a source file, and what is asked of every tree.

It comes from the compiler, without the module `ast`: a started child would pay for its import.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Line from 1 and column in bytes from 0."""
UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)
"""What reading a source raises where it cannot be read; the last two: it is nested too deeply."""
_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST


def read(path: str) -> tuple[Any, list[bytes]]:
    """The tree of a file, and its lines in UTF-8, in which the compiler counts columns.

    Raises:
        OSError, SyntaxError, ValueError, RecursionError, MemoryError: It cannot be read; see `UNREADABLE`.
    """
    source = _decoded(Path(path).read_bytes())
    with warnings.catch_warnings():  # the interpreter gave them when it compiled the source itself
        warnings.simplefilter("ignore")
        tree = compile(source, path, "exec", _ONLY_TREE, dont_inherit=True)
    return tree, source.encode().splitlines(keepends=True)


def _decoded(source: bytes) -> str:
    if source.isascii() or not any(b"coding" in line for line in source.splitlines()[:2]):
        return source.decode("utf-8-sig")
    from importlib.util import decode_source  # noqa: PLC0415 - what it needs is slow to import, and this is rare

    return decode_source(source)


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below one."""
    for name in node._fields:
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else (value,):
            if hasattr(child, "_fields"):
                yield child


def within(node: Any) -> Iterator[Any]:
    """All nodes below one. Trees are deeper than the interpreter's stack: a long sum is one level for each term."""
    todo = [*children(node)]
    while todo:
        node = todo.pop()
        yield node
        todo += children(node)


def kind(node: Any) -> str:
    """The name of a node's class."""
    return type(node).__name__


def span(node: Any) -> tuple[Place, Place]:
    """Where a node begins, and the place after it."""
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def text(lines: list[bytes], begin: Place, end: Place) -> str:
    """The source between two places, without its spaces."""
    (line, column), (end_line, end_column) = begin, end
    if line == end_line:
        found = lines[line - 1][column:end_column]
    else:
        found = b"".join([lines[line - 1][column:], *lines[line : end_line - 1], lines[end_line - 1][:end_column]])
    return b"".join(found.split()).decode(errors="replace")

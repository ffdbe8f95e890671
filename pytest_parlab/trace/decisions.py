"""Where a program goes on only if a counter has come to a certain value: what stands behind ``if left.value == 0:``.

The comparison may have a name, ``last = left.value == 0`` and later ``if last:``, or be what a function returns that
is called in one place. Everybody but the last one may also leave: ``if left.value: return``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pytest_parlab.trace.syntax import UNREADABLE, Place, children, kind, read, span, within

_DEPTH_LIMIT = 8
"""Names and calls that are followed from a condition to the comparison."""
_FUNCTIONS = frozenset({"FunctionDef", "AsyncFunctionDef"})
_SCOPES = _FUNCTIONS | {"ClassDef", "Lambda"}
_LEAVING = frozenset({"Return", "Continue", "Break"})
_BLOCKS = ("body", "orelse", "finalbody")
_PARTS = ("handlers", "cases")
"""What a statement has that is no statement, and has a block of its own."""


class Stretch(NamedTuple):
    """A stretch of source; its end is the place after it."""

    begin: Place
    end: Place

    def holds(self, place: Place) -> bool:
        """Whether a place is in it."""
        return self.begin <= place < self.end


def stretches_behind(path: str, begin: Place, end: Place) -> tuple[Stretch, ...]:
    """Where the source goes on only if what an expression gives is equal to a value that does not change.

    Args:
        path: The source file.
        begin: Where the expression begins.
        end: The place after it.

    Returns:
        The stretches; none if the source cannot be read, too.
    """
    try:
        found = _decisions(path, Path(path).stat().st_mtime_ns)
    except UNREADABLE:
        return ()
    return found.get(Stretch(begin, end), ())


@lru_cache(maxsize=16)
def _decisions(path: str, _written_ns: int) -> dict[Stretch, tuple[Stretch, ...]]:
    tree, _ = read(path)
    found: dict[Stretch, tuple[Stretch, ...]] = {}
    for compared, stretches in _Reader(tree).decisions():
        found[compared] = found.get(compared, ()) + stretches
    return found


class _Reader:
    """Reads one file.

    Args:
        tree: Its syntax tree.
    """

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        nodes = list(within(tree))
        self._used = _uses_in(nodes)
        self._functions = {node.name: node for node in nodes if kind(node) in _FUNCTIONS}
        self._defined = Counter(node.name for node in nodes if kind(node) in _FUNCTIONS)

    def decisions(self) -> Iterator[tuple[Stretch, tuple[Stretch, ...]]]:
        """What is compared, and where the source goes on if it is equal."""
        todo: list[tuple[list[Any], tuple[Stretch, ...], dict[str, Any]]] = [
            (self._tree.body, (), _names(self._tree))
        ]
        while todo:
            block, after, names = todo.pop()
            for number, statement in enumerate(block):
                what = kind(statement)
                rest = (*_rest(block, number), *after)
                if what in _FUNCTIONS:
                    todo.append((statement.body, (), _names(statement)))
                    continue
                if what == "If":
                    yield from self._decided(statement.test, _branches(statement, rest), names)
                inner = [getattr(statement, name, None) or [] for name in _BLOCKS]
                inner += [part.body for name in _PARTS for part in getattr(statement, name, None) or []]
                todo += [(lines, rest if what in {"With", "AsyncWith"} else (), names) for lines in inner if lines]
                if not any(inner):
                    for node in within(statement):
                        if kind(node) == "IfExp":
                            branches = ((Stretch(*span(node.body)),), (Stretch(*span(node.orelse)),))
                            yield from self._decided(node.test, branches, names)

    def _decided(
        self, test: Any, branches: tuple[tuple[Stretch, ...], tuple[Stretch, ...]], names: dict[str, Any]
    ) -> Iterator[tuple[Stretch, tuple[Stretch, ...]]]:
        for compared, holds in self._compared(test, names, _DEPTH_LIMIT):
            stretches = branches[0] if holds else branches[1]
            if stretches:
                yield Stretch(*span(compared)), stretches

    def _compared(self, test: Any, names: dict[str, Any], depth: int) -> Iterator[tuple[Any, bool]]:
        """What has come to a value, and whether it has if the condition holds or if it does not."""
        if depth == 0:
            return
        match kind(test):
            case "Compare" if len(test.ops) == 1 and kind(test.ops[0]) in {"Eq", "NotEq"}:
                holds = kind(test.ops[0]) == "Eq"
                for one, other in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
                    if _stays(other):
                        yield self._meant(one, names), holds
            case "UnaryOp" if kind(test.op) == "Not":
                yield from ((one, not holds) for one, holds in self._compared(test.operand, names, depth - 1))
            case "BoolOp":
                wanted = kind(test.op) == "And"
                for value in test.values:
                    found = self._compared(value, names, depth - 1)
                    yield from ((one, holds) for one, holds in found if holds == wanted)
            case "Name" if test.id in names:
                yield from self._compared(names[test.id], names, depth - 1)
            case "Call" if (function := self._called_here_alone(test)) is not None:
                returned = [node for node in within(function) if kind(node) == "Return" and node.value is not None]
                if len(returned) == 1:
                    yield from self._compared(returned[0].value, _names(function), depth - 1)
            case "Attribute" | "Subscript" | "Call":
                yield test, False

    @staticmethod
    def _meant(one: Any, names: dict[str, Any]) -> Any:
        """What a name stands for."""
        return names.get(one.id, one) if kind(one) == "Name" else one

    def _called_here_alone(self, call: Any) -> Any:
        """The function of this file that a call calls, if nothing else in the file does."""
        name = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
        return self._functions.get(name) if self._used[name] == self._defined[name] == 1 else None


def _branches(statement: Any, rest: tuple[Stretch, ...]) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """Where an ``if`` goes on if its condition holds, and if not."""
    holds: tuple[Stretch, ...] = (_stretch(statement.body),)
    fails: tuple[Stretch, ...] = (_stretch(statement.orelse),) if statement.orelse else ()
    if kind(statement.body[-1]) in _LEAVING:
        fails += rest
    return holds, fails


def _stretch(block: list[Any]) -> Stretch:
    return Stretch(span(block[0])[0], span(block[-1])[1])


def _rest(block: list[Any], number: int) -> tuple[Stretch, ...]:
    """What comes after a statement of a block."""
    return (_stretch(block[number + 1 :]),) if number + 1 < len(block) else ()


def _names(function: Any) -> dict[str, Any]:
    """The names that a function or a module assigns once, and what."""
    assigned: Counter[str] = Counter()
    values: dict[str, Any] = {}
    for node in within(function):
        if kind(node) == "Name" and kind(node.ctx) != "Load":
            assigned[node.id] += 1
        elif kind(node) == "arg":
            assigned[node.arg] += 1
        elif kind(node) in {"Global", "Nonlocal"}:
            assigned.update(node.names * 2)
    for node in _own(function):
        if kind(node) == "Assign" and len(node.targets) == 1 and kind(node.targets[0]) == "Name":
            values[node.targets[0].id] = node.value
    return {name: value for name, value in values.items() if assigned[name] == 1}


def _own(function: Any) -> Iterator[Any]:
    """All nodes of a function but those of functions and classes in it."""
    todo = [*children(function)]
    while todo:
        node = todo.pop()
        yield node
        if kind(node) not in _SCOPES:
            todo += children(node)


def _stays(node: Any) -> bool:
    """Tell whether an expression is no shared memory itself, and calls nothing but ``len``."""
    for one in (node, *within(node)):
        if kind(one) == "Subscript" or getattr(one, "attr", "") == "value":
            return False
        if kind(one) == "Call" and getattr(one.func, "id", "") != "len":
            return False
    return True


def is_used_once(path: str, name: str) -> bool:
    """Tell whether a file names a function exactly once, where it is called, and defines it once at most."""
    try:
        return _uses(path, Path(path).stat().st_mtime_ns)[name] == 1
    except UNREADABLE:
        return False


@lru_cache(maxsize=16)
def _uses(path: str, _written_ns: int) -> Counter[str]:
    tree, _ = read(path)
    return _uses_in(list(within(tree)))


def _uses_in(nodes: list[Any]) -> Counter[str]:
    """How often each name is used for what a file may define itself: what another module has is something else."""
    modules = {
        (alias.asname or alias.name).partition(".")[0]
        for node in nodes
        if kind(node) == "Import"
        for alias in node.names
    }
    uses: Counter[str] = Counter()
    for node in nodes:
        if kind(node) == "Name":
            uses[node.id] += 1
        elif kind(node) == "Attribute" and getattr(node.value, "id", "") not in modules:
            uses[node.attr] += 1
    return uses

"""Managed values, arrays, namespaces, lists and dictionaries: which cells each of their methods reads or writes.

A call is one atomic access and orders nothing. A cell is a key, an attribute or a position; one more cell stands for
the object as a whole: its length, its order, which keys there are. ``d[k] += 1`` reads and then writes one cell, two
calls between which others may come; ``l.append(x)`` is one write of the whole. ``setdefault`` counts as a read, for
it never overwrites anything.
"""

from __future__ import annotations

import operator
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pytest_parlab.instrument import recorder
from pytest_parlab.instrument.managed_types import Call
from pytest_parlab.trace.records import Kind

Cell = tuple[int, str]
"""Index of a cell, and the text that stands for it behind the object's name."""
Cells = Callable[[Call, Any], Iterable[Cell]]
"""Which cells a call concerns; it is given the call's result, `_NOTHING` where it writes or where there was none."""

HASH_BITS = 30
WHOLE = 1 << HASH_BITS
"""Index of the object as a whole. Keys and positions are below it, positions from the end of a list above it."""
THE_WHOLE: Cell = (WHOLE, "")
MOST_CELLS = 256
"""Cells that one call is said to access; of a longer slice or dictionary only the whole is."""
_FROM_THE_END = 1 << 31
_TEXT_LIMIT = 60
_NAMES_LIMIT = 10_000
"""Cells that one process names; later ones have a number only."""
_NOTHING = object()


_named: tuple[recorder.Recorder | None, set[tuple[int, int]]] = (None, set())


class Data:
    """The meaning of the calls of one managed object that holds data.

    Args:
        kind: Kind of the object.
        number: Its block in the present watch.
        length: Elements of an array; negative if it is not known or changes.
        unknown: Called with a call of a method that is not in the table: it is not recorded.
    """

    __slots__ = ("_length", "_rules", "_unknown", "number")

    def __init__(self, kind: str, number: int, length: int, unknown: Callable[[Call], None]) -> None:
        self.number = number
        self._length = length
        self._rules = _RULES[kind]
        self._unknown = unknown

    def __call__(self, call: Call) -> Any:
        """Make a call, and note its accesses: a write before it is made, a read after it."""
        rule = self._rules.get(call.method)
        if rule is None:
            self._unknown(call)
            return call.go()
        kind, cells = rule
        if kind == Kind.WRITE:
            self._touch(call, kind, cells, _NOTHING)
            return call.go()
        result: Any = _NOTHING
        try:
            result = call.go()
        finally:
            self._touch(call, kind, cells, result)  # that a key is not there is something read, too
        return result

    def _touch(self, call: Call, kind: Kind, cells: Cells, result: Any) -> None:
        if call.frame is None:
            return
        for index, text in cells(call, result):
            if self._length <= 0:
                if text:
                    _name(call.record, self.number, index, text)
            elif index > WHOLE:  # a position from the end of an array
                index = max(index - _FROM_THE_END + self._length, 0)  # noqa: PLW2901
            call.record.touch(kind, self.number, index, call.frame)


def _name(record: recorder.Recorder, block: int, index: int, text: str) -> None:
    """Say once what a cell is called."""
    global _named  # noqa: PLW0603 - another recorder begins anew
    if _named[0] is not record:
        _named = (record, set())
    known = _named[1]
    if (block, index) not in known and len(known) < _NAMES_LIMIT:
        known.add((block, index))
        record.describe("cell", block | index << 32, text=text)


def key_cell(key: Any) -> Cell:
    """The cell of a dictionary's key: equal keys have one cell, in every process."""
    try:
        if isinstance(key, bool | float) and key == int(key):
            key = int(key)
        text = repr(key)
        stable = (
            pickle.dumps(key) if vars(object)["__repr__"] is type(key).__repr__ else text.encode(errors="replace")
        )
    except Exception:  # noqa: BLE001 - infinity, or a key of the user's that cannot be written down
        return THE_WHOLE if not isinstance(key, float) else (zlib.crc32(repr(key).encode()) % WHOLE, f"[{key!r}]")
    return zlib.crc32(stable) % WHOLE, f"[{text if len(text) <= _TEXT_LIMIT else text[:_TEXT_LIMIT] + '...'}]"


def _whole(_call: Call, _result: Any) -> Iterable[Cell]:
    return (THE_WHOLE,)


def _value(_call: Call, _result: Any) -> Iterable[Cell]:
    return ((0, ""),)


def _key(call: Call, _result: Any) -> Iterable[Cell]:
    return (key_cell(call.args[0]),) if call.args else ()


def _attribute(call: Call, _result: Any) -> Iterable[Cell]:
    name = str(call.args[0])
    return ((zlib.crc32(name.encode()) % WHOLE, f".{name}"),)


def _keys(_call: Call, result: Any) -> Iterable[Cell]:
    return _with_whole(key_cell(key) for key in result) if _is_short(result) else (THE_WHOLE,)


def _pairs(_call: Call, result: Any) -> Iterable[Cell]:
    return _with_whole(key_cell(key) for key, _ in result) if _is_short(result) else (THE_WHOLE,)


def _all_items(_call: Call, result: Any) -> Iterable[Cell]:
    return _slice(slice(None), result)


def _updated(call: Call, _result: Any) -> Iterable[Cell]:
    """The keys that ``update`` writes, as far as its arguments show them."""
    given = call.args[0] if call.args else {}
    try:
        new = {**dict(given), **call.kwds} if isinstance(given, dict | list | tuple) else None
    except (TypeError, ValueError):
        new = None
    if new is None or len(new) > MOST_CELLS:
        return (THE_WHOLE,)
    return [key_cell(key) for key in new]


def _is_short(result: Any) -> bool:
    return isinstance(result, dict | list | tuple) and len(result) <= MOST_CELLS


def _with_whole(cells: Iterable[Cell]) -> Iterator[Cell]:
    yield THE_WHOLE
    yield from cells


def _position(place: int) -> Cell:
    """The cell of a list's position. Only the server knows the list's length, so ``l[-1]`` is a cell of its own."""
    return place % WHOLE if place >= 0 else _FROM_THE_END + max(place, 1 - WHOLE), f"[{place}]"


def _items(call: Call, result: Any) -> Iterable[Cell]:
    """Positions that are read or written; where the list ends, and that there is no such place, is the whole."""
    where = call.args[0]
    if isinstance(where, slice):
        return _slice(where, call.args[1] if call.method == "__setitem__" else result)
    try:
        cell = _position(operator.index(where))
    except TypeError:
        return ()
    if call.method == "__delitem__":
        return cell, THE_WHOLE
    return (THE_WHOLE,) if result is _NOTHING and call.method == "__getitem__" else (cell,)


def _slice(where: slice, elements: Any) -> Iterable[Cell]:
    start, step = where.start or 0, where.step or 1
    if (
        start < 0
        or step < 1
        or (where.stop or 0) < 0
        or not hasattr(elements, "__len__")
        or len(elements) > MOST_CELLS
    ):
        return (THE_WHOLE,)
    return _with_whole(_position(place) for place in range(start, start + len(elements) * step, step))


_READS_WHOLE = dict.fromkeys(("__len__", "__iter__", "__repr__", "__str__"), (Kind.READ, _whole))
_RULES: dict[str, dict[str, tuple[Kind, Cells]]] = {
    "Value": {
        "get": (Kind.READ, _value),
        "set": (Kind.WRITE, _value),
        **dict.fromkeys(("__repr__", "__str__", "#GETVALUE"), (Kind.READ, _value)),
    },
    "Namespace": {
        "__getattribute__": (Kind.READ, _attribute),
        **dict.fromkeys(("__setattr__", "__delattr__"), (Kind.WRITE, _attribute)),
        **dict.fromkeys(("__repr__", "__str__", "#GETVALUE"), (Kind.READ, _whole)),
    },
    "Array": {
        "__getitem__": (Kind.READ, _items),
        "__setitem__": (Kind.WRITE, _items),
        "#GETVALUE": (Kind.READ, _all_items),
        **_READS_WHOLE,
    },
    "list": {
        "__getitem__": (Kind.READ, _items),
        **dict.fromkeys(("__setitem__", "__delitem__"), (Kind.WRITE, _items)),
        **dict.fromkeys(("copy", "#GETVALUE"), (Kind.READ, _all_items)),
        **dict.fromkeys(
            ("__add__", "__mul__", "__rmul__", "__contains__", "__reversed__", "count", "index"), (Kind.READ, _whole)
        ),
        **dict.fromkeys(
            ("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "__iadd__", "__imul__"),
            (Kind.WRITE, _whole),
        ),
        **_READS_WHOLE,
    },
    "dict": {
        **dict.fromkeys(("__getitem__", "__contains__", "get", "setdefault"), (Kind.READ, _key)),
        **dict.fromkeys(("__setitem__", "__delitem__", "pop"), (Kind.WRITE, _key)),
        **dict.fromkeys(("keys", "copy", "#GETVALUE"), (Kind.READ, _keys)),
        "items": (Kind.READ, _pairs),
        **dict.fromkeys(("values", "__reversed__", "__or__", "__ror__"), (Kind.READ, _whole)),
        **dict.fromkeys(("update", "__ior__"), (Kind.WRITE, _updated)),
        **dict.fromkeys(("popitem", "clear"), (Kind.WRITE, _whole)),
        **_READS_WHOLE,
    },
}
DATA = frozenset(_RULES)
"""The kinds of managed objects that hold data."""

"""How a ctypes type lays out its memory: which fields it has, where each begins, and which are read as a whole.

A *leaf* is what one access reads or writes: a number, a pointer, the text of a field. A *part* is what an access only
leads to: a structure, a union or an array inside another, whose own leaves are accessed later.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

NAMED_LEAVES = 512
"""Leaves of one element whose names are written down; one with more is a buffer rather than a record."""
_TEXT = (ctypes.c_char, ctypes.c_wchar)
CData: type = ctypes._SimpleCData.__mro__[-2]
"""The base of every ctypes object."""


class Member(NamedTuple):
    """One field of a structure or union: its descriptor, where it begins (bytes) and its type."""

    field: Any
    offset: int
    type: Any


def is_simple(type_: Any) -> bool:
    """Tell whether access gives a Python value: true for `ctypes.c_int`, not for a subclass of it."""
    return ctypes._SimpleCData in type_.__bases__


def has_fields(type_: Any) -> bool:
    """Tell whether memory of this type is structures or unions, or arrays in an array."""
    if issubclass(type_, ctypes.Array):
        return is_part(type_._type_)
    return issubclass(type_, ctypes.Structure | ctypes.Union)


def is_part(type_: Any) -> bool:
    """Tell whether an element of this type is an object of its own that shares the memory."""
    return not is_simple(type_) and issubclass(
        type_, ctypes.Structure | ctypes.Union | ctypes.Array | ctypes._SimpleCData
    )


def is_text(type_: Any) -> bool:
    """Tell whether a field of this type is read as one text, although it is an array."""
    return issubclass(type_, ctypes.Array) and type_._type_ in _TEXT


def trial(type_: Any) -> Callable[[Any], bool]:
    """How to tell beforehand whether a value can be written to memory of a type; False if only the write can tell.

    A write is noted before it is made, so that whoever sees it finds what was published for it, and one that is
    refused is not noted.
    """
    simple = next((base for base in type_.__mro__ if is_simple(base)), None)
    if simple is None:
        return lambda _: False

    def takes(value: Any) -> bool:
        try:
            simple(value)
        except Exception:  # noqa: BLE001 - the write will say so itself, or take it in another way
            return False
        return True

    return takes


def members(type_: Any) -> dict[str, Member]:
    """The fields of a structure or union by name, inherited ones and those of anonymous fields too."""
    found: dict[str, Member] = {}
    for name, field_type in _declared(type_):
        field: Any = getattr(type_, name, None)
        if type(field).__name__ == "CField":  # a subclass may have put something else in its place
            found[name] = Member(field, field.offset, field_type)
    return found


def _declared(type_: Any) -> Iterator[tuple[str, Any]]:
    for base in reversed(type_.__mro__):
        own = vars(base)
        types = {name: field_type for name, field_type, *_ in own.get("_fields_", ())}
        yield from types.items()
        for name in own.get("_anonymous_", ()):
            yield from _declared(types[name])


def leaves(type_: Any, start: int = 0, name: str = "") -> Iterator[tuple[int, str]]:
    """Every leaf of a type: where it begins, in bytes from ``start``, and how it is named from there."""
    if issubclass(type_, ctypes.Structure | ctypes.Union):
        anonymous = {part for base in type_.__mro__ for part in vars(base).get("_anonymous_", ())}
        for field, member in members(type_).items():
            if field in anonymous:
                continue
            if is_text(member.type):
                yield start + member.offset, f"{name}.{field}"
            else:
                yield from leaves(member.type, start + member.offset, f"{name}.{field}")
    elif issubclass(type_, ctypes.Array):
        size = ctypes.sizeof(type_._type_)
        for index in range(type_._length_):
            yield from leaves(type_._type_, start + index * size, f"{name}[{index}]")
    else:
        yield start, name


def shape(type_: Any) -> dict[str, Any]:
    """What a block of this type is described by: ``length``, and for one with fields ``fields`` and ``stride``."""
    length = type_._length_ if issubclass(type_, ctypes.Array) else 1
    if not has_fields(type_):
        return {"length": length}
    array = issubclass(type_, ctypes.Array)
    element = type_._type_ if array else type_
    names: dict[int, str] = {}
    for (offset, name), _ in zip(leaves(element), range(NAMED_LEAVES), strict=False):
        names[offset] = f"{names[offset]} and {name}" if offset in names else name
    return {
        "length": length,
        "fields": sorted(names.items()),
        "stride": ctypes.sizeof(element) if array else 0,
    }

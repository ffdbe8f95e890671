"""Plain data as bytes and back: exact built-in types only, and reading them costs no more than the bytes are worth.

Every value is a tag of one byte and what belongs to it; counts and lengths are four bytes, the highest first. The
reader trusts no count that is larger than what is left of the bytes, and no nesting beyond what it was told.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

_COUNT = struct.Struct("!I")
_SMALL = struct.Struct("!q")
_FLOAT = struct.Struct("!d")
_COMPLEX = struct.Struct("!dd")
SMALL_BITS = 63

CONSTANTS: dict[bytes, Any] = {b"N": None, b"T": True, b"F": False}
CONTAINERS: dict[bytes, Callable[[list[Any]], Any]] = {b"l": list, b"t": tuple, b"s": set, b"z": frozenset}
_TAGS = {make: tag for tag, make in CONTAINERS.items()}


class Malformed(ValueError):
    """The bytes are not what `encode` makes."""


def encode(value: Any) -> bytes:
    """Turn plain data into bytes.

    Args:
        value: Made of exact built-in types all through, and nested less deep than Python's own calls may be.

    Raises:
        UnicodeEncodeError: A text has half a character (a lone surrogate) in it.
        TypeError: Another type.
    """
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _write(value: Any, out: bytearray) -> None:
    kind = type(value)
    if value is None or kind is bool:
        out += b"N" if value is None else b"T" if value else b"F"
    elif kind is int:
        if value.bit_length() <= SMALL_BITS:
            out += b"i" + _SMALL.pack(value)
        else:
            _write_bytes(b"I", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True), out)
    elif kind is str:
        _write_bytes(b"u", value.encode("utf-8"), out)
    elif kind is bytes:
        _write_bytes(b"b", value, out)
    elif kind is float:
        out += b"f" + _FLOAT.pack(value)
    elif kind is complex:
        out += b"c" + _COMPLEX.pack(value.real, value.imag)
    elif kind is dict:
        out += b"d" + _COUNT.pack(len(value))
        for key, inner in value.items():
            _write(key, out)
            _write(inner, out)
    elif kind in _TAGS:
        out += _TAGS[kind] + _COUNT.pack(len(value))
        for inner in value:
            _write(inner, out)
    else:
        raise TypeError(f"{kind.__qualname__} is not plain data")


def _write_bytes(tag: bytes, data: bytes, out: bytearray) -> None:
    out += tag + _COUNT.pack(len(data))
    out += data


def decode(data: bytes, *, levels: int) -> Any:
    """Turn bytes back into plain data.

    Args:
        data: The bytes.
        levels: How deep containers may be nested.

    Raises:
        Malformed: They are no such bytes.
    """
    try:
        reader = _Reader(data, levels)
        value = reader.value(0)
    except (struct.error, TypeError, ValueError) as error:  # cut short; a list as a key; bytes that are no text
        raise Malformed(str(error)) from error
    if reader.position != len(data):
        raise Malformed("something follows the end")
    return value


class _Reader:
    def __init__(self, data: bytes, levels: int) -> None:
        self.position = 0
        self._data = data
        self._levels = levels

    def value(self, depth: int) -> Any:
        tag = self._take(1)
        if tag in CONSTANTS:
            return CONSTANTS[tag]
        if tag == b"i":
            return self._unpack(_SMALL)[0]
        if tag in CONTAINERS:
            inner = self._inside(depth)
            return CONTAINERS[tag]([self.value(inner) for _ in range(self._count())])
        match tag:
            case b"d":
                inner = self._inside(depth)
                return {self.value(inner): self.value(inner) for _ in range(self._count())}
            case b"u":
                return self._take(self._count()).decode("utf-8")
            case b"b":
                return self._take(self._count())
            case b"f":
                return self._unpack(_FLOAT)[0]
            case b"c":
                return complex(*self._unpack(_COMPLEX))
            case b"I":
                return int.from_bytes(self._take(self._count()), "big", signed=True)
        raise Malformed(f"the tag {tag!r} is not known")

    def _inside(self, depth: int) -> int:
        if depth >= self._levels:
            raise Malformed(f"it is nested deeper than {self._levels} levels")
        return depth + 1

    def _take(self, length: int) -> bytes:
        piece = self._data[self.position : self.position + length]
        if len(piece) != length:
            raise Malformed("it is cut short")
        self.position += length
        return piece

    def _unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        return form.unpack(self._take(form.size))

    def _count(self) -> int:
        count: int = self._unpack(_COUNT)[0]
        if count > len(self._data) - self.position:  # every item takes a byte at least
            raise Malformed("a count is larger than what is left")
        return count

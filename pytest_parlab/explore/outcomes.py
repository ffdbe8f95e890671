"""What a function returned, as a key: equal results are equal outcomes."""

from __future__ import annotations

from typing import Any


def freeze(value: Any) -> Any:
    """A value that can be a key: lists become tuples, sets frozen sets, and what else has no hash a text.

    A dictionary becomes the frozen set of its items.
    """
    if isinstance(value, list | tuple) and type(value) in {list, tuple}:
        return tuple(freeze(item) for item in value)
    if isinstance(value, set | frozenset):
        return frozenset(freeze(item) for item in value)
    if isinstance(value, dict):
        return frozenset((freeze(key), freeze(item)) for key, item in value.items())
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value

"""Replaces attributes of library classes while something is watched, and puts them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MISSING = object()


class Patches:
    """Replacements, undone in reverse order."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._replaced: list[tuple[Any, str]] = []

    @property
    def replaced(self) -> tuple[tuple[Any, str], ...]:
        """What is replaced now: owners and names of attributes."""
        return tuple(self._replaced)

    def replace(self, owner: Any, name: str, new: Any) -> None:
        """Put `new` in place of the attribute; what stood there is restored by `undo`."""
        own = vars(owner).get(name, _MISSING)
        setattr(owner, name, new)
        self._replaced.append((owner, name))
        if own is _MISSING:
            self._undo.append(lambda: delattr(owner, name))
        else:
            self._undo.append(lambda: setattr(owner, name, own))

    def afterwards(self, action: Callable[[], None]) -> None:
        """Have something else put back by `undo`, in its turn."""
        self._undo.append(action)

    def undo(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()
        self._replaced.clear()

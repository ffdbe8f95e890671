"""The items of a `ShareableList` under control. Memory that is taken as a buffer cannot be scheduled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from multiprocessing import shared_memory
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.instrument.patches import Patches


def install(patches: Patches) -> None:
    """Replace creation and access."""
    items: Any = shared_memory.ShareableList
    memory: Any = shared_memory.SharedMemory
    patches.replace(memory, "buf", property(_taken(memory.buf.__get__)))
    patches.replace(items, "__init__", _made(items.__init__))
    patches.replace(items, "__getitem__", _access(items.__getitem__, Kind.READ))
    patches.replace(items, "__setitem__", _access(items.__setitem__, Kind.WRITE))


def _taken(original: Callable[[Any], memoryview]) -> Callable[[Any], memoryview]:
    def buf(self: Any) -> memoryview:
        """A memoryview of contents of the shared memory block."""
        control = controller.active
        if control is not None and control.places.called_by_user(sys._getframe(1)):
            control.unmodelled("it takes the buffer of a SharedMemory and accesses it unseen")
        return original(self)

    return buf


def _number(items: Any, control: Controller) -> int:
    """The slot of a list: its memory has a name, and so it is the same in all processes."""
    return control.slot_named(f"list {items.shm.name}")


def _made(original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def __init__(self: Any, sequence: Any = None, *, name: str | None = None) -> None:
        control = controller.active
        controller.active = None  # what it writes into its own memory is nobody else's business yet
        try:
            original(self, sequence, name=name)
        finally:
            controller.active = control
        if control is not None:
            self._parlab_made = control.made_at()
            if sequence is not None:
                control.name_slot(f"list {self.shm.name}")

    return __init__


def _access(original: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    @wraps(original)
    def access(self: Any, position: int, *value: Any) -> Any:
        control = controller.active
        if control is None:
            return original(self, position, *value)
        index = position if position >= 0 else position + len(self)
        number = _number(self, control)
        control.point(kind, resource_of(number, index), self, changes=kind is Kind.WRITE)
        result = original(self, position, *value)
        verb, shown = ("reads", result) if kind is Kind.READ else ("writes", value[0])
        control.tell(f"{verb} [{position}]:", self, shown)
        return result

    return access

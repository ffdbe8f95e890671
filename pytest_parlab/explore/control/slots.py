"""The slots of objects that are older than the schedule: where they lie does not depend on when they are met."""

from __future__ import annotations

from pytest_parlab.explore.control.layout import KEY, MOST, OLD_SLOTS, SLOT, SLOT_ROWS, VALUE

_KEY_BITS = 40
_KEY = (1 << _KEY_BITS) - 1
_HIGHEST = (1 << 64 - _KEY_BITS) - 1
"""A key and, above it, the value that the object had share one word."""
_EMPTY = memoryview(bytes(SLOT * 8)).cast("Q")


def clear_slot(memory: memoryview, number: int, value: int, most: int) -> None:
    """Let a slot be that of a new object."""
    at = SLOT_ROWS + number * SLOT
    memory[at : at + SLOT] = _EMPTY
    memory[at + VALUE], memory[at + MOST] = value, most


def old_slot(memory: memoryview, key: int, value: int = 0, most: int = 0) -> int:
    """The slot of an object that is older than the schedule; -1 if there are too many.

    Args:
        memory: The words of the board.
        key: The same number for it in all processes.
        value: Its present value, if it has no slot yet.
        most: Its highest one.
    """
    for probe in range(OLD_SLOTS - 1):
        number = 1 + (key + probe) % (OLD_SLOTS - 1)
        known = memory[SLOT_ROWS + number * SLOT + KEY]
        if known & _KEY == key:
            return number
        if not known:
            clear_slot(memory, number, value, most)
            memory[SLOT_ROWS + number * SLOT + KEY] = key | min(value, _HIGHEST) << _KEY_BITS
            return number
    return -1


def reset_old_slots(memory: memoryview) -> None:
    """Give all older objects the values again that they had."""
    for number in range(1, OLD_SLOTS):
        at = SLOT_ROWS + number * SLOT
        known = memory[at + KEY]
        if known:
            clear_slot(memory, number, known >> _KEY_BITS, memory[at + MOST])
            memory[at + KEY] = known

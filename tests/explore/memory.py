"""What processes see of each other's writes: every access is one step, and all agree on their order."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.explore.litmus import add, gives, put_into, together


@gives(1, 2)
def two_add_to_a_value(context: Any) -> int:
    """An update is lost if both read before one writes."""
    value = context.Value("i", 0)
    together(*(context.Process(target=add, args=(value,)) for _ in range(2)))
    return int(value.value)


@gives(1, 2, 3)
def three_add_to_a_value(context: Any) -> int:
    value = context.Value("i", 0)
    together(*(context.Process(target=add, args=(value,)) for _ in range(3)))
    return int(value.value)


def _add_twice(value: Any) -> None:
    add(value)
    add(value)


@gives(2, 3, 4)
def two_add_twice(context: Any) -> int:
    """Two are left at least: who writes last has read what another wrote after its own first, or its own first."""
    value = context.Value("i", 0)
    together(*(context.Process(target=_add_twice, args=(value,)) for _ in range(2)))
    return int(value.value)


@gives(1, 2)
def two_add_to_a_raw_value(context: Any) -> int:
    value = context.RawValue("i", 0)
    together(*(context.Process(target=add, args=(value,)) for _ in range(2)))
    return int(value.value)


@gives(1, 2)
def two_add_to_a_value_without_a_lock(context: Any) -> int:
    value = context.Value("i", 0, lock=False)
    together(*(context.Process(target=add, args=(value,)) for _ in range(2)))
    return int(value.value)


@gives(1, 2)
def the_caller_adds_as_well(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=add, args=(value,))
    process.start()
    add(value)
    process.join()
    return int(value.value)


def _add_guarded(value: Any) -> None:
    with value.get_lock():
        value.value += 1


@gives(2)
def two_add_under_the_lock_of_the_value(context: Any) -> int:
    value = context.Value("i", 0)
    together(*(context.Process(target=_add_guarded, args=(value,)) for _ in range(2)))
    return int(value.value)


@gives(1, 2)
def one_of_two_takes_the_lock(context: Any) -> int:
    """A lock that only one takes guards nothing, although each single access takes it."""
    value = context.Value("i", 0)
    together(context.Process(target=_add_guarded, args=(value,)), context.Process(target=add, args=(value,)))
    return int(value.value)


@gives(1, 2)
def two_write(context: Any) -> int:
    value = context.Value("i", 0)
    together(*(context.Process(target=put_into, args=(value, number)) for number in (1, 2)))
    return int(value.value)


@gives(0, 1)
def read_before_the_end(context: Any) -> int:
    value = context.Value("i", 0)
    process = context.Process(target=put_into, args=(value, 1))
    process.start()
    seen = int(value.value)
    process.join()
    return seen


@gives(1)
def read_after_the_end(context: Any) -> int:
    value = context.Value("i", 0)
    together(context.Process(target=put_into, args=(value, 1)))
    return int(value.value)


def _write_and_look(mine: Any, yours: Any, seen: Any, at: int) -> None:
    mine.value = 1
    seen[at] = yours.value


@gives((0, 1), (1, 0), (1, 1))
def store_buffering(context: Any) -> tuple[int, ...]:
    """Each writes its own cell and reads the other's: one of them must see it."""
    x, y, seen = context.Value("i", 0), context.Value("i", 0), context.Array("i", 2)
    together(
        context.Process(target=_write_and_look, args=(x, y, seen, 0)),
        context.Process(target=_write_and_look, args=(y, x, seen, 1)),
    )
    return tuple(seen)


def _look_and_write(mine: Any, yours: Any, seen: Any, at: int) -> None:
    seen[at] = yours.value
    mine.value = 1


@gives((0, 0), (0, 1), (1, 0))
def load_buffering(context: Any) -> tuple[int, ...]:
    """Each reads the other's cell before it writes its own: not both can see it."""
    x, y, seen = context.RawValue("i", 0), context.RawValue("i", 0), context.RawArray("i", 2)
    together(
        context.Process(target=_look_and_write, args=(x, y, seen, 0)),
        context.Process(target=_look_and_write, args=(y, x, seen, 1)),
    )
    return tuple(seen)


def _write_two(first: Any, second: Any) -> None:
    first.value = 1
    second.value = 1


@gives((0, 0), (0, 1), (1, 1))
def message_passing(context: Any) -> tuple[int, int]:
    """Who sees the second write sees the first."""
    data, ready = context.Value("i", 0), context.Value("i", 0)
    process = context.Process(target=_write_two, args=(data, ready))
    process.start()
    seen = int(ready.value), int(data.value)
    process.join()
    return seen


def _count_up(value: Any) -> None:
    value.value = 1
    value.value = 2


@gives((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
def coherence(context: Any) -> tuple[int, int]:
    """Of one cell nobody sees an older value after a newer one."""
    value = context.Value("i", 0)
    process = context.Process(target=_count_up, args=(value,))
    process.start()
    seen = int(value.value), int(value.value)
    process.join()
    return seen


def _look_at_two(first: Any, second: Any, seen: Any, at: int) -> None:
    seen[at] = first.value
    seen[at + 1] = second.value


@gives(*(seen for seen in product((0, 1), repeat=4) if seen != (1, 0, 1, 0)))
def independent_reads_of_independent_writes(context: Any) -> tuple[int, ...]:
    """Two readers, each with its own order of reading: they cannot disagree which write was first."""
    x, y, seen = context.Value("i", 0), context.Value("i", 0), context.Array("i", 4)
    together(
        context.Process(target=put_into, args=(x, 1)),
        context.Process(target=put_into, args=(y, 1)),
        context.Process(target=_look_at_two, args=(x, y, seen, 0)),
        context.Process(target=_look_at_two, args=(y, x, seen, 2)),
    )
    return tuple(seen)


def _add_to_item(array: Any, index: int) -> None:
    array[index] += 1


@gives((1, 1))
def two_add_to_two_items(context: Any) -> tuple[int, ...]:
    array = context.Array("i", 2)
    together(*(context.Process(target=_add_to_item, args=(array, index)) for index in range(2)))
    return tuple(array)


@gives(1, 2)
def two_add_to_one_item(context: Any) -> int:
    array = context.Array("i", 2)
    together(*(context.Process(target=_add_to_item, args=(array, 1)) for _ in range(2)))
    return int(array[1])


@gives(1, 2)
def two_add_to_one_item_from_both_ends(context: Any) -> int:
    """An index from the end is the same item."""
    array = context.RawArray("i", 2)
    together(*(context.Process(target=_add_to_item, args=(array, index)) for index in (1, -1)))
    return int(array[1])


def _fill(array: Any) -> None:
    array[:] = [1, 1]


@gives((0, 0), (1, 1))
def a_slice_of_an_array_is_one_access(context: Any) -> tuple[int, ...]:
    """It holds the lock of the array throughout."""
    array = context.Array("i", 2)
    process = context.Process(target=_fill, args=(array,))
    process.start()
    seen = tuple(array[:])
    process.join()
    return seen


def _fill_one_by_one(array: Any) -> None:
    array[0] = 1
    array[1] = 1


@gives((0, 0), (1, 0), (1, 1))
def a_slice_sees_items_in_the_order_of_writing(context: Any) -> tuple[int, ...]:
    array = context.Array("i", 2)
    process = context.Process(target=_fill_one_by_one, args=(array,))
    process.start()
    seen = tuple(array[:])
    process.join()
    return seen


@gives(1)
def waiting_for_a_flag(context: Any) -> int:
    """One who reads the same again and again lets the others go on: this ends."""
    data, ready = context.Value("i", 0), context.Value("i", 0)
    process = context.Process(target=_write_two, args=(data, ready))
    process.start()
    while not ready.value:
        pass
    seen = int(data.value)
    process.join()
    return seen


def _answer(asked: Any, answered: Any) -> None:
    while not asked.value:
        pass
    answered.value = asked.value + 1


@gives(2)
def two_wait_for_flags_of_each_other(context: Any) -> int:
    asked, answered = context.Value("i", 0), context.RawValue("i", 0)
    process = context.Process(target=_answer, args=(asked, answered))
    process.start()
    asked.value = 1
    while not answered.value:
        pass
    process.join()
    return int(answered.value)

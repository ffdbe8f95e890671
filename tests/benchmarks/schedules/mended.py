"""The same programs without their bugs: no schedule of them fails, and each has one result."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.schedules.locking import _down, _enter, _grow, _grow_and_look, _pass_by, _up
from tests.benchmarks.schedules.ordering import _book, _expect_less_than, _raise_by
from tests.benchmarks.schedules.running import run, wrong
from tests.benchmarks.schedules.signalling import Device, _consume, _produce, _stop


def deadlock01(context: Any) -> int:
    """Both take the left lock first."""
    left, right = context.Lock(), context.Lock()
    counter = context.Value("i", 1)
    run(
        context.Process(target=_up, args=(counter, left, right)),
        context.Process(target=_down, args=(counter, right, left)),
    )
    return int(counter.value)


def _in_turn(first: Any, second: Any) -> None:
    for lock in (first, first, second, second):
        with lock:
            pass


def phase01(context: Any) -> None:
    """Every lock is given back."""
    first, second = context.Lock(), context.Lock()
    run(*(context.Process(target=_in_turn, args=(first, second)) for _ in range(2)))


def carter01(context: Any) -> tuple[int, int]:
    """Each class has a door of its own."""
    room, our_door, their_door = context.Lock(), context.Lock(), context.Lock()
    ours, theirs = context.Value("i", 0), context.Value("i", 0)
    run(
        context.Process(target=_enter, args=(ours, room, our_door)),
        context.Process(target=_enter, args=(theirs, room, their_door)),
        context.Process(target=_pass_by),
        context.Process(target=_pass_by),
    )
    return int(ours.value), int(theirs.value)


def wronglock_3(context: Any) -> int:
    """All use one lock."""
    total, lock = context.Value("i", 0), context.Lock()
    run(
        context.Process(target=_grow_and_look, args=(total, lock)),
        *(context.Process(target=_grow, args=(total, lock)) for _ in range(3)),
    )
    return int(total.value)


def _audit(balance: Any, deposited: Any, withdrawn: Any, lock: Any) -> None:
    with lock:
        if deposited.value and withdrawn.value and balance.value != -1:
            wrong()


def account(context: Any) -> int:
    """The auditor calculates right."""
    lock = context.Lock()
    balance = context.Value("i", 1)
    deposited, withdrawn = context.Value("b", 0), context.Value("b", 0)
    run(
        context.Process(target=_audit, args=(balance, deposited, withdrawn, lock)),
        context.Process(target=_book, args=(balance, 2, deposited, lock)),
        context.Process(target=_book, args=(balance, -4, withdrawn, lock)),
    )
    return int(balance.value)


def lazy01(context: Any) -> int:
    """The checker knows that both may have been there."""
    lock, data = context.Lock(), context.Value("i", 0)
    run(
        context.Process(target=_raise_by, args=(data, 1, lock)),
        context.Process(target=_raise_by, args=(data, 2, lock)),
        context.Process(target=_expect_less_than, args=(4, data, lock)),
    )
    return int(data.value)


def _set(a: Any, b: Any, lock: Any) -> None:
    with lock:
        a.value = 1
        b.value = -1


def _check(a: Any, b: Any, lock: Any) -> None:
    with lock:
        if not ((a.value == 0 and b.value == 0) or (a.value == 1 and b.value == -1)):
            wrong()


def reorder_3(context: Any) -> tuple[int, int]:
    """Both cells are written, and read, under one lock."""
    shared = (context.Value("i", 0), context.Value("i", 0), context.Lock())
    run(
        *(context.Process(target=_set, args=shared) for _ in range(2)),
        context.Process(target=_check, args=shared),
    )
    return int(shared[0].value), int(shared[1].value)


def _both_stages(first: Any, second: Any, lock: Any) -> None:
    with lock:
        first.value = 1
        second.value = first.value + 1


def _look_at_both(first: Any, second: Any, lock: Any) -> None:
    with lock:
        if first.value and second.value != first.value + 1:
            wrong()


def twostage(context: Any) -> int:
    """One lock for the two cells that belong together."""
    shared = (context.Value("i", 0), context.Value("i", 0), context.Lock())
    run(
        context.Process(target=_both_stages, args=shared),
        context.Process(target=_look_at_both, args=shared),
    )
    return int(shared[1].value)


def sync01(context: Any) -> int:
    """The consumer takes what it waited for."""
    count, lock = context.Value("i", 1), context.Lock()
    conditions = (lock, context.Condition(lock), context.Condition(lock))
    run(
        context.Process(target=_produce, args=(count, 1, *conditions)),
        context.Process(target=_consume, args=(count, 1, *conditions)),
    )
    return int(count.value)


def sync02(context: Any) -> int:
    """Nothing is there at the beginning."""
    count, lock = context.Value("i", 0), context.Lock()
    conditions = (lock, context.Condition(lock), context.Condition(lock))
    run(
        context.Process(target=_produce, args=(count, 2, *conditions)),
        context.Process(target=_consume, args=(count, 2, *conditions)),
    )
    return int(count.value)


class _CarefulDevice(Device):
    def begin(self) -> bool:
        with self.pending.get_lock():
            self.pending.value += 1
        if self.stopping.value:
            self.end()
            return False
        return True


def bluetooth_driver(context: Any) -> int:
    """A request counts itself first and then asks whether the device stops."""
    device = _CarefulDevice(context)
    stop = context.Process(target=_stop, args=(device,))
    stop.start()
    try:
        if device.begin():
            assert not device.stopped.value, "the device was stopped under a request"
            device.end()
    finally:
        stop.join()
    return int(device.pending.value)


class _Depot:
    """A stack that knows how much is on it."""

    def __init__(self, context: Any, size: int) -> None:
        self.lock = context.Lock()
        self.items = context.Array("i", size)
        self.top = context.Value("i", 0)
        self.taken = context.Value("i", 0)


def _push_all(depot: _Depot) -> None:
    for number in range(len(depot.items)):
        with depot.lock:
            depot.items[depot.top.value] = number
            depot.top.value += 1


def _pop_all(depot: _Depot) -> None:
    for _ in range(len(depot.items)):
        with depot.lock:
            if depot.top.value > 0:
                depot.top.value -= 1
                depot.taken.value += 1
            if depot.top.value < 0:
                wrong()


def stack(context: Any) -> int:
    """Who pops looks at the height; three of ten items, so that all schedules can be tried."""
    depot = _Depot(context, 3)
    run(context.Process(target=_push_all, args=(depot,)), context.Process(target=_pop_all, args=(depot,)))
    return int(depot.top.value + depot.taken.value)

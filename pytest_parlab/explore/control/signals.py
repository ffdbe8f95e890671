"""Conditions, events and barriers under control: each of their calls is one operation, or one and a wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from multiprocessing import synchronize
from typing import Any

from pytest_parlab.explore.control import controller
from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.controller import Controller
from pytest_parlab.explore.control.layout import Needs
from pytest_parlab.explore.control.locks import slot_of
from pytest_parlab.explore.operations import Kind, resource_of
from pytest_parlab.instrument.patches import Patches

_GENERATION, _COUNT, _BROKEN, _WAITING, _SENT_AWAY = rows.VALUE, rows.OWNER, rows.DEPTH, rows.WAITERS, rows.ELIGIBLE
"""What the words of a barrier's slot mean."""


def install(patches: Patches) -> None:
    """Replace what waits and what wakes."""
    table: tuple[tuple[Any, dict[str, Callable[..., Any]]], ...] = (
        (synchronize.Condition, {"wait": _wait, "wait_for": _wait_for, "notify": _notify}),
        (synchronize.Event, {"is_set": _is_set, "set": _set, "clear": _clear, "wait": _wait_for_event}),
        (synchronize.Barrier, {"wait": _meet, "reset": _reset, "abort": _abort}),
    )
    for owner, replacements in table:
        for name, replacement in replacements.items():
            patches.replace(owner, name, _controlled(getattr(owner, name), replacement))
    patches.replace(synchronize.Barrier, "n_waiting", property(_looked_up("n_waiting")))
    patches.replace(synchronize.Barrier, "broken", property(_looked_up("broken")))


def _controlled(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        control = controller.active
        return original(self, *args, **kwargs) if control is None else replacement(control, self, *args, **kwargs)

    return method


def _wait(control: Controller, condition: Any, timeout: float | None = None) -> bool:
    own, number = slot_of(condition._wait_semaphore, control), slot_of(condition._lock, control)
    slot, lock, bit = control.board.slot(own), control.board.slot(number), 1 << control.process
    if lock[rows.OWNER] != control.process + 1:
        raise AssertionError("must acquire() condition before using wait()")
    resource, depth = resource_of(number), lock[rows.DEPTH]
    control.point(Kind.WAIT, resource, condition)
    lock[rows.VALUE], lock[rows.OWNER], lock[rows.DEPTH] = 1, 0, 0
    slot[rows.WAITERS] |= bit
    control.tell("waits for", condition)
    control.holds(condition._lock, now=False)
    notified = control.point(
        Kind.WAIT, resource, condition, needs=Needs.NOTIFIED, first=own, second=number, timeout_s=timeout
    )
    if notified:
        slot[rows.PERMITS] -= 1
    slot[rows.WAITERS] &= ~bit
    slot[rows.ELIGIBLE] &= ~bit
    slot[rows.PERMITS] = min(slot[rows.PERMITS], slot[rows.ELIGIBLE].bit_count())
    if not notified:
        control.point(Kind.ACQUIRE, resource, condition._lock, needs=Needs.VALUE, first=number)
    lock[rows.VALUE], lock[rows.OWNER], lock[rows.DEPTH] = 0, control.process + 1, depth
    control.holds(condition._lock, now=True)
    control.tell("is woken by" if notified else "gives up waiting for", condition)
    return notified


def _wait_for(control: Controller, condition: Any, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
    ends_ns = None if timeout is None else control.board.clock_ns + timeout * 1e9
    result = predicate()
    while not result:
        left_s = None if ends_ns is None else (ends_ns - control.board.clock_ns) / 1e9
        if left_s is not None and left_s <= 0:
            break
        condition.wait(left_s)
        result = predicate()
    return result


def _notify(control: Controller, condition: Any, n: int = 1) -> None:
    own, number = slot_of(condition._wait_semaphore, control), slot_of(condition._lock, control)
    slot = control.board.slot(own)
    if control.board.slot(number)[rows.OWNER] != control.process + 1:
        raise AssertionError("lock is not owned")
    control.point(Kind.NOTIFY, resource_of(number), condition)
    slot[rows.ELIGIBLE] = waiters = slot[rows.WAITERS]
    slot[rows.PERMITS] = min(slot[rows.PERMITS] + n, waiters.bit_count())
    control.tell(f"notifies {slot[rows.PERMITS]} of those who wait for", condition)


def _event(control: Controller, event: Any) -> tuple[int, memoryview]:
    number = slot_of(event._flag, control)
    return number, control.board.slot(number)


def _is_set(control: Controller, event: Any) -> bool:
    number, slot = _event(control, event)
    control.point(Kind.LOOK, resource_of(number), event, changes=False)
    return _told(control, "looks at", event, result=bool(slot[rows.VALUE]))


def _set(control: Controller, event: Any) -> None:
    number, slot = _event(control, event)
    control.point(Kind.SET, resource_of(number), event)
    slot[rows.VALUE] = 1
    _told(control, "sets", event)


def _clear(control: Controller, event: Any) -> None:
    number, slot = _event(control, event)
    control.point(Kind.CLEAR, resource_of(number), event)
    slot[rows.VALUE] = 0
    _told(control, "clears", event)


def _wait_for_event(control: Controller, event: Any, timeout: float | None = None) -> bool:
    if timeout is not None and timeout <= 0:
        return _is_set(control, event)
    number, _ = _event(control, event)
    resource = resource_of(number)
    seen = control.point(
        Kind.WAIT, resource, event, changes=False, looks=False, needs=Needs.VALUE, first=number, timeout_s=timeout
    )
    return _told(control, "sees" if seen else "gives up waiting for", event, result=seen)


def _told(control: Controller, action: str, thing: Any, *, result: bool = True) -> bool:
    control.tell(action, thing)
    return result


def _barrier(control: Controller, barrier: Any) -> tuple[int, memoryview]:
    number = slot_of(barrier._cond._wait_semaphore, control)
    return number, control.board.slot(number)


def _meet(control: Controller, barrier: Any, timeout: float | None = None) -> int:
    number, slot = _barrier(control, barrier)
    resource, bit = resource_of(number), 1 << control.process
    control.point(Kind.ARRIVE, resource, barrier)
    if slot[_BROKEN]:
        raise threading.BrokenBarrierError
    index, generation = slot[_COUNT], slot[_GENERATION]
    slot[_COUNT] += 1
    _told(control, "arrives at", barrier)
    if slot[_COUNT] == barrier.parties:
        _let_all_go(barrier, slot)
        return index
    slot[_WAITING] |= bit
    limit = barrier._timeout if timeout is None else timeout
    met = control.point(
        Kind.LEAVE, resource, barrier, changes=False, looks=False, needs=Needs.OTHER_VALUE, first=number,
        second=generation, timeout_s=limit,
    )  # fmt: skip
    slot[_WAITING] &= ~bit
    sent_away = bool(slot[_SENT_AWAY] & bit)
    slot[_SENT_AWAY] &= ~bit
    if not met:
        _break(slot)
    if slot[_BROKEN] or sent_away:
        _told(control, "finds broken", barrier)
        raise threading.BrokenBarrierError
    _told(control, "leaves", barrier)
    return index


def _let_all_go(barrier: Any, slot: memoryview) -> None:
    try:
        if barrier._action:
            barrier._action()
    except BaseException:
        _break(slot)
        raise
    slot[_COUNT] = 0
    slot[_GENERATION] += 1


def _break(slot: memoryview) -> None:
    slot[_BROKEN], slot[_COUNT] = 1, 0
    slot[_GENERATION] += 1


def _reset(control: Controller, barrier: Any) -> None:
    number, slot = _barrier(control, barrier)
    control.point(Kind.CLEAR, resource_of(number), barrier)
    slot[_SENT_AWAY] |= slot[_WAITING]
    slot[_BROKEN] = slot[_COUNT] = 0
    slot[_GENERATION] += 1
    _told(control, "resets", barrier)


def _abort(control: Controller, barrier: Any) -> None:
    number, slot = _barrier(control, barrier)
    control.point(Kind.SET, resource_of(number), barrier)
    _break(slot)
    _told(control, "breaks", barrier)


def _looked_up(name: str) -> Callable[[Any], Any]:
    original: Any = getattr(synchronize.Barrier, name).fget

    def look(self: Any) -> Any:
        control = controller.active
        if control is None:
            return original(self)
        number, slot = _barrier(control, self)
        control.point(Kind.LOOK, resource_of(number), self, changes=False)
        return bool(slot[_BROKEN]) if name == "broken" else slot[_COUNT]

    return look

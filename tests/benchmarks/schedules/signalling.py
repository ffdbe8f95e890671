"""Processes that tell each other something: by a condition, or by a flag."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.schedules.running import run


def _produce(count: Any, times: int, lock: Any, empty: Any, full: Any) -> None:
    for _ in range(times):
        with lock:
            while count.value > 0:
                empty.wait()
            count.value += 1
        with full:
            full.notify()


def _await_one(count: Any, lock: Any, empty: Any, full: Any) -> None:
    with lock:
        while count.value == 0:
            full.wait()
    with empty:
        empty.notify()


def _consume(count: Any, times: int, lock: Any, empty: Any, full: Any) -> None:
    for _ in range(times):
        with lock:
            while count.value == 0:
                full.wait()
            count.value -= 1
        with empty:
            empty.notify()


def sync01(context: Any) -> None:
    """The consumer says that there is room, and takes nothing: the producer waits for room for ever."""
    count, lock = context.Value("i", 1), context.Lock()
    conditions = (lock, context.Condition(lock), context.Condition(lock))
    run(
        context.Process(target=_produce, args=(count, 1, *conditions)),
        context.Process(target=_await_one, args=(count, *conditions)),
    )


def sync02(context: Any) -> None:
    """Two are there at the beginning: the consumer is done with them, and the producer's second has no room."""
    count, lock = context.Value("i", 2), context.Lock()
    conditions = (lock, context.Condition(lock), context.Condition(lock))
    run(
        context.Process(target=_produce, args=(count, 2, *conditions)),
        context.Process(target=_consume, args=(count, 2, *conditions)),
    )


class Device:
    """What a driver knows of its device."""

    def __init__(self, context: Any) -> None:
        self.pending = context.Value("i", 1)
        self.stopping = context.Value("b", 0)
        self.may_stop = context.Value("b", 0)
        self.stopped = context.Value("b", 0)

    def begin(self) -> bool:
        """Count a request, unless the device is about to stop."""
        if self.stopping.value:
            return False
        with self.pending.get_lock():
            self.pending.value += 1
        return True

    def end(self) -> None:
        """Take a request off; the last one lets the device stop."""
        with self.pending.get_lock():
            self.pending.value -= 1
            left = self.pending.value
        if left == 0:
            self.may_stop.value = 1


def _stop(device: Device) -> None:
    device.stopping.value = 1
    device.end()
    if device.may_stop.value:
        device.stopped.value = 1


def bluetooth_driver(context: Any) -> None:
    """A request asks whether the device stops and then counts itself: in between the device has stopped."""
    device = Device(context)
    stop = context.Process(target=_stop, args=(device,))
    stop.start()
    try:
        if device.begin():
            assert not device.stopped.value, "the device was stopped under a request"
        device.end()
    finally:
        stop.join()

"""Updates of managed data, one for each type, importable so that they run under every start method."""

from __future__ import annotations

import queue
from collections.abc import Callable
from multiprocessing import managers
from multiprocessing.context import BaseContext
from typing import Any

from tests.unit.instrument.programs import HALF_A_MINUTE


def add_to_value(value: Any) -> None:
    value.value += 1


def get_and_set_value(value: Any) -> None:
    value.set(value.get() + 1)


def add_to_array(array: Any) -> None:
    array[1] += 1


def add_to_namespace(namespace: Any) -> None:
    namespace.count += 1


def add_to_key(scores: Any) -> None:
    scores["ann"] += 1


def add_by_get(scores: Any) -> None:
    scores["ann"] = scores.get("ann", 0) + 1


def look_then_set(scores: Any) -> None:
    if "ann" in scores:
        scores["ann"] = 1


def copy_then_update(scores: Any) -> None:
    snapshot = scores.copy()
    scores.update({"ann": snapshot.get("ann", 0) + 1})


def add_to_item(numbers: Any) -> None:
    numbers[1] += 1


def add_to_last_item(numbers: Any) -> None:
    numbers[-1] += 1


def slice_and_back(numbers: Any) -> None:
    numbers[:] = [number + 1 for number in numbers[:]]


def append_while_short(numbers: Any) -> None:
    if len(numbers) < 10:
        numbers.append(1)


def add_to_nested(outer: Any) -> None:
    inner = outer["inner"]
    inner["ann"] += 1


def locked(update: Callable[[Any], None], lock: Any, data: Any) -> None:
    with lock:
        update(data)


def twice_locked(update: Callable[[Any], None], lock: Any, data: Any) -> None:
    with lock, lock:
        update(data)


def release_in_vain(lock: Any) -> None:
    try:
        lock.release()
    except RuntimeError:
        return
    raise AssertionError


def wait_for_lock(lock: Any, waits: Any) -> None:
    waits.set()
    with lock:
        pass


def nested(manager: Any) -> Any:
    return manager.dict(inner=manager.dict(ann=0))


UPDATES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], None], str]] = {
    "value": (lambda manager: manager.Value("i", 0), add_to_value, ""),
    "get_and_set": (lambda manager: manager.Value("i", 0), get_and_set_value, ""),
    "array": (lambda manager: manager.Array("i", [0, 0, 0]), add_to_array, "[1]"),
    "namespace": (lambda manager: manager.Namespace(count=0), add_to_namespace, ".count"),
    "key": (lambda manager: manager.dict(ann=0), add_to_key, "['ann']"),
    "key_by_get": (lambda manager: manager.dict(), add_by_get, "['ann']"),
    "key_in": (lambda manager: manager.dict(ann=0), look_then_set, "['ann']"),
    "copied": (lambda manager: manager.dict(ann=0), copy_then_update, "['ann']"),
    "item": (lambda manager: manager.list([0, 0]), add_to_item, "[1]"),
    "last_item": (lambda manager: manager.list([0, 0]), add_to_last_item, "[-1]"),
    "slice": (lambda manager: manager.list([0]), slice_and_back, "[0]"),
    "length": (lambda manager: manager.list(), append_while_short, ""),
    "nested": (nested, add_to_nested, "['ann']"),
}
"""Each: how the data is made, the update, and what the report calls the cell behind the data's name."""


def each_alone(context: BaseContext, update: Callable[..., None], *arguments: Any) -> None:
    """Run an update in two processes, one after the other as the clock goes and unordered by anything that counts."""
    processes = [context.Process(target=update, args=arguments) for _ in range(2)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join(HALF_A_MINUTE)
        assert process.exitcode == 0


class Counter:
    """A type of the user's own, of which nothing is known."""

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> int:
        self._count += 1
        return self._count


class Scores(dict[str, int]):
    """A dictionary with a method that no table knows."""

    def add(self, name: str) -> None:
        self[name] = self.get(name, 0) + 1


class Mine(managers.SyncManager):
    """A manager with types of the user's."""


class _Picky(queue.Queue[Any]):
    """Looks at what is put into it."""

    def _put(self, item: Any) -> None:
        if not isinstance(item, str):
            raise TypeError(item)
        super()._put(item)


ONE_QUEUE: queue.Queue[Any] = queue.Queue()
ONE_DICT: dict[str, int] = {}


def half_full() -> queue.Queue[Any]:
    """A bounded queue that has something inside before any client knows of it."""
    half: queue.Queue[Any] = queue.Queue(2)
    half.put("old")
    return half


def one_queue() -> queue.Queue[Any]:
    return ONE_QUEUE


def one_dict() -> dict[str, int]:
    return ONE_DICT


Mine.register("Counter", Counter)
Mine.register("Scores", Scores, exposed=("add", "__getitem__", "__setitem__", "get"))
Mine.register("LifoQueue", queue.LifoQueue)
Mine.register("PriorityQueue", queue.PriorityQueue)
Mine.register("Picky", _Picky)
Mine.register("half_full", half_full)
Mine.register("one_queue", one_queue)
Mine.register("one_dict", one_dict, managers.DictProxy)


def put_all(managed: Any, items: list[Any]) -> None:
    for item in items:
        managed.put(item)


def add_to_the_one_dict(address: Any, authkey: bytes) -> None:
    manager = Mine(address=address, authkey=authkey)
    manager.connect()
    manager.one_dict()["ann"] = 1  # type: ignore[attr-defined]

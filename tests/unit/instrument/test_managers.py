"""Managers under a watch: what they are to the trace, and that everything works as without."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing import managers
from multiprocessing.context import BaseContext
from typing import Any

import pytest

from pytest_parlab.instrument import managed_server, watching
from pytest_parlab.instrument.managed_wire import Departure, Identity, TypeId
from tests.unit.instrument import managed_programs
from tests.unit.instrument.managed_programs import Mine


@pytest.fixture
def mine(context: BaseContext) -> Any:
    """Makes a manager with types of the user's, to be started by the test."""
    return lambda: Mine(ctx=context)


def sent_and_received(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


def test_the_server_is_a_helper_of_which_nothing_but_its_life_is_recorded(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager:
        outer: Any = manager.list([manager.dict(a=1), manager.list()])
        outer[0]["a"] += 1
        outer[1].append(outer[0])
        assert outer[1][0]["a"] == 2
    (helper,) = [process for process in watch.trace.processes if process.role == "helper"]
    strands = [strand.index for strand in watch.trace.strands if strand.process == helper.index]
    assert len(strands) == 1
    assert {access.strand for access in watch.trace.accesses} == {0}
    assert watch.trace.problems == ()
    assert watch.trace.untracked == ()


def test_many_connections_make_no_strands() -> None:
    with watching() as watch, multiprocessing.Manager() as manager:
        for _ in range(30):
            manager.Value("i", 0).value += 1
    assert len(watch.trace.strands) == 2


def test_a_type_of_the_users_own_is_named_once(mine: Callable[[], Any]) -> None:
    with watching() as watch:
        manager = mine()
        manager.start()
        counter, scores = manager.Counter(), manager.Scores()
        assert [counter.add(), counter.add(), manager.Counter().add()] == [1, 2, 1]
        scores.add("ann")
        scores.add("ann")
        scores["bob"] = 3
        assert scores.get("ann") == 2
        manager.shutdown()
    names = [text.partition(f" used at {__file__}:")[0] for text in watch.trace.untracked]
    assert names == ["manager.Counter", "manager.Scores"]
    assert [text.partition(": ")[2] for text in watch.trace.untracked] == [
        "calls of its methods are not seen",
        "calls of its methods (add) are not seen",
    ]
    block = next(block for block in watch.trace.blocks if block.kind == "manager.Scores")
    assert [(a.kind, block.part(a.cell[1])) for a in watch.trace.accesses] == [
        ("write", "['bob']"),
        ("read", "['ann']"),
    ]


def test_a_manager_at_an_address_is_the_same_for_all_who_connect(
    mine: Callable[[], Any], context: BaseContext
) -> None:
    with watching() as watch:
        manager = mine()
        manager.start()
        process = context.Process(  # type: ignore[attr-defined]
            target=managed_programs.add_to_the_one_dict, args=(manager.address, bytes(manager._authkey))
        )
        process.start()
        process.join()
        assert manager.one_dict()["ann"] == 1
        manager.shutdown()
    write, read = watch.trace.accesses
    assert (write.kind, read.kind) == ("write", "read")
    assert write.cell == read.cell
    assert write.strand != read.strand
    (block,) = watch.trace.blocks
    assert block.part(write.cell[1]) == "['ann']"


def test_proxies_outlive_the_watch_in_which_they_were_made(context: BaseContext) -> None:
    with watching():
        manager = context.Manager()
        scores, lock, barrier, queue = manager.dict(), manager.Lock(), manager.Barrier(1), manager.Queue()
        scores["inner"] = manager.list([1])
        queue.put(scores)
    try:
        with lock:
            scores["ann"] = 1
        assert scores["inner"][0] == 1
        assert barrier.wait() == 0
        assert queue.get()["ann"] == 1
        assert sent_and_received(scores)["ann"] == 1
    finally:
        manager.shutdown()


def test_the_hooks_are_gone_when_the_watch_is_over() -> None:
    server: Any = managers.Server
    hooked = [(managers.BaseProxy, "_callmethod"), (managers.BaseManager, "_create"), (server, "create")]
    before = [vars(owner)[name] for owner, name in hooked]
    mapping = dict(server.fallback_mapping)
    with watching():
        assert [vars(owner)[name] for owner, name in hooked] != before
        assert set(server.fallback_mapping) > set(mapping)
    assert [vars(owner)[name] for owner, name in hooked] == before
    assert server.fallback_mapping == mapping


def test_a_manager_that_ends_before_the_watch_refuses_as_ever() -> None:
    with watching() as watch:
        with multiprocessing.Manager() as manager:
            value = manager.Value("i", 1)
            value.value = 2
        with pytest.raises((ConnectionError, FileNotFoundError, EOFError)):
            value.value = 3
    assert watch.trace.problems == ()


def test_events_and_barriers_answer_as_ever() -> None:
    with watching(), multiprocessing.Manager() as manager:
        event, barrier = manager.Event(), manager.Barrier(1)
        assert event.wait(0.01) is False
        event.set()
        assert event.wait() is True
        event.clear()
        assert event.is_set() is False
        number = barrier.wait()
        assert (number, type(number)) == (0, int)
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (1, 0, False)
        barrier.abort()
        with pytest.raises(threading.BrokenBarrierError):
            barrier.wait()
        barrier.reset()
        assert barrier.wait() == 0
        assert "Barrier" in str(barrier)


def test_a_barrier_of_a_manager_older_than_the_watch_orders_nothing() -> None:
    with multiprocessing.Manager() as manager:
        barrier = manager.Barrier(1)
        with watching() as watch:
            barrier.wait()
    assert watch.trace.problems == ()
    (said,) = watch.trace.untracked
    assert said.startswith(f"manager.Barrier used at {__file__}:")
    assert said.endswith(": meetings at it (its server does not tell them) are not seen")


def test_proxies_show_themselves_as_ever() -> None:
    with watching(), multiprocessing.Manager() as manager:
        value: Any = manager.Value("i", 3)
        assert str(value) == "Value('i', 3)"
        assert repr(value).startswith("<ValueProxy object, typeid 'Value' at 0x")
        assert repr(value._token).startswith("Token(typeid='Value', ")


def test_an_identity_travels_with_the_name_of_its_type() -> None:
    sent = TypeId("dict", Identity("dict", 7, 8))
    got = sent_and_received(sent)
    assert (got, got.identity) == ("dict", Identity("dict", 7, 8))
    assert {"dict": 1}[got] == 1


def test_a_departure_arrives_as_a_plain_number() -> None:
    got = sent_and_received(Departure(2, 5, 3))
    assert (got, type(got)) == (2, int)


def test_a_thread_that_serves_is_known_as_such_and_its_child_is_not() -> None:
    managed_server._serving.clients_in = os.getpid()
    try:
        assert managed_server.serving()
        process = multiprocessing.get_context("fork").Process(target=_fail_if_serving)
        process.start()
        process.join()
        assert process.exitcode == 0
    finally:
        managed_server._serving.__dict__.clear()


def _fail_if_serving() -> None:
    assert not managed_server.serving()


def test_a_pool_of_a_manager_works(context: BaseContext) -> None:
    with watching() as watch, context.Manager() as manager, manager.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
        assert list(pool.imap(abs, [-3])) == [3]
        assert pool.apply_async(abs, (-4,)).get() == 4
    assert watch.trace.problems == ()
    (said,) = watch.trace.untracked
    assert said.startswith(f"manager.Pool used at {__file__}:")
    assert said.endswith(": tasks of a pool in the manager's process are not seen")

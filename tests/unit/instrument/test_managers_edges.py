"""What a manager's locks, events, barriers and queues order, and what they do not."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import BaseContext
from multiprocessing.managers import SyncManager

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import edges_of_managers

METHODS = multiprocessing.get_all_start_methods()
Program = Callable[[BaseContext, SyncManager], None]


def programs(beginning: str) -> dict[str, Program]:
    return {
        name.removeprefix(beginning): program
        for name, program in vars(edges_of_managers).items()
        if name.startswith(beginning)
    }


ORDERED, APART = programs("edge_"), programs("apart_")


def recorded(program: Program, method: str) -> Trace:
    context = multiprocessing.get_context(method)
    with watching() as watch, context.Manager() as manager:
        program(context, manager)
    assert watch.trace.problems == ()
    return watch.trace


def accesses(trace: Trace, function: str) -> list[Access]:
    found = [access for access in trace.accesses if access.site.function == function]
    assert found
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ORDERED)
def test_an_edge_of_a_manager_orders_what_it_should_and_nothing_more(name: str, method: str) -> None:
    """`before` is ordered before `after`; `aside` and `after` are not ordered either way."""
    trace = recorded(ORDERED[name], method)
    later = accesses(trace, "after")
    assert all(happens_before(first, second) for first in accesses(trace, "before") for second in later)
    for beside in (access for access in trace.accesses if access.site.function == "aside"):
        for access in later:
            assert not happens_before(beside, access)
            assert not happens_before(access, beside)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", APART)
def test_what_is_no_edge_orders_nothing(name: str, method: str) -> None:
    trace = recorded(APART[name], method)
    for first in accesses(trace, "before"):
        for second in accesses(trace, "after"):
            assert not happens_before(first, second)
            assert not happens_before(second, first)


def _one_after_another(barrier: object, rounds: int, value: object) -> None:
    for number in range(rounds):
        value[number] = 1  # type: ignore[index]
        barrier.wait()  # type: ignore[attr-defined]


def test_a_quick_process_that_is_at_the_next_meeting_already_is_not_waited_for() -> None:
    """Of three, each writes a cell of its own per round; a read after round *k* sees round *k* and not *k + 1*."""
    context = multiprocessing.get_context("fork")
    rounds = 4
    with watching() as watch, context.Manager() as manager:
        barrier = manager.Barrier(3)
        arrays = [context.Array("i", rounds) for _ in range(3)]
        workers = [context.Process(target=_one_after_another, args=(barrier, rounds, array)) for array in arrays[:2]]
        for worker in workers:
            worker.start()
        for number in range(rounds):
            barrier.wait()
            for array in arrays[:2]:
                array[number]
        for worker in workers:
            worker.join()
    assert watch.trace.problems == ()
    writes = [a for a in watch.trace.accesses if a.site.function == "_one_after_another"]
    reads = [a for a in watch.trace.accesses if a.kind == "read"]
    assert len(writes) == len(reads) == 2 * rounds
    for write in writes:
        for read in reads:
            assert happens_before(write, read) is (write.cell[1] <= read.cell[1])

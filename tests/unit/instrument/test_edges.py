"""Each edge as a pair of programs: one that it orders, and one that it does not, though it came first in this run."""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import (
    edges_of_executors,
    edges_of_locks,
    edges_of_nothing,
    edges_of_pools,
    edges_of_processes,
    edges_of_queues,
    edges_of_signals,
    edges_of_threads,
)
from tests.unit.instrument.edges import Play

METHODS = multiprocessing.get_all_start_methods()
PAIRS = (
    edges_of_executors,
    edges_of_pools,
    edges_of_processes,
    edges_of_queues,
    edges_of_signals,
    edges_of_threads,
)
WITHOUT_START_METHOD = ("by_hand", "thread_pool", "thread_executor", "threads")
"""Programs that start no process by `multiprocessing`."""


def programs(module: ModuleType, verdict: str) -> dict[str, Callable[[Play], None]]:
    """The programs of a module with a verdict, by edge."""
    start = f"{verdict}_"
    return {name.removeprefix(start): one for name, one in vars(module).items() if name.startswith(start)}


def methods_of(module: ModuleType, edge: str) -> list[str]:
    if module is edges_of_threads or any(word in edge for word in WITHOUT_START_METHOD):
        return METHODS[:1]
    never = getattr(module, "NOT_UNDER", {}).get(edge, ())
    return [method for method in METHODS if method not in never]


def cases(verdict: str, *modules: ModuleType) -> list[object]:
    return [
        pytest.param(program, method, id=f"{module.__name__.rpartition('edges_of_')[2]}-{edge}-{method}")
        for module in modules
        for edge, program in programs(module, verdict).items()
        for method in methods_of(module, edge)
    ]


def recorded(program: Callable[[Play], None], method: str, folder: Path) -> Trace:
    with watching() as watch:
        play = Play(multiprocessing.get_context(method), folder)
        try:
            program(play)
        finally:
            play.end()
    assert watch.trace.problems == ()
    assert not watch.trace.truncated
    return watch.trace


def accesses(trace: Trace) -> dict[str, list[Access]]:
    """The accesses of `before`, `after` and `aside`."""
    found: dict[str, list[Access]] = defaultdict(list)
    for access in trace.accesses:
        found[access.site.function].append(access)
    return found


def ordered_either_way(one: Access, other: Access) -> bool:
    return one.strand != other.strand and (happens_before(one, other) or happens_before(other, one))


@pytest.mark.parametrize(("program", "method"), cases("ordered", *PAIRS))
def test_an_edge_orders_what_it_should_and_nothing_more(
    program: Callable[[Play], None], method: str, tmp_path: Path
) -> None:
    """`before` is ordered before `after`; `aside` and `after` are not ordered either way."""
    found = accesses(recorded(program, method, tmp_path))
    assert found["before"]
    assert found["after"]
    assert all(happens_before(first, second) for first in found["before"] for second in found["after"])
    assert not any(ordered_either_way(beside, one) for beside in found["aside"] for one in found["after"])


@pytest.mark.parametrize(("program", "method"), cases("unordered", *PAIRS, edges_of_nothing))
def test_what_only_happened_to_come_first_is_not_ordered(
    program: Callable[[Play], None], method: str, tmp_path: Path
) -> None:
    found = accesses(recorded(program, method, tmp_path))
    assert found["before"]
    assert found["after"]
    assert not any(happens_before(first, second) for first in found["before"] for second in found["after"])
    assert not any(happens_before(second, first) for first in found["before"] for second in found["after"])


def held_together(found: dict[str, list[Access]]) -> bool:
    """Whether some lock is held at every access of `before` and of `after`."""
    held = [access.locks for access in found["before"] + found["after"]]
    return bool(frozenset.intersection(*held))


@pytest.mark.parametrize(("program", "method"), cases("together", edges_of_locks))
def test_what_is_done_with_the_same_lock_is_not_ordered_and_held_together(
    program: Callable[[Play], None], method: str, tmp_path: Path
) -> None:
    found = accesses(recorded(program, method, tmp_path))
    assert held_together(found)
    assert not any(ordered_either_way(one, other) for one in found["before"] for other in found["after"])


@pytest.mark.parametrize(("program", "method"), cases("apart", edges_of_locks))
def test_what_is_done_without_a_common_lock_is_not_held_together(
    program: Callable[[Play], None], method: str, tmp_path: Path
) -> None:
    found = accesses(recorded(program, method, tmp_path))
    assert found["before"]
    assert found["after"]
    assert not held_together(found)
    assert not any(ordered_either_way(one, other) for one in found["before"] for other in found["after"])


def test_every_lock_has_a_program_that_it_holds_together_and_one_that_it_does_not() -> None:
    assert list(programs(edges_of_locks, "together")) == list(programs(edges_of_locks, "apart"))


@pytest.mark.parametrize("module", PAIRS)
def test_every_edge_has_a_program_that_it_orders_and_one_that_it_does_not(module: ModuleType) -> None:
    assert list(programs(module, "ordered")) == list(programs(module, "unordered"))

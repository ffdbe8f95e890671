"""Each edge as a pair: what it orders, and what stands beside it and is not ordered."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import BaseContext

import pytest

from pytest_parlab.instrument import watching
from pytest_parlab.trace.model import Access, Trace, happens_before
from tests.unit.instrument import edges, edges_of_tasks

METHODS = multiprocessing.get_all_start_methods()
EDGES = {
    name.removeprefix("edge_"): program
    for module in (edges, edges_of_tasks)
    for name, program in vars(module).items()
    if name.startswith("edge_")
}
IN_ONE_PROCESS = {name for name in EDGES if "thread" in name}


def recorded(program: Callable[[BaseContext], None], method: str) -> Trace:
    with watching() as watch:
        program(multiprocessing.get_context(method))
    assert watch.trace.problems == ()
    assert not watch.trace.truncated
    return watch.trace


def accesses(trace: Trace, function: str) -> list[Access]:
    return [access for access in trace.accesses if access.site.function == function]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", EDGES)
def test_an_edge_orders_what_it_should_and_nothing_more(name: str, method: str) -> None:
    """`before` is ordered before `after`; `aside` and `after` are not ordered either way."""
    if name in IN_ONE_PROCESS and method != METHODS[0]:
        pytest.skip("threads only: the start method plays no part")
    trace = recorded(EDGES[name], method)
    earlier, later = accesses(trace, "before"), accesses(trace, "after")
    assert earlier
    assert later
    assert all(happens_before(first, second) for first in earlier for second in later)
    for beside in accesses(trace, "aside"):
        for access in later:
            assert not happens_before(beside, access)
            assert not happens_before(access, beside) or access.strand == beside.strand

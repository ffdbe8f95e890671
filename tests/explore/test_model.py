"""The interpreter that says what a program can do is right about some that everybody knows, and about real runs."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from pytest_parlab.explore.exploration import DEADLOCK
from tests.explore.acting import run
from tests.explore.model import Program, reachable
from tests.explore.random_programs import FAMILIES, a_program

KNOWN: dict[str, tuple[Program, set[Any]]] = {
    "two add": (((("add", 0),), (("add", 0),)), {((1, 0), ((), ())), ((2, 0), ((), ()))}),
    "two add under a lock": ((((("guarded add", 0, 0),)), (("guarded add", 0, 0),)), {((2, 0), ((), ()))}),
    "one of two tries": (
        ((("acquire", 0), ("add", 0), ("release", 0)), (("try add", 0, 0),)),
        {((1, 0), ((), ())), ((2, 0), ((), ()))},
    ),
    "two locks in opposite orders": (
        (
            (("acquire", 0), ("acquire", 1), ("release", 1), ("release", 0)),
            (("acquire", 1), ("acquire", 0), ("release", 0), ("release", 1)),
        ),
        {((0, 0), ((), ())), DEADLOCK},
    ),
    "store buffering": (
        ((("write", 0, 1), ("read", 1)), (("write", 1, 1), ("read", 0))),
        {((1, 1), seen) for seen in (((0,), (1,)), ((1,), (0,)), ((1,), (1,)))},
    ),
    "add if": (
        ((("write", 0, 1),), (("add if", 0, 1, 1),)),
        {((1, 0), ((), ())), ((1, 1), ((), ()))},
    ),
    "a signal": (((("write", 0, 1), ("set", 0)), (("wait", 0), ("read", 0))), {((1, 0), ((), (1,)))}),
    "a look at a signal": (
        ((("write", 0, 1), ("set", 0)), (("look", 0), ("read", 0))),
        {((1, 0), ((), seen)) for seen in ((0, 0), (0, 1), (1, 1))},
    ),
    "one post and two down": (((("post", 0), ("down", 0)), (("down", 0),)), {DEADLOCK}),
    "two send": (
        ((("send", 0, 1),), (("send", 0, 2),), (("receive", 0), ("receive", 0))),
        {((0, 0), ((), (), (1, 2))), ((0, 0), ((), (), (2, 1)))},
    ),
    "its own item in a queue": (
        ((("put", 0, 1), ("empty", 0), ("get", 0)),),
        {((0, 0), ((0, 1),)), ((0, 0), ((1, 1),))},
    ),
    "two queues, and the second is sent first": (
        ((("put", 0, 1), ("put", 1, 2)), (("get", 1), ("empty", 0))),
        {((0, 0), ((), (2, 0))), ((0, 0), ((), (2, 1)))},
    ),
    "a wake that comes too early": (((("sleep",),), (("wake",),)), {((0, 0), ((), ())), DEADLOCK}),
    "one of two is woken": (((("sleep",),), (("sleep",),), (("wake",),)), {DEADLOCK}),
    "all are woken": (((("sleep",),), (("sleep",),), (("wake all",),)), {((0, 0), ((), (), ())), DEADLOCK}),
    "two meet": (
        ((("write", 0, 1), ("meet",), ("read", 1)), (("write", 1, 1), ("meet",), ("read", 0))),
        {((1, 1), ((0, 1), (1, 1))), ((1, 1), ((1, 1), (0, 1)))},
    ),
    "three meet where there is room for two": (((("meet",),), (("meet",),), (("meet",),)), {DEADLOCK}),
    "two add with a lock taken twice": (((("nested add", 0),), (("nested add", 0),)), {((2, 0), ((), ()))}),
    "copies": (
        ((("write", 0, 3), ("copy", 0, 1)), (("write", 0, 2),)),
        {((2, 3), ((), ())), ((2, 2), ((), ())), ((3, 3), ((), ()))},
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_all_that_a_program_can_do_is_reached_and_nothing_else(name: str) -> None:
    program, outcomes = KNOWN[name]
    assert reachable(program) == outcomes


@pytest.mark.parametrize("family", FAMILIES)
def test_what_happens_when_a_program_runs_freely_is_among_what_can_be_reached(family: str) -> None:
    context = multiprocessing.get_context("fork")
    programs = [a_program(family, seed) for seed in range(40)]
    outcomes = [reachable(program) for program in programs]
    ending = [pair for pair in zip(programs, outcomes, strict=True) if DEADLOCK not in pair[1]]
    assert len(ending) >= 10
    for program, possible in ending:
        assert run(context, program) in possible


def test_a_program_is_the_same_for_the_same_seed() -> None:
    assert a_program("locks", 7) == a_program("locks", 7)
    assert len({a_program("locks", seed) for seed in range(20)}) > 15

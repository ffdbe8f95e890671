"""Programs that never come to an end: the search does, says where they are, and leaves nothing of them."""

from __future__ import annotations

import itertools
import os
from multiprocessing import Process, Value
from typing import Any

import pytest

from pytest_parlab.explore.exploring import explore
from pytest_parlab.machine.tree import Watcher, become_subreaper

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the programs are called in forked processes")


def for_ever() -> None:
    for _ in itertools.count():
        pass


def for_ever_in_a_child() -> None:
    process = Process(target=for_ever)
    process.start()
    process.join()


def add_and_stay(total: Any, times: int) -> None:
    for _ in range(times):
        total.value += 1
    for_ever()


def for_ever_in_one_child_of_two() -> None:
    total = Value("i", 0)
    processes = [Process(target=add_and_stay, args=(total, times)) for times in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


@pytest.mark.parametrize("function", [for_ever, for_ever_in_a_child, for_ever_in_one_child_of_two])
def test_what_never_ends_is_undecided_with_its_place_and_is_ended(function: Any) -> None:
    become_subreaper()  # what is left by a process that has ended comes to this one
    with Watcher() as watcher:
        found = explore(function, stall_s=0.5)
        left = watcher.left()
    assert left == ()
    assert found.failures == ()
    assert not found.exhausted
    assert "it does nothing for 0.5 s that could be scheduled, at" in found.undecided
    assert os.path.basename(__file__) in found.undecided  # noqa: PTH119 - a part of a sentence

"""The items of a shareable list are seen; its memory is named only where it is taken as a buffer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import ShareableList, SharedMemory
from typing import Any

import pytest

from pytest_parlab.analysis.races import find_races
from pytest_parlab.instrument import watching
from tests.unit.instrument import programs, raw_programs
from tests.unit.instrument.test_raw_memory import seen


@contextmanager
def shared(*items: Any) -> Iterator[Any]:
    """A list that is gone afterwards."""
    numbers = ShareableList(items)
    try:
        yield numbers
    finally:
        numbers.shm.close()
        numbers.shm.unlink()


def test_items_are_seen_in_every_process(context: BaseContext) -> None:
    with watching() as watch, shared(1, 2) as numbers:
        programs.run_all(context, *[(raw_programs.add_to_each, numbers)] * 2)
    assert sorted(seen(watch.trace)) == sorted(
        [(kind, f"ShareableList[{index}]", True) for index in range(2) for kind in ("read", "write")] * 2
    )
    (block,) = watch.trace.blocks
    assert (block.kind, block.length) == ("ShareableList", 2)
    assert block.site is not None
    assert block.site.path == __file__
    assert {access.site.path for access in watch.trace.accesses} == {raw_programs.__file__}
    assert {race.first.path for race in find_races(watch.trace)} == {raw_programs.__file__}
    assert watch.trace.untracked == ()


def test_a_list_works_as_without_a_watch() -> None:
    with watching() as watch, shared(1, "two", b"three", None, 2.5) as items:
        assert list(items) == [1, "two", b"three", None, 2.5]
        items[-1] = 3.5
        assert (items.index("two"), items.count(None), len(items)) == (1, 1, 5)
        with pytest.raises(IndexError, match="index out of range"):
            items[5]
        with pytest.raises(IndexError, match="assignment index out of range"):
            items[5] = 1
        with pytest.raises(ValueError, match="bytes/str item exceeds available storage"):
            items[1] = "much too long to be kept in here"
        again = ShareableList(name=items.shm.name)
        assert again[4] == 3.5
        again.shm.close()
    cells = [(access.kind, access.cell[1]) for access in watch.trace.accesses]
    found = [("read", 0), ("read", 1)]
    everything = [("read", index) for index in range(5)]
    assert cells == [*everything, ("write", 4), *found, *everything, ("read", 4)]
    assert len(watch.trace.blocks) == 1


def test_memory_that_is_taken_as_a_buffer_is_named_once_in_each_watch() -> None:
    memory: Any = SharedMemory(create=True, size=8)
    try:
        for _ in range(2):
            with watching() as watch:
                memory.buf[0] = 1
                memory.buf[1] = 2
            (sentence,) = watch.trace.untracked
            assert ": accesses through its buf" not in sentence  # it is older, and so is not known to have one
            assert "an unknown place: accesses through a buffer of it" in sentence
        with watching() as watch:
            own: Any = SharedMemory(create=True, size=8)
            own.buf[0] = 1
            own.close()
            own.unlink()
            untouched = SharedMemory(create=True, size=8)
            untouched.close()
            untouched.unlink()
    finally:
        memory.close()
        memory.unlink()
    (sentence,) = watch.trace.untracked
    assert sentence.replace(__file__, "HERE").startswith("SharedMemory created at HERE:")
    assert sentence.endswith(", are not seen; use an Array, a RawArray or a ShareableList")


def test_the_hooks_are_gone_afterwards() -> None:
    with watching() as watch, shared(1, 2) as items:
        items[0] = 2
        outlives = items
        assert SharedMemory.buf.__doc__ == "A memoryview of contents of the shared memory block."
    assert len(watch.trace.accesses) == 1
    assert "parlab" not in str(ShareableList.__getitem__.__module__)
    assert len(outlives.shm.name) > 0

"""Races in traces written by hand: what is one, what looks like one, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.analysis.races import find_races
from tests.unit.analysis.builder import TraceBuilder, at

SOURCE = {
    11: "    number.value += 1",
    12: "    numbers[index] += 1",
    20: "    old = number.value",
    21: "    number.value = old",
}


def source(_path: str, line: int) -> str:
    return SOURCE.get(line, "")


def two() -> tuple[TraceBuilder, int, int, int]:
    """Two children and a shared value."""
    builder = TraceBuilder()
    return builder, builder.process(), builder.process(), builder.block()


def test_two_unlocked_updates_are_a_lost_update() -> None:
    builder, one, other, number = two()
    builder.update(one, number)
    builder.update(other, number)
    [race] = find_races(builder.build(), source=source)
    assert (race.kind, race.status, race.count) == ("lost-update", "possible", 2)
    assert (race.first.process, race.second.process) == ("Process-1", "Process-2")
    assert (race.first.line, race.first.source, race.first.kind) == (11, "number.value += 1", "read-write")
    assert race.cell.index is None
    assert race.first.locks_held == ()


def test_it_was_observed_if_one_update_broke_into_the_other() -> None:
    builder, one, other, number = two()
    builder.access("read", one, number)
    builder.update(other, number)
    builder.access("write", one, number)
    [race] = find_races(builder.build())
    assert race.status == "observed"


def test_one_lock_around_both_is_no_race() -> None:
    builder, one, other, number = two()
    lock = builder.lock()
    for strand in (one, other):
        held = builder.hold(lock, strand, strand, strand + 0.5)
        builder.update(strand, number, locks=[held])
    assert find_races(builder.build()) == ()


def test_a_lock_given_back_in_between_protects_nothing() -> None:
    """The read is locked and the write is locked, but not by the same holding: as the Value's own lock does it."""
    builder, one, other, number = two()
    lock = builder.lock()
    for strand in (one, other):
        for kind in ("read", "write"):
            builder.access(kind, strand, number, locks=[builder.hold(lock, strand, strand, strand + 0.1)])
    [race] = find_races(builder.build())
    assert race.kind == "lost-update"


def test_each_its_own_lock_is_an_inconsistent_lock_and_names_both() -> None:
    builder, one, other, number = two()
    for strand in (one, other):
        lock = builder.lock(process=strand, line=30 + strand)
        builder.update(strand, number, locks=[builder.hold(lock, strand, strand, strand + 0.5)])
    [race] = find_races(builder.build(), source=source)
    assert race.kind == "inconsistent-lock"
    assert race.first.locks_held == ("the Lock created at lesson.py:31 by Process-1",)
    assert "Process-2 holds the Lock created at lesson.py:32 by Process-2" in race.explanation
    assert race.fix == "create one lock, give it to every process, and hold it from the read to the write"


def test_a_lock_for_one_side_only_is_a_lost_update() -> None:
    builder, one, other, number = two()
    lock = builder.lock()
    builder.update(one, number, locks=[builder.hold(lock, one, 1, 2)])
    builder.update(other, number)
    [race] = find_races(builder.build())
    assert race.kind == "lost-update"


def test_a_lock_around_the_write_alone_says_so() -> None:
    builder, one, other, number = two()
    lock = builder.lock()
    for strand in (one, other):
        builder.access("read", strand, number, line=20)
        builder.access("write", strand, number, line=21, locks=[builder.hold(lock, strand, strand, strand + 0.5)])
    [race] = find_races(builder.build(), source=source)
    assert "is read at line 20 before the lock is taken, and written at line 21 under it" in race.explanation


@pytest.mark.parametrize("knows", [True, False])
def test_updates_in_an_order_are_no_race(knows: bool) -> None:  # noqa: FBT001
    """Started after the other was joined: the second comes after all that the first one did."""
    builder, one, other, number = two()
    builder.update(one, number)
    builder.update(other, number, knows={one: 1} if knows else None)
    assert bool(find_races(builder.build())) is not knows


def test_reading_alone_is_no_race() -> None:
    builder, one, other, number = two()
    builder.access("read", one, number)
    builder.access("read", other, number)
    assert find_races(builder.build()) == ()


def test_two_plain_writes_lose_nothing_that_anybody_had_read() -> None:
    builder, one, other, number = two()
    builder.access("write", one, number)
    builder.access("write", other, number)
    assert find_races(builder.build()) == ()


def test_a_plain_write_can_break_into_an_update() -> None:
    builder, one, other, number = two()
    builder.access("write", one, number, line=40)
    builder.update(other, number)
    [race] = find_races(builder.build())
    assert (race.first.process, race.first.kind) == ("Process-2", "read-write"), "the update is told first"
    assert race.second.kind == "write"


def test_one_process_races_with_nobody() -> None:
    builder = TraceBuilder()
    one, number = builder.process(), builder.block()
    for _ in range(3):
        builder.update(one, number)
    assert find_races(builder.build()) == ()


def test_elements_are_told_apart() -> None:
    builder = TraceBuilder()
    one, other, numbers = builder.process(), builder.process(), builder.block("Array('i')", 4)
    builder.update(one, numbers, 0, line=12)
    builder.update(other, numbers, 1, line=12)
    assert find_races(builder.build()) == ()
    builder.update(one, numbers, 3, line=12)
    builder.update(other, numbers, 3, line=12)
    [race] = find_races(builder.build(), source=source)
    assert race.cell.index == 3
    assert str(race.cell).endswith("[3]")


def test_many_updates_of_one_line_are_one_race_with_their_number() -> None:
    builder, one, other, number = two()
    for _ in range(50):
        builder.update(one, number)
        builder.update(other, number)
    [race] = find_races(builder.build())
    assert race.count == 100


def test_other_lines_and_other_variables_are_other_races() -> None:
    builder, one, other, number = two()
    second = builder.block(line=4)
    for strand in (one, other):
        builder.update(strand, number, line=11)
        builder.update(strand, second, line=11)
    races = find_races(builder.build())
    assert len(races) == 2


def test_observed_races_come_first() -> None:
    builder, one, other, number = two()
    second = builder.block(line=4)
    for strand in (one, other):
        builder.update(strand, number, line=11)
    builder.access("read", one, second, line=50)
    builder.update(other, second, line=50)
    builder.access("write", one, second, line=50)
    assert [race.status for race in find_races(builder.build())] == ["observed", "possible"]


def test_the_variable_and_the_fix_are_read_from_the_source() -> None:
    builder, one, other, number = two()
    site = replace(at(11, column=4), end_column=16)
    for strand in (one, other):
        builder.update(strand, number, site=site)
    [race] = find_races(builder.build(), source=source)
    assert race.cell.name == "number"
    assert race.fix == "with number.get_lock(): number.value += 1"
    assert "takes the Value's own lock twice: to read, then to write" in race.explanation
    assert len(race.steps) >= 4
    assert {step.process for step in race.steps} == {"Process-1", "Process-2"}


def test_memory_older_than_the_watch_is_shared_memory() -> None:
    builder, one, other, _ = two()
    builder.update(one, 99)
    builder.update(other, 99)
    [race] = find_races(builder.build())
    assert (race.cell.block_kind, race.cell.created) == ("shared memory", None)


def test_nothing_recorded_means_no_race() -> None:
    assert find_races(TraceBuilder().build()) == ()

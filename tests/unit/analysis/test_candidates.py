"""The kinds of races beside the lost update: for each rule what it must see, and the look-alike that it must not."""

from __future__ import annotations

import pytest

from pytest_parlab.analysis.races import find_races
from pytest_parlab.analysis.races_model import Race
from pytest_parlab.trace.purposes import Purpose
from tests.unit.analysis.builder import TraceBuilder, at

LINES = {20: "if stock.value > 0:", 21: "use(stock.value)", 30: "stock.value = 5", 31: "out[0] = stock.value"}


def source(_path: str, line: int) -> str:
    return LINES.get(line, "")


def two(kind: str = "Value('i')") -> tuple[TraceBuilder, int, int, int]:
    """Two children and a shared value."""
    builder = TraceBuilder()
    return builder, builder.process(), builder.process(), builder.block(kind)


def found(builder: TraceBuilder) -> list[tuple[str, int, int]]:
    """The kind and the two lines of every race."""
    return [(race.kind, race.first.line, race.second.line) for race in find_races(builder.build(), source=source)]


def only(builder: TraceBuilder) -> Race:
    [race] = find_races(builder.build(), source=source)
    return race


class TestUnprotectedAccess:
    """A raw access and a write, with neither order nor a lock in common."""

    def test_a_raw_read_beside_a_write(self) -> None:
        builder, one, other, block = two("RawValue('i')")
        builder.access("read", one, block, line=21, raw=True)
        builder.access("write", other, block, line=30, raw=True)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unprotected-access", 21, 30)
        assert race.explanation == (
            "Process-1 reads RawValue('i') while Process-2 may write it: line 21 goes past every lock, nothing "
            "orders the two, and they hold no lock in common. What is read may be old, or half of an old and half of "
            "a new value."
        )
        assert (
            race.fix == "create one Lock, give it to every process, and hold it around every access to this variable"
        )

    def test_two_raw_writes(self) -> None:
        builder, one, other, block = two("RawValue('i')")
        builder.access("write", one, block, line=30, raw=True)
        builder.access("write", other, block, line=32, raw=True)
        assert found(builder) == [("unprotected-access", 30, 32)]

    def test_one_raw_side_is_enough(self) -> None:
        builder, one, other, block = two()
        builder.access("read", one, block, line=21)
        builder.access("write", other, block, line=30, raw=True)
        assert found(builder) == [("unprotected-access", 21, 30)]

    def test_a_raw_update_beside_a_reader_is_one_and_two_of_them_are_a_lost_update(self) -> None:
        builder, one, other, block = two("RawValue('i')")
        builder.access("read", one, block, line=21, raw=True)
        builder.update(other, block, line=30, raw=True)
        assert found(builder) == [("unprotected-access", 21, 30)]
        builder.update(one, block, line=40, raw=True)
        assert ("lost-update", 40, 30) in found(builder)

    def test_a_common_lock_an_order_a_poll_and_a_display_are_no_race(self) -> None:
        builder, one, other, block = two("RawValue('i')")
        lock = builder.lock()
        builder.access("read", one, block, line=21, raw=True, locks=[builder.hold(lock, one, 1, 2)])
        builder.access("write", other, block, line=30, raw=True, locks=[builder.hold(lock, other, 2, 3)])
        assert found(builder) == []
        for purpose, knows in ((Purpose.POLLS, {}), (Purpose.DISPLAYS, {}), (Purpose.NONE, {2: 1})):
            builder, one, other, block = two("RawValue('i')")
            builder.access("write", other, block, line=30, raw=True)
            builder.access("read", one, block, line=21, raw=True, purpose=purpose, knows=knows)
            assert found(builder) == []


class TestInconsistentLock:
    """Everybody holds a lock, but not the same one."""

    def test_a_reader_that_never_takes_the_writers_lock(self) -> None:
        builder, one, other, block = two()
        reading, writing = builder.lock(line=3), builder.lock(line=4)
        builder.access("read", one, block, line=21, locks=[builder.hold(reading, one, 1, 2)])
        builder.update(other, block, line=30, locks=[builder.hold(writing, other, 1, 2)])
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("inconsistent-lock", 21, 30)
        assert race.explanation.startswith("Both accesses of Value('i') hold a lock, but not the same one: ")

    def test_a_reader_that_takes_the_right_lock_elsewhere_may_look_under_another(self) -> None:
        builder, one, other, block = two()
        printing, writing = builder.lock(line=3), builder.lock(line=4)
        builder.update(one, block, line=30, locks=[builder.hold(writing, one, 1, 2)])
        looks = at(21, function="show")
        builder.access(
            "read", one, block, locks=[builder.hold(printing, one, 3, 4)], site=looks, purpose=Purpose.DISPLAYS
        )
        builder.update(other, block, line=30, locks=[builder.hold(writing, other, 1, 2)])
        assert found(builder) == []


class TestAlteredCollections:
    """A check of a managed list, and a call that alters it without overwriting anything."""

    def test_what_was_found_is_not_true_any_more(self) -> None:
        builder, one, other, block = two("manager.list")
        for strand in (one, other):
            builder.access("read", strand, block, line=20, raw=True, purpose=Purpose.CHECKS)
            builder.access("write", strand, block, line=30, raw=True, purpose=Purpose.ALTERS)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unserialisable", 30, 30)
        assert race.explanation == (
            "Process-1 reads manager.list at line 20 and alters it at line 30 as if it were still the same, and "
            "Process-2 may alter it in between (line 30): nothing is lost, but what was found is not true."
        )
        assert race.fix == (
            "create one Lock, give it to every process, and hold it around every access to this variable"
        )

    def test_what_overwrites_it_loses_an_update(self) -> None:
        builder, one, other, block = two("manager.list")
        for strand in (one, other):
            builder.access("read", strand, block, line=20, raw=True, purpose=Purpose.CHECKS)
            builder.access("write", strand, block, line=30, raw=True)
        assert found(builder) == [("lost-update", 30, 30)]

    def test_under_two_locks_it_is_their_difference(self) -> None:
        builder, one, other, block = two("manager.list")
        for strand in (one, other):
            held = [builder.hold(builder.lock(), strand, 1, 2)]
            builder.access("read", strand, block, line=20, raw=True, purpose=Purpose.CHECKS, locks=held)
            builder.access("write", strand, block, line=30, raw=True, purpose=Purpose.ALTERS, locks=held)
        assert found(builder) == [("inconsistent-lock", 30, 30)]


class TestSettledComparisons:
    """A step, a comparison that one process passes, and later another step, all under one lock."""

    @staticmethod
    def stepping(
        meets: Purpose = Purpose.MEETS, steps: Purpose = Purpose.STEPS, *, gap: bool = False
    ) -> TraceBuilder:
        """Process-1 steps, compares (after a gap: in a second holding) and steps again; so does Process-2."""
        builder, one, other, block = two()
        lock = builder.lock()
        first, second, third = (builder.hold(lock, one, ticket, ticket + 0.5) for ticket in (1, 2, 3))
        builder.update(one, block, line=10, locks=[first], purpose=steps)
        checks = Purpose.CHECKS | meets
        builder.access("read", one, block, line=11, locks=[second if gap else first], purpose=checks)
        builder.update(one, block, line=14, locks=[third])
        builder.update(other, block, line=10, locks=[builder.hold(lock, other, 4, 5)])
        return builder

    def test_what_one_process_passes_is_done_with(self) -> None:
        assert found(self.stepping()) == []

    def test_what_any_number_may_pass_is_not(self) -> None:
        assert found(self.stepping(meets=Purpose.NONE)) == [("unserialisable", 14, 10)]

    def test_what_did_not_come_by_a_step_is_not(self) -> None:
        assert found(self.stepping(steps=Purpose.NONE)) == [("unserialisable", 14, 10)]

    def test_what_is_compared_later_is_not(self) -> None:
        """Others may have stepped in between."""
        assert ("unserialisable", 14, 10) in found(self.stepping(gap=True))

    def test_what_is_read_afterwards_is_not(self) -> None:
        """Only a step does not depend on what was found before."""
        builder, one, other, block = two()
        lock = builder.lock()
        held = builder.hold(lock, one, 1, 2)
        builder.update(one, block, line=10, locks=[held], purpose=Purpose.STEPS)
        builder.access("read", one, block, line=11, locks=[held], purpose=Purpose.CHECKS | Purpose.MEETS)
        builder.access("read", one, block, line=14, locks=[builder.hold(lock, one, 3, 4)])
        builder.update(other, block, line=10, locks=[builder.hold(lock, other, 5, 6)])
        assert found(builder) == [("unserialisable", 14, 10)]


class TestUnserialisable:
    """Two accesses that belong together and one that comes between, or a read that matters and comes at any time."""

    def test_a_check_and_a_use_with_a_write_between(self) -> None:
        builder, one, other, block = two()
        builder.access("read", one, block, line=20, purpose=Purpose.CHECKS)
        builder.access("read", one, block, line=21)
        builder.access("write", other, block, line=30)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unserialisable", 21, 30)
        assert race.explanation == (
            "Process-1 reads Value('i') at line 20 and again at line 21 as if it were still the same, and Process-2 "
            "may write it in between (line 30)."
        )
        assert [(step.action, step.line, step.note) for step in race.steps] == [
            ("reads n", 20, ""),
            ("writes m", 30, ""),
            ("reads m", 21, "not what step 1 saw"),
        ]

    def test_a_check_again_under_the_lock_is_right(self) -> None:
        builder, one, other, block = two()
        lock = builder.lock()
        builder.access("read", one, block, line=20, purpose=Purpose.CHECKS)
        again = builder.hold(lock, one, 1, 2)
        builder.access("read", one, block, line=21, purpose=Purpose.CHECKS, locks=[again])
        builder.access("write", one, block, line=22, locks=[again])
        builder.update(other, block, line=22, locks=[builder.hold(lock, other, 3, 4)])
        assert found(builder) == []

    def test_two_looks_with_a_synchronisation_between_are_two_looks(self) -> None:
        builder, one, other, block = two()
        builder.access("read", one, block, line=20, purpose=Purpose.CHECKS)
        builder.access("write", other, block, line=30)
        builder.access("read", one, block, line=21, knows={other: 1})
        assert found(builder) == []

    def test_a_value_on_its_way_that_somebody_uses(self) -> None:
        builder, one, other, block = two()
        builder.access("write", one, block, line=30, purpose=Purpose.CONSTANT)
        builder.access("write", one, block, line=32)
        builder.access("read", other, block, line=21)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unserialisable", 32, 21)
        assert race.explanation == (
            "Process-1 writes Value('i') at line 30 and again at line 32, and Process-2 may read it in between "
            "(line 21): it sees a value that was only on its way."
        )

    def test_states_that_are_passed_through_and_displayed_are_no_race(self) -> None:
        builder, one, other, block = two()
        builder.access("write", one, block, line=30, purpose=Purpose.CONSTANT)
        builder.access("write", one, block, line=32, purpose=Purpose.CONSTANT)
        builder.access("read", other, block, line=21, purpose=Purpose.DISPLAYS)
        assert found(builder) == []

    def test_reading_back_what_another_may_have_overwritten(self) -> None:
        builder, one, other, block = two()
        for strand in (one, other):
            builder.access("write", strand, block, line=30)
            builder.access("read", strand, block, line=31)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unserialisable", 31, 30)
        assert "writes Value('i') at line 30 and reads it back at line 31" in race.explanation

    def test_a_result_that_is_read_before_it_is_there(self) -> None:
        builder, one, _, block = two()
        builder.update(one, block, line=30)
        builder.access("read", 0, block, line=21)
        race = only(builder)
        assert (race.kind, race.first.line, race.second.line) == ("unserialisable", 21, 30)
        assert race.fix == (
            "order the two: join the writer, or wait for an Event, a Barrier or a queue, before line 21"
        )
        assert race.explanation == (
            "MainProcess reads Value('i') at line 21 and goes on with what it got, and nothing makes Process-1 write "
            "it before or after that (line 30): each run may see another value."
        )

    @pytest.mark.parametrize("purpose", [Purpose.LOOPS, Purpose.DISPLAYS, Purpose.POLLS])
    def test_who_watches_the_progress_takes_no_result(self, purpose: Purpose) -> None:
        builder, one, _, block = two()
        builder.update(one, block, line=30)
        builder.access("read", 0, block, line=21, purpose=purpose)
        assert found(builder) == []

    def test_who_reads_again_when_the_writer_is_done_has_looked_early_and_taken_late(self) -> None:
        builder, one, _, block = two()
        builder.update(one, block, line=30)
        builder.access("read", 0, block, line=21)
        builder.access("read", 0, block, line=23, knows={one: 1})
        assert found(builder) == []

    def test_a_neighbour_that_is_read_for_another_cell_while_it_changes(self) -> None:
        builder = TraceBuilder()
        one, other, block = builder.process(), builder.process(), builder.block("Array('d')", 4)
        builder.access("read", one, block, 1, line=31, purpose=Purpose.LOOPS)
        builder.access("write", one, block, 0, line=31)
        builder.access("write", other, block, 1, line=31)
        assert found(builder) == [("unserialisable", 31, 31)]

    def test_a_neighbour_of_the_last_phase_is_ordered(self) -> None:
        builder = TraceBuilder()
        one, other, block = builder.process(), builder.process(), builder.block("Array('d')", 4)
        builder.access("write", other, block, 1, line=31)
        builder.access("read", one, block, 1, line=31, purpose=Purpose.LOOPS, knows={other: 1})
        builder.access("write", one, block, 0, line=31, knows={other: 1})
        assert found(builder) == []

    def test_reads_that_each_answer_a_sign_of_the_writer_take_what_it_shows(self) -> None:
        """The writer shows something, gives a sign, and shows the next thing without waiting for the reader."""
        builder, one, _, block = two()
        for round_ in (1, 2, 3):
            builder.access("write", one, block, line=30, knows={one: round_})
            builder.access("read", 0, block, line=21, knows={one: round_}, purpose=Purpose.LOOPS)
        assert found(builder) == [("unserialisable", 21, 30)]

"""The picture of a race."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess, Step
from pytest_parlab.report.interleaving import interleaving
from pytest_parlab.trace.model import Site
from tests.unit.report.expected import expected


def step(process: str, action: str, value: str, note: str = "") -> Step:
    return Step(process, action, "/home/ada/bank.py", 21, value, note)


LOST = Race(
    kind="lost-update",
    status="observed",
    cell=Cell("Value('i')", "total", Site("bank.py", 12, "main")),
    first=RaceAccess("worker-1", 11, "bank.py", 21, "total.value += 1"),
    second=RaceAccess("worker-2", 12, "bank.py", 21, "total.value += 1"),
    explanation="total.value += 1 takes the Value's own lock twice: to read, then to write. In between it is free.",
    fix="with total.get_lock(): total.value += 1",
    replay="pytest bank/test_bank.py::test_total --parlab-seed=42",
    steps=(
        step("worker-1", "reads 0", "0"),
        step("worker-2", "reads 0", "0"),
        step("worker-1", "writes 1", "1"),
        step("worker-2", "writes 1", "1", "step 3 is overwritten"),
    ),
)


def test_a_lost_update_step_by_step() -> None:
    assert interleaving(LOST) == expected("""
        lost-update on total, Value('i') created at bank.py:12   observed
          step   worker-1               worker-2               total
            1    reads 0   bank.py:21                          0
            2                           reads 0   bank.py:21   0
            3    writes 1  bank.py:21                          1
            4                           writes 1  bank.py:21   1       <- step 3 is overwritten
          worker-1  bank.py:21  total.value += 1  locks held: none
          worker-2  bank.py:21  total.value += 1  locks held: none
          total.value += 1 takes the Value's own lock twice: to read, then to write. In between it is free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


def test_in_a_narrow_terminal_the_places_have_a_column_of_their_own() -> None:
    assert interleaving(LOST, width=78) == expected("""
        lost-update on total, Value('i') created at bank.py:12   observed
          step   worker-1   worker-2   total   at
            1    reads 0               0       bank.py:21
            2               reads 0    0       bank.py:21
            3    writes 1              1       bank.py:21
            4               writes 1   1       bank.py:21   <- step 3 is overwritten
          worker-1  bank.py:21  total.value += 1  locks held: none
          worker-2  bank.py:21  total.value += 1  locks held: none
          total.value += 1 takes the Value's own lock twice: to read, then to write.
          In between it is free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


def test_in_a_very_narrow_terminal_remarks_stand_below_their_rows() -> None:
    assert interleaving(LOST, width=50) == expected("""
        lost-update on total, Value('i') created at
          bank.py:12
          observed
          step   worker-1   worker-2   total   at
            1    reads 0               0       bank.py:21
            2               reads 0    0       bank.py:21
            3    writes 1              1       bank.py:21
            4               writes 1   1       bank.py:21
                 (step 3 is overwritten)
          worker-1 reads, then writes at bank.py:21; locks
            held: none
            total.value += 1
          worker-2 reads, then writes at bank.py:21; locks
            held: none
            total.value += 1
          total.value += 1 takes the Value's own lock
          twice: to read, then to write. In between it is
          free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


POSSIBLE = replace(LOST, status="possible", steps=(), replay="", fix="", explanation="")


def test_without_known_steps_both_sides_are_told() -> None:
    assert interleaving(POSSIBLE) == expected("""
        lost-update on total, Value('i') created at bank.py:12   possible, not seen in this run
          worker-1 reads, then writes at bank.py:21; locks held: none
            total.value += 1
          worker-2 reads, then writes at bank.py:21; locks held: none
            total.value += 1
    """)


TWO_LOCKS = replace(
    LOST,
    kind="inconsistent-lock",
    status="confirmed",
    count=7,
    cell=Cell("Array('d')", "balances", None, 3),
    first=RaceAccess("Process-1", 11, "bank.py", 21, "balances[3] -= 1", "read-write", ("first",)),
    second=RaceAccess("Process-2", 12, "bank.py", 30, "", "write", ("second", "other")),
    steps=(),
    explanation="Both hold a lock, but not the same one.",
    fix="Use one lock for balances.",
    replay="",
)


def test_two_locks_for_one_element_of_an_array() -> None:
    assert interleaving(TWO_LOCKS) == expected("""
        inconsistent-lock on balances[3], Array('d')   confirmed, 7 times
          Process-1 reads, then writes at bank.py:21; locks held: first
            balances[3] -= 1
          Process-2 writes at bank.py:30; locks held: second, other
          Both hold a lock, but not the same one.
          Fix: Use one lock for balances.
    """)


NAMELESS = replace(LOST, cell=Cell("Value('i')"), second=LOST.first, steps=LOST.steps[:1])


def test_a_cell_without_a_name_goes_by_its_kind_and_equal_sides_are_told_once() -> None:
    assert interleaving(NAMELESS) == expected("""
        lost-update on Value('i')   observed
          step   worker-1              Value('i')
            1    reads 0  bank.py:21   0
          worker-1  bank.py:21  total.value += 1  locks held: none
          total.value += 1 takes the Value's own lock twice: to read, then to write. In between it is free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


CROWD = replace(LOST, steps=tuple(step(f"Process-{n}", "reads 0", "0") for n in range(1, 9)))


def test_many_processes_become_a_list() -> None:
    assert interleaving(CROWD) == expected("""
        lost-update on total, Value('i') created at bank.py:12   observed
            1  Process-1 reads 0 at bank.py:21; total is 0
            2  Process-2 reads 0 at bank.py:21; total is 0
            3  Process-3 reads 0 at bank.py:21; total is 0
            4  Process-4 reads 0 at bank.py:21; total is 0
            5  Process-5 reads 0 at bank.py:21; total is 0
            6  Process-6 reads 0 at bank.py:21; total is 0
            7  Process-7 reads 0 at bank.py:21; total is 0
            8  Process-8 reads 0 at bank.py:21; total is 0
          worker-1  bank.py:21  total.value += 1  locks held: none
          worker-2  bank.py:21  total.value += 1  locks held: none
          total.value += 1 takes the Value's own lock twice: to read, then to write. In between it is free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


LONG = replace(LOST, steps=tuple(step(f"worker-{n % 2 + 1}", f"writes {n}", str(n)) for n in range(1, 41)))


def test_of_many_steps_the_last_ones_are_shown() -> None:
    assert interleaving(LONG) == expected("""
        lost-update on total, Value('i') created at bank.py:12   observed
          step   worker-2                worker-1                total
           29    writes 29  bank.py:21                           29
           30                            writes 30  bank.py:21   30
           31    writes 31  bank.py:21                           31
           32                            writes 32  bank.py:21   32
           33    writes 33  bank.py:21                           33
           34                            writes 34  bank.py:21   34
           35    writes 35  bank.py:21                           35
           36                            writes 36  bank.py:21   36
           37    writes 37  bank.py:21                           37
           38                            writes 38  bank.py:21   38
           39    writes 39  bank.py:21                           39
           40                            writes 40  bank.py:21   40
          (steps before 29 are not shown)
          worker-1  bank.py:21  total.value += 1  locks held: none
          worker-2  bank.py:21  total.value += 1  locks held: none
          total.value += 1 takes the Value's own lock twice: to read, then to write. In between it is free.
          Fix: with total.get_lock(): total.value += 1
          Replay: pytest bank/test_bank.py::test_total --parlab-seed=42
    """)


@pytest.mark.parametrize("race", [LOST, POSSIBLE, TWO_LOCKS, NAMELESS, CROWD, LONG])
@pytest.mark.parametrize(("width", "limit"), [(1, 50), (78, 78), (500, 100)])
def test_no_line_is_wider_than_asked_for(race: Race, width: int, limit: int) -> None:
    lines = interleaving(race, width=width).split("\n")
    assert all(len(line) <= limit for line in lines if "Replay: " not in line)  # a command is never broken


def test_a_command_is_never_broken() -> None:
    assert "  Replay: pytest bank/test_bank.py::test_total --parlab-seed=42" in interleaving(LOST, width=50)


def test_names_from_outside_cannot_steer_the_terminal() -> None:
    text = interleaving(replace(POSSIBLE, cell=Cell("Value('i')", "größe\x1b[2J")))
    assert text.startswith(r"lost-update on gr\xf6\xdfe\x1b[2J, Value('i')")
    assert interleaving(replace(POSSIBLE, cell=Cell("Value('i')", "größe")), unicode=True).startswith(
        "lost-update on größe"
    )


def test_what_would_keep_them_apart_and_who_called_is_told() -> None:
    called = replace(
        LOST,
        first=replace(LOST.first, stack=(("bank.py", 21, "add"), ("bank.py", 40, "run"), ("t.py", 5, "test"))),
        would_order="one lock, held by both at line 21",
    )
    lines = interleaving(called).splitlines()
    assert "    called by run at bank.py:40, test at t.py:5" in lines
    assert "  Kept apart by: one lock, held by both at line 21" in lines
    deep = replace(LOST.first, stack=tuple(("bank.py", line, "f") for line in range(21, 30)))
    assert "f at bank.py:24, ..." in interleaving(replace(LOST, first=deep))


def test_how_often_a_race_was_made_to_happen_is_told() -> None:
    confirmed = replace(LOST, status="confirmed", replays=20, reproduced=20)
    assert interleaving(confirmed).splitlines()[0] == (
        "lost-update on total, Value('i') created at bank.py:12   confirmed, 20 of 20 replays"
    )


def test_why_a_race_is_not_confirmed_is_told_unless_it_was_seen() -> None:
    unconfirmed = replace(POSSIBLE, unconfirmed="it starts a thread, which cannot be scheduled, at bank.py:9")
    line = "  Not confirmed: it starts a thread, which cannot be scheduled, at bank.py:9."
    assert line in interleaving(unconfirmed).splitlines()
    assert "Not confirmed" not in interleaving(replace(unconfirmed, status="observed"))

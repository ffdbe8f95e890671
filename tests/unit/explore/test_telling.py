"""Objects that a reader calls the same are told apart."""

from __future__ import annotations

from pytest_parlab.explore.telling import Line, told_apart


def line(subject: str, which: int) -> Line:
    return Line("step", 0, "Process-1", "takes", subject, "d.py", 8, "", which)


def test_objects_that_are_called_the_same_get_numbers_in_the_order_in_which_they_were_made() -> None:
    story = [line("Lock made at d.py:3", 9), line("Lock made at d.py:3", 4), line("Lock made at d.py:5", 1)]
    assert [one.subject for one in told_apart(story)] == [
        "Lock #2 made at d.py:3",
        "Lock #1 made at d.py:3",
        "Lock made at d.py:5",
    ]


def test_one_object_has_no_number_however_often_it_is_named() -> None:
    story = [
        line("Lock made at d.py:3", 4),
        line("Lock made at d.py:3", 4),
        line("Process-1", 0),
        line("Process-1", 0),
    ]
    assert told_apart(story) == tuple(story)


def test_an_object_without_a_place_gets_its_number_at_the_end() -> None:
    assert [one.subject for one in told_apart([line("Event", 1), line("Event", 2)])] == ["Event #1", "Event #2"]

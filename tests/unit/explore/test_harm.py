"""Which schedules show that a race does harm, and which only look like it."""

from __future__ import annotations

import pytest

from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess, RaceKind
from pytest_parlab.explore.harm import Orders, Touch, harmful
from pytest_parlab.explore.operations import resource_of
from pytest_parlab.explore.telling import Line

CELLS = {"x": resource_of(1, 0), "y": resource_of(1, 1), "a": resource_of(1), "z": resource_of(2, 0)}
"""Two elements of an array, all of it, and another object."""


def touches(text: str) -> list[Touch]:
    """Accesses from words such as ``1rx7``: process 1 reads x at line 7."""
    return [
        Touch(
            step,
            f"Process-{word[0]}",
            word[1] == "w",
            CELLS[word[2]],
            Line("step", step, "", "", "", "/home/ada/bank.py", int(word[3:]), ""),
        )
        for step, word in enumerate(text.split())
    ]


def race(kind: RaceKind = "lost-update", first: int = 7, second: int = 7) -> Race:
    one, other = (RaceAccess("A", 1, "ada/bank.py", line) for line in (first, second))
    return Race(kind, "possible", Cell("Value('i')"), one, other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1rx7 2rx7 1wx7 2wx7", (1, 2, 3)),
        ("1rx7 2rx7 2wx7 1wx7", (0, 2, 3)),
        ("1rx7 2rx7 2wx7 2rx7 2wx7 1wx7", (0, 4, 5)),
        ("1rx7 1wx7 2rx7 2wx7", ()),
        ("1rx7 2rx7 2wx7 1rx7 1wx7", ()),
        ("1rx7 2ry7 2wy7 1wx7", ()),
        ("1rx7 2wz7 1wx7", ()),
        ("1rx7 2wa7 1wx7", (0, 1, 2)),
        ("1rx7 2rx8 2wx8 1wx7", ()),
        ("1rx6 2rx6 2wx7 1wx7", (0, 2, 3)),
        ("1wx7 2wy7 1ra7", ()),
        ("", ()),
    ],
)
def test_an_update_is_lost_where_another_comes_between_its_two_steps(text: str, found: tuple[int, ...]) -> None:
    assert tuple(touch.step for touch in harmful(race(), touches(text))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1rx7 2wx8 1rx7", (0, 1, 2)),
        ("1wx8 2rx7 1wx8", (0, 1, 2)),
        ("1wx7 2wx8 1rx7", (0, 1, 2)),
        ("1rx7 2rx8 1rx7", ()),
        ("1rx7 2wx7 1rx7", ()),
        ("1rx7 1rx7 2wx8", ()),
    ],
)
def test_two_accesses_that_belong_together_see_two_states(text: str, found: tuple[int, ...]) -> None:
    """The middle one is of the one side of the race, and one around it of the other."""
    sides = race("unserialisable", 7, 8)
    assert tuple(touch.step for touch in harmful(sides, touches(text))) == found


def test_of_a_lost_update_the_other_patterns_are_no_proof() -> None:
    assert harmful(race(), touches("1rx7 2wx7 1rx7")) == ()


@pytest.mark.parametrize(
    ("schedules", "found"),
    [
        (["1wx7 2rx8", "2rx8 1wx7"], (0, 1)),
        (["2rx8 1wx7", "1wx7 2rx8"], (0, 1)),
        (["2ry8 1wx7", "1wx7 2ra8", "2ra8 1wx7"], (0, 1)),
        (["1wx7 2rx8", "1wx7 2rx8"], ()),
        (["1wx7 2rx8", "2rx8 3wx7"], ()),
        (["1rx7 2rx8", "2rx8 1rx7"], ()),
        (["1wx7 1rx8", "1rx8 1wx7"], ()),
        (["1wx7 2ry8", "2ry8 1wx7"], ()),
    ],
)
def test_two_accesses_have_no_order_if_both_have_come_about(schedules: list[str], found: tuple[int, ...]) -> None:
    """By the same two processes, on the same cell, and one of them a write."""
    orders = Orders(race("unserialisable", 7, 8))
    seen = [orders.other(touches(text)) for text in schedules]
    assert tuple(touch.step for touch in seen[-1]) == found
    assert not any(seen[:-1])


def test_both_orders_of_two_updates_are_no_proof_that_one_is_lost() -> None:
    orders = Orders(race("lost-update", 7, 7))
    assert orders.other(touches("1wx7 2wx7")) == orders.other(touches("2wx7 1wx7")) == ()

"""Lost updates in the steps of a schedule, and what looks like one."""

from __future__ import annotations

import pytest

from pytest_parlab.explore.exploration import Moment, Place
from pytest_parlab.explore.overwriting import Overwriting, overwritings

PLACE = Place("bank.py", 7)


def steps(text: str) -> list[Moment]:
    """Steps from words such as ``1rx``: process 1 reads x; ``w`` writes, ``l`` takes a lock, which holds nothing."""
    actions = {"r": "reads 0", "w": "writes 1", "l": "acquires the lock"}
    return [
        Moment(f"Process-{word[0]}", actions[word[1]], word[2], PLACE, "" if word[1] == "l" else "1")
        for word in text.split()
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1rx 2rx 1wx 2wx", [(1, 2, 3)]),
        ("1rx 2rx 2wx 1wx", [(0, 2, 3)]),
        ("1rx 2wx 1wx", [(0, 1, 2)]),
        ("1rx 2rx 3rx 1wx 2wx 3wx", [(1, 3, 4), (2, 4, 5)]),
        ("1rx 1wx 2rx 2wx", []),
        ("1rx 2rx 2wx 1rx 1wx", []),
        ("1rx 2ry 2wy 1wx", []),
        ("1wx 2wx", []),
        ("1rx 1wx 1wx", []),
        ("1rx 2wx 1wx 1wx", [(0, 1, 2)]),
        ("1rx 2lx 1wx", []),
        ("", []),
    ],
)
def test_a_write_over_a_write_that_was_not_seen_is_found_and_nothing_else(
    text: str, found: list[tuple[int, int, int]]
) -> None:
    assert overwritings(steps(text)) == tuple(Overwriting(*one) for one in found)


def test_elements_of_an_array_are_told_apart() -> None:
    def at(process: int, what: str, index: int) -> Moment:
        return Moment(f"Process-{process}", f"{what} [{index}]: 1", "numbers", PLACE, "1")

    assert overwritings([at(1, "reads", 0), at(2, "writes", 1), at(1, "writes", 0)]) == ()
    assert overwritings([at(1, "reads", 0), at(2, "writes", 0), at(1, "writes", 0)]) == ((0, 1, 2),)

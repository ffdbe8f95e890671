"""How the programs say what races in them, and how a report is held against it."""

from __future__ import annotations

import re

import pytest

from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess
from tests.twins.marks import Pair, read_marks
from tests.twins.pauses import Turns, no_pause
from tests.twins.scoring import RunFailed, Score, Twin, found_in, pair_of, score, score_by_kind

LOST = Pair(("a.py:1", "a.py:1"), "lost-update")
SEEN = Pair(("a.py:2", "a.py:3"), "unserialisable")


def test_a_mark_without_a_letter_is_a_line_that_races_with_itself() -> None:
    assert read_marks("a.py", "x += 1  # RACE lost-update\n") == {LOST}


def test_two_marks_with_one_letter_are_one_pair() -> None:
    text = "\nread()  # RACE unserialisable a\nwrite()  # RACE unserialisable a\n"
    assert read_marks("a.py", text) == {SEEN}


def test_a_line_can_be_in_several_pairs() -> None:
    text = "x += 1  # RACE lost-update, lost-update a\nx -= 1  # RACE lost-update a\n"
    assert read_marks("a.py", text) == {LOST, Pair(("a.py:1", "a.py:2"), "lost-update")}


def test_only_comments_are_marks() -> None:
    assert read_marks("a.py", "text = '# RACE lost-update'\n# RACES are not marks\n") == frozenset()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x()  # RACE last-update\n", "a.py:1: there is no kind 'last-update'; choose from lost-update, "),
        ("x()  # RACE lost-update a\n", "a.py: the letter a needs two lines with one kind, and has "),
        ("x()  # RACE lost-update a\ny()  # RACE unserialisable a\n", "a.py: the letter a needs two lines with one"),
        ("x()  # RACE lost-update, unserialisable\n", "a.py: two marks name the same pair of lines"),
    ],
)
def test_a_mark_that_says_nothing_definite_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        read_marks("a.py", text)


def access(path: str, line: int) -> RaceAccess:
    return RaceAccess(process="Process-1", pid=1, path=path, line=line)


def test_the_lines_of_a_reported_race_stand_in_the_order_of_the_marks() -> None:
    for lines in ((2, 11), (11, 2)):
        first, second = (access("/somewhere/a.py", line) for line in lines)
        race = Race(kind="lost-update", status="possible", cell=Cell("Value('i')"), first=first, second=second)
        assert pair_of(race) == Pair(("a.py:2", "a.py:11"), "lost-update")


def test_what_is_found_is_right_and_what_is_missed_or_invented_is_not() -> None:
    result = score({LOST, SEEN}, {LOST, Pair(("a.py:8", "a.py:9"), "lost-update")})
    assert result == Score(expected=2, found=2, right=1, credit=1.0)
    assert (result.recall, result.precision) == (0.5, 0.5)


def test_another_kind_on_the_right_lines_is_half_right() -> None:
    result = score({LOST}, {Pair(LOST.lines, "unserialisable")})
    assert (result.recall, result.precision) == (1.0, 1.0)
    assert (result.recall_with_kind, result.precision_with_kind) == (0.5, 0.5)


def test_a_second_kind_on_the_same_lines_takes_half_of_the_credit() -> None:
    result = score({LOST}, {LOST, Pair(LOST.lines, "unserialisable")})
    assert (result.found, result.right, result.credit) == (1, 1, 0.5)


def test_silence_about_a_clean_program_is_perfect() -> None:
    assert score((), ()) == Score()
    assert (Score().recall, Score().precision) == (1.0, 1.0)
    assert (Score().recall_with_kind, Score().precision_with_kind) == (1.0, 1.0)


def test_scores_add_up() -> None:
    assert score({LOST}, {LOST}) + score({SEEN}, ()) == Score(expected=2, found=1, right=1, credit=1.0)


def test_each_kind_is_scored_alone() -> None:
    by_kind = score_by_kind({LOST, SEEN}, {LOST, Pair(SEEN.lines, "lost-update")})
    assert by_kind["lost-update"] == Score(expected=1, found=2, right=1, credit=1.0)
    assert by_kind["unserialisable"] == Score(expected=1, found=0, right=0, credit=0.0)
    assert by_kind["inconsistent-lock"] == Score()


def test_a_program_whose_worker_fails_says_nothing_about_races(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = Twin("racy/lost_counter")
    monkeypatch.setattr(twin.module, "count", fail)
    each = r"ForkProcess-\d+: ValueError: no use"
    with pytest.raises(RunFailed, match=f"^{each}; {each}$"):
        found_in(twin, "fork")


def fail(*_arguments: object) -> None:
    raise ValueError("no use")


def test_turns_are_steps_apart_and_the_first_one_begins_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    for rank in range(3):
        Turns(0.25)(rank)
        no_pause(rank)
    assert slept == [0.0, 0.25, 0.5]

"""What a search in the host has found, as plain data and back; and what a host may say instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_parlab.errors import SubmissionDied
from pytest_parlab.explore.exploration import DEADLOCK, Exploration, Raised
from pytest_parlab.sandbox.channel import pack, unpack
from pytest_parlab.sandbox.explored import LARGEST, LONGEST, MOST, exploration, to_plain
from tests.unit.report.explorations import ABBA, CLEAN, COUNTING, OPEN, SAMPLED

RAISED = replace(CLEAN, outcomes={Raised("ValueError", "no"): 2, (1, frozenset({2})): 1}, witnesses={DEADLOCK: "t"})


def crossed(found: Exploration, names: dict[str, str] | None = None) -> Exploration:
    """What arrives at the judge."""
    return exploration(unpack(pack(to_plain(found, names or {}))), "count")


@pytest.mark.parametrize("found", [COUNTING, ABBA, CLEAN, SAMPLED, OPEN, RAISED])
def test_all_of_it_arrives_as_it_was(found: Exploration) -> None:
    assert crossed(found) == found
    assert list(crossed(found).outcomes) == list(found.outcomes)


class Own:
    def __repr__(self) -> str:
        return "<own>"


class Rude:
    def __repr__(self) -> str:
        raise SystemError("no")


def test_an_outcome_that_is_no_plain_data_is_given_as_its_repr() -> None:
    assert crossed(replace(CLEAN, outcomes={Own(): 3, (Own(), 1): 2})).outcomes == {"<own>": 3, "(<own>, 1)": 2}
    assert crossed(replace(CLEAN, outcomes={Rude(): 1})).outcomes == {"(its repr raises SystemError)": 1}


def test_outcomes_that_look_alike_are_counted_together() -> None:
    assert crossed(replace(CLEAN, outcomes={Own(): 3, Own(): 2})).outcomes == {"<own>": 5}


def test_every_text_names_the_files_as_their_reader_knows_them() -> None:
    names = {"/home/ada/bank.py": "handed_in/bank.py", "bank.py:12": "handed_in/bank.py:12"}
    found = crossed(replace(COUNTING, undecided="stuck at /home/ada/bank.py:3"), names)
    [failure] = found.failures
    assert {moment.place.path for moment in failure.moments} == {"handed_in/bank.py"}
    assert {moment.subject for moment in failure.moments} == {"Value('i') made at handed_in/bank.py:12"}
    assert found.undecided == "stuck at handed_in/bank.py:3"


PLAIN: dict[str, Any] = to_plain(COUNTING, {})


def with_failure(**fields: Any) -> dict[str, Any]:
    return PLAIN | {"failures": [PLAIN["failures"][0] | fields]}


@pytest.mark.parametrize(
    "word",
    [
        None,
        7,
        [],
        {},
        {**PLAIN, "more": 1},
        {key: value for key, value in PLAIN.items() if key != "seed"},
        PLAIN | {"schedules": "6"},
        PLAIN | {"schedules": True},
        PLAIN | {"schedules": LARGEST},
        PLAIN | {"exhausted": 1},
        PLAIN | {"interleavings": 1.5},
        PLAIN | {"seconds": "0.1"},
        PLAIN | {"function": b"count"},
        PLAIN | {"outcomes": {2: 1}},
        PLAIN | {"outcomes": [7]},
        PLAIN | {"outcomes": [(("value", [1]), 1)]},
        PLAIN | {"outcomes": [(("deadlock", 1), 1)]},
        PLAIN | {"outcomes": [(("other",), 1)]},
        PLAIN | {"outcomes": [(("value", 1), None)]},
        PLAIN | {"failures": (1,)},
        PLAIN | {"failures": [{}]},
        PLAIN | {"failures": [None] * (MOST + 1)},
        with_failure(kind="victory"),
        with_failure(outcome=2),
        with_failure(schedule=[1, "2"]),
        with_failure(moments=[PLAIN["failures"][0]["moments"][0] | {"place": None}]),
    ],
)
def test_anything_else_is_no_answer(word: object) -> None:
    with pytest.raises(SubmissionDied) as caught:
        exploration(word, "count")
    assert str(caught.value).startswith("count: the process that runs your code sent something that is no answer (")


def test_a_text_without_end_is_cut() -> None:
    word = PLAIN | {"undecided": "x" * (LONGEST + 1), "outcomes": [(("raised", "E", "y" * (LONGEST + 1)), 1)]}
    found = exploration(word, "count")
    assert len(found.undecided) == LONGEST
    assert found.outcomes == {Raised("E", "y" * LONGEST): 1}

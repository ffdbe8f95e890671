"""Which operations on queues and pipes commute, by their resources alone."""

from __future__ import annotations

import pytest

from pytest_parlab.explore.operations import (
    CHANNELS,
    DONE,
    EVERYTHING,
    RECEIVING,
    ROOM,
    SENDING,
    WHOLE,
    Kind,
    Operation,
    channel_of,
    dependent,
    enables,
    resource_of,
)

SLOT = 7


def put(feeder: int, item: int, parts: int = 0) -> Operation:
    return Operation(Kind.PUT, channel_of(SLOT, parts, feeder=feeder, item=item), changes=True)


def flush(feeder: int, item: int, message: int) -> Operation:
    return Operation(Kind.FLUSH, channel_of(SLOT, SENDING, message=message, feeder=feeder, item=item), changes=True)


def get(message: int, parts: int = 0) -> Operation:
    return Operation(Kind.GET, channel_of(SLOT, RECEIVING | parts, message=message), changes=True)


LOOK = Operation(Kind.LOOK, channel_of(SLOT, SENDING | RECEIVING), changes=False)
COUNT = Operation(Kind.LOOK, resource_of(CHANNELS + SLOT), changes=False)
TASK_DONE = Operation(Kind.NOTIFY, channel_of(SLOT, DONE), changes=True)
WAIT_FOR_ANY = Operation(Kind.RECEIVE, EVERYTHING, changes=False)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (put(61, 0), put(60, 0)),
        (put(61, 1), flush(61, 0, 0)),
        (put(61, 0), flush(60, 0, 0)),
        (put(61, 0), get(0)),
        (put(61, 0), LOOK),
        (flush(61, 1, 1), get(0)),
        (flush(61, 0, 0), TASK_DONE),
        (get(0), TASK_DONE),
        (LOOK, COUNT),
    ],
)
def test_what_concerns_different_parts_commutes(first: Operation, second: Operation) -> None:
    assert not dependent(first, second)
    assert not dependent(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (put(61, 0, ROOM), put(60, 0, ROOM)),
        (put(61, 0, ROOM), get(0, ROOM)),
        (put(61, 0, DONE), TASK_DONE),
        (put(61, 0), COUNT),
        (flush(61, 0, 0), flush(60, 0, 1)),
        (flush(61, 0, 0), LOOK),
        (get(0), get(1)),
        (get(0), LOOK),
        (get(0), WAIT_FOR_ANY),
    ],
)
def test_what_concerns_one_part_does_not_commute(first: Operation, second: Operation) -> None:
    for one, other in ((first, second), (second, first)):
        assert dependent(one, other)
        assert not enables(one, other)


@pytest.mark.parametrize(("first", "second"), [(put(61, 3), flush(61, 3, 5)), (flush(61, 3, 5), get(5))])
def test_who_sends_comes_before_who_receives_that(first: Operation, second: Operation) -> None:
    assert dependent(first, second)
    assert enables(first, second)
    assert not enables(first._replace(forced=True), second)


def test_operations_on_different_channels_commute() -> None:
    other = Operation(Kind.GET, channel_of(SLOT + 1, RECEIVING, message=0), changes=True)
    assert not dependent(get(0), other)


def test_numbers_beyond_the_bits_that_are_kept_are_never_taken_for_all_of_a_channel() -> None:
    for number in (0, 1022, 1023, 4094, 4095, 10**6):
        resource = channel_of(SLOT, SENDING | RECEIVING | ROOM | DONE, message=number, feeder=61, item=number)
        assert resource >> 32 == CHANNELS + SLOT
        assert resource & WHOLE != WHOLE

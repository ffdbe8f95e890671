"""Clocks and order, from events made by hand."""

from __future__ import annotations

import pytest

from pytest_parlab.trace.clocks import StrandClock, join
from pytest_parlab.trace.edges import ACQUIRES, RELEASES, Links, acquired_keys, released_key
from pytest_parlab.trace.model import Access, Clock, Site, Strand, happens_before
from pytest_parlab.trace.order import Order
from pytest_parlab.trace.records import ALL_PARTS, HANDED_OUT, Event, Kind

WRITE = Event(Kind.WRITE, 0, 0, 1, 1)


def event(kind: Kind, subject: int, payload: int = 0) -> Event:
    return Event(kind, 0, 0, subject, payload)


def walk(*strands: list[Event], links: Links | None = None, processes: list[int] | None = None) -> Order:
    """The order of some strands, each of a process of its own unless said otherwise."""
    owners = processes or list(range(len(strands)))
    known = [Strand(index, process, 0, "") for index, process in enumerate(owners)]
    return Order(known, list(strands), links or Links())


def clocks(walked: Order, kind: Kind = Kind.WRITE) -> dict[int, list[Clock]]:
    found: dict[int, list[Clock]] = {}
    for stretch in walked.stretches():
        for event in stretch.events:
            if event.kind == kind:
                found.setdefault(stretch.strand, []).append(stretch.clock)
    return found


def before(first: Clock, second: Clock, strand: int) -> bool:
    return second[strand] >= first[strand]


def test_a_clock_enters_a_new_epoch_at_each_release() -> None:
    clock = StrandClock(1, 3)
    assert clock.now == (0, 1, 0)
    assert clock.now is clock.now
    assert clock.publish() == (0, 1, 0)
    assert clock.now == (0, 2, 0)
    clock.receive((4, 1, 0))
    assert clock.now == (4, 2, 0)
    assert join(None, (1, 2)) == (1, 2)
    assert join((3, 0), (1, 2)) == (3, 2)


def test_program_order_is_order_and_other_strands_are_not() -> None:
    def access(strand: int, clock: Clock, position: int) -> Access:
        return Access("read", (1, 0), strand, clock, position, 0, frozenset(), Site("a.py", 1, "f"))

    assert happens_before(access(0, (1, 0), 1), access(0, (1, 0), 2))
    assert not happens_before(access(0, (1, 0), 2), access(0, (1, 0), 1))
    assert not happens_before(access(0, (1, 0), 1), access(1, (0, 1), 2))
    assert happens_before(access(0, (1, 0), 1), access(1, (1, 1), 2))


def test_kinds_that_publish_and_kinds_that_wait_are_all_listed() -> None:
    """The walk looks only at these."""
    links = Links(birth={0: (1, 1)}, index_of={7: 0})
    links.tasks_of[7].append(7)
    links.reads_from[7 | 1 << 32, 1] = 1
    for kind in Kind:
        subject = 7 | ALL_PARTS << 32 if kind == Kind.RESULT_GOT else 7 | 1 << 32
        assert (released_key(0, event(kind, subject, 1)) is not None) == (kind in RELEASES)
        assert bool(list(acquired_keys(0, event(kind, subject, 1), links))) == (kind in ACQUIRES)


def test_many_events_in_a_row_are_handed_out_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part knows its place; a release stands alone, for what comes after it belongs to another epoch."""
    monkeypatch.setattr("pytest_parlab.trace.order.STRETCH_LIMIT", 2)
    events = [*[WRITE] * 5, event(Kind.PUT, 3, 50), WRITE, event(Kind.GET, 3, 50), WRITE]
    parts = list(walk(events).stretches())
    assert [(part.position, len(part.events)) for part in parts] == [(0, 2), (2, 2), (4, 1), (5, 1), (6, 1), (7, 2)]
    assert [part.clock for part in parts] == [(1,)] * 4 + [(2,)] * 2
    assert [one for part in parts for one in part.events] == events


def test_an_acquire_waits_for_its_release_whatever_strand_comes_first() -> None:
    for flip in (False, True):
        putting, getting = [WRITE, event(Kind.PUT, 3, 50), WRITE], [event(Kind.GET, 3, 50), WRITE]
        order = walk(getting, putting) if flip else walk(putting, getting)
        found = clocks(order)
        first, second = (1, 0) if flip else (0, 1)
        assert before(found[first][0], found[second][0], first)
        assert not before(found[first][1], found[second][0], first)
        assert order.problems == []


def test_a_release_that_was_not_recorded_is_not_waited_for() -> None:
    order = walk([event(Kind.GET, 3, 50), event(Kind.SEEN, 4 | 2 << 32, 9), WRITE])
    assert len(clocks(order)[0]) == 1
    assert order.problems == []


def test_orders_that_contradict_each_other_are_a_problem_and_lose_no_event() -> None:
    one = [event(Kind.GET, 3, 51), WRITE, event(Kind.PUT, 3, 50)]
    two = [event(Kind.GET, 3, 50), WRITE, event(Kind.PUT, 3, 51)]
    order = walk(one, two)
    assert {strand: len(found) for strand, found in clocks(order).items()} == {0: 1, 1: 1}
    assert order.problems == ["the recorded order contradicts itself at ('stamp', 50), ('stamp', 51)"]


def test_a_process_has_ended_when_all_its_threads_have() -> None:
    links = Links(index_of={70: 1})
    order = walk([event(Kind.END_SEEN, 70), WRITE], [WRITE], [WRITE], links=links, processes=[0, 1, 1])
    found = clocks(order)
    assert before(found[1][0], found[0][0], 1)
    assert before(found[2][0], found[0][0], 2)


def test_a_count_stands_for_all_releases_before_it() -> None:
    releasing = [WRITE, event(Kind.SIGNAL, 4 | 1 << 32), WRITE, event(Kind.SIGNAL, 4 | 2 << 32), WRITE]
    found = clocks(walk(releasing, [event(Kind.SEEN, 4 | 2 << 32), WRITE], [event(Kind.SEEN, 4 | 1 << 32), WRITE]))
    assert [before(clock, found[1][0], 0) for clock in found[0]] == [True, True, False]
    assert [before(clock, found[2][0], 0) for clock in found[0]] == [True, False, False]


@pytest.mark.parametrize("flip", [False, True])
def test_the_second_release_of_a_process_may_be_another_threads(*, flip: bool) -> None:
    first, second = [WRITE, event(Kind.SIGNAL, 4 | 1 << 32)], [WRITE, event(Kind.SIGNAL, 4 | 2 << 32)]
    seeing = [event(Kind.SEEN, 4 | 2 << 32), WRITE]
    strands = (second, first, seeing) if flip else (first, second, seeing)
    found = clocks(walk(*strands, processes=[0, 0, 1]))
    assert before(found[0][0], found[2][0], 0)
    assert before(found[1][0], found[2][0], 1)


def test_a_departure_follows_the_arrivals_of_its_own_meeting_only() -> None:
    def party(arrivals: tuple[int, int]) -> list[Event]:
        events = []
        for arrival, first in zip(arrivals, (1, 3), strict=True):
            events += [WRITE, event(Kind.ARRIVE, 6 | arrival << 32, first), event(Kind.DEPART, 6 | 2 << 32, first)]
        return [*events, WRITE]

    found = clocks(walk(party((1, 3)), party((2, 4))))
    assert before(found[0][0], found[1][1], 0)
    assert before(found[0][1], found[1][2], 0)
    assert not before(found[0][1], found[1][1], 0)


def test_a_result_of_all_parts_follows_every_task_and_one_part_only_its_own() -> None:
    links = Links()
    tasks = [9 | part << 32 for part in range(2)]
    links.tasks_of[9] += tasks
    workers = [[event(Kind.TASK_START, task), WRITE, event(Kind.TASK_END, task)] for task in tasks]
    caller = [
        WRITE,
        event(Kind.CALL_SUBMITTED, 9),
        event(Kind.RESULT_GOT, tasks[1]),
        WRITE,
        event(Kind.RESULT_GOT, 9 | ALL_PARTS << 32),
        WRITE,
    ]
    found = clocks(walk(caller, *workers, links=links))
    assert [before(found[1][0], clock, 1) for clock in found[0]] == [False, False, True]
    assert [before(found[2][0], clock, 2) for clock in found[0]] == [False, True, True]
    assert before(found[0][0], found[1][0], 0)


def test_a_moment_is_known_by_its_thing_and_number_alone() -> None:
    releasing = [WRITE, event(Kind.RELEASE, 4, 1), WRITE, event(Kind.RELEASE, 4, 2)]
    found = clocks(walk(releasing, [event(Kind.ACQUIRE, 4, 1), WRITE], [event(Kind.ACQUIRE, 5, 1), WRITE]))
    assert [before(clock, found[1][0], 0) for clock in found[0]] == [True, False]
    assert [before(clock, found[2][0], 0) for clock in found[0]] == [False, False]


def test_a_ready_sentinel_follows_all_that_its_process_did() -> None:
    links = Links(index_of={70: 1})
    found = clocks(walk([event(Kind.SENTINEL_READY, 70), WRITE], [WRITE], links=links))
    assert before(found[1][0], found[0][0], 1)


def test_what_is_drawn_for_a_task_follows_the_call_and_comes_before_the_task() -> None:
    links = Links()
    task = 9 | 1 << 32
    caller = [WRITE, event(Kind.CALL_SUBMITTED, 9), WRITE]
    drawing = [event(Kind.CALL_BEGUN, 9), WRITE, event(Kind.RELEASE, task, HANDED_OUT), WRITE]
    found = clocks(walk(caller, drawing, [event(Kind.TASK_START, task), WRITE], links=links))
    assert [before(clock, found[1][0], 0) for clock in found[0]] == [True, False]
    assert [before(clock, found[2][0], 1) for clock in found[1]] == [True, False]

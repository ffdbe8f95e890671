"""Tickets and tallies: shared between processes, exact, and cheap in file descriptors."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pytest_parlab.trace import counters
from pytest_parlab.trace.counters import NARROW, PROCESS_LIMIT, Counters


def test_tickets_count_on_whoever_takes_them(tmp_path: Path) -> None:
    first, second = Counters(tmp_path, 0), Counters(tmp_path, 1)
    assert [first.ticket(7), second.ticket(7), first.ticket(7), first.ticket(8)] == [1, 2, 3, 1]
    assert (second.last_ticket(7), second.last_ticket(9)) == (3, 0)


def test_words_are_shared_by_those_who_map_them(tmp_path: Path) -> None:
    first, second = Counters(tmp_path, 0).words(5, 3), Counters(tmp_path, 1).words(5, 3)
    assert first is not None
    assert second is not None
    first[2] = 9
    assert second.tolist() == [0, 0, 9]


def test_an_arrival_knows_with_whom_its_meeting_began(tmp_path: Path) -> None:
    first, second = Counters(tmp_path, 0), Counters(tmp_path, 1)
    assert first.arrival(5, first=True) == (1, 1)
    assert second.arrival(5, first=False) == (2, 1)
    assert second.arrival(5, first=True) == (3, 3)
    assert first.arrival(5, first=False) == (4, 3)


def test_every_process_adds_to_its_own_slot(tmp_path: Path) -> None:
    first, second = Counters(tmp_path, 0), Counters(tmp_path, 3)
    assert [first.add("puts"), first.add("puts", 2), second.add("puts")] == [1, 3, 1]
    assert first.counts("puts") == second.counts("puts") == {0: 3, 3: 1}
    assert (first.total("puts"), first.own("puts"), second.own("puts"), first.total("gets")) == (4, 3, 1, 0)


@pytest.mark.parametrize("index", [NARROW - 1, NARROW, PROCESS_LIMIT - 1])
def test_a_process_far_down_the_line_is_counted(tmp_path: Path, index: int) -> None:
    near, far = Counters(tmp_path, 0), Counters(tmp_path, index)
    near.add("puts")
    far.add("puts")
    assert near.counts("puts") == {0: 1, index: 1}


def test_a_process_beyond_the_limit_is_not_counted(tmp_path: Path) -> None:
    far = Counters(tmp_path, PROCESS_LIMIT)
    assert (far.add("puts"), far.own("puts"), far.total("puts")) == (0, 0, 0)


def test_threads_share_the_slot_of_their_process(tmp_path: Path) -> None:
    shared = Counters(tmp_path, 0)
    threads = [threading.Thread(target=lambda: [shared.add("puts") for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.total("puts") == 8000


def test_counters_that_are_not_kept_open_go_on_where_they_were(tmp_path: Path) -> None:
    few = Counters(tmp_path, 0, open_limit=2)
    assert [few.ticket(key) for key in (1, 2, 3, 1, 2, 3)] == [1, 1, 1, 2, 2, 2]
    assert [few.add(key) for key in ("a", "b", "c", "a")] == [1, 1, 1, 2]
    assert len(few.tickets) == 2


def test_no_room_is_told_once_and_counts_as_nothing(tmp_path: Path) -> None:
    told: list[int] = []
    lost = Counters(tmp_path / "gone", 0, on_failure=lambda: told.append(1))
    assert [lost.ticket(1), lost.ticket(1), lost.words(1, 2)] == [0, 0, None]
    assert lost.arrival(1, first=True) == (0, 0)
    assert (lost.add("puts"), lost.own("puts"), lost.total("puts"), lost.counts("puts")) == (0, 0, 0, {})
    assert told == [1, 1, 1]


def test_room_is_made_where_the_system_cannot_reserve_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    first, second = Counters(tmp_path, 0), Counters(tmp_path, 1)
    assert [first.ticket(7), second.ticket(7)] == [1, 2]
    assert (tmp_path / "7.ticket").stat().st_size == counters.TICKET_BYTES

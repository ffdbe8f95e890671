"""The ring: what is written is read, whatever happens to the writer or to the disk."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from pytest_parlab.trace import ring
from pytest_parlab.trace.records import RECORD
from pytest_parlab.trace.ring import (
    CHUNK,
    MORE,
    SLOTS,
    STARTER,
    STARTER_SLOTS,
    Origin,
    RingWriter,
    new_starters,
)
from pytest_parlab.trace.ring_reading import read_origin, read_ring


def subjects(path: Path) -> list[int]:
    return [event.subject for event in read_ring(path)[0]]


def fill(writer: RingWriter, count: int, start: int = 1) -> None:
    for number in range(start, start + count):
        writer.append(number, 2 * number, 23 | 5 << 8 | number << 24)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring")
    writer.append(2**64 - 1, 2**63, 23 | 0xFFFF << 8 | 0xFFFF_FFFF << 24)
    writer.close()
    (event,), truncated = read_ring(tmp_path / "0.ring")
    assert event == (23, 0xFFFF, 0xFFFF_FFFF, 2**64 - 1, 2**63)
    assert not truncated


@pytest.mark.parametrize("count", [0, 1, STARTER_SLOTS, STARTER_SLOTS + 1, STARTER_SLOTS + SLOTS, 9 * SLOTS + 3])
def test_a_ring_grows_with_its_records(tmp_path: Path, count: int) -> None:
    writer = RingWriter.create(tmp_path / "0.ring")
    fill(writer, count)
    writer.close()
    assert subjects(tmp_path / "0.ring") == list(range(1, count + 1))
    assert not read_ring(tmp_path / "0.ring")[1]


def test_a_ring_grows_in_few_steps(tmp_path: Path) -> None:
    """Each mapping may keep a file descriptor."""
    writer = RingWriter.create(tmp_path / "0.ring")
    more, steps = tmp_path / "0.more", []
    for number in range(40 * SLOTS):
        writer.append(number, 0, 1)
        size = more.stat().st_size // CHUNK if more.exists() else 0
        if number % STARTER_SLOTS == 0 and size not in steps:
            steps.append(size)
    assert steps == [0, 1, 2, 4, 8, 16, 32, 64]


def test_a_process_that_does_little_needs_one_page(tmp_path: Path) -> None:
    fill(RingWriter.create(tmp_path / "0.ring"), STARTER_SLOTS)
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("0.ring", STARTER)]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_full_ring_keeps_the_newest_and_says_so(tmp_path: Path, limit: int) -> None:
    writer = RingWriter.create(tmp_path / "0.ring", chunk_limit=limit)
    """And the very first, which says whose ring it is."""
    count = STARTER_SLOTS + 7 * SLOTS + 5
    fill(writer, count)
    kept = (limit - 1) * SLOTS + 5
    assert subjects(tmp_path / "0.ring") == [1, *range(count + 1 - kept, count + 1)]
    assert read_ring(tmp_path / "0.ring")[1]
    assert (tmp_path / "0.more").stat().st_size == limit * CHUNK


def test_a_record_that_was_cut_short_is_not_there(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring")
    fill(writer, 3)
    with (tmp_path / "0.ring").open("r+b") as file:  # the second lost its head, which is written last
        file.seek(2 * RECORD.size + 16)
        file.write(bytes(8))
    assert subjects(tmp_path / "0.ring") == [1, 3]


def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring")
    fill(writer, STARTER_SLOTS + SLOTS + 10)
    writer.close()
    os.truncate(tmp_path / "0.more", CHUNK + 100)
    assert subjects(tmp_path / "0.ring") == list(range(1, STARTER_SLOTS + SLOTS + 1))
    assert read_ring(tmp_path / "0.ring")[1]
    (tmp_path / "0.more").unlink()
    assert subjects(tmp_path / "0.ring") == list(range(1, STARTER_SLOTS + 1))
    assert read_ring(tmp_path / "0.ring")[1]
    (tmp_path / "0.ring").write_bytes(b"")
    assert read_ring(tmp_path / "0.ring") == ([], False)
    assert read_origin(tmp_path / "0.ring") is None


def test_threads_lose_nothing_to_each_other(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring")
    threads = [threading.Thread(target=fill, args=(writer, 5000, 1 + 5000 * number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(subjects(tmp_path / "0.ring")) == list(range(1, 20_001))


def test_a_ring_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring", chunk_limit=2)
    thread = threading.Thread(target=fill, args=(writer, 40_000))
    thread.start()
    while thread.is_alive():
        found = subjects(tmp_path / "0.ring")
        assert found == sorted(found)
    thread.join()
    assert subjects(tmp_path / "0.ring")[-1] == 40_000


@pytest.mark.parametrize("after", [1, 3])
def test_a_full_disk_makes_the_ring_wrap_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    real = os.write
    written: list[int] = []

    def write(descriptor: int, data: bytes) -> int:
        if len(written) >= after:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(len(data))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    writer = RingWriter.create(tmp_path / "0.ring")
    fill(writer, 10 * SLOTS)
    events, truncated = read_ring(tmp_path / "0.ring")
    assert truncated
    assert events[-1].subject == 10 * SLOTS
    assert len(events) <= sum(written) // RECORD.size
    assert [event.subject for event in events[1:]] == list(range(10 * SLOTS + 2 - len(events), 10 * SLOTS + 1))


def test_a_disk_that_takes_only_a_part_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, _: real(descriptor, bytes(100)))
    with pytest.raises(OSError, match="no room for the whole part"):
        RingWriter.create(tmp_path / "0.ring")
    assert list(tmp_path.iterdir()) == []


def test_a_ring_is_never_written_over(tmp_path: Path) -> None:
    RingWriter.create(tmp_path / "0.ring").close()
    with pytest.raises(FileExistsError):
        RingWriter.create(tmp_path / "0.ring")


def test_a_closed_ring_takes_records_without_growing(tmp_path: Path) -> None:
    """A thread may be writing while the watch is closed."""
    writer = RingWriter.create(tmp_path / "0.ring")
    writer.close()
    writer.close()
    fill(writer, 2 * SLOTS)
    assert subjects(tmp_path / "0.ring")[-1] == 2 * SLOTS
    assert [path.name for path in tmp_path.iterdir()] == ["0.ring"]


def test_a_record_can_be_written_while_the_ring_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a signal handler of the growing thread."""
    writer = RingWriter.create(tmp_path / "0.ring")
    real = ring._map_zeros
    within: list[int] = []

    def interrupted(path: str, offset: int, size: int) -> memoryview:
        if not within:
            within.append(offset)
            writer.append(1_000_000, 0, 1)
        return real(path, offset, size)

    monkeypatch.setattr(ring, "_map_zeros", interrupted)
    fill(writer, 5 * SLOTS)
    assert sorted(subjects(tmp_path / "0.ring")) == [*range(1, 5 * SLOTS + 1), 1_000_000]


def test_a_starter_may_lie_among_others(tmp_path: Path) -> None:
    """As the parent makes them; a link by the ring's name says where."""
    starters = new_starters(os.fspath(tmp_path / "0-1.starters"), 3)
    for number in range(3):
        writer = RingWriter(starters[number * STARTER : (number + 1) * STARTER])
        writer.begin(os.fspath(tmp_path / str(number)), parent_pid=77, fork=number)
        fill(writer, 10 + SLOTS * number)
        (tmp_path / f"{number}.ring").symlink_to(f"0-1.starters@{number}")
    assert [len(subjects(tmp_path / f"{number}.ring")) for number in range(3)] == [10, 10 + SLOTS, 10 + 2 * SLOTS]
    assert [read_origin(tmp_path / f"{number}.ring").token for number in range(3)] == [0, 1, 2]  # type: ignore[union-attr]


def test_the_origin_is_read_as_it_was_written(tmp_path: Path) -> None:
    origin = Origin(parent_pid=4_194_303, token=2**32 - 1, parent=2047, thread=65_535, names=2**32 - 1, who=2**32 - 1)
    writer = RingWriter.create(tmp_path / "0.ring", origin=origin, chunk_limit=1)
    assert read_origin(tmp_path / "0.ring") == origin
    fill(writer, 5 * SLOTS)
    assert read_origin(tmp_path / "0.ring") == origin


def test_the_only_page_that_there_is_room_for_is_used_again(tmp_path: Path) -> None:
    writer = RingWriter.create(tmp_path / "0.ring", origin=Origin(7, 8, 9), chunk_limit=0)
    fill(writer, 2 * STARTER_SLOTS - 1)
    assert subjects(tmp_path / "0.ring") == [1, *range(STARTER_SLOTS + 1, 2 * STARTER_SLOTS)]
    assert read_ring(tmp_path / "0.ring")[1]
    assert read_origin(tmp_path / "0.ring") == Origin(7, 8, 9)
    assert not (tmp_path / f"0{MORE}").exists()

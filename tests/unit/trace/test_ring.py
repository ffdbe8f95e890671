"""The ring: what is written is read, whatever happens to the writer or to the disk."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from pytest_parlab.trace import ring
from pytest_parlab.trace.records import RECORD
from pytest_parlab.trace.ring import CHUNK, SLOTS, RingWriter, read_ring


def subjects(path: Path) -> list[int]:
    return [event.subject for event in read_ring(path)[0]]


def fill(writer: RingWriter, count: int, start: int = 1) -> None:
    for number in range(start, start + count):
        writer.append(number, 2 * number, 23 | 5 << 8 | number << 24)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "0.ring")
    writer.append(2**64 - 1, 2**63, 23 | 0xFFFF << 8 | 0xFFFF_FFFF << 24)
    writer.close()
    (event,), truncated = read_ring(tmp_path / "0.ring")
    assert event == (23, 0xFFFF, 0xFFFF_FFFF, 2**64 - 1, 2**63)
    assert not truncated


@pytest.mark.parametrize("count", [0, 1, SLOTS - 1, SLOTS, SLOTS + 1, 9 * SLOTS + 3])
def test_a_ring_grows_with_its_records(tmp_path: Path, count: int) -> None:
    writer = RingWriter(tmp_path / "0.ring")
    fill(writer, count)
    writer.close()
    assert subjects(tmp_path / "0.ring") == list(range(1, count + 1))
    assert not read_ring(tmp_path / "0.ring")[1]


def test_a_ring_grows_in_few_steps(tmp_path: Path) -> None:
    """Each mapping keeps a file descriptor."""
    writer = RingWriter(tmp_path / "0.ring")
    steps = []
    for number in range(40 * SLOTS):
        writer.append(number, 0, 1)
        size = (tmp_path / "0.ring").stat().st_size // CHUNK
        if number % SLOTS == 0 and size not in steps:
            steps.append(size)
    assert steps == [1, 2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_full_ring_keeps_the_newest_and_says_so(tmp_path: Path, limit: int) -> None:
    writer = RingWriter(tmp_path / "0.ring", chunk_limit=limit)
    fill(writer, 7 * SLOTS + 5)
    kept = (limit - 1) * SLOTS + 5
    assert subjects(tmp_path / "0.ring") == list(range(7 * SLOTS + 6 - kept, 7 * SLOTS + 6))
    assert read_ring(tmp_path / "0.ring")[1]
    assert (tmp_path / "0.ring").stat().st_size == limit * CHUNK


def test_a_record_that_was_cut_short_is_not_there(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "0.ring")
    fill(writer, 3)
    with (tmp_path / "0.ring").open("r+b") as file:  # the second lost its head, which is written last
        file.seek(2 * RECORD.size + 16)
        file.write(bytes(8))
    assert subjects(tmp_path / "0.ring") == [1, 3]


def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "0.ring")
    fill(writer, SLOTS + 10)
    writer.close()
    os.truncate(tmp_path / "0.ring", CHUNK + 100)
    assert subjects(tmp_path / "0.ring") == list(range(1, SLOTS + 1))
    (tmp_path / "0.ring").write_bytes(b"")
    assert read_ring(tmp_path / "0.ring") == ([], False)


def test_threads_lose_nothing_to_each_other(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "0.ring")
    threads = [threading.Thread(target=fill, args=(writer, 5000, 1 + 5000 * number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(subjects(tmp_path / "0.ring")) == list(range(1, 20_001))


def test_a_ring_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "0.ring", chunk_limit=2)
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
    writer = RingWriter(tmp_path / "0.ring")
    fill(writer, 10 * SLOTS)
    events, truncated = read_ring(tmp_path / "0.ring")
    assert truncated
    assert events[-1].subject == 10 * SLOTS
    assert len(events) == sum(written) // CHUNK * SLOTS


def test_a_disk_that_takes_only_a_part_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, _: real(descriptor, bytes(100)))
    with pytest.raises(OSError, match="no room for the whole part"):
        RingWriter(tmp_path / "0.ring")
    assert list(tmp_path.iterdir()) == []


def test_a_ring_is_never_written_over(tmp_path: Path) -> None:
    RingWriter(tmp_path / "0.ring").close()
    with pytest.raises(FileExistsError):
        RingWriter(tmp_path / "0.ring")


def test_a_closed_ring_takes_records_without_growing(tmp_path: Path) -> None:
    """A thread may be writing while the watch is closed."""
    writer = RingWriter(tmp_path / "0.ring")
    writer.close()
    writer.close()
    fill(writer, 2 * SLOTS)
    assert (tmp_path / "0.ring").stat().st_size == CHUNK


def test_a_record_can_be_written_while_the_ring_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a signal handler of the growing thread."""
    writer = RingWriter(tmp_path / "0.ring")
    real = ring._map_zeros
    within: list[int] = []

    def interrupted(descriptor: int, offset: int, size: int) -> memoryview:
        if not within:
            within.append(offset)
            writer.append(1_000_000, 0, 1)
        return real(descriptor, offset, size)

    monkeypatch.setattr(ring, "_map_zeros", interrupted)
    fill(writer, 5 * SLOTS)
    assert sorted(subjects(tmp_path / "0.ring")) == [*range(1, 5 * SLOTS + 1), 1_000_000]

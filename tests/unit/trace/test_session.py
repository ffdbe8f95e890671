"""The watch directory: where it lies, and that it goes away."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from pytest_parlab.trace import session
from pytest_parlab.trace.session import clear_stale, make_directory, remove_directory, storage

_Usage = namedtuple("_Usage", "total used free")  # noqa: PYI024 - stands in for the one of shutil
TEMPORARY = Path(tempfile.gettempdir())


def _free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(0, 0, free))


def test_shared_memory_with_room_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free(monkeypatch, 1000)
    assert storage(shared_memory=tmp_path, wanted=1000) == tmp_path


def test_small_shared_memory_is_left_to_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free(monkeypatch, 999)
    assert storage(shared_memory=tmp_path, wanted=1000) == TEMPORARY


def test_missing_shared_memory_is_done_without(tmp_path: Path) -> None:
    assert storage(shared_memory=tmp_path / "absent") == TEMPORARY


def test_shared_memory_that_cannot_be_asked_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError("not here")

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert storage(shared_memory=tmp_path) == TEMPORARY


def test_a_directory_is_private_and_carries_the_pid() -> None:
    directory = make_directory()
    try:
        assert directory.name.startswith(f"parlab-{os.getpid()}-")
        assert directory.stat().st_mode & 0o077 == 0
    finally:
        remove_directory(directory)
    assert not directory.exists()
    remove_directory(directory)


def test_a_storage_that_refuses_is_left_for_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "storage", lambda: tmp_path / "absent")
    directory = make_directory()
    assert directory.parent == TEMPORARY
    remove_directory(directory)
    with pytest.raises(FileNotFoundError):
        make_directory(tmp_path / "absent")


def test_a_directory_goes_even_if_it_is_still_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = make_directory(tmp_path)
    (directory / "0.ring").touch()
    real = shutil.rmtree

    def race(path: Path, *, ignore_errors: bool) -> None:
        with pytest.raises(FileNotFoundError):  # what another process does meanwhile, by the name it knows
            (directory / "late.ticket").touch()
        real(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", race)
    remove_directory(directory)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    dead, alive = tmp_path / "parlab-11-aaaa", tmp_path / "parlab-12-bbbb"
    half, other, file = tmp_path / "parlab-11-cccc-over", tmp_path / "parlab-host-11-x", tmp_path / "parlab-11-file"
    for directory in (dead, alive, half, other):
        directory.mkdir()
    (dead / "0.ring").touch()
    file.touch()
    removed = clear_stale((tmp_path, tmp_path / "absent"), alive=lambda pid: pid == 12)
    assert sorted(removed) == [dead, half]
    assert sorted(tmp_path.iterdir()) == sorted([alive, other, file])


def test_semaphores_that_a_killed_run_left_are_cleared(tmp_path: Path) -> None:
    """As files in shared memory they look like this; those of `multiprocessing` itself are its own tracker's."""
    dead, alive, others = (tmp_path / name for name in ("sem.parlab-11-ab-0", "sem.parlab-12-ab-0", "sem.mp-11-x"))
    for file in (dead, alive, others):
        file.touch()
    assert clear_stale((tmp_path,), alive=lambda pid: pid == 12) == [dead]
    assert sorted(tmp_path.iterdir()) == sorted([alive, others])


def test_what_cannot_be_cleared_is_not_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parlab-11-aaaa").mkdir()
    monkeypatch.setattr(session, "remove_directory", lambda _: None)
    assert clear_stale((tmp_path,), alive=lambda _: False) == []

"""Programs that end, fork, close and run out in all ways: the trace stands for what it has and says what it lacks."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_parlab.instrument import recorder, watching
from pytest_parlab.trace.counters import PROCESS_LIMIT
from pytest_parlab.trace.model import Process, Trace
from tests.unit.instrument import programs

ROOT = Path(__file__).parents[3]
MADE = "made.py"
"""What code is said to be from that a program makes while it runs, so that every access has a place of its own."""

forking = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]


def write_at(value: Any, line: int) -> None:
    """Write to a shared value from a line that nobody has written from."""
    exec(compile("\n" * (line - 1) + "value.value = 1", MADE, "exec"), {"value": value})  # noqa: S102


def write_for_ever(value: Any, ready: Any) -> None:
    line = 0
    while True:
        line += 1
        write_at(value, line)
        if line == 1:
            ready.set()


def lines_of(trace: Trace) -> list[int]:
    return [access.site.line for access in trace.accesses if access.site.path.endswith(MADE)]


def children(trace: Trace) -> list[Process]:
    return [process for process in trace.processes if process.parent is not None]


def forked(work: Callable[[], object]) -> int:
    """Fork by hand; the child does its work and ends with exit status 0, or 1 if the work failed."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def status_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_a_fresh_python(body: str) -> Any:
    """Run statements that print one JSON value at their end; they find what this module and its neighbours have."""
    code = (
        "from tests.unit.instrument.test_bad_input import *\ndef main():\n"
        + "".join(f"    {line}\n" for line in body.strip().splitlines())
        + "if __name__ == '__main__':\n    main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_fifty_kills_at_random_moments_leave_what_was_recorded() -> None:
    """Every access has its place: what a record points to is written down before the record."""
    context = multiprocessing.get_context()
    dice = random.Random(3)
    with watching() as watch:
        for _ in range(50):
            value, ready = context.Value("i", 0), context.Event()
            process = context.Process(target=write_for_ever, args=(value, ready))
            process.start()
            assert ready.wait(programs.HALF_A_MINUTE)
            time.sleep(dice.random() / 100)
            process.kill()
            process.join(programs.HALF_A_MINUTE)
    trace = watch.trace
    assert (trace.problems, trace.truncated) == ((), False)
    assert [(child.exit_code, child.ended) for child in children(trace)] == [(-signal.SIGKILL, False)] * 50
    for child in children(trace):
        of_child = [access for access in trace.accesses if trace.process_of(access.strand).index == child.index]
        assert [access.site.line for access in of_child] == list(range(1, len(of_child) + 1))
        assert {access.site.path for access in of_child} <= {MADE}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_child_that_is_killed_at_once_is_known_from_its_parent() -> None:
    context = multiprocessing.get_context("fork")
    with watching() as watch:
        for number in range(20):
            process = context.Process(target=programs.wait_a_while, name=f"victim-{number}")
            process.start()
            process.kill()
            process.join(programs.HALF_A_MINUTE)
    assert watch.trace.problems == ()
    found = [(child.name, child.target, child.exit_code) for child in children(watch.trace)]
    assert found == [(f"victim-{number}", "wait_a_while", -signal.SIGKILL) for number in range(20)]
    assert len({child.pid for child in children(watch.trace)}) == 20


def test_two_hundred_processes_are_recorded() -> None:
    context = multiprocessing.get_context()
    with watching() as watch:
        go, lock, array = context.Event(), context.Lock(), context.Array("i", 200)
        processes = [context.Process(target=_write_own_slot, args=(go, lock, array, slot)) for slot in range(200)]
        for process in processes:
            process.start()
        go.set()
        for process in processes:
            process.join(programs.HALF_A_MINUTE)
    trace = watch.trace
    assert (trace.problems, trace.truncated) == ((), False)
    assert [child.exit_code for child in children(trace)] == [0] * 200
    assert {access.cell[1] for access in trace.accesses} == set(range(200))
    assert len({process.index for process in trace.processes}) == 201


def _write_own_slot(go: Any, lock: Any, array: Any, slot: int) -> None:
    go.wait()
    with lock:
        array[slot] = slot


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_threads_and_children_that_fork_at_once_get_rings_of_their_own() -> None:
    context = multiprocessing.get_context("fork")
    barrier = threading.Barrier(10)
    statuses: list[int] = []

    def grandchildren() -> None:
        value = context.Value("i", 0)
        for pid in [forked(lambda: write_at(value, 7)) for _ in range(3)]:
            assert status_of(pid) == 0

    def fork_some() -> None:
        barrier.wait()
        statuses.extend(status_of(forked(grandchildren)) for _ in range(3))

    with watching() as watch:
        threads = [threading.Thread(target=fork_some) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    trace = watch.trace
    assert statuses == [0] * 30
    assert (trace.problems, trace.truncated) == ((), False)
    assert len(trace.processes) == 1 + 30 + 90
    assert len({process.pid for process in trace.processes}) == 121
    assert lines_of(trace) == [7] * 90
    depth = {process.index: process.parent for process in trace.processes}
    assert sum(parent == 0 for parent in depth.values()) == 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_double_fork_is_followed_to_the_end() -> None:
    """As by a program that becomes a daemon; its grandchild is ordered after both forks."""
    with watching() as watch:
        value, done = multiprocessing.Value("i", 0), multiprocessing.Event()

        def second() -> None:
            write_at(value, 2)
            done.set()

        def first() -> None:
            write_at(value, 1)
            forked(second)

        assert status_of(forked(first)) == 0
        assert done.wait(programs.HALF_A_MINUTE)
    trace = watch.trace
    assert trace.problems == ()
    assert [(process.index, process.parent) for process in trace.processes] == [(0, None), (1, 0), (2, 1)]
    assert lines_of(trace) == [1, 2]
    earlier, later = trace.accesses
    assert later.clock[earlier.strand] > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_in_a_thread_goes_on_from_that_thread() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)

        def work() -> None:
            write_at(value, 1)
            assert status_of(forked(lambda: write_at(value, 2))) == 0

        thread = threading.Thread(target=work, name="forker")
        thread.start()
        thread.join()
    trace = watch.trace
    assert [strand.name for strand in trace.strands] == ["MainThread", "forker", "forker"]
    before, after = trace.accesses
    assert after.clock[before.strand] > 0
    assert trace.processes[1].parent == 0


def test_programs_of_others_run_beside_it_unseen() -> None:
    with watching() as watch:
        assert subprocess.run([sys.executable, "-c", "pass"], check=False).returncode == 0
        if hasattr(os, "posix_spawn"):
            pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))
            assert status_of(pid) == 3
    assert (len(watch.trace.processes), watch.trace.problems) == (1, ())


def test_start_methods_may_be_mixed_in_one_program() -> None:
    methods = multiprocessing.get_all_start_methods()
    with watching() as watch:
        values = [multiprocessing.get_context(method).Value("i", 0) for method in methods]
        for _ in range(2):
            for method, value in zip(methods, values, strict=True):
                programs.run_all(multiprocessing.get_context(method), (write_at, value, 5))
    trace = watch.trace
    assert trace.problems == ()
    assert [child.start_method for child in children(trace)] == methods * 2
    assert lines_of(trace) == [5] * 2 * len(methods)


def test_a_program_may_replace_its_start_method() -> None:
    found = in_a_fresh_python("""
with watching() as watch:
    for method in multiprocessing.get_all_start_methods():
        multiprocessing.set_start_method(method, force=True)
        value = multiprocessing.Value('i', 0)
        process = multiprocessing.Process(target=write_at, args=(value, 5))
        process.start()
        process.join()
print(json.dumps([[child.start_method, child.target, child.exit_code] for child in children(watch.trace)]))
""")
    assert found == [[method, "write_at", 0] for method in multiprocessing.get_all_start_methods()]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_watch_that_is_left_by_an_error_stands(error: type[BaseException]) -> None:
    watch = watching()
    with pytest.raises(error), watch:  # noqa: PT012 - the watch is what raises nothing of its own
        programs.run_all(multiprocessing.get_context(), (write_at, multiprocessing.Value("i", 0), 4))
        raise error
    assert lines_of(watch.trace) == [4]
    assert recorder.active is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_child_that_leaves_by_an_error_does_not_end_its_parents_watch(error: type[BaseException]) -> None:
    pid, watch = -1, watching()
    value = multiprocessing.Value("i", 0)
    try:
        with watch:
            pid = os.fork()
            if pid == 0:
                raise error  # through the end of its parent's block
            assert status_of(pid) == 5
            write_at(value, 3)
    except error:
        if pid == 0:
            write_at(value, 2)
            os._exit(5)
        raise
    assert sorted(lines_of(watch.trace)) == [2, 3]
    assert watch.trace.problems == ()


def _outlive(method: str, over: Any, value: Any, done: Any) -> None:
    over.wait()
    for line in range(1, 2000):
        write_at(value, line)
    if hasattr(os, "fork"):
        assert status_of(forked(lambda: write_at(value, 1))) == 0
    programs.run_all(multiprocessing.get_context(method), (write_at, value, 1))
    done.value = 1


def test_a_child_that_outlives_the_watch_runs_on(context: multiprocessing.context.BaseContext) -> None:
    over, value, done = context.Event(), context.Value("i", 0), context.Value("i", 0)
    with watching() as watch:
        process = context.Process(target=_outlive, args=(context.get_start_method(), over, value, done))  # type: ignore[attr-defined]
        process.start()
    over.set()
    process.join(programs.HALF_A_MINUTE)
    assert (process.exitcode, done.value) == (0, 1)
    (child,) = children(watch.trace)
    assert (child.exit_code, child.joined_ns, child.ended) == (None, None, False)


def test_a_recording_that_is_removed_under_the_running_program_is_missed() -> None:
    with watching() as watch:
        value = multiprocessing.Value("i", 0)
        shutil.rmtree(watch.directory)
        for line in range(1, 1000):
            write_at(value, line)
        processes = programs.run_all(multiprocessing.get_context(), (write_at, value, 2))
        with multiprocessing.Lock():
            assert value.value == 1
    assert [process.exitcode for process in processes] == [0]
    assert watch.trace.problems == ("the recording was removed while it was written",)


def test_a_folder_that_changes_under_a_relative_directory_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: multiprocessing.context.BaseContext
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record").mkdir()
    (tmp_path / "elsewhere").mkdir()
    before = os.umask(0o077)
    try:
        with watching(Path("record")) as watch:
            value = context.Value("i", 0)
            os.chdir("elsewhere")
            os.umask(0)
            sys.path.insert(0, str(ROOT))
            programs.run_all(context, (write_at, value, 3))
            sys.path.remove(str(ROOT))
            write_at(value, 4)
    finally:
        os.umask(before)
    assert lines_of(watch.trace) == [3, 4]
    assert watch.trace.problems == ()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_daemon_that_closes_every_descriptor_keeps_its_files_to_itself(tmp_path: Path) -> None:
    """The numbers of the recorder's descriptors become those of the program's own files."""

    found = in_a_fresh_python(f"""
def daemon():
    write_at(value, 1)
    os.closerange(3, 256)
    mine = [os.open(f'{tmp_path}/mine-{{number}}', os.O_CREAT | os.O_RDWR) for number in range(40)]
    for line in range(2, 1000):
        write_at(value, line)
    assert status_of(forked(lambda: write_at(value, 1000))) == 0
    for descriptor in mine:
        os.write(descriptor, b'mine')
with watching() as watch:
    value = multiprocessing.Value('i', 0)
    status = status_of(forked(daemon))
print(json.dumps([status, lines_of(watch.trace), watch.trace.problems, watch.trace.truncated]))
""")
    assert found == [0, list(range(1, 1001)), [], False]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"mine"}


def test_a_program_that_has_used_up_its_descriptors_runs_on_and_what_is_missing_is_named() -> None:
    found = in_a_fresh_python("""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
value = multiprocessing.Value('i', 0)
with watching() as watch:
    write_at(value, 1)
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
    for line in range(2, 3000):
        write_at(value, line)
    statuses = [status_of(forked(lambda: write_at(value, line))) for line in range(3000, 3005)]
    for descriptor in taken:
        os.close(descriptor)
trace = watch.trace
print(json.dumps([statuses, lines_of(trace)[:1], trace.truncated, list(trace.problems)]))
""")
    statuses, first, truncated, problems = found
    assert statuses == [0] * 5
    assert first == [1] or truncated
    assert truncated or problems


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_files_that_may_not_grow_make_the_trace_truncated() -> None:
    """The signal that comes with the limit is ignored by Python; the write fails."""
    found = in_a_fresh_python("""
import resource
array = multiprocessing.Array('i', 20_000)
with watching() as watch:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    for index in range(20_000):
        array[index] = index
    statuses = [status_of(forked(lambda: write_at(array, 1) if False else array.__setitem__(1, 2)))]
trace = watch.trace
print(json.dumps([array[19_999], statuses, trace.truncated, max(access.cell[1] for access in trace.accesses)]))
""")
    assert found == [19_999, [0], True, 19_999]


@pytest.fixture
def small(tmp_path: Path) -> Any:
    """A file system of 256 KiB, where it may be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if (
        mount is None
        or unmount is None
        or subprocess.run([mount, *options], check=False, capture_output=True).returncode
    ):
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run([unmount, "-l", str(place)], check=True)


def test_a_file_system_that_is_full_ends_no_process(small: Path) -> None:
    context = multiprocessing.get_context()
    array = context.Array("i", 20_000)
    with watching(small) as watch:
        for index in range(20_000):
            array[index] = index
        processes = programs.run_all(context, *[(programs.add_to_items, array)] * 12)
        assert array[19_999] == 20_011 or array[19_999] > 19_999
    assert [process.exitcode for process in processes] == [0] * 12
    trace = watch.trace
    assert trace.truncated
    assert trace.problems
    assert len(children(trace)) == 12


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_more_processes_than_can_be_counted_are_named(tmp_path: Path) -> None:
    (tmp_path / "next").write_bytes(struct.pack("Q", PROCESS_LIMIT - 1))
    with watching(tmp_path) as watch:
        value = multiprocessing.Value("i", 0)
        assert status_of(forked(lambda: write_at(value, 6))) == 0
    assert lines_of(watch.trace) == [6]
    assert watch.trace.problems == (
        f"process {PROCESS_LIMIT}: positions of accesses, locks and items could not be counted: no room",
    )

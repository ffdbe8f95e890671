"""The timeline: who worked when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.report.rows import Span, at_once
from pytest_parlab.report.timeline import timeline
from pytest_parlab.trace.model import Group, Holding, Process, Strand, Task, Trace
from tests.unit.report.expected import expected

MS = 1_000_000
MAIN = Process(0, 100, None, "MainProcess", role="main", started_ns=0, finished_ns=200 * MS, ended=True)


def child(index: int, start: int, begin: int | None, end: int | None, **more: object) -> Process:
    """A process that was started, began and ended at these milliseconds."""
    process = Process(
        index,
        100 + index,
        0,
        f"Process-{index}",
        created_ns=start * MS,
        started_ns=None if begin is None else begin * MS,
        finished_ns=None if end is None else end * MS,
        ended=end is not None,
        exit_code=None if end is None else 0,
    )
    return replace(process, **more)  # type: ignore[arg-type]


def worker(index: int, start: int, end: int) -> Process:
    return child(index, start, start + 5, end, role="worker", name=f"Worker-{index}")


def task(number: int, process: int, begin: int, end: int | None, **more: object) -> Task:
    made = Task(
        number,
        1,
        1,
        "cube",
        1,
        submitted_ns=20 * MS,
        started_ns=begin * MS,
        finished_ns=None if end is None else end * MS,
        process=process,
        thread=0,
        cpu_ns=0 if end is None else (end - begin) * MS,
        retrieved_ns=22 * MS,
    )
    return replace(made, **more)  # type: ignore[arg-type]


STRANDS = tuple(Strand(n, n, 0, "MainThread") for n in range(4))
UNTOUCHED = Task(9, 1, 1, "cube", 1, 20 * MS, None, None, None, None)
POOL = (Group(1, "pool", 2, 0, 5 * MS, None),)


def traced(*processes: Process, tasks: tuple[Task, ...] = (), **more: object) -> Trace:
    trace = Trace(0, 200 * MS, (MAIN, *processes), STRANDS, tasks, POOL if tasks else ())
    return replace(trace, **more)  # type: ignore[arg-type]


WORKERS = (worker(1, 10, 190), worker(2, 15, 190))
SHARED = traced(*WORKERS, tasks=(task(1, 1, 25, 80), task(2, 2, 25, 60), task(3, 2, 60, 120), task(4, 1, 80, 180)))


def test_a_pool_at_work() -> None:
    assert timeline(SHARED) == expected("""
        time in ms  0            50            100           150
        MainProcess ======~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~===== the parent
        Worker-1      ---.[##############][##########################]...   2 tasks
        Worker-2        --[#########[###############]....................   2 tasks
        [#] a task, -- starting, ~~ waiting for others, == running, .. nothing to do
        4 tasks in 180 ms, at most 2 at once; bars add up to 250 ms, CPU 250 ms.
    """)


def test_a_pool_at_work_in_block_characters() -> None:
    assert timeline(SHARED, unicode=True) == expected("""
        time in ms  0            50            100           150
        MainProcess ══════~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~═════ the parent
        Worker-1      ╌╌╌·▐██████████████▌▐██████████████████████████▌···   2 tasks
        Worker-2        ╌╌▐█████████▐███████████████▌····················   2 tasks
        ▐█▌ a task, ╌╌ starting, ~~ waiting for others, ══ running, ·· nothing to do
        4 tasks in 180 ms, at most 2 at once; bars add up to 250 ms, CPU 250 ms.
    """)


STAIRS = traced(
    *(
        child(n, begin, begin + 4, begin + 50, join_called_ns=(begin + 1) * MS, joined_ns=(begin + 51) * MS)
        for n, begin in ((1, 10), (2, 70), (3, 130))
    )
)


def test_start_and_join_in_one_loop_is_a_staircase() -> None:
    assert timeline(STAIRS) == expected("""
        time in ms  0            50            100           150
        MainProcess ===~~~~~~~~~~~~~~==~~~~~~~~~~~~~~~==~~~~~~~~~~~~~~===== the parent
        Process-1     -[############]
        Process-2                      -[###########]
        Process-3                                      -[############]
        [#] a process, -- starting, ~~ waiting for others, == running
        3 processes in 171 ms, at most 1 at once; bars add up to 138 ms.
    """)


ONE = traced(WORKERS[0], tasks=(task(1, 1, 25, 180),))


def test_one_task() -> None:
    assert timeline(ONE, width=60) == expected("""
        time in ms  0                 100
        MainProcess ====~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~=== the parent
        Worker-1     --.[############################]..  1 task
        [#] a task, -- starting, ~~ waiting for others, == running,
        .. nothing to do
        1 task in 180 ms, at most 1 at once; bars add up to 155 ms,
        CPU 155 ms.
    """)


IDLE = traced(*WORKERS, tasks=(task(1, 1, 25, 180, items=100),))


def test_one_giant_chunk_leaves_a_worker_without_a_task() -> None:
    assert timeline(IDLE) == expected("""
        time in ms  0            50            100           150
        MainProcess ======~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~===== the parent
        Worker-1      ---.[##########################################]...   1 task
        Worker-2        --...............................................   no task
        [#] a task, -- starting, ~~ waiting for others, == running, .. nothing to do
        1 task in 180 ms, at most 1 at once; bars add up to 155 ms, CPU 155 ms.
    """)


LOCKED = traced(
    child(1, 10, 15, 60),
    child(2, 10, 15, 110),
    child(3, 10, 15, 160),
    holdings=(
        Holding(1, 1, 15 * MS, 15 * MS, 60 * MS, 1),
        Holding(1, 2, 16 * MS, 60 * MS, 110 * MS, 2),
        Holding(1, 3, 16 * MS, 110 * MS, 160 * MS, 3),
    ),
)


def test_a_lock_over_the_whole_work_shows_as_waiting() -> None:
    assert timeline(LOCKED) == expected("""
        time in ms  0            50            100           150
        MainProcess ======================================================= the parent
        Process-1     --[###########]
        Process-2     --wwwwwwwwwwwww#############]
        Process-3     --wwwwwwwwwwwwwwwwwwwwwwwwwww############]
        [#] a process, -- starting, ww waiting for a lock, == running
        3 processes in 150 ms, at most 3 at once; bars add up to 285 ms.
        Waiting for locks took 138 ms, 48% of the bars.
    """)


def test_a_lock_that_nobody_waits_for_is_not_drawn() -> None:
    held = tuple(Holding(1, 1, n * MS, n * MS + 2000, (n + 1) * MS, n) for n in range(20, 50))
    text = timeline(traced(child(1, 10, 15, 60), holdings=held))
    assert "w" not in text.split("\n")[2].partition(" ")[2]
    assert "lock" not in text


THREADS = traced(
    tasks=(task(1, 0, 25, 125, thread=1, cpu_ns=50 * MS), task(2, 0, 25, 130, thread=2, cpu_ns=52 * MS)),
    strands=(Strand(0, 0, 0, "MainThread"), Strand(1, 0, 1, "Thread-1"), Strand(2, 0, 2, "")),
    groups=(Group(1, "thread", 2, 0, 5 * MS, None),),
)


def test_threads_have_rows_of_their_own_and_their_cpu_time_tells_the_truth() -> None:
    assert timeline(THREADS) == expected("""
        time in ms  0            50            100           150
        MainProcess ======~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~=================== the parent
          Thread-1        [###########################]                     1 task
          thread 2        [############################]                    1 task
        [#] a task, ~~ waiting for others, == running
        2 tasks in 110 ms, at most 2 at once; bars add up to 205 ms, CPU 102 ms.
    """)


BROKEN = traced(
    child(1, 10, 15, 60, exit_code=3),
    child(2, 10, 15, 60, error="ValueError: no cube of x", exit_code=1),
    child(3, 10, 15, 40, error="KeyError: 1", exit_code=None, ended=False),
    child(4, 10, 15, None),
    child(5, 10, None, None),
    child(6, 10, 15, 150, role="helper", name="SyncManager-6"),
)


def test_processes_that_fail_hang_or_never_begin_are_marked() -> None:
    assert timeline(BROKEN) == expected("""
        time in ms    0           50          100         150
        MainProcess   ================================================ the parent
        Process-1       -[##########x                                  exit code 3
        Process-2       -[##########x                                  exit code 1
        Process-3       -[#####x                                       KeyError
        Process-4       -[###########################################> end not seen
        Process-5       ---------------------------------------------- no sign of life
        SyncManager-6   --................................             helper
        [#] a process, -- starting, == running, .. nothing to do,
        x ended with an error, > not seen to end
        5 processes in 190 ms, at most 4 at once; bars add up to 300 ms.
    """)


UNFINISHED = traced(
    WORKERS[0],
    tasks=(
        task(1, 1, 25, 60, error="ValueError: no cube of 'x'"),
        task(2, 1, 70, None),
        UNTOUCHED,
        replace(UNTOUCHED, id=10),
    ),
)


def test_tasks_that_fail_hang_or_never_start_are_counted() -> None:
    assert timeline(UNFINISHED) == expected("""
        time in ms  0            50            100           150
        MainProcess ======~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ the parent
        Worker-1      ---.[#########x..[##################################> 2 tasks
        [#] a task, -- starting, ~~ waiting for others, == running, .. nothing to do,
        x ended with an error, > not seen to end
        2 tasks in 190 ms, at most 1 at once; bars add up to 165 ms, CPU 35 ms.
        2 tasks never started.
        1 task raised; first: ValueError: no cube of 'x'
    """)


NEVER = traced(tasks=(UNTOUCHED,))


def test_a_task_that_never_started_alone() -> None:
    assert timeline(NEVER) == expected("""
        time in ms  0            50            100           150
        MainProcess ======================================================= the parent
        == running
        1 task never started.
    """)


def test_nothing_to_draw() -> None:
    assert timeline(traced()) == "Nothing to draw: in 200 ms, no process and no task was started."
    assert timeline(Trace(0, 0)) == "Nothing to draw: in 0 ns, no process and no task was started."


CROWD = traced(*(child(n, n // 2, n // 2 + 3, n // 2 + 60) for n in range(1, 201)))


def test_two_hundred_processes_are_summed_up() -> None:
    assert timeline(CROWD) == expected("""
        time in ms  0            50            100           150
        MainProcess ======================================================= the parent
        Process-1   [###############]
        Process-2   -[##############]
        Process-3   -[##############]
        Process-4   -[###############]
        Process-5   -[###############]
        Process-6   -[###############]
        Process-7   -[###############]
        Process-8    [###############]
        Process-9    [###############]
        Process-10   -[##############]
        Process-11   -[##############]
        ... 185 more rows are not drawn ...
        Process-197                           -[###############]
        Process-198                            -[##############]
        Process-199                            -[##############]
        Process-200                            -[##############]

        how many were at work at once:
               114 |                #############
                92 |             ###################
                69 |          #########################
                46 |       ###############################
                23 |   ######################################
                   +-------------------------------------------------------
        time in ms  0            50            100           150
        [#] a process, -- starting, == running
        200 processes in 159 ms, at most 114 at once; bars add up to 11.4 s.
    """)


SHORT = traced(child(1, 10, 15, 60), finished_ns=6000 * MS)


def test_a_short_parallel_part_is_drawn_alone_and_says_so() -> None:
    assert timeline(SHORT, width=60) == expected("""
        time in ms  0             20             40
        MainProcess ===================================== the parent
        Process-1   ---[################################]
        [#] a process, -- starting, == running
        1 process in 50 ms, at most 1 at once; bars add up to 45 ms.
        Only 50 ms of the 6 s watched are drawn: the part with other
        processes or tasks.
    """)


DAMAGED = traced(
    truncated=True,
    problems=tuple(f"The recording of process {n} cannot be read." for n in range(101, 106)),
)


def test_a_recording_with_gaps_says_so() -> None:
    assert timeline(DAMAGED) == expected("""
        Nothing to draw: in 200 ms, no process and no task was started.
        Not everything is here: the recording was full and lost its oldest events.
        Recording: The recording of process 101 cannot be read.
        Recording: The recording of process 102 cannot be read.
        Recording: The recording of process 103 cannot be read.
        Recording: 2 more problems.
    """)


def test_a_name_from_outside_cannot_steer_the_terminal() -> None:
    text = timeline(traced(child(1, 10, 15, 60, name="\x1b[2Jé")))
    assert r"\x1b[2J\xe9" in text
    assert text.isascii()


@pytest.mark.parametrize("trace", [SHARED, STAIRS, IDLE, LOCKED, THREADS, BROKEN, UNFINISHED, CROWD, SHORT, DAMAGED])
@pytest.mark.parametrize(("width", "limit"), [(1, 50), (50, 50), (78, 78), (100, 100), (500, 100)])
@pytest.mark.parametrize("unicode", [False, True])
def test_no_line_is_wider_than_asked_for(trace: Trace, width: int, limit: int, *, unicode: bool) -> None:
    text = timeline(trace, width=width, unicode=unicode)
    assert max(map(len, text.split("\n"))) <= limit
    assert unicode or text.isascii()
    assert all(line == line.rstrip() for line in text.split("\n"))


def test_bars_that_only_touch_do_not_overlap() -> None:
    spans = [Span("bar", 0, 10), Span("bar", 10, 20), Span("bar", 15, 30)]
    assert at_once(spans) == [(0, 1), (10, 1), (15, 2), (20, 1), (30, 0)]
    assert at_once([]) == []

"""The books of queues."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.analysis.queues_model import QueueHazard, QueueStats, QueueWait
from pytest_parlab.report.queues import depth_chart, queue_report, queue_table
from tests.unit.report.expected import expected

MS = 1_000_000

RESULTS = QueueStats(
    name="results",
    kind="Queue",
    created=("pipeline.py", 12),
    puts=10,
    gets=8,
    lost=2,
    bytes=3400,
    max_depth=4,
    depth=((0, 1), (10 * MS, 2), (20 * MS, 3), (30 * MS, 4), (90 * MS, 3), (120 * MS, 2)),
    producers=(("producer-1", 6), ("producer-2", 4)),
    consumers=(("consumer-1", 8),),
    waits=(
        QueueWait("consumer-1", "get", 5 * MS, "pipeline.py", 30),
        QueueWait("producer-2", "put", 60 * MS, "pipeline.py", 20),
        QueueWait("consumer-1", "get", 2 * MS),
        QueueWait("consumer-1", "get", 1 * MS),
    ),
    hazards=(
        QueueHazard("PL302", "empty() may answer True while an item is still on its way.", "pipeline.py", 31),
        QueueHazard("", "Nobody waits for the feeder."),
    ),
    maxsize=4,
)
UNUSED = QueueStats(name="", kind="SimpleQueue")
ONE = QueueStats("jobs", "JoinableQueue", None, 1, 0, 1, 5, 1, ((7, 1),), producers=(("MainProcess", 1),))


def test_the_table_and_what_is_to_be_said() -> None:
    assert queue_table([RESULTS, ONE, UNUSED]) == expected("""
        queue      kind           put  got  lost  most inside     size
        results    Queue           10    8     2       4 of 4  3.3 KiB
        jobs       JoinableQueue    1    0     1            1      5 B
        (no name)  SimpleQueue      0    0     0            0      0 B

        results, Queue, created at pipeline.py:12
          put by producer-1 6, producer-2 4
          got by consumer-1 8
          2 items were put and never got.
          producer-2 waited 60 ms in put at pipeline.py:20: it was full.
          consumer-1 waited 5 ms in get at pipeline.py:30: it was empty.
          consumer-1 waited 2 ms in get: it was empty.
          1 shorter wait.
          Danger: PL302 empty() may answer True while an item is still on its way.
            (pipeline.py:31)
          Danger: Nobody waits for the feeder.

        jobs, JoinableQueue
          put by MainProcess 1
          got by nobody
          1 item was put and never got.

        (no name), SimpleQueue
          put by nobody
          got by nobody
    """)


def test_no_queue() -> None:
    assert queue_table([]) == "No queue was used."
    assert queue_report([]) == "No queue was used."


def test_the_depth_over_time() -> None:
    assert depth_chart(RESULTS, width=60) == expected("""
        items inside results, at most 4 (full at 4):
                4 |            #########################
                3 |        #########################################
                2 |    #############################################
                1 |#################################################
                  +-------------------------------------------------
        time in ms 0                   50                  100
    """)


def test_the_depth_over_time_in_block_characters() -> None:
    assert depth_chart(RESULTS, width=60, unicode=True) == expected("""
        items inside results, at most 4 (full at 4):
                4 │            █████████████████████████
                3 │        █████████████████████████████████████████
                2 │    █████████████████████████████████████████████
                1 │█████████████████████████████████████████████████
                  └─────────────────────────────────────────────────
        time in ms 0                   50                  100
    """)


DEEP = replace(RESULTS, maxsize=0, max_depth=1000, depth=tuple((n * MS, min(n, 2000 - n)) for n in range(1, 2001)))


def test_a_deep_queue_is_scaled_down_to_a_few_rows() -> None:
    assert depth_chart(DEEP, width=60) == expected("""
        items inside results, at most 1000:
             1000 |                        #
              800 |                   ###########
              600 |              #####################
              400 |         ###############################
              200 |    #########################################
                  +-------------------------------------------------
        time in ms 0           500         1000        1500
    """)


def test_a_single_moment_can_be_drawn() -> None:
    assert depth_chart(ONE, width=50) == expected("""
        items inside jobs, at most 1:
                1 |#######################################
                  +---------------------------------------
        time in us 0
    """)


def test_a_queue_that_nobody_used_has_no_depth() -> None:
    assert depth_chart(UNUSED) == "(no name): nothing went in or out, there is no depth to draw."


def test_the_report_draws_only_queues_that_held_something() -> None:
    assert queue_report([ONE, UNUSED], width=50) == expected("""
        queue      kind           put  got  lost  most inside  size
        jobs       JoinableQueue    1    0     1            1   5 B
        (no name)  SimpleQueue      0    0     0            0   0 B

        jobs, JoinableQueue
          put by MainProcess 1
          got by nobody
          1 item was put and never got.

        (no name), SimpleQueue
          put by nobody
          got by nobody

        items inside jobs, at most 1:
                1 |#######################################
                  +---------------------------------------
        time in us 0
    """)


def test_of_many_processes_some_are_named_and_the_others_counted() -> None:
    many = replace(ONE, consumers=tuple((f"consumer-{n}", n) for n in range(1, 201)))
    assert queue_table([many], width=50) == expected("""
        queue  kind           put  got  lost  most inside  size
        jobs   JoinableQueue    1    0     1            1   5 B

        jobs, JoinableQueue
          put by MainProcess 1
          got by consumer-1 1, consumer-2 2, consumer-3 3,
                 consumer-4 4, consumer-5 5, consumer-6 6,
                 consumer-7 7, consumer-8 8,
                 192 more processes
          1 item was put and never got.
    """)


@pytest.mark.parametrize("queue", [RESULTS, UNUSED, ONE, DEEP])
@pytest.mark.parametrize(("width", "limit"), [(1, 66), (78, 78), (500, 100)])
def test_no_line_is_wider_than_asked_for(queue: QueueStats, width: int, limit: int) -> None:
    """Only the table needs more than the narrowest width."""
    text = queue_report([queue], width=width)
    assert max(map(len, text.split("\n"))) <= limit
    assert text.isascii()


def test_a_name_from_outside_cannot_steer_the_terminal() -> None:
    assert r"\x1b[2J" in queue_report([replace(ONE, name="\x1b[2J")])

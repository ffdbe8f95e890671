"""What a learner reads about a search through schedules, word by word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_parlab.explore.exploration import Exploration, FailureKind, Raised
from pytest_parlab.report.exploring import exploring, headline, in_one_line
from tests.unit.report.expected import expected
from tests.unit.report.explorations import ABBA, CLEAN, COUNTING, LOST, OPEN, SAMPLED, STUCK, TOTAL, moment

ARRAY = "numbers[3], Array('d') made at bank.py:13"
NOISE = tuple(moment("Process-2", f"writes {n}", str(n), subject=ARRAY) for n in range(20))
QUIET = replace(LOST, kind=FailureKind.CHECK, moments=NOISE)
LONG = replace(LOST, moments=(*NOISE, *LOST.moments, *NOISE))
RAISING = replace(
    STUCK,
    kind=FailureKind.EXCEPTION,
    message="ValueError: no luck",
    outcome=Raised("ValueError", "no luck"),
    blocked=(),
    traceback="\n".join(
        ["Traceback (most recent call last):", *(f'  File "d.py", line {n}' for n in range(9)), "ValueError: no luck"]
    ),
    preemptions=0,
    replays=0,
)
CHECKED = replace(LOST, kind=FailureKind.CHECK, message="AssertionError: 1 is too small", moments=())
MANY = replace(
    COUNTING,
    outcomes={1: 2000} | {n: 100 - n for n in range(2, 12)} | {RAISING.outcome: 3},
    failures=(LOST, RAISING, CHECKED, STUCK),
    schedules=3000,
    interleavings=None,
    exhausted=False,
)


def test_a_lost_update_is_counted_and_shown_step_by_step() -> None:
    assert exploring(COUNTING, arguments="2, 1", repeat="--parlab-seed=42") == expected("""
        count_to(2, 1): 4 of 6 schedules lose an update. 3 were run and stand for all of them.
          outcome  schedules
          1                4  ##############################  <- wrong
          2                2  ###############

        Failure: it gave 1, and one process after the other it gives 2
          step    Process-1   Process-2   MainProcess   Value('i')   at
            1     reads 0                               0            bank.py:7
            2 *               reads 0                   0            bank.py:7
            3                 writes 1                  1            bank.py:7
            4     writes 1                              1            bank.py:7    <- step 3 is overwritten
            5                             reads 1       1            bank.py:16
          * interrupts a process that could have gone on
          Value('i') made at bank.py:12
          bank.py:7   total.value += 1
          bank.py:16  return total.value
          Found in schedule 2. It takes 1 preemption. Run again 2 times, each time with the same steps.
          Replay: race_detector.replay("count.12210", count_to, 2, 1)
          Search again: --parlab-seed=42
    """)


def test_in_a_narrow_terminal_remarks_stand_below_their_rows() -> None:
    assert exploring(COUNTING, arguments="2, 1", width=78) == expected("""
        count_to(2, 1): 4 of 6 schedules lose an update. 3 were run and stand for all
          of them.
          outcome  schedules
          1                4  ##############################  <- wrong
          2                2  ###############

        Failure: it gave 1, and one process after the other it gives 2
          step    Process-1   Process-2   MainProcess   Value('i')   at
            1     reads 0                               0            bank.py:7
            2 *               reads 0                   0            bank.py:7
            3                 writes 1                  1            bank.py:7
            4     writes 1                              1            bank.py:7
                 (step 3 is overwritten)
            5                             reads 1       1            bank.py:16
          * interrupts a process that could have gone on
          Value('i') made at bank.py:12
          bank.py:7   total.value += 1
          bank.py:16  return total.value
          Found in schedule 2. It takes 1 preemption. Run again 2 times, each time
          with the same steps.
          Replay: race_detector.replay("count.12210", count_to, 2, 1)
    """)


def test_in_a_very_narrow_terminal_the_steps_become_a_list() -> None:
    assert exploring(COUNTING, arguments="2, 1", width=50) == expected("""
        count_to(2, 1): 4 of 6 schedules lose an update. 3
          were run and stand for all of them.
          outcome  schedules
          1                4  ##################  <- wrong
          2                2  #########

        Failure: it gave 1, and one process after the
          other it gives 2
            1  Process-1 reads 0 at bank.py:7; Value('i')
                 is 0
            2 *  Process-2 reads 0 at bank.py:7;
                 Value('i') is 0
            3  Process-2 writes 1 at bank.py:7; Value('i')
                 is 1
            4  Process-1 writes 1 at bank.py:7; Value('i')
                 is 1  <- step 3 is overwritten
            5  MainProcess reads 1 at bank.py:16;
                 Value('i') is 1
          * interrupts a process that could have gone on
          Value('i') made at bank.py:12
          bank.py:7   total.value += 1
          bank.py:16  return total.value
          Found in schedule 2. It takes 1 preemption. Run
          again 2 times, each time with the same steps.
          Replay: race_detector.replay("count.12210", count_to, 2, 1)
    """)


def test_a_deadlock_says_who_holds_what_and_who_waits_for_what() -> None:
    assert exploring(ABBA) == expected("""
        run(): 2 of 7 schedules end in a deadlock. These are all that there are.
          outcome   schedules
          (1, 2)            5  ##############################
          deadlock          2  ############  <- wrong

        Failure: nobody can go on
          process       waits for              held by     at        holds
          MainProcess   the end of Process-1               d.py:30   nothing
          Process-1     Lock made at d.py:4    Process-2   d.py:9    Lock made at d.py:3, taken at d.py:8
          Process-2     Lock made at d.py:3    Process-1   d.py:19   Lock made at d.py:4, taken at d.py:18
          step    Process-1               Process-2
            1     takes Lock #1  d.py:8
            2 *                           takes Lock #2  d.py:18
          * interrupts a process that could have gone on
          Lock #1 made at d.py:3
          Lock #2 made at d.py:4
          d.py:8   with first:
          d.py:18  with second:
          Found in schedule 3. It takes 1 preemption. Run again 2 times, each time with the same steps.
          Replay: race_detector.replay("run.12", run)
    """)


def test_in_a_narrow_terminal_a_deadlock_is_a_list() -> None:
    assert exploring(ABBA, width=60) == expected("""
        run(): 2 of 7 schedules end in a deadlock. These are all
          that there are.
          outcome   schedules
          (1, 2)            5  ###########################
          deadlock          2  ###########  <- wrong

        Failure: nobody can go on
          MainProcess waits for the end of Process-1, at d.py:30
            process.join()
            holds nothing
          Process-1 waits for Lock made at d.py:4, which Process-2
            has, at d.py:9
            with second:
            holds Lock made at d.py:3, taken at d.py:8
          Process-2 waits for Lock made at d.py:3, which Process-1
            has, at d.py:19
            with first:
            holds Lock made at d.py:4, taken at d.py:18
          step    Process-1               Process-2
            1     takes Lock #1  d.py:8
            2 *                           takes Lock #2  d.py:18
          * interrupts a process that could have gone on
          Lock #1 made at d.py:3
          Lock #2 made at d.py:4
          d.py:8   with first:
          d.py:18  with second:
          Found in schedule 3. It takes 1 preemption. Run again 2
          times, each time with the same steps.
          Replay: race_detector.replay("run.12", run)
    """)


def test_a_long_schedule_is_cut_around_what_matters() -> None:
    assert exploring(replace(COUNTING, failures=(LONG,))) == expected("""
        count_to(): 4 of 6 schedules lose an update. 3 were run and stand for all of them.
          outcome  schedules
          1                4  ##############################  <- wrong
          2                2  ###############

        Failure: it gave 1, and one process after the other it gives 2
          step    Process-2   Process-1   numbers[3]   Value('i')   at
            ... 17 steps left out
           18     writes 17               17                        bank.py:7
           19     writes 18               18                        bank.py:7
           20     writes 19               19                        bank.py:7
           21                 reads 0                  0            bank.py:7
           22 *   reads 0                              0            bank.py:7
           23     writes 1                             1            bank.py:7
           24                 writes 1                 1            bank.py:7   <- step 23 is overwritten
            ... 21 steps left out
          * interrupts a process that could have gone on
          numbers[3], Array('d') made at bank.py:13
          Value('i') made at bank.py:12
          bank.py:7  total.value += 1
          Found in schedule 2. It takes 1 preemption. Run again 2 times, each time with the same steps.
          Replay: race_detector.replay("count.12210", count_to)
    """)


def test_where_nothing_else_matters_the_last_steps_are_shown() -> None:
    text = exploring(replace(COUNTING, failures=(QUIET,)))
    assert (
        "  step   Process-2              numbers[3]\n    ... 6 steps left out\n    7    writes 6   bank.py:7" in text
    )
    assert "   20    writes 19  bank.py:7   19\n  numbers[3], Array" in text


def test_several_failures_are_told_apart_and_the_most_are_counted() -> None:
    assert exploring(MANY, function="bank.count_to") == expected("""
        bank.count_to(): 2,004 of 3,000 schedules go wrong. There are more schedules than were run.
          outcome  schedules
          1            2,000  ##############################  <- failure 1, 3
          2               98  #
          3               97  #
          4               96  #
          5               95  #
          6               94  #
          7               93  #
          8               92  #
          and 4 other outcomes, in 273 schedules

        Failure 1 of 4: it gave 1, and one process after the other it gives 2
          step    Process-1   Process-2   MainProcess   Value('i')   at
            1     reads 0                               0            bank.py:7
            2 *               reads 0                   0            bank.py:7
            3                 writes 1                  1            bank.py:7
            4     writes 1                              1            bank.py:7    <- step 3 is overwritten
            5                             reads 1       1            bank.py:16
          * interrupts a process that could have gone on
          Value('i') made at bank.py:12
          bank.py:7   total.value += 1
          bank.py:16  return total.value
          Found in schedule 2. It takes 1 preemption. Run again 2 times, each time with the same steps.
          Replay: race_detector.replay("count.12210", bank.count_to)

        Failure 2 of 4: ValueError: no luck
          step    Process-1               Process-2
            1     takes Lock #1  d.py:8
            2 *                           takes Lock #2  d.py:18
          * interrupts a process that could have gone on
          Lock #1 made at d.py:3
          Lock #2 made at d.py:4
          d.py:8   with first:
          d.py:18  with second:
          Found in schedule 3. It takes no preemption.
            ... 3 lines of the traceback left out
              File "d.py", line 2
              File "d.py", line 3
              File "d.py", line 4
              File "d.py", line 5
              File "d.py", line 6
              File "d.py", line 7
              File "d.py", line 8
            ValueError: no luck
          Replay: race_detector.replay("run.12", bank.count_to)

        Failure 3 of 4: AssertionError: 1 is too small
          Found in schedule 2. It takes 1 preemption. Run again 2 times, each time with the same steps.
          Replay: race_detector.replay("count.12210", bank.count_to)

        1 more failure in .failures
    """)


def test_without_a_failure_it_is_a_sentence_and_the_outcomes() -> None:
    assert exploring(SAMPLED, arguments="2, 1", repeat="--parlab-seed=42") == expected("""
        count_to(2, 1): 1,000 of many schedules were run; every one gives 2. That proves nothing about the
          others.
          outcome  schedules
          2            1,000  ##############################
        Search again: --parlab-seed=42
    """)


def test_what_cannot_be_settled_is_said_with_its_place() -> None:
    assert exploring(OPEN, arguments="2, 1") == expected("""
        count_to(2, 1): undecided after 3 schedules: the steps differ at bank.py:9.
          outcome  schedules
          2                2  ##############################
          3                1  ###############
    """)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (CLEAN, "f(2): all 6 schedules were run; every one gives 2."),
        (replace(CLEAN, schedules=3), "f(2): all 6 schedules are covered by the 3 that were run; every one gives 2."),
        (
            replace(CLEAN, schedules=1, interleavings=1, outcomes={2: 1}),
            "f(2): the only schedule was run; it gives 2.",
        ),
        (replace(CLEAN, outcomes={2: 3, 3: 3}), "f(2): all 6 schedules were run; none failed."),
        (
            replace(CLEAN, schedules=1, interleavings=1, outcomes={}),
            "f(2): the only schedule was run; it did not fail.",
        ),
        (SAMPLED, "f(2): 1,000 of many schedules were run; every one gives 2. That proves nothing about the others."),
        (
            replace(SAMPLED, schedules=1),
            "f(2): 1 of many schedules was run; it gives 2. That proves nothing about the others.",
        ),
        (OPEN, "f(2): undecided after 3 schedules: the steps differ at bank.py:9."),
        (COUNTING, "f(2): 4 of 6 schedules lose an update. 3 were run and stand for all of them."),
        (replace(COUNTING, schedules=6), "f(2): 4 of 6 schedules lose an update. These are all that there are."),
        (
            replace(COUNTING, schedules=1),
            "f(2): 4 of 6 schedules lose an update. 1 was run and stands for all of them.",
        ),
        (
            replace(COUNTING, schedules=6, exhausted=False),
            "f(2): 4 of 6 schedules lose an update. There are more schedules than were run.",
        ),
        (
            replace(COUNTING, schedules=6, exhausted=False, undecided=OPEN.undecided),
            (
                "f(2): 4 of 6 schedules lose an update. There are more schedules than were run. "
                "Not settled: the steps differ at bank.py:9."
            ),
        ),
        (
            replace(COUNTING, failures=(replace(LOST, moments=()),)),
            (
                "f(2): 4 of 6 schedules give another result than one process after the other. "
                "3 were run and stand for all of them."
            ),
        ),
        (
            replace(COUNTING, outcomes={1: 1, 2: 5}, failures=(CHECKED,)),
            "f(2): 1 of 6 schedules fails the check. 3 were run and stand for all of them.",
        ),
        (
            replace(COUNTING, outcomes={RAISING.outcome: 1, 2: 5}, failures=(RAISING,)),
            "f(2): 1 of 6 schedules raises an exception. 3 were run and stand for all of them.",
        ),
        (
            replace(COUNTING, outcomes={RAISING.outcome: 2, 1: 1, 2: 3}, failures=(RAISING, LOST)),
            "f(2): 3 of 6 schedules go wrong. 3 were run and stand for all of them.",
        ),
        (ABBA, "f(2): 2 of 7 schedules end in a deadlock. These are all that there are."),
    ],
)
def test_the_sentence_at_the_head_says_what_was_run_and_what_that_proves(found: Exploration, sentence: str) -> None:
    assert headline(found, call="f(2)") == sentence


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (CLEAN, "f(2): all 6 schedules were run; every one gives 2."),
        (
            COUNTING,
            "f(2): 4 of 6 schedules lose an update. 3 were run and stand for all of them. Outcomes: 1 in 4, 2 in 2.",
        ),
        (OPEN, "f(2): undecided after 3 schedules: the steps differ at bank.py:9. Outcomes: 2 in 2, 3 in 1."),
        (
            replace(CLEAN, outcomes=dict.fromkeys(range(6), 1)),
            "f(2): all 6 schedules were run; none failed. Outcomes: 0 in 1, 1 in 1, 2 in 1, 3 others.",
        ),
        (replace(CLEAN, outcomes={"\x1b[2J": 6}), "f(2): all 6 schedules were run; every one gives '\\x1b[2J'."),
    ],
)
def test_the_same_fits_in_a_line(found: Exploration, line: str) -> None:
    assert in_one_line(found, call="f(2)") == line


@pytest.mark.parametrize("found", [COUNTING, ABBA, MANY, SAMPLED, OPEN, replace(COUNTING, failures=(LONG,))])
@pytest.mark.parametrize(("width", "limit"), [(1, 50), (78, 78), (500, 100)])
def test_no_line_is_wider_than_asked_for(found: Exploration, width: int, limit: int) -> None:
    lines = exploring(found, function="f", width=width).split("\n")
    assert all(len(line) <= limit for line in lines if "Replay: " not in line)  # a command is never broken


def test_an_outcome_is_a_line_however_long_it_is() -> None:
    text = exploring(replace(CLEAN, outcomes={"x" * 500: 4, "two\nlines": 2}))
    assert "  'xxxxxxxxxxxxxxxxxx..xxxxxxxxxxxxxxxxxx'          4  #" in text
    assert "  'two\\nlines'                                      2  #" in text


def test_objects_that_are_alike_get_numbers_and_too_many_cells_no_columns() -> None:
    cells = [TOTAL.replace("12", str(line)) for line in range(30, 36)]
    moments = tuple(moment("Process-1", "writes 1", "1", subject=cell) for cell in cells)
    text = exploring(replace(COUNTING, failures=(replace(LOST, moments=moments),)))
    assert "  step   Process-1\n    1    writes 1 Value('i') #1  bank.py:7\n" in text
    assert "  Value('i') #5 made at bank.py:34\n  and 1 other object\n" in text


def test_nothing_from_outside_steers_the_terminal() -> None:
    evil = replace(LOST, message="\x1b[2Jno", moments=(moment("\x1b[0m", "reads 0", "0"),))
    text = exploring(replace(COUNTING, failures=(evil,)))
    assert "\x1b" not in text
    assert "Failure: \\x1b[2Jno" in text


def test_a_failed_assertion_shows_no_more_than_a_line_of_a_search() -> None:
    assert repr(COUNTING) == "<Exploration of count_to, all schedules: {1: 4, 2: 2}>"
    assert repr(SAMPLED) == "<Exploration of count_to, some schedules: {2: 1000}>"
    assert repr(LOST) == "<Failure, difference: it gave 1, and one process after the other it gives 2>"

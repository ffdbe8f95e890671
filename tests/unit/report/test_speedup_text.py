"""Every sentence that a speedup can end in."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from pytest_parlab.analysis.concurrency import Form, Shape
from pytest_parlab.analysis.losses import Cause, Loss
from pytest_parlab.analysis.pairs import MachineState
from pytest_parlab.analysis.speedup import Doubt, Fake, Speedup
from pytest_parlab.report.losses import loss_sentence
from pytest_parlab.report.parallel import not_parallel_text
from pytest_parlab.report.speedup import headline, speedup_text
from pytest_parlab.trace.model import Site, Trace

SITE = Site("/home/ada/exercises/03_pool_map/pool_map.py", 12, "cube_all")

QUIET = MachineState(usable_cores=2, capacity=1.97)
BESIDE_ONE = MachineState(usable_cores=2, capacity=1.3, foreign_cores=1.0)

PASSED = Speedup(
    state="passed",
    final=True,
    at_least=1.5,
    workers=2,
    speedup=1.97,
    low=1.90,
    high=2.04,
    decided_by="wall",
    wall=1.97,
    replayed=1.99,
    replayed_free=1.99,
    work_factor=1.02,
    allowed=(0.8, 1.25),
    busy_cores=1.93,
    serial_fraction=0.015,
    pairs=6,
    pairs_needed=4,
    baseline_s=0.4,
    candidate_s=0.203,
    fake="",
    doubt="",
    losses=(),
    machine=QUIET,
    trace=Trace(0, 0),
)
REPLAYED = replace(PASSED, decided_by="replay", wall=1.0, machine=BESIDE_ONE, candidate_s=0.4)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_a_pass_is_a_line_of_numbers_and_its_books() -> None:
    assert speedup_text(PASSED) == (
        "1.97x on 2 workers (95 % 1.90-2.04), wanted 1.5x\n"
        "Speedup = work factor x busy cores: 1.02 x 1.93; baseline 400 ms, candidate 203 ms; 6 pairs of runs."
    )


def test_beside_a_neighbour_the_first_line_says_why_wall_time_is_not_believed() -> None:
    assert headline(REPLAYED) == (
        "1.97x on 2 workers (95 % 1.90-2.04), wanted 1.5x; wall 1.00x because other programs used 1.0 core"
    )


@pytest.mark.parametrize(
    ("machine", "clause"),
    [
        (replace(QUIET, usable_cores=0.5), "only 0.5 core can be used here"),
        (replace(QUIET, throttled=True), "the CPU quota of this container stopped it"),
        (replace(QUIET, foreign_cores=1.6), "other programs used 1.6 cores"),
        (replace(QUIET, steal=0.12), "the hypervisor took 12% of the time"),
        (
            replace(QUIET, capacity=1.25),
            "2 busy processes together get only 1.25 times the work of one done here",
        ),
        (QUIET, "the machine was not quiet"),
    ],
    ids=["cores", "quota", "foreign", "steal", "capacity", "unknown"],
)
def test_each_disturbance_has_its_clause(machine: MachineState, clause: str) -> None:
    assert headline(replace(REPLAYED, machine=machine)).endswith(f"; wall 1.00x because {clause}")


def test_a_measurement_has_no_wanted_value() -> None:
    assert headline(replace(PASSED, at_least=None)) == "1.97x on 2 workers (95 % 1.90-2.04)"


def test_one_pair_has_no_interval() -> None:
    single = replace(PASSED, pairs=1)
    assert headline(single) == "1.97x on 2 workers, wanted 1.5x"
    assert speedup_text(single).endswith("1 pair of runs.")


def test_a_failure_tells_its_largest_loss() -> None:
    loss = Loss("imbalance", 0.11, SITE, 3, 2)
    failed = replace(PASSED, state="failed", speedup=1.05, low=1.0, high=1.1, losses=(loss,))
    assert speedup_text(failed).splitlines()[1:3] == [
        "The largest loss is imbalance (pool_map.py:12): for 110 ms of 203 ms not all workers had work,",
        "because 3 pieces of work cannot be shared evenly. Use more and smaller pieces.",
    ]


def test_a_pass_tells_a_loss_only_where_it_is_worth_it() -> None:
    assert "largest loss" not in speedup_text(replace(PASSED, losses=(Loss("hand-over", 0.002, SITE, 8, 2),)))
    assert "largest loss" in speedup_text(replace(PASSED, losses=(Loss("hand-over", 0.020, SITE, 8, 2),)))


SENTENCES: dict[Cause, str] = {
    "serial": "No work was handed to another process or thread: all of it ran in the caller, on one core.",
    "one-by-one": "Each of the 8 pieces of work was waited for before the next was handed over (pool_map.py:12), "
    "so they ran one after another. Hand over all of them first, then wait.",
    "threads": "All 8 pieces of work ran in threads of one process (pool_map.py:12), where one interpreter lock lets "
    "one thread compute at a time: 1.0 cores were busy. Use processes for work that computes.",
    "few-workers": "The work was handed over in 8 pieces (pool_map.py:12), and only 1 could run at once. Cut "
    "it into at "
    "least one piece per worker, and start as many workers as are asked for.",
    "start-up": "The largest loss is starting 8 processes (pool_map.py:12): 50 ms of 200 ms. Start them once and "
    "give them more to do.",
    "main": "The largest loss is time in which the main process did something else than run pieces (pool_map.py:12): "
    "50 ms of 200 ms. Move that work into the workers, or overlap it with theirs.",
    "locks": "The largest loss is waiting for locks (pool_map.py:12): 50 ms of 200 ms. Hold locks for the shared "
    "update only.",
    "imbalance": "The largest loss is imbalance (pool_map.py:12): for 50 ms of 200 ms not all workers had work, "
    "because 8 pieces of work cannot be shared evenly. Use more and smaller pieces.",
    "hand-over": "The largest loss is handing over 8 pieces (pool_map.py:12), 3.0 MiB of it pickled: 50 ms of "
    "200 ms. "
    "Use fewer and larger pieces, with chunksize for example, and send less data.",
    "extra-work": "The largest loss is work that the baseline does not do (pool_map.py:12): 50 ms of 200 ms.",
}


@pytest.mark.parametrize("cause", get_args(Cause))
def test_each_loss_has_its_sentence(cause: Cause) -> None:
    loss = Loss(cause, 0.05, SITE, 8, 1, 3 << 20)
    assert loss_sentence(loss, total_s=0.2, busy_cores=1.0) == SENTENCES[cause]


FAKES: dict[Fake, str] = {
    "asleep": "The candidate used 15 % of the baseline's CPU time (work factor 6.6, 0.8 to 1.25 is allowed) "
    "and mostly "
    "waited: it looks as if it sleeps instead of working.",
    "prepared": "The candidate used 0.56 % of the baseline's CPU time (work factor 177, 0.8 to 1.25 is allowed) to "
    "return the same: it looks as if answers were prepared beforehand, or the work is not done.",
    "less-work": "The candidate used 48 % of the baseline's CPU time (work factor 2.1, 0.8 to 1.25 is allowed) to "
    "return the same: it looks as if part of the work is not done, or is done by a quicker method. Give the baseline "
    "the same method, or pass work_factor=(low, high).",
    "cleverer": "The candidate used 32 % of the baseline's CPU time (work factor 3.1, 0.8 to 1.25 is allowed) in one "
    "process: it looks like a quicker serial method, not like more cores. Give the baseline the same method, or pass "
    "work_factor=(low, high).",
    "twice": "The candidate used 2.1 times the CPU time of the baseline (work factor 0.47, 0.8 to 1.25 is "
    "allowed): it "
    "looks as if work is done twice. Check that each item goes to one worker only, or pass work_factor=(low, high) "
    "if the parallel method needs more work.",
}
FACTORS = {"asleep": 6.6, "prepared": 177, "less-work": 2.1, "cleverer": 3.1, "twice": 0.47}


@pytest.mark.parametrize("fake", [fake for fake in get_args(Fake) if fake])
def test_each_fake_has_its_sentence(fake: Fake) -> None:
    result = replace(PASSED, state="failed", fake=fake, work_factor=FACTORS[fake])
    assert FAKES[fake] in unwrapped(speedup_text(result))


UNDECIDED = replace(REPLAYED, state="undecided", doubt="noise", speedup=1.53, replayed=1.53, replayed_free=1.53)


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (
            replace(UNDECIDED, doubt="too-short", baseline_s=0.0012),
            (
                "Undecided: the baseline takes 1.2 ms, and below 20 ms starting processes hides what there is "
                "to see. An "
                "input for which it takes 200 ms or more would settle it."
            ),
        ),
        (
            replace(UNDECIDED, doubt="waiting"),
            (
                "Undecided: the baseline waits for most of its time instead of computing, so CPU time cannot "
                "vouch for the "
                "speedup. If waiting is the work here, work_factor=None would settle it by wall time alone."
            ),
        ),
        (
            replace(UNDECIDED, doubt="work-factor", work_factor=1.26),
            (
                "Undecided: fast enough, but the work factor 1.26 is at the edge of what is allowed (0.8 to "
                "1.25). Longer "
                "runs, or work_factor=(low, high), would settle it."
            ),
        ),
        (
            UNDECIDED,
            (
                "Undecided: without neighbours this would be 1.53x, and a replay is only exact to 5%. 2 cores "
                "without "
                "other programs would settle it."
            ),
        ),
        (
            replace(UNDECIDED, replayed=1.1, replayed_free=1.9),
            (
                "Undecided: tasks were blocked for part of their time, so that the speedup lies between 1.10x "
                "and 1.90x. "
                "2 cores without other programs would settle it."
            ),
        ),
        (
            replace(PASSED, state="undecided", doubt="noise", decided_by="both", wall=1.2, replayed=1.9),
            (
                "Undecided: wall time says 1.20x and the replay of the same runs 1.90x; on a quiet machine "
                "they should "
                "agree within 8%. Longer runs would settle it."
            ),
        ),
        (
            replace(PASSED, state="undecided", doubt="noise", speedup=1.55, pairs_needed=40),
            (
                "Undecided: 1.55x is too close to 1.5x for the spread of these runs. About 40 pairs, a quieter "
                "machine or "
                "longer runs would settle it."
            ),
        ),
        (
            replace(PASSED, state="undecided", doubt="noise", pairs=3, pairs_needed=None),
            "Undecided: the pairs measured in the time allowed do not settle it. More than 3 pairs would.",
        ),
    ],
    ids=["too-short", "waiting", "work-factor", "guard", "blocked", "disagree", "spread", "budget"],
)
def test_each_doubt_says_what_would_settle_it(result: Speedup, sentence: str) -> None:
    assert sentence in unwrapped(speedup_text(result))
    assert result.doubt in get_args(Doubt)


def test_disagreement_stands_in_the_first_line() -> None:
    apart = replace(PASSED, state="undecided", doubt="noise", decided_by="both", speedup=1.2, replayed=1.9)
    assert headline(apart).endswith("wanted 1.5x; replayed 1.90x, which does not agree")


def test_no_line_is_wider_than_asked() -> None:
    for doubt in get_args(Doubt):
        text = speedup_text(replace(UNDECIDED, doubt=doubt), width=60)
        assert max(len(line) for line in text.splitlines()) <= 60
        assert text.isascii()


SHAPES: dict[Form, str] = {
    "serial": "Nothing was handed to another process: all the work ran in the caller.",
    "threads": "The work ran in threads of one process (pool_map.py:12), which share one interpreter lock. Use "
    "processes.",
    "start-join": "Each of 3 processes was joined before the next one was started (pool_map.py:12), so they ran one "
    "after another. Start all of them first, then join them.",
    "parent": "3 processes started (pool_map.py:12), but the main process did the work itself. Check that the "
    "function "
    "is passed, not called: target=work, not target=work().",
    "one-by-one": "Each of 3 pieces was waited for before the next was handed over (pool_map.py:12), so they ran one "
    "after another. Hand over all of them first, then ask for the results.",
    "few-pieces": "The work was cut into 3 pieces only (pool_map.py:12), so 4 workers cannot share it. Cut it "
    "into at "
    "least one piece per worker (a smaller chunksize).",
    "one-worker": "All 3 pieces ran in one process (pool_map.py:12). Start as many workers as are asked for.",
    "unknown": "3 pieces were handed out (pool_map.py:12), but not to enough processes at once.",
}


@pytest.mark.parametrize("form", get_args(Form))
def test_each_shape_that_is_not_parallel_has_its_sentence(form: Form) -> None:
    text = not_parallel_text(Shape(form, 3, SITE), workers=4, reason="1 of 4 processes waited at once")
    assert unwrapped(text) == (
        f"The work did not run in 4 processes at once: 1 of 4 processes waited at once. {SHAPES[form]}"
    )

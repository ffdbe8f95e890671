"""What each strategy promises, on programs whose schedules can be counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest

from pytest_parlab.explore.run import preemptions
from pytest_parlab.explore.strategies import chance
from pytest_parlab.explore.strategies.exhaustive import Exhaustive
from pytest_parlab.explore.strategies.pct import PCT
from pytest_parlab.explore.strategies.portfolio import Portfolio
from pytest_parlab.explore.strategies.pos import POS
from pytest_parlab.explore.strategies.protocol import Strategy
from pytest_parlab.explore.strategies.random_walk import RandomWalk
from pytest_parlab.explore.strategies.surw import SURW
from tests.unit.explore.programs import adders, random_program, strangers
from tests.unit.explore.simulator import Body, Program, explore, fresh_words, join, read, start, write
from tests.unit.explore.traces import trace

Maker = Callable[[], Strategy]

MAKERS: Sequence[Maker] = (RandomWalk, PCT, POS, SURW, Exhaustive, Portfolio)
CHANCE: Sequence[Maker] = (RandomWalk, PCT, POS, SURW)


def even(counts: Counter[Any], kinds: int) -> bool:
    """No count differs from the mean by more than five standard deviations."""
    total = sum(counts.values())
    mean = total / kinds
    return len(counts) == kinds and all(abs(count - mean) < 5 * mean**0.5 for count in counts.values())


def test_every_member_of_a_set_is_picked_with_the_same_chance() -> None:
    words = fresh_words()
    chance.seed(words, random.Random(1))
    members = 1 | 1 << 3 | 1 << 63 | 1 << 64 | 1 << 200
    counts: Counter[Any] = Counter(chance.pick(words, members) for _ in range(5_000))
    assert set(counts) == {0, 3, 63, 64, 200}
    assert even(counts, 5)


def test_the_stream_of_chance_follows_from_the_seed() -> None:
    streams = []
    for seed in (1, 1, 2):
        words = fresh_words()
        chance.seed(words, random.Random(seed))
        streams.append([chance.draw(words) for _ in range(50)])
    assert streams[0] == streams[1] != streams[2]
    assert all(0 <= number < 1 << 32 for number in streams[0])
    assert len(set(streams[0])) == 50


@pytest.mark.parametrize("make", MAKERS)
def test_a_seed_gives_the_same_schedules_again(make: Maker) -> None:
    for seed in range(10):
        program = random_program(seed)
        again = [[run.schedule for run, _ in explore(program, make(), 20, seed)] for _ in range(2)]
        assert again[0] == again[1]


@pytest.mark.parametrize("make", CHANCE)
def test_seeds_differ(make: Maker) -> None:
    program = adders(4, 3)
    first, second = ([run.schedule for run, _ in explore(program, make(), 5, seed)] for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("make", MAKERS)
def test_no_choice_fails_whatever_a_program_does(make: Maker) -> None:
    """The simulator asserts that each choice can go on; random programs wait, time out, spin and end early."""
    for seed in range(60):
        for run, _ in explore(random_program(seed), make(), 8, seed):
            assert run.steps or not run.pending


@pytest.mark.parametrize("make", MAKERS)
def test_a_hundred_processes_are_no_trouble(make: Maker) -> None:
    found = explore(adders(100, 1), make(), 3)
    assert [len(run.steps) for run, _ in found] == [301] * 3


@pytest.mark.parametrize("make", [RandomWalk, POS, SURW, Exhaustive, Portfolio])
def test_a_strategy_that_does_not_count_preemptions_reaches_every_order_of_a_small_program(make: Maker) -> None:
    """The 36 traces of three processes that add one each: none is out of reach of any but PCT."""
    traces = {trace(run) for run, _ in explore(adders(3, 1), make(), 1_500)}
    assert len(traces) == 36


def test_a_random_walk_chooses_evenly_at_each_point() -> None:
    """Of two processes with two steps each, the one-sided schedules have a chance of 1 in 4, the others of 1 in 8."""
    counts = Counter(run.schedule for run, _ in explore(strangers(2, 2), RandomWalk(), 4_000))
    one_sided = {(1, 1, 2, 2), (2, 2, 1, 1)}
    for schedule, count in counts.items():
        assert abs(count - (1_000 if schedule in one_sided else 500)) < 150
    assert len(counts) == 6


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_pct_interrupts_once_less_than_its_depth(depth: int) -> None:
    """Where nobody ever waits, only a change of priority interrupts."""
    counts = Counter(preemptions(run) for run, _ in explore(strangers(3, 5), PCT(depth), 300))
    assert max(counts) == depth - 1


def test_pct_orders_processes_evenly() -> None:
    counts: Counter[Any] = Counter(run.schedule for run, _ in explore(strangers(3, 1), PCT(1), 3_000))
    assert set(counts) == set(permutations((1, 2, 3)))
    assert even(counts, 6)


def test_pos_orders_two_racing_steps_evenly_however_long_the_way_to_them_is() -> None:
    """A random walk hardly ever takes the long way first: the chance of the two orders is what POS is about."""

    def long() -> Body:
        for count in range(12):
            yield write("own", count)
        yield write("shared", "long")

    def short() -> Body:
        yield write("shared", "short")

    def main() -> Body:
        yield start(long)
        yield start(short)

    program = Program(main, {"own": 0, "shared": ""})
    last = {
        strategy.name: Counter(outcome.cells[1] for _, outcome in explore(program, strategy, 2_000))
        for strategy in (POS(), RandomWalk())
    }
    assert last["POS"]["short"] > 10 * last["random walk"]["short"]


def touches(counts: Sequence[int]) -> Program:
    """Processes that write their number into one cell, so many times each."""

    def touch(number: int, times: int) -> Body:
        for _ in range(times):
            yield write("shared", number)

    def main() -> Body:
        for number, times in enumerate(counts, 1):
            yield start(touch, number, times)

    return Program(main, {"shared": 0})


def test_surw_samples_all_orders_of_touches_evenly() -> None:
    """One process with one step and one with nine: each of the ten orders has the same chance.

    A random walk is too late in half of the schedules after the first step, in three quarters after the second.
    """
    found = explore(touches((1, 9)), SURW(varied=False), 2_001)[1:]
    assert even(Counter(run.schedule for run, _ in found), 10)


def test_surw_samples_the_interleavings_of_three_processes_evenly() -> None:
    found = explore(touches((1, 2, 3)), SURW(varied=False), 3_001)[1:]
    assert even(Counter(run.schedule for run, _ in found), 60)


def test_surw_gives_a_parent_the_steps_of_the_processes_that_it_will_start() -> None:
    """Process 0 writes, starts one that writes four times, and joins it; another writes once: six even orders."""

    def child() -> Body:
        for _ in range(4):
            yield write("shared", "child")

    def other() -> Body:
        yield write("shared", "other")

    def main() -> Body:
        yield start(other)
        yield write("shared", "parent")
        yield join((yield start(child)))

    found = explore(Program(main, {"shared": ""}), SURW(varied=False), 2_401)[1:]
    orders = Counter(tuple(step.process for step in run.steps if step.operation.changes) for run, _ in found)
    assert even(orders, 6)


def test_surw_takes_what_does_not_concern_its_resource_at_random() -> None:
    """Each contended cell gets its turn, and cells that only one process knows never do."""

    def both() -> Body:
        for cell in ("x", "y", "mine"):
            value = yield read(cell)
            yield write(cell, value + 1)

    def one() -> Body:
        for cell in ("x", "y"):
            value = yield read(cell)
            yield write(cell, value + 1)

    def main() -> Body:
        yield start(both)
        yield start(one)

    strategy, words, turns = SURW(), fresh_words(), set()
    rng = random.Random(3)
    explore(Program(main, {"x": 0, "y": 0, "mine": 0}), strategy, 1)
    for _ in range(6):
        strategy.begin(words, rng)
        turns.add(words[1] >> 32)
    assert turns == {1, 2}


def test_the_portfolio_ends_with_a_proof_where_there_is_little_to_search() -> None:
    strategy = Portfolio()
    found = explore(adders(2, 1, joined=False), strategy, 1_000)
    assert strategy.exhausted
    assert len(found) < 20
    assert {outcome.cells[0] for _, outcome in found} == {1, 2}


def test_the_portfolio_says_whose_schedule_it_was() -> None:
    strategy, words, rng = Portfolio(), fresh_words(), random.Random(0)
    names = set()
    program = adders(3, 2)
    for _ in range(12):
        found = explore(program, strategy, 1)
        assert found
        names.add(strategy.active.name)
    assert names == {"exhaustive", "SURW", "POS", "PCT 3"}
    assert strategy.begin(words, rng)

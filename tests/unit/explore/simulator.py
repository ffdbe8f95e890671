"""Programs of a few processes that exist only as generators, run under a strategy: no process, no clock.

A body is a generator function that yields what it wants to do (`read("x")`, `acquire("m")`, ...) and is sent the
result. What it does between two yields belongs to the first of them, as in real processes.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_parlab.explore.operations import WHOLE, Kind, Operation, resource_of
from pytest_parlab.explore.run import LIFE, Birth, Run, Step
from pytest_parlab.explore.strategies.protocol import REPEATED, WORDS, Strategy

LONGEST = 20_000
"""Steps after which a schedule counts as endless."""


EVERYTHING = "*"
"""Name of all cells of an array."""


class Wish(NamedTuple):
    """What a body yields."""

    kind: str
    name: str = ""
    value: Any = None
    timed: bool = False


Body = Generator[Wish, Any, Any]


def read(cell: str) -> Wish:
    return Wish("read", cell)


def write(cell: str, value: Any) -> Wish:
    return Wish("write", cell, value)


def acquire(lock: str, *, timed: bool = False) -> Wish:
    """Sent True, or False if it is timed and ran out of time."""
    return Wish("acquire", lock, timed=timed)


def attempt(lock: str) -> Wish:
    """Sent whether it worked."""
    return Wish("attempt", lock)


def release(lock: str) -> Wish:
    return Wish("release", lock)


def wait(lock: str) -> Wish:
    """Wait at the condition of a lock that one holds; sent nothing once it is notified and has the lock again."""
    return Wish("wait", lock)


def notify(lock: str, *, everybody: bool = False) -> Wish:
    return Wish("notify", lock, everybody)


def start(body: Callable[..., Body], *args: Any) -> Wish:
    """No step; sent the number of the new process."""
    return Wish("start", value=(body, args))


def join(process: int) -> Wish:
    return Wish("join", value=process)


def alive(process: int) -> Wish:
    return Wish("alive", value=process)


class Program(NamedTuple):
    """What there is, and what process 0 does.

    Attributes:
        main: Body of process 0; what it returns is the result.
        cells: Their first values.
        locks: How many may hold each at first: 1 for a lock, more (or 0) for a semaphore.
        array: The cells are the parts of one object; `EVERYTHING` names all of it.
        spinning: A process that reads an unchanged cell again waits for somebody to write.
    """

    main: Callable[[], Body]
    cells: Mapping[str, Any] = {}
    locks: Mapping[str, int] = {}
    spinning: bool = False
    array: bool = False


class Outcome(NamedTuple):
    """How a schedule ended: the cells, and what each process returned or raised; waiting ones are missing."""

    cells: tuple[Any, ...]
    results: tuple[tuple[int, Any], ...]
    deadlock: bool

    @property
    def failed(self) -> bool:
        return self.deadlock or any(isinstance(result, str) and result.startswith("!") for _, result in self.results)


_NOTHING = Wish("")
_NO_OPERATION = Operation(0, 0, changes=False)


_KINDS = {
    "read": (Kind.READ, False),
    "write": (Kind.WRITE, True),
    "acquire": (Kind.ACQUIRE, True),
    "attempt": (Kind.TRY, True),
    "release": (Kind.RELEASE, True),
    "wait": (Kind.WAIT, True),
    "again": (Kind.ACQUIRE, True),
    "notify": (Kind.NOTIFY, True),
    "join": (Kind.JOIN, False),
    "alive": (Kind.LOOK, False),
}


@dataclass
class _Process:
    body: Body
    wish: Wish = _NOTHING
    operation: Operation = _NO_OPERATION
    last: int = -1
    read_again: tuple[str, int] | None = None
    woken: bool = False


@dataclass
class Simulation:
    """One schedule; also the `Board` of the strategy."""

    program: Program
    words: memoryview
    step: int = 0
    last: int = 0
    enabled: int = 0
    cells: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[int]] = field(default_factory=dict)
    processes: dict[int, _Process] = field(default_factory=dict)
    births: dict[int, Birth] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    results: dict[int, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    forcing: bool = False

    def run(
        self, choose: Callable[[], int], happened: Callable[[int, Operation], None] | None
    ) -> tuple[Run, Outcome]:
        """Run to the end, or until a choice is `REPEATED`."""
        self.cells.update(self.program.cells)
        self.free.update(self.program.locks)
        self.versions = dict.fromkeys(self.cells, 0)
        self.waiting = {lock: [] for lock in self.free}
        self._numbers = {name: number for number, name in enumerate([*self.cells, *self.free], 1)}
        self._start(self.program.main, ())
        abandoned = False
        while self._find_enabled() and self.step < LONGEST:
            process = choose()
            if process == REPEATED:
                abandoned = True
                break
            assert self.enabled >> process & 1, "a choice that cannot go on"
            operation = self.operation(process)
            if happened is not None:
                happened(process, operation)
            self.steps.append(Step(process, operation, self.enabled))
            self._take(process)
            self.last = process
            self.step += 1
        pending = {number: one.operation for number, one in self.processes.items() if number not in self.ends}
        run = Run(tuple(self.steps), self.births, self.ends, pending, abandoned)
        stuck = bool(pending) and not abandoned
        return run, Outcome(tuple(self.cells.values()), tuple(sorted(self.results.items())), stuck)

    def operation(self, process: int) -> Operation:
        return self.processes[process].operation._replace(forced=self.forcing)

    def _find_enabled(self) -> int:
        self.forcing = False
        self.enabled = sum(1 << number for number in self.processes if number not in self.ends and self._can(number))
        if not self.enabled:
            self.forcing = True
            self.enabled = sum(
                1 << number for number, one in self.processes.items() if number not in self.ends and one.wish.timed
            )
        return self.enabled

    def _can(self, number: int) -> bool:
        process = self.processes[number]
        wish = process.wish
        match wish.kind:
            case "acquire":
                return self.free[wish.name] > 0
            case "again":
                return process.woken and self.free[wish.name] > 0
            case "join":
                return wish.value in self.ends
            case "read":
                return not self.program.spinning or process.read_again != (wish.name, self.versions[wish.name])
        return True

    def _start(self, body: Callable[..., Body], args: Sequence[Any], parent: int = -1) -> int:
        number = len(self.processes)
        self.processes[number] = _Process(body(*args))
        if parent >= 0:
            self.births[number] = Birth(parent, self.processes[parent].last)
        self._go_on(number, None)
        return number

    def _go_on(self, number: int, sent: Any) -> None:
        process = self.processes[number]
        try:
            while True:
                wish = process.body.send(sent)
                if wish.kind != "start":
                    break
                body, args = wish.value
                sent = self._start(body, args, number)
        except StopIteration as stop:
            self._end(number, stop.value)
        except AssertionError as error:
            self._end(number, f"!{error}")
        else:
            self._wish(process, wish)

    def _end(self, number: int, result: Any) -> None:
        self.ends[number] = self.processes[number].last
        self.results[number] = result

    def _wish(self, process: _Process, wish: Wish) -> None:
        process.wish = wish
        kind, changes = _KINDS[wish.kind]
        if self.program.array and wish.kind in {"read", "write"}:
            part = WHOLE if wish.name == EVERYTHING else list(self.cells).index(wish.name)
            process.operation = Operation(kind, resource_of(1, part), changes)
            return
        number = LIFE + wish.value if wish.kind in {"join", "alive"} else self._numbers[wish.name]
        process.operation = Operation(kind, resource_of(number, WHOLE), changes)

    def _take(self, number: int) -> None:
        process = self.processes[number]
        process.last = self.step
        wish = process.wish
        process.read_again = (wish.name, self.versions.get(wish.name, 0)) if wish.kind == "read" else None
        sent: Any = None
        match wish.kind:
            case "read":
                sent = tuple(self.cells.values()) if wish.name == EVERYTHING else self.cells[wish.name]
            case "write":
                for cell in self.cells if wish.name == EVERYTHING else [wish.name]:
                    self.cells[cell] = wish.value
                    self.versions[cell] += 1
            case "acquire" | "attempt" | "again":
                sent = self.free[wish.name] > 0
                self.free[wish.name] -= sent
            case "release":
                self.free[wish.name] += 1
            case "wait":
                self.free[wish.name] += 1
                self.waiting[wish.name].append(number)
                process.woken = False
                self._wish(process, Wish("again", wish.name))
                return
            case "notify":
                queue = self.waiting[wish.name]
                for other in queue[:] if wish.value else queue[:1]:
                    self.processes[other].woken = True
                    queue.remove(other)
            case "alive":
                sent = wish.value not in self.ends
        self._go_on(number, sent)


def fresh_words() -> memoryview:
    return memoryview(array("Q", bytes(8 * WORDS)))


def once(program: Program, strategy: Strategy, words: memoryview, rng: random.Random) -> tuple[Run, Outcome] | None:
    """One schedule of a strategy; None if it has none left."""
    if not strategy.begin(words, rng):
        return None
    simulation = Simulation(program, words)

    def choose() -> int:
        enabled = simulation.enabled
        if strategy.listens or enabled & (enabled - 1):
            return strategy.choose(simulation)
        return enabled.bit_length() - 1

    def happened(process: int, operation: Operation) -> None:
        strategy.happened(simulation, process, operation)

    run, outcome = simulation.run(choose, happened if strategy.listens else None)
    strategy.end(run)
    return run, outcome


def follow(program: Program, schedule: Sequence[int]) -> tuple[Run, Outcome]:
    """The schedule that begins as given, and goes on without preemption; impossible choices are passed over."""
    simulation = Simulation(program, fresh_words())

    def choose() -> int:
        enabled = simulation.enabled
        if simulation.step < len(schedule) and enabled >> schedule[simulation.step] & 1:
            return schedule[simulation.step]
        return simulation.last if enabled >> simulation.last & 1 else (enabled & -enabled).bit_length() - 1

    return simulation.run(choose, None)


def every_schedule(program: Program, limit: int = 100_000) -> list[tuple[Run, Outcome]]:
    """All schedules there are, by brute force."""
    found: list[tuple[Run, Outcome]] = []
    prefix: list[int] = []
    while True:
        run, outcome = follow(program, prefix)
        found.append((run, outcome))
        if len(found) > limit:
            raise OverflowError("too many schedules")
        steps = list(run.steps)
        # The default goes on with somebody in the middle: count from the lowest, so that none is left out.
        while steps:
            step = steps.pop()
            later = _order(step.enabled, steps)
            rest = later[later.index(step.process) + 1 :]
            if rest:
                prefix = [before.process for before in steps] + [rest[0]]
                break
        else:
            return found


def _order(enabled: int, before: Sequence[Step]) -> list[int]:
    """In which order `every_schedule` tries them: as `follow` does first, then the others."""
    members = [number for number in range(enabled.bit_length()) if enabled >> number & 1]
    last = before[-1].process if before else 0
    return sorted(members, key=lambda number: (number != last, number))


def explore(program: Program, strategy: Strategy, schedules: int, seed: int = 0) -> list[tuple[Run, Outcome]]:
    """Schedules of a strategy, at most so many."""
    words, rng = fresh_words(), random.Random(seed)
    found = []
    for _ in range(schedules):
        one = once(program, strategy, words, rng)
        if one is None:
            break
        found.append(one)
    return found


def schedules_to_failure(program: Program, strategy: Strategy, limit: int, seed: int) -> int | None:
    """How many schedules it takes until one fails, abandoned ones included; None if none does."""
    words, rng = fresh_words(), random.Random(seed)
    for count in range(1, limit + 1):
        one = once(program, strategy, words, rng)
        if one is None:
            return None
        if one[1].failed:
            return count
    return None

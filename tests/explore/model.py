"""All that a small program can do, by trying every order of its steps.

A program is a list of instructions for each process: tuples of a word and numbers. `reachable` walks through all
states of an interpreter of a few lines, which knows nothing of commuting steps and leaves out nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_parlab.explore.exploration import DEADLOCK

Instruction = tuple[Any, ...]
Program = tuple[tuple[Instruction, ...], ...]
COUNT = 2
"""Objects of each kind; there is one condition, and one barrier, for two."""


class _Process(NamedTuple):
    """Where a process is: its next step, what it has read, what it has seen so far."""

    at: int = 0
    read: int = 0
    seen: tuple[int, ...] = ()


class _State(NamedTuple):
    """Everything.

    `buffers` holds what each process has put to each queue and its feeder has not sent, `asleep` who waits at the
    condition, and `round` counts who has come to the barrier.
    """

    processes: tuple[_Process, ...]
    cells: tuple[int, ...] = (0,) * COUNT
    locks: tuple[int, ...] = (0,) * (COUNT + 2)
    events: tuple[int, ...] = (0,) * COUNT
    semaphores: tuple[int, ...] = (0,) * COUNT
    pipes: tuple[tuple[int, ...], ...] = ((),) * COUNT
    queues: tuple[tuple[int, ...], ...] = ((),) * COUNT
    buffers: tuple[tuple[tuple[int, ...], ...], ...] = ()
    asleep: tuple[int, ...] = ()
    round: int = 0

    def put(self, kind: str, index: int, value: Any) -> _State:
        """The same with another value of one object."""
        values = getattr(self, kind)
        changed: dict[str, Any] = {kind: (*values[:index], value, *values[index + 1 :])}
        return self._replace(**changed)


def _steps(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """Take instructions apart into what happens at once; a jump says how many steps to leave out."""
    steps: list[Instruction] = []
    for word, *rest in instructions:
        match word:
            case "add":
                steps += [("load", *rest), ("store next", *rest)]
            case "copy":
                steps += [("load", rest[0]), ("store same", rest[1])]
            case "read":
                steps += [("load", *rest), ("note",)]
            case "guarded add":
                lock, cell = rest
                steps += [("acquire", lock), ("load", cell), ("store next", cell), ("release", lock)]
            case "sleep":
                steps += [("acquire", COUNT), ("fall asleep",), ("acquire awake", COUNT), ("release", COUNT)]
            case "wake" | "wake all":
                steps += [("acquire", COUNT), (word,), ("release", COUNT)]
            case "meet":
                steps += [("arrive",), ("leave",)]
            case "nested add":
                steps += [("acquire", COUNT + 1), ("load", *rest), ("store next", *rest), ("release", COUNT + 1)]
            case "try add":
                lock, cell = rest
                steps += [("try", lock), ("unless", 1, 3), ("load", cell), ("store next", cell), ("release", lock)]
            case "add if":
                asked, value, cell = rest
                steps += [("load", asked), ("unless", value, 2), ("load", cell), ("store next", cell)]
            case _:
                steps.append((word, *rest))
    return tuple(steps)


def _after(state: _State, me: int, step: Instruction) -> Iterator[_State]:  # noqa: PLR0915 - a table of steps
    """The states that a step of a process leads to: none if it has to wait."""
    process = state.processes[me]
    word, *rest = step
    index = rest[0] if rest else 0
    at, read, seen = process.at + 1, process.read, process.seen
    match word:
        case "load":
            read = state.cells[index]
        case "store next":
            state = state.put("cells", index, read + 1)
        case "store same":
            state = state.put("cells", index, read)
        case "write":
            state = state.put("cells", index, rest[1])
        case "note":
            seen = (*seen, read)
        case "unless":
            at += 0 if read == rest[0] else rest[1]
        case "acquire":
            if state.locks[index]:
                return
            state = state.put("locks", index, 1)
        case "try":
            read = 1 - state.locks[index]
            state = state.put("locks", index, 1)
        case "release":
            state = state.put("locks", index, 0)
        case "set":
            state = state.put("events", index, 1)
        case "wait":
            if not state.events[index]:
                return
        case "look":
            seen = (*seen, state.events[index])
        case "post":
            state = state.put("semaphores", index, state.semaphores[index] + 1)
        case "down":
            if not state.semaphores[index]:
                return
            state = state.put("semaphores", index, state.semaphores[index] - 1)
        case "send":
            state = state.put("pipes", index, (*state.pipes[index], rest[1]))
        case "receive":
            if not state.pipes[index]:
                return
            seen = (*seen, state.pipes[index][0])
            state = state.put("pipes", index, state.pipes[index][1:])
        case "put":
            waiting = state.buffers[me]
            mine = (*waiting[:index], (*waiting[index], rest[1]), *waiting[index + 1 :])
            state = state.put("buffers", me, mine)
        case "get":
            if not state.queues[index]:
                return
            seen = (*seen, state.queues[index][0])
            state = state.put("queues", index, state.queues[index][1:])
        case "empty":
            seen = (*seen, int(not state.queues[index]))
        case "fall asleep":
            state = state.put("locks", COUNT, 0)._replace(asleep=(*state.asleep, me))
        case "acquire awake":
            if me in state.asleep or state.locks[index]:
                return
            state = state.put("locks", index, 1)
        case "wake":
            for other in state.asleep:
                awake = tuple(each for each in state.asleep if each != other)
                yield state._replace(asleep=awake).put("processes", me, _Process(at, read, seen))
            if state.asleep:
                return
        case "wake all":
            state = state._replace(asleep=())
        case "arrive":
            read = state.round
            seen = (*seen, read % 2)
            state = state._replace(round=read + 1)
        case "leave":
            if state.round // 2 == read // 2:
                return
    yield state.put("processes", me, _Process(at, read, seen))


def _flushed(state: _State) -> Iterator[_State]:
    """The states that a feeder leads to, which sends one item."""
    for me, buffers in enumerate(state.buffers):
        for index, waiting in enumerate(buffers):
            if waiting:
                sent = state.put("queues", index, (*state.queues[index], waiting[0]))
                yield sent.put("buffers", me, (*buffers[:index], waiting[1:], *buffers[index + 1 :]))


def reachable(program: Program) -> frozenset[Any]:
    """Every outcome: the cells and what each process saw, or a deadlock."""
    steps = [_steps(instructions) for instructions in program]
    first = _State(tuple(_Process() for _ in program), buffers=tuple(((),) * COUNT for _ in program))
    known, todo, outcomes = {first}, [first], set()
    while todo:
        state = todo.pop()
        running = [me for me, process in enumerate(state.processes) if process.at < len(steps[me])]
        after = [s for me in running for s in _after(state, me, steps[me][state.processes[me].at])]
        after += _flushed(state)
        if not after:
            seen = tuple(process.seen for process in state.processes)
            outcomes.add(DEADLOCK if running else (state.cells, seen))
        new = [s for s in after if s not in known]
        known.update(new)
        todo += new
    return frozenset(outcomes)

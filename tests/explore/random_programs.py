"""Programs by chance, small enough that all orders of their steps can be tried."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.explore.model import COUNT, Instruction, Program

Maker = Callable[[random.Random], Instruction]


def _one(rng: random.Random) -> int:
    return rng.randrange(COUNT)


MEMORY: dict[str, Maker] = {
    "add": lambda rng: ("add", _one(rng)),
    "read": lambda rng: ("read", _one(rng)),
    "write": lambda rng: ("write", _one(rng), rng.randint(1, 3)),
    "copy": lambda rng: ("copy", *rng.sample(range(COUNT), 2)),
    "add if": lambda rng: ("add if", _one(rng), rng.randint(0, 1), _one(rng)),
}
LOCKS: dict[str, Maker] = {
    "guarded add": lambda rng: ("guarded add", _one(rng), _one(rng)),
    "try add": lambda rng: ("try add", _one(rng), _one(rng)),
}
SIGNALS: dict[str, Maker] = {
    "set": lambda rng: ("set", _one(rng)),
    "wait": lambda rng: ("wait", _one(rng)),
    "look": lambda rng: ("look", _one(rng)),
    "post": lambda rng: ("post", _one(rng)),
    "down": lambda rng: ("down", _one(rng)),
}
MEETINGS: dict[str, Maker] = {
    "sleep": lambda _: ("sleep",),
    "wake": lambda _: ("wake",),
    "wake all": lambda _: ("wake all",),
    "meet": lambda _: ("meet",),
    "nested add": lambda rng: ("nested add", _one(rng)),
}
PIPES: dict[str, Maker] = {
    "send": lambda rng: ("send", _one(rng), rng.randint(1, 9)),
    "receive": lambda rng: ("receive", _one(rng)),
}
QUEUES: dict[str, Maker] = {
    "put": lambda rng: ("put", _one(rng), rng.randint(1, 9)),
    "get": lambda rng: ("get", _one(rng)),
    "empty": lambda rng: ("empty", _one(rng)),
}
FAMILIES: dict[str, dict[str, Maker]] = {
    "memory": MEMORY,
    "locks": MEMORY | LOCKS,
    "signals": MEMORY | SIGNALS,
    "meetings": MEMORY | MEETINGS,
    "pipes": MEMORY | PIPES,
    "queues": MEMORY | QUEUES,
}


def _nested(rng: random.Random, inner: Instruction) -> tuple[Instruction, ...]:
    """An instruction under one lock, or under two in any order."""
    locks = rng.sample(range(COUNT), rng.randint(1, COUNT))
    return (*(("acquire", lock) for lock in locks), inner, *(("release", lock) for lock in reversed(locks)))


def a_program(family: str, seed: int) -> Program:
    """Two or three processes of one to three instructions each, the same for the same seed."""
    rng = random.Random(f"{family} {seed}")
    makers = FAMILIES[family]
    processes = []
    for _ in range(rng.choice((2, 2, 3))):
        instructions: list[Instruction] = []
        for _ in range(rng.randint(1, 3)):
            instruction = makers[rng.choice(sorted(makers))](rng)
            if family == "locks" and instruction[0] in MEMORY and rng.random() < 1 / 3:
                instructions += _nested(rng, instruction)
            else:
                instructions.append(instruction)
        processes.append(tuple(instructions))
    return tuple(processes)

"""A program of the model with real processes, and the objects of a context."""

from __future__ import annotations

from typing import Any

from tests.explore.model import COUNT, Instruction, Program


def _act(instructions: tuple[Instruction, ...], objects: dict[str, Any], seen: Any) -> None:  # noqa: PLR0915 - a table
    """What a process does."""
    cells, locks, events, queues = (objects[kind] for kind in ("cells", "locks", "events", "queues"))
    notes: list[int] = []
    for instruction in instructions:
        match instruction:
            case "add", cell:
                cells[cell].value += 1
            case "copy", source, target:
                cells[target].value = cells[source].value
            case "read", cell:
                notes.append(cells[cell].value)
            case "write", cell, value:
                cells[cell].value = value
            case "guarded add", lock, cell:
                with locks[lock]:
                    cells[cell].value += 1
            case "try add", lock, cell:
                if locks[lock].acquire(block=False):
                    cells[cell].value += 1
                    locks[lock].release()
            case "add if", asked, value, cell:
                if cells[asked].value == value:
                    cells[cell].value += 1
            case "acquire", lock:
                locks[lock].acquire()
            case "release", lock:
                locks[lock].release()
            case "set", event:
                events[event].set()
            case "wait", event:
                events[event].wait()
            case "look", event:
                notes.append(events[event].is_set())
            case "post", semaphore:
                objects["semaphores"][semaphore].release()
            case "down", semaphore:
                objects["semaphores"][semaphore].acquire()
            case "send", pipe, item:
                objects["pipes"][pipe].put(item)
            case "receive", pipe:
                notes.append(objects["pipes"][pipe].get())
            case ("sleep",):
                with objects["condition"]:
                    objects["condition"].wait()
            case ("wake",):
                with objects["condition"]:
                    objects["condition"].notify()
            case ("wake all",):
                with objects["condition"]:
                    objects["condition"].notify_all()
            case ("meet",):
                notes.append(objects["barrier"].wait())
            case "nested add", cell:
                with objects["reentrant"], objects["reentrant"]:
                    cells[cell].value += 1
            case "put", queue, item:
                queues[queue].put(item)
            case "get", queue:
                notes.append(queues[queue].get())
            case "empty", queue:
                notes.append(queues[queue].empty())
    for index, note in enumerate(notes, start=1):
        seen[index] = note
    seen[0] = len(notes)


def run(context: Any, program: Program) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """The outcome of the program with real processes; the first of them is the one that calls."""
    used = {instruction[0] for instructions in program for instruction in instructions}
    feeders = used & {"put", "get", "empty"}
    objects: dict[str, Any] = {
        "cells": [context.Value("i", 0) for _ in range(COUNT)],
        "locks": [context.Lock() for _ in range(COUNT)],
        "events": [context.Event() for _ in range(COUNT)],
        "semaphores": [context.Semaphore(0) for _ in range(COUNT)],
        "condition": context.Condition() if used & {"sleep", "wake", "wake all"} else None,
        "barrier": context.Barrier(2) if "meet" in used else None,
        "reentrant": context.RLock(),
        "pipes": [context.SimpleQueue() for _ in range(COUNT)] if used & {"send", "receive"} else [],
        "queues": [context.Queue() for _ in range(COUNT)] if feeders else [],
    }
    seen = [context.Array("i", 1 + len(instructions)) for instructions in program]
    processes = [
        context.Process(target=_act, args=(instructions, objects, notes))
        for instructions, notes in zip(program[1:], seen[1:], strict=True)
    ]
    for process in processes:
        process.start()
    _act(program[0], objects, seen[0])
    for process in processes:
        process.join()
    return tuple(cell.value for cell in objects["cells"]), tuple(tuple(notes[1 : 1 + notes[0]]) for notes in seen)

"""Every mistake that has a name: its stable code, its title, and how much it explains.

The hundreds are families: 1 starting and joining, 2 shared memory, 3 queues, 4 pools, 5 cost, 6 portability.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

catalogue: Mapping[str, str] = MappingProxyType(
    {
        "PL101": "start and join in the same loop: one after another",
        "PL102": "never joined: the answer is read too early, or a child is left",
        "PL103": "a child failed and nobody looked at its exit code",
        "PL104": "work done in the parent instead of the children",
        "PL105": "one process per item, far more processes than cores",
        "PL201": "unlocked read-modify-write of shared memory",
        "PL202": "a new lock in every process: locks nothing",
        "PL203": "the lock covers the whole work: parallel code run serially",
        "PL204": "two locks, one variable",
        "PL205": "lock acquired and not released on an error path",
        "PL206": "loop variable changed instead of the shared element",
        "PL207": "sleep used as synchronisation",
        "PL208": "locks taken in different orders",
        "PL301": "join before the queue is drained",
        "PL302": "`while not queue.empty()` as an end test",
        "PL303": "fewer end marks than consumers",
        "PL304": "items put and never got",
        "PL305": "missing or surplus task_done",
        "PL306": "pipe end left open: the reader never sees the end",
        "PL401": "a pool per item, or a pool in a loop",
        "PL402": "result asked for right after submit: one at a time",
        "PL403": "lambda or local function sent to a process",
        "PL404": "chunks too small: more dispatch than work",
        "PL405": "one giant chunk: one worker does everything",
        "PL406": "large arguments pickled over and over",
        "PL407": "pool not closed and joined",
        "PL408": "exception in a task never retrieved",
        "PL501": "threads for CPU-bound work under the GIL",
        "PL502": "processes for work that only waits",
        "PL503": "more workers than usable cores, and it costs",
        "PL504": "uneven tasks: one straggler decides",
        "PL505": "starting costs more than the work",
        "PL506": "the work was not done in the call: answers prepared beforehand",
        "PL601": 'no `if __name__ == "__main__"` guard',
        "PL602": "relies on fork: globals not there under spawn",
        "PL603": "same random seed in every child",
    }
)
"""Title by code, in the order of the codes."""

# What explains a wrong or missing answer ranks above what explains a slow one, and that above untidiness.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "PL103": 0.95,
        "PL205": 0.92,
        "PL206": 0.90,
        "PL202": 0.89,
        "PL204": 0.88,
        "PL201": 0.87,
        "PL102": 0.85,
        "PL408": 0.82,
        "PL506": 0.80,
        "PL104": 0.75,
        "PL101": 0.72,
        "PL402": 0.71,
        "PL401": 0.70,
        "PL501": 0.68,
        "PL405": 0.66,
        "PL203": 0.64,
        "PL105": 0.50,
        "PL503": 0.40,
        "PL407": 0.20,
    }
)
"""How much a mistake explains, by code; one entry per detector. A detector may give less for a mild form."""

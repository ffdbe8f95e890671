"""Every schedule, up to the order of steps that commute.

Stateless search with dynamic partial order reduction (Flanagan and Godefroid, 2005) by source sets and sleep sets
(Abdulla, Aronis, Jonsson and Sagonas, 2014). After each run, every pair of steps that raced is turned round: where
the first one was taken, somebody who leads to the other order is put on the list of those to try. Whoever has been
tried there sleeps in all that is tried later, until a step is taken that does not commute with his.

Steps may have to wait (for a lock, an item, an end). A step that can wait is turned round with all that changed what
it waited for, back to the last one in whose place it could have been taken itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from pytest_parlab.explore.happens_before import Event, bits, commute, events, previous
from pytest_parlab.explore.operations import EVERYTHING, INDEX_BITS, Kind, Operation, dependent, enables
from pytest_parlab.explore.run import LIFE, Run
from pytest_parlab.explore.strategies.protocol import REPEATED, Board

_STEP, _LENGTH, _SLEEPERS, _PREFIX = 0, 1, 2, 8
"""Words: steps taken, steps given, number of sleepers; then who takes the given steps."""
_ASLEEP = 8192
"""Word where the sleepers begin, four words each: process, resource, changes and forced, whether it ends somebody."""
_DEEPEST = _ASLEEP - _PREFIX
_CHANGES, _FORCED = 1, 2
_PAIRS = 20_000_000
"""Pairs of steps to compare, before the search is given up: some ten seconds."""

_ALL = -1
"""Number for the steps that commute with nothing."""
_NEVER_WAIT = frozenset({Kind.RELEASE, Kind.NOTIFY, Kind.SET, Kind.CLEAR, Kind.CLOSE})


@dataclass
class _Node:
    """A point on the way of the last run.

    Attributes:
        enabled: Who could go on, one bit a process.
        event: The step taken in the last run.
        past: The steps that must come before it, one bit each.
        todo: Who is to be tried here, or has been.
        sleep: Whose next step, if taken here, leads to nothing new.
        known: The same, and those that could not be seen while the run was going on.
        done: Who has been tried here before, and his step.
    """

    enabled: int
    event: Event
    past: int
    todo: int
    sleep: dict[int, Event]
    known: dict[int, Event]
    done: dict[int, Event] = field(default_factory=dict)

    def asleep(self) -> dict[int, Event]:
        """Whoever sleeps here by now."""
        return self.sleep | self.done


class Exhaustive:
    """Try all schedules that differ for somebody.

    The same choices must lead to the same steps. Where they do not, the search ends without `exhausted`; so it does
    where runs are too long for it. Numbers of processes may depend on the order of births: two runs that differ only
    in such numbers count as one.

    Attributes:
        name: See `Strategy`.
        exhausted: Every schedule is one that was run, up to the order of steps that commute.
        listens: Yes.
        diverged: The step at which the same choices led elsewhere, or None.
        repeated: The last run was abandoned, or should have been: it differs from another one only in the order of
            steps that commute.
    """

    name = "exhaustive"
    listens = True

    def __init__(self) -> None:
        self.exhausted = False
        self.diverged: int | None = None
        self.repeated = False
        self._nodes: list[_Node] = []
        self._prefix: list[int] = []
        self._touching: dict[int, list[int]] = {}
        self._pairs = 0

    def begin(self, words: memoryview, rng: random.Random) -> bool:
        """Write down the way to the point where the next schedule branches off, and who sleeps there."""
        if self.exhausted or self.diverged is not None or len(self._prefix) > _DEEPEST or self._pairs > _PAIRS:
            return False
        words[_STEP] = 0
        words[_LENGTH] = len(self._prefix)
        for index, process in enumerate(self._prefix, _PREFIX):
            words[index] = process
        sleepers = self._nodes[-1].asleep() if self._nodes else {}
        words[_SLEEPERS] = len(sleepers)
        for index, (process, (_, operation, ended)) in enumerate(sleepers.items()):
            at = _ASLEEP + 4 * index
            words[at] = process
            words[at + 1] = operation.resource
            words[at + 2] = operation.changes * _CHANGES + operation.forced * _FORCED
            words[at + 3] = ended != 0
        return True

    def choose(self, board: Board) -> int:
        """Whoever is given; later on the last one, if he can go on, else the first, of those who do not sleep."""
        words = board.words
        step, enabled = words[_STEP], board.enabled
        if step < words[_LENGTH]:
            given = words[_PREFIX + step]
            return given if enabled >> given & 1 else (enabled & -enabled).bit_length() - 1
        for at in range(_ASLEEP, _ASLEEP + 4 * words[_SLEEPERS], 4):
            enabled &= ~(1 << words[at])
        if enabled >> board.last & 1:
            return board.last
        return (enabled & -enabled).bit_length() - 1 if enabled else REPEATED

    def happened(self, board: Board, process: int, operation: Operation) -> None:
        """Wake those whose next step does not commute with this one."""
        words = board.words
        words[_STEP] += 1
        if words[_STEP] < words[_LENGTH]:
            return
        kept = _ASLEEP
        for at in range(_ASLEEP, _ASLEEP + 4 * words[_SLEEPERS], 4):
            sleeper, resource, flags, ended = words[at : at + 4]
            step = Operation(0, resource, bool(flags & _CHANGES), bool(flags & _FORCED))
            if _sleeps_on(Event(sleeper, step, ended), process, operation):
                if kept != at:
                    words[kept : kept + 4] = words[at : at + 4]
                kept += 4
        words[_SLEEPERS] = (kept - _ASLEEP) // 4

    def end(self, run: Run) -> None:
        """Find the races of the run, and the point from which to try something else."""
        self.repeated = run.abandoned
        if not self._known(run):
            return
        new = max(len(self._prefix) - 1, 0)
        self._extend(run, new)
        self.repeated |= any(node.event.process in node.known for node in self._nodes)
        self._turn_round(run, new)
        while self._nodes:
            node = self._nodes[-1]
            node.done[node.event.process] = node.event
            open_ = node.todo & ~sum(1 << process for process in node.asleep())
            if open_:
                self._prefix = [before.event.process for before in self._nodes[:-1]]
                self._prefix.append((open_ & -open_).bit_length() - 1)
                return
            self._nodes.pop()
        self.exhausted = True

    def _known(self, run: Run) -> bool:
        """Tell whether the run took the steps that were given."""
        given = len(self._prefix)
        for index, process in enumerate(self._prefix):
            node = self._nodes[index]
            if (
                index >= len(run.steps)
                or run.steps[index].process != process
                or (index < given - 1 and run.steps[index].operation != node.event.operation)
            ):
                self.diverged = index
                return False
        return True

    def _extend(self, run: Run, new: int) -> None:
        """Add the points of the run from step `new` on, the first of which may be known."""
        nodes = self._nodes
        for index, event in enumerate(events(run, new), new):
            if index < len(nodes):
                nodes[index].event = event
                continue
            sleep, known = dict[int, Event](), dict[int, Event]()
            if index:
                before = nodes[index - 1]
                process, operation, _ = before.event
                for one, step in (before.known | before.done).items():
                    if one != process and commute(step, before.event):
                        known[one] = step
                for one, step in before.asleep().items():
                    if _sleeps_on(step, process, operation):
                        sleep[one] = step
            enabled = run.steps[index].enabled
            todo = enabled if event.operation.forced else 1 << event.process
            nodes.append(_Node(enabled, event, 0, todo, sleep, known))

    def _turn_round(self, run: Run, new: int) -> None:
        """Put on the lists what leads to the other order of each race of the run from step `new` on."""
        owns: dict[int, list[int]] = {}
        self._touching = {}
        for index, node in enumerate(self._nodes):
            event = node.event
            mine = owns.setdefault(event.process, [])
            if index >= new:
                self._races(index, event, previous(run, event.process, mine))
            mine.append(index)
            for number in (event.operation.resource >> INDEX_BITS, *(LIFE + ended for ended in bits(event.ended))):
                self._touching.setdefault(_ALL if _is_alone(event.operation) else number, []).append(index)
        for process, operation in run.pending.items():  # also of a run that was abandoned: it may wait in vain there
            waiting = Event(process, operation, 1 << process)  # for all one knows it would have been its last step
            self._races(len(self._nodes), waiting, previous(run, process, owns.get(process, ())))

    def _races(self, index: int, event: Event, before: int) -> None:
        """Find the races of a step with earlier ones.

        Args:
            index: Which step it is; one beyond the last for what a process waits for in the end.
            event: The step.
            before: The step after which its process was on its way to it.
        """
        nodes = self._nodes
        certain = 0 if before < 0 else nodes[before].past | 1 << before
        plain = event._replace(operation=event.operation._replace(forced=False))
        past, hidden, races = certain, 0, []
        for earlier in self._others(event, index):
            other = nodes[earlier]
            if certain >> earlier & 1 or other.event.process == event.process or commute(other.event, event):
                continue
            past |= other.past | 1 << earlier
            if hidden >> earlier & 1 or other.event.operation.forced or commute(other.event, plain):
                continue
            if event.operation.kind == Kind.JOIN and other.event.ended:
                continue  # never the other way round
            if enables(other.event.operation, plain.operation):
                continue
            races.append(earlier)
            if before < earlier:
                hides = bool(other.enabled >> event.process & 1)
            else:
                hides = event.operation.kind in _NEVER_WAIT
            if hides:
                hidden |= other.past
        if index < len(nodes):
            nodes[index].past = past
        for earlier in races:
            self._reverse(earlier, index, event, past, known=before < earlier)

    def _others(self, event: Event, index: int) -> list[int]:
        """The earlier steps with which a step may not commute, latest first."""
        if _is_alone(event.operation):
            found = list(range(index))
        else:
            numbers = (event.operation.resource >> INDEX_BITS, *(LIFE + ended for ended in bits(event.ended)), _ALL)
            found = sorted({earlier for number in numbers for earlier in self._touching.get(number, ())})
        self._pairs += len(found)
        return found[::-1]

    def _reverse(self, earlier: int, later: int, event: Event, past: int, *, known: bool) -> None:
        """Make sure that somebody is tried in place of step `earlier` who leads to step `later` without it."""
        nodes = self._nodes
        node = nodes[earlier]
        between, order = 0, list[int]()
        for index in range(earlier + 1, later):
            if not nodes[index].past >> earlier & 1:
                if not nodes[index].past & between:
                    order.append(nodes[index].event.process)
                between |= 1 << index
        if event.operation.kind not in _NEVER_WAIT and any(
            not commute(nodes[one].event, event) for one in bits(between)
        ):
            node.todo |= node.enabled  # nobody knows whether that had to come first, or happened while it waited
            return
        if not past & between:
            if known and not node.enabled >> event.process & 1:
                return  # it had to wait then, and nothing of what comes between would have let it go on
            order.insert(0, event.process)
        initials = sum(1 << process for process in set(order))
        if initials & (node.todo | sum(1 << process for process in node.asleep())):
            return
        possible = [process for process in order if node.enabled >> process & 1]
        node.todo |= 1 << possible[0] if possible else node.enabled


def _is_alone(operation: Operation) -> bool:
    """Tell whether an operation may concern any other."""
    return operation.forced or operation.resource == EVERYTHING


def _sleeps_on(sleeping: Event, process: int, operation: Operation) -> bool:
    """Tell whether a step that is being taken commutes with one that sleeps, as far as is known while it is taken.

    Whether it is the last one of its process is not: whoever looks at the life of that process is woken.
    """
    return (
        sleeping.operation.resource != EVERYTHING
        and process not in {sleeping.process, (sleeping.operation.resource >> INDEX_BITS) - LIFE}
        and not (sleeping.ended and operation.resource >> INDEX_BITS >= LIFE)
        and not dependent(sleeping.operation, operation)
    )

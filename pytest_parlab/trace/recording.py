"""What lies in a watch directory after a run, read back: one `Recording` per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_parlab.trace.model import Site
from pytest_parlab.trace.names import read_names
from pytest_parlab.trace.purposes import Purpose, purpose_of
from pytest_parlab.trace.records import Event, Kind
from pytest_parlab.trace.ring import read_ring
from pytest_parlab.trace.session import UNRECORDED

FREQUENT = frozenset(
    {
        Kind.READ,
        Kind.WRITE,
        Kind.RAW_READ,
        Kind.RAW_WRITE,
        Kind.LOCK_ASKED,
        Kind.LOCK_HELD,
        Kind.LOCK_LEFT,
        Kind.RAW_READ,
        Kind.RAW_WRITE,
        Kind.REPEATED,
        Kind.SIGNAL,
        Kind.SEEN,
        Kind.PUT,
        Kind.GET,
        Kind.DEPTH,
        Kind.SENT,
        Kind.RELEASE,
        Kind.ACQUIRE,
    }
)
Rename = Callable[[str], str]
"""Turns a recorded source path into the one that the user knows."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a context number stands for: how one cell was accessed.

    Attributes:
        kind: Kind of the access; 0 if the description was lost.
        site_number: Number of the place in its recording.
        site: The place.
        previous: Kind and site number of the strand's access to the same cell before; None if there was none.
        locks: Locks held.
        kept: Locks held since that access without a gap.
        broken: Somebody else wrote the cell in between.
        polls: It decides when a loop ends.
    """

    kind: int = 0
    site_number: int = 0
    site: Site | None = None
    previous: tuple[int, int] | None = None
    locks: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    broken: bool = False
    polls: bool = False


@dataclass(slots=True)
class Recording:
    """The events of one process, oldest first, and what its numbers stand for.

    Attributes:
        rare_events: Those of processes, threads and tasks, among which many questions look for their few.
    """

    index: int
    events: list[Event]
    truncated: bool
    names: dict[str, dict[int, dict[str, Any]]]
    rename: Rename
    rare_events: list[Event] = field(init=False)
    _sites: dict[int, Site | None] = field(default_factory=dict)
    _contexts: dict[int, Context] = field(default_factory=dict)
    _purposes: dict[int, Purpose] = field(default_factory=dict)
    _polling: set[int] | None = None

    def __post_init__(self) -> None:
        self.rare_events = [event for event in self.events if event.kind not in FREQUENT]

    @property
    def process(self) -> dict[str, Any]:
        """What the process said about itself when it opened its ring."""
        return self.names.get("process", {}).get(self.index, {})

    def site(self, number: int) -> Site | None:
        """The place in the source that a site number stands for; None for 0 and for a line that was lost."""
        if number not in self._sites:
            facts = self.names.get("site", {}).get(number)
            self._sites[number] = None if facts is None else _site(facts, self.rename)
        return self._sites[number]

    def purpose(self, number: int) -> Purpose:
        """What the accesses at a place are for, told from its source."""
        if number not in self._purposes:
            facts = self.names.get("site", {}).get(number)
            self._purposes[number] = Purpose.NONE if facts is None else _purpose(facts, self.rename)
        return self._purposes[number]

    def context(self, number: int) -> Context:
        """What a context number stands for; an empty one for a line that was lost."""
        context = self._contexts.get(number)
        if context is None:
            facts = self.names.get("context", {}).get(number)
            context = self._contexts[number] = Context() if facts is None else self._context(facts)
        return context

    def _context(self, facts: dict[str, Any]) -> Context:
        previous = facts["previous"]
        return Context(
            kind=facts["kind"],
            site_number=facts["site"],
            site=self.site(facts["site"]),
            previous=None if previous is None else (previous[0], previous[1]),
            locks=frozenset(facts["locks"]),
            kept=frozenset(facts["kept"]),
            broken=facts["broken"],
            polls=facts["polls"],
        )

    def is_polling(self, site: int) -> bool:
        """Tell whether a place decides when a loop ends."""
        if self._polling is None:
            contexts = self.names.get("context", {}).values()
            self._polling = {facts["site"] for facts in contexts if facts["polls"]}
        return site in self._polling

    def text(self, number: int) -> str:
        """The text that a name number stands for."""
        return str(self.names.get("name", {}).get(number, {}).get("text", ""))

    def described(self, about: str) -> dict[int, dict[str, Any]]:
        """Everything of one kind that this process described."""
        return self.names.get(about, {})


def _purpose(facts: dict[str, Any], rename: Rename) -> Purpose:
    if facts["column"] < 0:
        return Purpose.NONE
    end = (facts.get("end_line", facts["line"]), facts["end_column"])
    return purpose_of(rename(facts["path"]), (facts["line"], facts["column"]), end)


def _site(facts: dict[str, Any], rename: Rename) -> Site:
    return Site(
        path=rename(facts["path"]),
        line=facts["line"],
        function=facts["function"],
        column=facts["column"],
        end_column=facts["end_column"],
        stack=tuple((rename(path), line, function) for path, line, function in facts["stack"]),
    )


def read_recordings(directory: Path, *, rename: Rename = str) -> tuple[list[Recording], list[str]]:
    """Read every ring of a watch directory.

    Returns:
        The recordings in order of their process index, and one sentence for each ring that could not be read.
    """
    recordings: list[Recording] = []
    problems: list[str] = []
    for path in sorted(directory.glob("*.ring"), key=lambda ring: int(ring.stem)):
        index = int(path.stem)
        try:
            events, truncated = read_ring(path)
            names = read_names(path.with_suffix(".names"))
        except (OSError, ValueError) as error:
            problems.append(f"the events of process {index} could not be read: {error}")
            events, truncated, names = [], True, {}
        while len(recordings) < index:  # keep index and position the same
            recordings.append(Recording(len(recordings), [], truncated=True, names={}, rename=rename))
        recordings.append(Recording(index, events, truncated, names, rename))
    problems += [
        f"the process with pid {pid} could not be recorded: no room for its events" for pid in unrecorded(directory)
    ]
    return recordings, problems


def unrecorded(directory: Path) -> list[int]:
    """The pids of processes that left a note because they could not be recorded."""
    return sorted(int(path.stem) for path in directory.glob(f"*{UNRECORDED}"))

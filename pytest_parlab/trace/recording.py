"""What lies in a watch directory after a run, read back: one `Recording` per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_parlab.trace.decisions import stretches_behind
from pytest_parlab.trace.model import Site
from pytest_parlab.trace.names import NAMES, Names, Places, read_names
from pytest_parlab.trace.purposes import Purpose, purpose_of
from pytest_parlab.trace.records import Event, Kind
from pytest_parlab.trace.ring import RING, Origin
from pytest_parlab.trace.ring_reading import chunks_of, read_origin, read_ring, shares
from pytest_parlab.trace.session import UNRECORDED
from pytest_parlab.trace.syntax import Place

FREQUENT = frozenset(
    {
        Kind.READ,
        Kind.WRITE,
        Kind.RAW_READ,
        Kind.RAW_WRITE,
        Kind.LOCK_ASKED,
        Kind.LOCK_HELD,
        Kind.LOCK_LEFT,
        Kind.LOCK_PASSED,
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
MOST_CHUNKS = 1536
"""Chunks that are read back of all rings together: four million events, which take a gigabyte as a trace."""
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
    names: Names
    rename: Rename
    origin: Origin | None = None
    places: Places = field(default_factory=dict)
    parent: Recording | None = None
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
        begin = next(iter(self.rare_events), None)
        if self.origin is None or begin is None or begin.kind != Kind.PROCESS_BEGIN:
            return {}
        parent = "" if self.parent is None else self.parent.process.get("name", "")
        name = self.names.get("process", {}).get(self.index, {}).get("name", parent)
        return {"pid": begin.subject, "parent_pid": self.origin.parent_pid, "fork": self.origin.token, "name": name}

    def child(self, token: int) -> dict[str, Any] | None:
        """What this process said of a child when it started it; None if nothing."""
        facts = self.described("child").get(token)
        return self.unpacked(int(facts["who"])) if facts and "who" in facts else facts

    def unpacked(self, who: int) -> dict[str, Any] | None:
        """What `Origin.who` of a child of this process says."""
        shared, number = self.text(who & 0xFFFF).split("\t"), who >> 16
        if len(shared) != len(("name", "target", "role")):  # it could not be written down
            return None
        name, target, role = shared
        return {"name": f"{name}-{number}" if number else name, "target": target, "role": role, "method": "fork"}

    def facts(self, about: str, number: int) -> dict[str, Any] | None:
        """What this process knows of a thing: what it described itself, else what its parent had before the fork."""
        own = self.names.get(about, {}).get(number)
        if own is not None or self.parent is None or self.origin is None:
            return own
        return self.parent.facts_at(about, number, self.origin.names)

    def facts_at(self, about: str, number: int, size: int) -> dict[str, Any] | None:
        """What this process knew of a thing when its names took `size` bytes."""
        own = self.names.get(about, {}).get(number)
        if own is not None and self.places.get((about, number), 0) < size:
            return own
        if self.parent is None or self.origin is None:
            return own
        return self.parent.facts_at(about, number, self.origin.names)

    def site(self, number: int) -> Site | None:
        """The place in the source that a site number stands for; None for 0 and for a line that was lost."""
        if number not in self._sites:
            facts = self.facts("site", number)
            self._sites[number] = None if facts is None else _site(facts, self.rename)
        return self._sites[number]

    def purpose(self, number: int) -> Purpose:
        """What the accesses at a place are for, told from its source."""
        if number not in self._purposes:
            extent = self.extent(number)
            self._purposes[number] = Purpose.NONE
            if extent is not None:
                meets = Purpose.MEETS if stretches_behind(*extent) else Purpose.NONE
                self._purposes[number] = purpose_of(*extent) | meets
        return self._purposes[number]

    def extent(self, number: int) -> tuple[str, Place, Place] | None:
        """The file, the beginning and the end of the expression at a place; None if they are not known."""
        facts = self.names.get("site", {}).get(number)
        if facts is None or facts["column"] < 0:
            return None
        line: int = facts["line"]
        return self.rename(facts["path"]), (line, facts["column"]), (facts.get("end_line", line), facts["end_column"])

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
        return str((self.facts("name", number) or {}).get("text", ""))

    def thread_name(self, number: int) -> str:
        """The name of a thread; the first one of a forked child is the one that forked."""
        own = self.names.get("thread", {}).get(number)
        if own is None and number == 0 and self.parent is not None and self.origin is not None:
            return self.parent.thread_name(self.origin.thread)
        return "" if own is None else str(own["name"])

    def described(self, about: str) -> dict[int, dict[str, Any]]:
        """Everything of one kind that this process described."""
        return self.names.get(about, {})


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
    """Read every ring of a watch directory; of the largest ones the newest part, if they are too much together.

    Returns:
        The recordings in order of their process index, and one sentence for each ring that could not be read.
    """
    recordings: list[Recording] = []
    problems: list[str] = []
    paths = sorted(directory.glob(f"*{RING}"), key=lambda ring: int(ring.stem))
    for path, most in zip(paths, shares([chunks_of(path) for path in paths], MOST_CHUNKS), strict=True):
        index = int(path.stem)
        try:
            events, truncated = read_ring(path, most=most)
            places: Places = {}
            names = read_names(path.with_suffix(NAMES), places)
            origin = read_origin(path)
        except (OSError, ValueError) as error:
            problems.append(f"the events of process {index} could not be read: {error}")
            events, truncated, names, origin, places = [], True, {}, None, {}
        while len(recordings) < index:  # keep index and position the same
            recordings.append(Recording(len(recordings), [], truncated=True, names={}, rename=rename))
        recordings.append(Recording(index, events, truncated, names, rename, origin, places))
    for recording in recordings:
        parent = None if recording.origin is None else recording.origin.parent
        if parent is not None and parent < len(recordings) and parent != recording.index:
            recording.parent = recordings[parent]
    problems += [
        f"the process with pid {pid} could not be recorded: no room for its events" for pid in unrecorded(directory)
    ]
    return recordings, problems


def unrecorded(directory: Path) -> list[int]:
    """The pids of processes that left a note because they could not be recorded."""
    return sorted(int(path.stem) for path in directory.glob(f"*{UNRECORDED}"))

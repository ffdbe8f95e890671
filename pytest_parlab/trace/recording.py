"""What lies in a watch directory after a run, read back: one `Recording` per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_parlab.trace.model import Site
from pytest_parlab.trace.names import read_names
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
        Kind.LOCK_ACQUIRED,
        Kind.LOCK_RELEASED,
        Kind.SIGNAL,
        Kind.SEEN,
        Kind.PUT,
        Kind.GET,
        Kind.DEPTH,
        Kind.SENT,
    }
)
Rename = Callable[[str], str]
"""Turns a recorded source path into the one that the user knows."""


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

    def text(self, number: int) -> str:
        """The text that a name number stands for."""
        return str(self.names.get("name", {}).get(number, {}).get("text", ""))

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

"""Writes watch directories by hand, as processes would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_parlab.trace.names import NamesWriter
from pytest_parlab.trace.records import Kind
from pytest_parlab.trace.ring import Origin, RingWriter


class Process:
    """One process's files in a watch directory.

    Args:
        directory: The watch directory.
        index: Its index; its pid is 100 more.
        parent: Index of the process that it calls its parent.
        fork: Token of the fork that made it; 0 if it was not forked.
    """

    def __init__(self, directory: Path, index: int, parent: int = 0, *, fork: int = 0) -> None:
        origin = Origin(100 + parent, fork, parent if fork else None)
        self.ring = RingWriter.create(directory / f"{index}.ring", origin=origin, chunk_limit=4)
        self.names = NamesWriter(directory / f"{index}.names")
        self.pid = 100 + index
        self.names.write("process", index, {"name": f"p{index}"})
        self.event(Kind.PROCESS_BEGIN, self.pid, 10)

    def event(self, kind: int, subject: int, payload: int = 0, *, thread: int = 0, site: int = 0) -> None:
        self.ring.append(subject, payload, kind | thread << 8 | site << 24)

    def site(self, number: int, line: int) -> None:
        place = {"path": "lesson.py", "line": line, "function": "run", "column": 4, "end_column": 9}
        self.names.write("site", number, {**place, "stack": [["lesson.py", line, "run"]]})

    def context(
        self,
        number: int,
        kind: int,
        site: int,
        *,
        previous: list[int] | None = None,
        locks: Sequence[int] = (),
        kept: Sequence[int] = (),
        broken: bool = False,
        polls: bool = False,
    ) -> None:
        facts = {"kind": kind, "site": site, "previous": previous, "locks": list(locks), "kept": list(kept)}
        self.names.write("context", number, {**facts, "broken": broken, "polls": polls})

    def starts(self, child: Process, token: int, **facts: Any) -> None:
        self.event(Kind.PROCESS_START, token, 5)
        self.names.write("child", token, {"name": f"child-{token}", "role": "process", "method": "fork", **facts})
        self.event(Kind.PROCESS_STARTED, token, child.pid)

    def joins(self, child: Process, code: int = 0) -> None:
        self.event(Kind.JOIN_CALLED, child.pid, 90, site=1)
        self.event(Kind.END_SEEN, child.pid | (code & 0xFFFF) << 32, 95, site=1)

    def close(self) -> None:
        self.ring.close()
        self.names.close()

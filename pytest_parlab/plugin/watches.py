"""What the fixtures of one test share: they see the watched block, and into the hosts that it called."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pytest_parlab.errors import ChildFailed
from pytest_parlab.instrument import watching
from pytest_parlab.plugin.explorations import Explored
from pytest_parlab.plugin.hosts import Hosts
from pytest_parlab.trace.model import Process, Trace


@dataclass(slots=True)
class TestRun:
    """One test's hosts, and what its fixtures saw; the plugin reads it when the test has failed.

    Attributes:
        root: Folder that paths are shown relative to: where pytest was started.
        hosts: The hosts of the test's submission.
        explored: What its searches through schedules have found.
        watching: How many watched blocks are open.
    """

    __test__ = False

    root: Path = field(default_factory=Path.cwd)
    hosts: list[Hosts] = field(default_factory=list)
    explored: list[Explored] = field(default_factory=list)
    watching: int = 0

    def shown(self, path: str) -> str:
        """The path as a person in `root` would write it."""
        inside = Path(path)
        return str(inside.relative_to(self.root)) if inside.is_relative_to(self.root) else path

    def source_line(self, path: str, line: int) -> str:
        """The text of a line of a file that is named as `shown` does; empty if it cannot be read."""
        absolute = str(self.root / path)
        linecache.checkcache(absolute)
        return linecache.getline(absolute, line)

    @contextmanager
    def watch(self, done: Callable[[tuple[Trace, ...]], None]) -> Iterator[None]:
        """Watch a block.

        Args:
            done: Gets the traces that have something in them: of this process and its children, and of every host
                that was at work in the block. It is not called if the block raises.
        """
        marks = [len(hosts.traces) for hosts in self.hosts]
        watch = watching(rename=self.shown)
        self.watching += 1
        try:
            with watch:
                yield
        finally:
            self.watching -= 1
            own = watch.trace
            found = [own] if len(own.processes) > 1 or own.accesses or own.items or own.tasks else []
            for hosts, mark in zip(self.hosts, marks, strict=False):
                found.extend(hosts.traces[mark:])
        done(tuple(found or [own]))


def failed_children(traces: tuple[Trace, ...]) -> list[Process]:
    """The processes that the user's code started and that ended with an exit code other than zero."""
    return [
        process for trace in traces for process in trace.processes if process.role == "process" and process.exit_code
    ]


def raise_for_children(failed: list[Process]) -> None:
    """Fail the test for its children.

    Raises:
        ChildFailed: There is one in `failed`.
    """
    if not failed:
        return
    lines = []
    for process in failed:
        where = f", started at {process.start_site}" if process.start_site else ""
        how = process.error or ("ended by a signal" if (process.exit_code or 0) < 0 else "no exception was seen")
        lines.append(f"{process.name} ({process.target}{where}) ended with exit code {process.exit_code}: {how}")
    raise ChildFailed("\n".join(lines))

"""The `queue_inspector` fixture: what went into each queue, what came out, and what is still inside?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pytest_parlab.analysis.queues import queue_stats
from pytest_parlab.analysis.queues_model import QueueStats
from pytest_parlab.errors import ItemsLost, MistakeFound
from pytest_parlab.plugin.watches import TestRun
from pytest_parlab.trace.model import Queue, Trace

_ASSIGNED = re.compile(r"^\s*(?:self\.)?([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*[^=]")


@dataclass(slots=True)
class QueueReport:
    """What one watched block did with queues; complete once the block has ended.

    Attributes:
        queues: One entry per queue of the user's, in the order of their creation.
        trace: What the report was made from.
    """

    queues: tuple[QueueStats, ...] = ()
    trace: Trace = field(default_factory=lambda: Trace(0, 0))

    def assert_drained(self) -> None:
        """Fail if anything was put and not got.

        Raises:
            ItemsLost: Something was; the text says where it was put.
        """
        lost = [stats for stats in self.queues if stats.lost]
        if lost:
            raise ItemsLost("\n\n".join(_lost(stats) for stats in lost))

    def assert_no_hazards(self) -> None:
        """Fail if something went well this time and need not the next time.

        Raises:
            MistakeFound: There is such a thing.
        """
        hazards = [hazard for stats in self.queues for hazard in stats.hazards]
        if hazards:
            raise MistakeFound("\n".join(f"{hazard.code} {hazard.message}" for hazard in hazards), tuple(hazards))


def _lost(stats: QueueStats) -> str:
    from pytest_parlab.report.queues import queue_table  # noqa: PLC0415 - only where something was lost

    name = stats.name or stats.kind
    made = f", created at {stats.created[0]}:{stats.created[1]}," if stats.created else ""
    many = "1 item was" if stats.lost == 1 else f"{stats.lost} items were"
    return (
        f"{many} put into {name}{made} and nobody got {'it' if stats.lost == 1 else 'them'}.\n"
        f"{queue_table([stats])}\n"
        "Get every item before the block ends, or put fewer."
    )


def variable_name(line: str) -> str:
    """The name of the variable that a line of source assigns to; empty if it is no plain assignment."""
    match = _ASSIGNED.match(line)
    return match[1] if match else ""


class QueueInspector:
    """Watches the queues of blocks of parallel code. Get one as the fixture ``queue_inspector``."""

    def __init__(self, run: TestRun) -> None:
        self._run = run

    def _name(self, queue: Queue) -> str:
        return "" if queue.site is None else variable_name(self._run.source_line(queue.site.path, queue.site.line))

    @contextmanager
    def watch(self, *, check: bool = True) -> Iterator[QueueReport]:
        """Watch a block, also what it does in hosts through `submission`.

        Args:
            check: Raise if an item was lost when the block is left; else only report it.

        Yields:
            The report, complete once the block has ended.

        Raises:
            ItemsLost: An item was put and nobody got it.
        """
        report = QueueReport()

        def done(traces: tuple[Trace, ...]) -> None:
            report.queues = tuple(stats for trace in traces for stats in queue_stats(trace, name_of=self._name))
            report.trace = traces[-1]
            if check:
                report.assert_drained()

        with self._run.watch(done):
            yield report

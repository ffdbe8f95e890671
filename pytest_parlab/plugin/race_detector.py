"""The `race_detector` fixture: which accesses to shared memory are unordered and unguarded?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pytest_parlab.analysis.races import find_races
from pytest_parlab.analysis.races_model import Race
from pytest_parlab.errors import RaceFound, Undecided
from pytest_parlab.plugin.watches import TestRun, failed_children, raise_for_children
from pytest_parlab.trace.model import Trace


@dataclass(slots=True)
class RaceReport:
    """What one watched block showed; complete once the block has ended.

    Attributes:
        races: One per variable, kind and pair of lines; those that happened in this run first.
        trace: What the report was made from (of the last host, where the code ran in hosts).
        truncated: Old events were overwritten: there may be more races than these.
        untracked: Shared memory that was seen but not hooked, each as one sentence: silence about it is not safety.
        problems: What the recording could not do, each as one sentence.
    """

    races: tuple[Race, ...] = ()
    trace: Trace = field(default_factory=lambda: Trace(0, 0))
    truncated: bool = False
    untracked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def assert_race_free(self) -> None:
        """Fail if there is a race.

        Raises:
            RaceFound: There is one; its text has the interleaving. Its attribute ``report`` is this report.
            Undecided: There is none in what was recorded, and the recording is not complete.
        """
        if self.races:
            raise _found(self)
        if self.truncated or self.problems:
            why = "; ".join(self.problems) or "old events were overwritten because there were too many"
            raise Undecided(
                f"No race in what was recorded, but the recording is not complete: {why}. "
                "Watch a smaller piece of work to settle it."
            )


def _found(report: RaceReport) -> RaceFound:
    from pytest_parlab.report.interleaving import interleaving  # noqa: PLC0415 - only where there is a race

    found = RaceFound("\n\n".join(interleaving(race) for race in report.races))
    found.report = report  # type: ignore[attr-defined]
    return found


class RaceDetector:
    """Watches blocks of parallel code. Get one as the fixture ``race_detector``."""

    def __init__(self, run: TestRun) -> None:
        self._run = run

    @contextmanager
    def watch(self, *, check: bool = True) -> Iterator[RaceReport]:
        """Watch a block, also what it does in hosts through `submission`.

        Args:
            check: Raise what was found when the block is left; else only report it.

        Yields:
            The report, complete once the block has ended.

        Raises:
            RaceFound: There is a race, whether or not it did harm in this run.
            ChildFailed: A process that the block started ended with an exit code other than zero.
            Undecided: Nothing was found, and the recording is not complete.
        """
        report = RaceReport()

        def done(traces: tuple[Trace, ...]) -> None:
            report.races = tuple(race for trace in traces for race in find_races(trace, source=self._run.source_line))
            report.trace = traces[-1]
            report.truncated = any(trace.truncated for trace in traces)
            report.untracked = tuple(sentence for trace in traces for sentence in trace.untracked)
            report.problems = tuple(sentence for trace in traces for sentence in trace.problems)
            if check and report.races:
                raise _found(report)
            if check:
                raise_for_children(failed_children(traces))
                report.assert_race_free()

        with self._run.watch(done):
            yield report

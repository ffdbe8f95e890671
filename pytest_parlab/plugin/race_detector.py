"""The `race_detector` fixture: which accesses to shared memory are unordered and unguarded?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_parlab.analysis.races import find_races
from pytest_parlab.analysis.races_model import Race
from pytest_parlab.errors import RaceFound, Undecided, UsageError
from pytest_parlab.explore.exploration import Exploration
from pytest_parlab.plugin.calls import Remote
from pytest_parlab.plugin.explorations import (
    Explored,
    Judged,
    arguments_text,
    check_check,
    check_function,
    check_search,
    check_token,
    function_text,
    relative,
)
from pytest_parlab.plugin.watches import TestRun, failed_children, raise_for_children
from pytest_parlab.trace.model import Trace

SCHEDULES = 1000
"""How many schedules are run at most if nobody says otherwise."""


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
    """Watches blocks of parallel code, and runs functions under every schedule. The fixture ``race_detector``.

    Args:
        run: The test, as its fixtures share it.
        seed: What repeats a search that is given no seed of its own.
    """

    def __init__(self, run: TestRun, *, seed: int = 0) -> None:
        self._run = run
        self._seed = seed

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
            if check:
                _judge(report, traces)

        with self._run.watch(done):
            yield report

    def check(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> RaceReport:
        """Call a function under watch, then make every race that it has happen, where that can be done.

        Args:
            function: It can be called again and again, and does the same each time.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Returns:
            The report, without a race.

        Raises:
            RaceFound: There is a race: ``confirmed`` if a replay took the bad order, else ``possible``.
            ChildFailed: A process that the function started ended with an exit code other than zero.
            Undecided: Nothing was found, and the recording is not complete.
            UsageError: The function cannot be called like this.
        """
        self._check_outside("check")
        check_function(function, args, kwargs, method="check")
        if isinstance(function, Remote):
            raise UsageError(
                "race_detector.check cannot run a function of the submission towards a race: "
                "use race_detector.watch() and race_detector.explore()"
            )
        with self.watch(check=False) as report:
            function(*args, **kwargs)
        if report.races:
            from pytest_parlab.explore.confirming import confirm  # noqa: PLC0415 - only where there is a race

            races = confirm(report.races, function, *args, seed=self._seed, **kwargs)
            call = function_text(function), arguments_text(args, kwargs)
            report.races = tuple(_with_command(race, *call) for race in races)
        _judge(report, (report.trace,))
        return report

    def explore(
        self,
        function: Callable[..., Any],
        *args: Any,
        schedules: int = SCHEDULES,
        seed: int | None = None,
        check: Callable[[Any], object] | None = None,
        **kwargs: Any,
    ) -> Exploration:
        """Call a function once under each schedule of its processes: every order of what they do to what they share.

        Args:
            function: What is called; a function of the test, or of `submission`. It can be called again and again,
                and does the same each time but for the order of its processes.
            args: Its positional arguments.
            schedules: How many are run at most.
            seed: What repeats the search; None for that of ``--parlab-seed``.
            check: Gets what the function returned, and raises or gives False if that is wrong.
            kwargs: Its keyword arguments.

        Returns:
            What it returned under which schedules, and each way in which something went wrong. Nothing that was found
            is raised: assert something about ``outcomes`` or ``failures``, and the test's report shows all of it.

        Raises:
            Undecided: Nothing went wrong, and the function cannot be scheduled to its end; the text says why, where.
            UsageError: The function cannot be called like this, or a limit is not possible.
        """
        self._check_outside("explore")
        remote = isinstance(function, Remote)
        check_function(function, args, kwargs, method="explore")
        check_search(schedules=schedules, seed=seed, check=check, remote=remote)
        repeat = f"--parlab-seed={self._seed}" if seed is None else f"seed={seed}"
        seed = self._seed if seed is None else seed
        if isinstance(function, Remote):
            found = function.parlab_explore(args, kwargs, {"schedules": schedules, "seed": seed})
        else:
            from pytest_parlab.explore.exploring import explore  # noqa: PLC0415 - few tests explore

            judged = None if check is None else Judged(check)
            found = explore(function, *args, schedules=schedules, seed=seed, check=judged, **kwargs)
        return self._settled(found, function, args, kwargs, repeat)

    def replay(
        self,
        token: str,
        function: Callable[..., Any],
        *args: Any,
        check: Callable[[Any], object] | None = None,
        **kwargs: Any,
    ) -> Exploration:
        """Run one schedule of a function again, step by step the same.

        Args:
            token: Which: the text that a report shows behind ``Replay``, or one of ``witnesses``.
            function: The function that it was found for.
            args: Its positional arguments, the same as then.
            check: Gets what the function returned, and raises or gives False if that is wrong.
            kwargs: Its keyword arguments.

        Returns:
            What that one schedule gave.

        Raises:
            Undecided: The function did not do the same again; the text says where.
            UsageError: The token is none, or none of this function.
        """
        self._check_outside("replay")
        remote = isinstance(function, Remote)
        check_token(token)
        check_function(function, args, kwargs, method="replay")
        check_check(check, method="replay", remote=remote)
        if isinstance(function, Remote):
            found = function.parlab_explore(args, kwargs, {"token": token})
        else:
            from pytest_parlab.explore.exploring import replay  # noqa: PLC0415 - few tests explore

            found = replay(token, function, *args, check=None if check is None else Judged(check), **kwargs)
        return self._settled(found, function, args, kwargs, "")

    def _settled(
        self,
        found: Exploration,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        repeat: str,
    ) -> Exploration:
        """Keep a search for the test's report; end the test if it settles nothing."""
        found = relative(found, self._run.root)
        explored = Explored(found, function_text(function), arguments_text(args, kwargs), repeat)
        self._run.explored.append(explored)
        if found.undecided and not found.failures:
            raise Undecided(explored.line)
        return found

    def _check_outside(self, method: str) -> None:
        if self._run.watching:
            raise UsageError(
                f"race_detector.{method} runs its function many times, and a watch would record all of them: "
                "call it outside of the block that is watched"
            )


def _with_command(race: Race, function: str, arguments: str) -> Race:
    """The race with the call that runs its schedule again, where it has one."""
    from pytest_parlab.report.exploring import replay_line  # noqa: PLC0415 - only where there is a race

    return replace(race, replay=replay_line(race.replay, function, arguments)) if race.replay else race


def _judge(report: RaceReport, traces: tuple[Trace, ...]) -> None:
    """Raise what was found."""
    if report.races:
        raise _found(report)
    raise_for_children(failed_children(traces))
    report.assert_race_free()

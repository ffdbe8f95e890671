"""The `submission` fixture: the learner's module behind a process boundary.

Every call goes to a host process; there is one per test, or several one after the other where the test looks at the
trace in between (a trace is complete only when its processes have ended).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_parlab.analysis.mistakes import Mistake, Question, find
from pytest_parlab.errors import ChildFailed, MistakeFound, NotParallel, SubmissionRaised, SubmissionTimeout
from pytest_parlab.sandbox.judge import HostProcess, Order
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.model import Trace

if TYPE_CHECKING:
    from pytest_parlab.machine.meeting import Meeting

LEAST_DEADLINE_S = 10.0
"""A call always gets this long, also in an exercise whose own deadline is short."""
SHARE = 3
"""Otherwise a call gets this part of its exercise's deadline."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of the submission, or of the scenarios beside it.

    Attributes:
        name: Name of the function.
        args: Positional arguments, plain data.
        kwargs: Keyword arguments, plain data.
        scenario: It belongs to the scenarios and gets the learner's module first.
        alone: It runs in a host without the learner's module.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    scenario: bool = False
    alone: bool = False


class Remote:
    """A function of the submission, called in the host.

    Args:
        submission: Whose.
        name: Name of the function; empty for `submission.run` and `submission.baseline`, which take it first.
        scenario: It belongs to the scenarios.
        alone: It runs in a host without the learner's module.
    """

    def __init__(
        self, submission: Submission, name: str = "", *, scenario: bool = False, alone: bool = False
    ) -> None:
        self._submission = submission
        self._name = name
        self._scenario = scenario
        self._alone = alone
        self.__name__ = self.__qualname__ = name or ("baseline" if alone else "run")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; see `HostProcess.call` for the errors."""
        return self._submission.call(self._call(args, kwargs))

    def parlab_measure(self, *args: Any, deadline_s: float, **kwargs: Any) -> MeasuredRun:
        """Call it in a fresh host and measure that; `core_scaling` does this."""
        return self._submission.measured(self._call(args, kwargs), deadline_s=deadline_s)

    def _call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        name, *rest = args if not self._name else (self._name, *args)
        # A range is as good as a list; everything else must be plain data already.
        plain = tuple(list(argument) if isinstance(argument, range) else argument for argument in rest)
        return Call(str(name), plain, kwargs, self._scenario, self._alone)


@dataclass(slots=True)
class Budget:
    """The time that is left for the calls of one exercise.

    Attributes:
        seconds: Of the whole exercise.
        used: By the calls so far.
    """

    seconds: float
    used: float = 0.0

    def deadline_s(self) -> float:
        """How long the next call may take.

        Raises:
            SubmissionTimeout: Nothing is left.
        """
        left = self.seconds - self.used
        if left <= 0:
            raise SubmissionTimeout(
                f"The {self.seconds:g} s that this exercise has for all its tests are used up. "
                "Look at the first test that took long; the others were not run."
            )
        return min(max(LEAST_DEADLINE_S, self.seconds / SHARE), left)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time of a call."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.used += time.monotonic() - began


class Submission:
    """The learner's module. Functions of it are attributes: ``submission.cube_all(range(10), workers=2)``.

    Args:
        order: What its host is to load.
        budget: The time that its exercise has.
        workers: Worker count that the exercises ask for.

    Attributes:
        workers: The same, for the tests.
        last_question: What the last check of this test said about the code.
        met_stub: A call ended at a stub's ``raise NotImplementedError``.
    """

    def __init__(self, order: Order, budget: Budget, *, workers: int = 2) -> None:
        self._order = order
        self._budget = budget
        self._host: HostProcess | None = None
        self._alone = False
        self._meeting: Meeting | None = None
        self._traces: list[Trace] = []
        self._left: list[str] = []
        self.workers = workers
        self.run = Remote(self, scenario=True)
        self.baseline = Remote(self, scenario=True, alone=True)
        self.last_question = Question()
        self.met_stub = False

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self, name)

    # -- calls -------------------------------------------------------------------------------------------------

    def call(self, call: Call) -> Any:
        """Make one call in this test's host, starting one if there is none."""
        deadline_s = self._budget.deadline_s()
        with self._budget.spending():
            host = self._open(alone=call.alone)
            try:
                return host.call(
                    call.name,
                    call.args,
                    call.kwargs,
                    scenario=call.scenario,
                    deadline_s=deadline_s,
                    meeting=self._meeting.address if self._meeting else "",
                )
            except SubmissionRaised as error:
                self.met_stub |= error.kind == NotImplementedError.__name__
                raise
            finally:
                _show(host.new_output())

    def measured(self, call: Call, *, deadline_s: float) -> MeasuredRun:
        """Make one call in a host of its own and measure it."""
        deadline_s = min(deadline_s, self._budget.deadline_s())
        with self._budget.spending():
            host = HostProcess(self._order_for(alone=call.alone))
            try:
                return host.measured_call(
                    call.name, call.args, call.kwargs, scenario=call.scenario, deadline_s=deadline_s
                )
            finally:
                self._take(host, keep=not call.alone)

    def _order_for(self, *, alone: bool) -> Order:
        order = self._order
        if not alone:
            return order
        return Order(None, "", order.scenarios, order.shown_scenarios, order.start_method)

    def _open(self, *, alone: bool) -> HostProcess:
        if self._host is not None and self._alone != alone:
            self.finish()
        if self._host is None:
            self._host, self._alone = HostProcess(self._order_for(alone=alone)), alone
            if self._meeting is not None:
                self._meeting.root = self._host.pid  # once that tree sleeps, nobody else will come
        return self._host

    def _take(self, host: HostProcess, *, keep: bool = True) -> None:
        """End a host and keep what it leaves as evidence."""
        try:
            ending = host.end()
            _show(host.new_output())
        finally:
            host.remove()
        if keep:
            self._traces.append(ending.trace)
            self._left.extend(ending.left)

    def finish(self) -> None:
        """End this test's host; the next call starts a fresh one."""
        host, self._host = self._host, None
        if host is not None:
            self._take(host)

    # -- evidence ----------------------------------------------------------------------------------------------

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The traces of all hosts of this test; ends the one that is running."""
        self.finish()
        return tuple(self._traces)

    @property
    def trace(self) -> Trace:
        """The trace of the last host of this test; ends it if it is running. An empty one if nothing was called."""
        return self.traces[-1] if self.traces else Trace(0, 0)

    def question(self, *, workers: int | None = None, expected_errors: bool = False) -> Question:
        """What a detector of mistakes should know of this submission."""
        module = self._order.module
        sources = {} if module is None else {self._order.shown: module.read_text(encoding="utf-8", errors="replace")}
        return Question(
            workers=workers, user_paths=(self._order.shown,), expected_errors=expected_errors, sources=sources
        )

    def mistakes(self, question: Question | None = None) -> tuple[Mistake, ...]:
        """The classic mistakes that the traces of this test show, the one that explains most first."""
        question = question or self.last_question
        question = question if question.user_paths else self.question(workers=question.workers)
        found = [mistake for trace in self.traces for mistake in find(trace, question)]
        unique = {(mistake.code, mistake.line): mistake for mistake in found}
        return tuple(sorted(unique.values(), key=lambda mistake: -mistake.weight))

    def assert_no_mistake(self, *codes: str, workers: int | None = None, expected_errors: bool = False) -> None:
        """Fail if one of these mistakes was made in this test.

        Args:
            codes: Which, for example ``"PL407"``; none means any.
            workers: How many workers the code was asked to use.
            expected_errors: An error was made on purpose, and the caller has to be told of it.

        Raises:
            MistakeFound: One was made; its text names the line.
        """
        self.last_question = self.question(workers=workers, expected_errors=expected_errors)
        found = self.mistakes()
        wanted = tuple(mistake for mistake in found if not codes or mistake.code in codes)
        if wanted:
            raise MistakeFound("\n".join(map(str, wanted)), wanted)

    def assert_nothing_left(self) -> None:
        """Fail if a process that the submission started was still running when its last call had returned.

        Raises:
            ChildFailed: One was; the text names it.
        """
        self.finish()
        if self._left:
            many = "processes were" if len(self._left) > 1 else "process was"
            raise ChildFailed(
                f"{len(self._left)} {many} still running after the call had returned: {', '.join(self._left)}. "
                "Join every process that you start, and close and join every pool."
            )

    @contextmanager
    def meets(self, parties: int) -> Iterator[None]:
        """Fail if the processes of the calls in this block do not all wait at one meeting at the same time.

        Args:
            parties: How many different processes must meet.

        Raises:
            NotParallel: They did not; the text says who came. No clock decides this: a process waits until the others
                are there, and only processes that run at the same time can all be there.
        """
        from pytest_parlab.machine.meeting import Meeting  # noqa: PLC0415 - psutil

        self.finish()
        self.last_question = self.question(workers=parties)
        mark = len(self._traces)
        with Meeting(parties, deadline_s=self._budget.deadline_s() / 2) as meeting:
            with self._attending(meeting):
                yield
            self.finish()
        gathering = meeting.gathering
        if gathering.met:
            return
        mistakes = [mistake for trace in self._traces[mark:] for mistake in find(trace, self.last_question)]
        many = len(gathering.pids)
        raise NotParallel(
            f"{parties} processes were to be at work at the same moment, and at most {many} "
            f"{'was' if many == 1 else 'were'}: {gathering.reason}" + (f"\n{mistakes[0]}" if mistakes else "")
        )

    @contextmanager
    def _attending(self, meeting: Meeting) -> Iterator[None]:
        """Let the tasks and processes of the calls in this block attend a meeting."""
        self._meeting = meeting
        try:
            yield
        finally:
            self._meeting = None


def _show(output: str) -> None:
    """Show what the submission printed among the test's own captured output."""
    if output:
        sys.stdout.write(output)

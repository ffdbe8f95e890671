"""The hosts of one test, one after the other, and what they leave as evidence.

A trace is complete only when its processes have ended. So a test that looks at it in between ends its host, and the
next call starts another one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_parlab.analysis.mistakes import Mistake, Question, find
from pytest_parlab.errors import SubmissionError, SubmissionRaised, UsageError
from pytest_parlab.explore.exploration import Exploration, FailureKind
from pytest_parlab.plugin.budget import Budget
from pytest_parlab.plugin.calls import Call
from pytest_parlab.sandbox.explored import exploration
from pytest_parlab.sandbox.judge import START_S, HostProcess
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.sandbox.order import Order
from pytest_parlab.trace.model import Trace

if TYPE_CHECKING:
    from pytest_parlab.machine.meeting import Meeting

SEARCH_SHARE = 0.5
"""Part of a call's deadline that a search through schedules may take: it has to come to an end and to tell."""


class Hosts:
    """Makes the calls of one test, each in its current host.

    Args:
        order: What a host is to load.
        budget: The time that the exercise has.

    Attributes:
        budget: The same.
        left: Processes that were still running when a host was done with, as text.
        last_question: What the last check of this test said about the code.
        met_stub: A call ended at a stub's ``raise NotImplementedError``.
    """

    def __init__(self, order: Order, budget: Budget) -> None:
        self.budget = budget
        self.left: list[str] = []
        self.last_question = Question()
        self.met_stub = False
        self._order = order
        self._host: HostProcess | None = None
        self._alone = False
        self._meeting: Meeting | None = None
        self._traces: list[Trace] = []

    # -- calls -------------------------------------------------------------------------------------------------

    def call(self, call: Call) -> Any:
        """Make one call in this test's host, starting one if there is none."""
        with self.budget.spending():
            try:
                host = self._open(alone=call.alone)
                return host.call(
                    call.name,
                    call.args,
                    call.kwargs,
                    scenario=call.scenario,
                    deadline_s=self.budget.deadline_s(),
                    meeting=self._meeting.address if self._meeting else "",
                )
            except SubmissionRaised as error:
                self.met_stub |= error.kind == NotImplementedError.__name__
                raise
            finally:
                if self._host is not None:
                    show(self._host.new_output())

    def measured(self, call: Call, *, deadline_s: float) -> MeasuredRun:
        """Make one call in a host of its own and measure it."""
        deadline_s = min(deadline_s, self.budget.deadline_s())
        with self.budget.spending():
            host = HostProcess(self._order_for(alone=call.alone))
            try:
                self._load(host, alone=call.alone)
                return host.measured_call(
                    call.name, call.args, call.kwargs, scenario=call.scenario, deadline_s=deadline_s
                )
            finally:
                self._take(host, keep=not call.alone)

    def explored(self, call: Call, how: Mapping[str, Any]) -> Exploration:
        """Make one call under many schedules, or under one again, in a host of its own; then once as it is.

        The last one is evidence: from its trace a stub is known as one, and classic mistakes are named.
        """
        deadline_s = self.budget.deadline_s()
        with self.budget.spending():
            host = HostProcess(replace(self._order, watched=False))
            try:
                self._load(host, alone=False)
                word = host.call(
                    call.name,
                    call.args,
                    call.kwargs,
                    scenario=call.scenario,
                    deadline_s=deadline_s,
                    explore=dict(how) | {"seconds": deadline_s * SEARCH_SHARE},
                )
            except SubmissionRaised as error:
                if error.kind == UsageError.__name__:  # the search cannot be made as it was asked for
                    raise UsageError(error.message) from None
                raise
            finally:
                self._take(host, keep=False)
        found = exploration(word, call.name)
        if not any(failure.kind == FailureKind.DEADLOCK for failure in found.failures):
            with suppress(SubmissionRaised):
                self.call(call)
        return found

    def _order_for(self, *, alone: bool) -> Order:
        order = self._order
        if not alone:
            return order
        return Order(None, "", order.scenarios, order.shown_scenarios, order.start_method)

    def _open(self, *, alone: bool) -> HostProcess:
        if self._host is not None and (self._alone != alone or self._host.over):
            self.finish()
        if self._host is None:
            if self.budget.broken is not None and not alone:
                raise self.budget.broken.with_traceback(None)
            self._host, self._alone = self._started(alone=alone), alone
            self._load(self._host, alone=alone)
            if self._meeting is not None:
                self._meeting.root = self._host.pid  # once that tree sleeps, nobody else will come
        return self._host

    def _started(self, *, alone: bool) -> HostProcess:
        try:
            return HostProcess(self._order_for(alone=alone))
        except SubmissionError as error:
            error.loading = True
            raise

    def _load(self, host: HostProcess, *, alone: bool) -> None:
        try:
            host.load(deadline_s=min(START_S, self.budget.deadline_s()))
        except SubmissionError as error:
            if error.loading and not alone:
                self.budget.broken = error
            raise

    def _take(self, host: HostProcess, *, keep: bool = True) -> None:
        """End a host and keep what it leaves as evidence."""
        try:
            ending = host.end()
            show(host.new_output())
        finally:
            host.remove()
        if keep:
            self._traces.append(ending.trace)
            self.left.extend(ending.left)

    def finish(self) -> None:
        """End this test's host; the next call starts a fresh one."""
        host, self._host = self._host, None
        if host is not None:
            self._take(host)

    @contextmanager
    def attending(self, meeting: Meeting) -> Iterator[None]:
        """Let the tasks and processes of the calls in this block attend a meeting."""
        self.finish()
        self._meeting = meeting
        try:
            yield
            self.finish()
        finally:
            self._meeting = None

    # -- evidence ----------------------------------------------------------------------------------------------

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The traces of all hosts of this test; ends the one that is running."""
        self.finish()
        return tuple(self._traces)

    def question(self, *, workers: int | None = None, expected_errors: bool = False) -> Question:
        """What a detector of mistakes should know of this submission."""
        shown, sources = self._order.shown, {}
        if self._order.module is not None:
            with suppress(OSError):  # it is gone: then nothing that needs the source is found
                sources[shown] = self._order.module.read_text(encoding="utf-8", errors="replace")
        return Question(workers=workers, user_paths=(shown,), expected_errors=expected_errors, sources=sources)

    def mistakes(self, question: Question | None = None) -> tuple[Mistake, ...]:
        """The classic mistakes that the traces of this test show, the one that explains most first."""
        question = question or self.last_question
        if not question.user_paths:
            question = self.question(workers=question.workers, expected_errors=question.expected_errors)
        found = [mistake for trace in self.traces for mistake in find(trace, question)]
        unique: dict[tuple[str, int | None], Mistake] = {}
        for mistake in sorted(found, key=lambda mistake: -mistake.weight):
            unique.setdefault((mistake.code, mistake.line), mistake)
        return tuple(unique.values())


def show(output: str) -> None:
    """Show what the submission printed among the test's own captured output."""
    if output:
        sys.stdout.write(output)

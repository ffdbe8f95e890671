"""The `submission` fixture: the learner's module behind a process boundary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_parlab.analysis.mistakes import Mistake, Question, find
from pytest_parlab.errors import ChildFailed, MistakeFound, NotParallel
from pytest_parlab.plugin.calls import Remote
from pytest_parlab.plugin.hosts import Hosts
from pytest_parlab.sandbox.measured import MeasuredRun
from pytest_parlab.trace.model import Trace

MEASURE_DEADLINE_S = 60.0


class Submission:
    """The learner's module. Functions of it are attributes: ``submission.cube_all(range(10), workers=2)``.

    A function that is called like one of the attributes here is reached as ``submission["run"]``.

    Args:
        hosts: Where its calls are made.
        workers: Worker count that the exercises ask for.

    Attributes:
        workers: The same, for the tests.
        run: Calls a function of ``scenarios.py`` beside the module: ``submission.run("meet", 3)``.
        baseline: The same without the module, for what it is compared with.
    """

    def __init__(self, hosts: Hosts, *, workers: int = 2) -> None:
        self._hosts = hosts
        self.workers = workers
        self.run = Remote(hosts, scenario=True)
        self.baseline = Remote(hosts, scenario=True, alone=True)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Remote:
        return Remote(self._hosts, name)

    def measure(
        self, function: str | Remote, *args: Any, deadline_s: float = MEASURE_DEADLINE_S, **kwargs: Any
    ) -> MeasuredRun:
        """Make one call in a fresh host and measure it.

        Args:
            function: Its name, or the function itself, for example ``submission.cube_all``.
            args: Positional arguments, plain data.
            deadline_s: Seconds until the host's whole tree is ended.
            kwargs: Keyword arguments, plain data.
        """
        remote = self[function] if isinstance(function, str) else function
        return remote.parlab_measure(*args, deadline_s=deadline_s, **kwargs)

    @property
    def trace(self) -> Trace:
        """The trace of the last host of this test; ends it if it is running. An empty one if nothing was called."""
        traces = self._hosts.traces
        return traces[-1] if traces else Trace(0, 0)

    def mistakes(self, question: Question | None = None) -> tuple[Mistake, ...]:
        """The classic mistakes that the traces of this test show, the one that explains most first.

        Args:
            question: What the detectors should know; by default what the last check of this test said.
        """
        return self._hosts.mistakes(question)

    def assert_no_mistake(self, *codes: str, workers: int | None = None, expected_errors: bool = False) -> None:
        """Fail if one of these mistakes was made in this test.

        Args:
            codes: Which, for example ``"PL407"``; none means any.
            workers: How many workers the code was asked to use.
            expected_errors: An error was made on purpose, and the caller has to be told of it.

        Raises:
            MistakeFound: One was made; its text names the line.
        """
        hosts = self._hosts
        hosts.last_question = hosts.question(workers=workers, expected_errors=expected_errors)
        wanted = tuple(mistake for mistake in hosts.mistakes() if not codes or mistake.code in codes)
        if wanted:
            raise MistakeFound("\n".join(map(str, wanted)), wanted)

    def assert_nothing_left(self) -> None:
        """Fail if a process that the submission started was still running when its last call had returned.

        Raises:
            ChildFailed: One was; the text names it.
        """
        self._hosts.finish()
        left = self._hosts.left
        if left:
            many = "processes were" if len(left) > 1 else "process was"
            raise ChildFailed(
                f"{len(left)} {many} still running after the call had returned: {', '.join(left)}. "
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

        hosts = self._hosts
        hosts.last_question = hosts.question(workers=parties)
        mark = len(hosts.traces)
        with Meeting(parties, deadline_s=hosts.budget.deadline_s() / 2) as meeting, hosts.attending(meeting):
            yield
        gathering = meeting.gathering
        if gathering.met:
            return
        mistakes = [mistake for trace in hosts.traces[mark:] for mistake in find(trace, hosts.last_question)]
        many = len(gathering.pids)
        raise NotParallel(
            f"{parties} processes were to be at work at the same moment, and at most {many} "
            f"{'was' if many == 1 else 'were'}: {gathering.reason}" + (f"\n{mistakes[0]}" if mistakes else "")
        )

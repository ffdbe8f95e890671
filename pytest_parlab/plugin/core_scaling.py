"""The fixture `core_scaling`: is it faster on n cores, or would it be, and does it run in parallel at all?"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, TypeAlias

from pytest_parlab.analysis.concurrency import shape
from pytest_parlab.analysis.verdict import LOOKS
from pytest_parlab.errors import NotParallel, TooSlow, Undecided, UsageError
from pytest_parlab.plugin.scaling_questions import check_question
from pytest_parlab.plugin.scaling_series import Series, environment, measure_once, measures_itself
from pytest_parlab.report.parallel import not_parallel_text
from pytest_parlab.report.speedup import speedup_text
from pytest_parlab.report.text import WIDEST, joined, wrapped
from pytest_parlab.sandbox import fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_parlab.analysis.speedup import Speedup
    from pytest_parlab.machine.meeting import Gathering
    from pytest_parlab.plugin.scaling_questions import Check

    Candidate: TypeAlias = Callable[[], object]

COLUMNS = 78
"""Width of a verdict's text: it stands inside the summary of a run as well as alone."""
HONEST_WORK = (0.8, 1.25)
"""Where the work factor of an honest candidate lies; measured: 0.91."""


class CoreScaling:
    """Measures speedup in pairs of fresh processes, and proves parallelism without a clock.

    Args:
        seed: Decides the order of baseline and candidate inside each pair.
        pairs: Most pairs to measure, besides the first one, which is discarded.
        seconds: Wall time after which no further pair is begun.
        deadline_s: Seconds that one run may take.
    """

    def __init__(
        self, *, seed: int = 0, pairs: int = LOOKS[-1], seconds: float = 60.0, deadline_s: float = 60.0
    ) -> None:
        self.seed = seed
        self.pairs = pairs
        self.seconds = seconds
        self.deadline_s = deadline_s

    def assert_speedup(
        self,
        *,
        candidate: Candidate,
        baseline: Candidate,
        workers: int,
        at_least: float,
        work_factor: tuple[float, float] | None = HONEST_WORK,
        check: Check | None = operator.eq,
    ) -> Speedup:
        """Prove that `candidate` is at least `at_least` times as fast as `baseline`.

        Args:
            candidate: The parallel code, without arguments (use `functools.partial`).
            baseline: The serial code that does the same work.
            workers: How many workers the candidate uses.
            at_least: The speedup asked for, above 0 and at most `workers`.
            work_factor: Range in which CPU time of the baseline over CPU time of the candidate must lie; None for
                work that waits instead of computing.
            check: Compares the result of the candidate with that of the baseline; None not to compare.

        Returns:
            The evidence.

        Raises:
            TooSlow: It is slower, or its CPU time does not fit the same work; ``.report`` is the `Speedup`.
            Undecided: This machine does not settle it; ``.report`` is the `Speedup`.
            Finding: The results differ.
            UsageError: An argument is out of range.
        """
        check_question(workers=workers, at_least=at_least, work_factor=work_factor)
        result = Series(
            candidate=candidate,
            baseline=baseline,
            workers=workers,
            at_least=at_least,
            work_factor=work_factor,
            check=check,
            seed=self.seed,
            pairs=self.pairs,
            seconds=self.seconds,
            deadline_s=self.deadline_s,
        ).measure()
        if result.state == "passed":
            return result
        text = f"{speedup_text(result, width=COLUMNS)}\nRepeat this order of runs with --parlab-seed={self.seed}."
        if result.state == "undecided":
            raise _with_report(Undecided(text), result)
        raise _with_report(TooSlow(text + _mistake(result)), result)

    def measure(
        self,
        candidate: Candidate,
        baseline: Candidate,
        *,
        workers: int,
        work_factor: tuple[float, float] | None = HONEST_WORK,
        check: Check | None = operator.eq,
        pairs: int = LOOKS[1],
    ) -> Speedup:
        """Measure a speedup without judging it; arguments as for `assert_speedup`, `pairs` is how many to measure."""
        check_question(workers=workers, at_least=None, work_factor=work_factor)
        return Series(
            candidate=candidate,
            baseline=baseline,
            workers=workers,
            at_least=None,
            work_factor=work_factor,
            check=check,
            seed=self.seed,
            pairs=pairs,
            seconds=self.seconds,
            deadline_s=self.deadline_s,
        ).measure()

    def assert_parallel(self, candidate: Candidate, workers: int) -> Gathering:
        """Prove that `candidate` has work in `workers` processes at once; no clock decides, half a core is enough.

        Raises:
            NotParallel: It has not; the text names what it does instead.
            UsageError: `workers` is below 2, or `candidate` is a call of the submission, which has its own meeting.
        """
        from pytest_parlab.machine.meeting import VARIABLE, Meeting  # noqa: PLC0415 - few tests need it

        check_question(workers=workers, at_least=None, work_factor=None)
        if measures_itself(candidate):
            raise UsageError(
                f"assert_parallel cannot send a meeting into the process of {fresh.name_of(candidate)}. "
                f"For the submission, write: with submission.meets({workers}): ..."
            )
        with Meeting(workers, self.deadline_s) as meeting, environment(VARIABLE, meeting.address):
            run = measure_once(candidate, deadline_s=self.deadline_s)
            gathering = meeting.close()
        if gathering.met:
            return gathering
        seen = shape(run.trace, workers, threads_seen=gathering.threads_of_one_process)
        raise NotParallel(not_parallel_text(seen, workers=workers, reason=gathering.reason))


def _mistake(result: Speedup) -> str:
    """The classic mistake that explains most, as a paragraph; empty if the trace shows none."""
    if result.fake:  # whatever it does, it does not do the work
        return ""
    from pytest_parlab.analysis import mistakes  # noqa: PLC0415 - a failure only

    question = mistakes.Question(workers=result.workers, cores=result.machine.usable_cores)
    found = mistakes.find(result.trace, question)
    return "\n\n" + joined(wrapped(str(found[0]), WIDEST, hanging="  ")) if found else ""


def _with_report(error: Undecided | TooSlow, result: Speedup) -> Exception:
    vars(error)["report"] = result
    return error

"""Are the arguments of a speedup question in range, and are two results the same?"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from typing import Any, TypeAlias

from pytest_parlab.errors import Finding, UsageError

Check: TypeAlias = Callable[[Any, Any], object]
"""Compares the candidate's result with the baseline's; its answer is taken as true or false."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def check_question(*, workers: int, at_least: float | None, work_factor: tuple[float, float] | None) -> None:
    """Refuse arguments that make no sense.

    Raises:
        UsageError: `workers` is below 2, `at_least` not above 0 and at most `workers`, or `work_factor` no range.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 2:  # noqa: PLR2004 - one is not parallel
        raise UsageError(f"workers is {workers!r}; it must be a whole number of at least 2.")
    if at_least is not None and not 0 < at_least <= workers:
        raise UsageError(
            f"at_least is {at_least!r} for {workers} workers; it must be above 0 and at most {workers}, because "
            f"{workers} workers are at most {workers} times as fast. 0.85 of what a good solution reaches is wise."
        )
    if work_factor is not None:
        low, high = work_factor
        if not 0 < low <= 1 <= high:
            raise UsageError(
                f"work_factor is {work_factor!r}; it must be a pair (low, high) with 0 < low <= 1 <= high, "
                "for example (0.8, 1.25), or None for work that waits."
            )


def compare(candidate: object, baseline: object, check: Check) -> None:
    """Compare two results.

    Raises:
        Finding: They differ.
        UsageError: `check` does not answer with a truth value (arrays do not).
    """
    try:
        same = bool(check(candidate, baseline))
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"The results cannot be compared: {error}. Pass check=function with a function of (candidate's result, "
            "baseline's result) that returns True or False, or check=None not to compare."
        ) from error
    if not same:
        raise Finding(
            "The candidate and the baseline do not return the same, so their times say nothing.\n"
            f"  candidate: {_SHORT.repr(candidate)}\n  baseline:  {_SHORT.repr(baseline)}"
            + _first_difference(candidate, baseline)
        )


def _first_difference(candidate: object, baseline: object) -> str:
    if not (isinstance(candidate, (list, tuple)) and isinstance(baseline, (list, tuple))):
        return ""
    if len(candidate) != len(baseline):
        return f"\n  lengths: {len(candidate)} and {len(baseline)}"
    for index, (ours, theirs) in enumerate(zip(candidate, baseline, strict=True)):
        if ours != theirs:
            return f"\n  first difference, at index {index}: {_SHORT.repr(ours)} and {_SHORT.repr(theirs)}"
    return ""

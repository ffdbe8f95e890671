# Detectors, one file per family (the larger families in two), and what they stand on:
#
#   starting, handing_over  PL1xx      sharing, holding  PL2xx      pools  PL4xx      cost  PL5xx
#
#   updates  pairs of updates that nothing keeps apart      source  what the code says at a line
#   facts    names, places, durations                       base    Question and Mistake     codes  the catalogue
"""Which classic mistake is this: detectors that are pure functions of a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes import cost, handing_over, holding, pools, sharing, starting
from pytest_parlab.analysis.mistakes.base import Detector, Mistake, Question
from pytest_parlab.analysis.mistakes.codes import WEIGHTS, catalogue
from pytest_parlab.analysis.mistakes.facts import is_judged

if TYPE_CHECKING:
    from pytest_parlab.trace.model import Trace

__all__ = ["Mistake", "Question", "catalogue", "detected", "find"]

_DETECTORS: tuple[Detector, ...] = (
    *starting.DETECTORS,
    *handing_over.DETECTORS,
    *sharing.DETECTORS,
    *holding.DETECTORS,
    *pools.DETECTORS,
    *cost.DETECTORS,
)

detected: frozenset[str] = frozenset(WEIGHTS)
"""The codes that `find` can find; the others of the catalogue have a name and no detector yet."""


def find(trace: Trace, question: Question | None = None) -> tuple[Mistake, ...]:
    """Find the classic mistakes that a trace shows.

    Args:
        trace: What happened.
        question: What the asker knows beside it; None for nothing.

    Returns:
        The mistakes, the one that explains most first; at most one of a code for each line. A mistake whose place is
        known to be outside `Question.user_paths` is left out.
    """
    question = Question() if question is None else question
    ranked = sorted(
        (mistake for detector in _DETECTORS for mistake in detector(trace, question)),
        key=lambda mistake: (-mistake.weight, mistake.code, mistake.path or "", mistake.line or 0),
    )
    kept: dict[tuple[str, str | None, int | None], Mistake] = {}
    for mistake in ranked:
        if mistake.path is None or is_judged(mistake.path, question):
            kept.setdefault((mistake.code, mistake.path, mistake.line), mistake)
    return tuple(kept.values())

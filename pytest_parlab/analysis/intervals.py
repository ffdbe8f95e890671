"""Half-open stretches of time: how many overlap, and how long they are together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Time = TypeVar("Time", int, float)
"""Nanoseconds or seconds, as the caller counts."""


def most_at_once(intervals: Iterable[tuple[Time, Time]]) -> int:
    """How many of the intervals hold one common moment, at most; one that ends as another begins does not overlap."""
    edges = sorted(
        edge for begin, end in intervals if begin < end for edge in ((begin, 1), (end, -1))
    )  # an end sorts before a beginning at the same moment
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def covered(intervals: Iterable[tuple[Time, Time]]) -> Time:
    """Length of the union of the intervals."""
    total: Time = 0
    reached: Time | None = None
    for begin, end in sorted(intervals):
        start = begin if reached is None else max(begin, reached)
        if end > start:
            total += end - start
            reached = end
    return total

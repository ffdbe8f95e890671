"""Looks that cannot show anything new: how a loop is recognised that waits for others."""

from __future__ import annotations

from pytest_parlab.explore.control.places import Places, Spot
from pytest_parlab.explore.control.turns import FUTILE_LOOKS


class Looks:
    """What the places of one process have seen last.

    Args:
        places: They tell which places decide when a loop ends.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}

    def begin(self) -> None:
        """Forget everything: a schedule begins."""
        self._seen.clear()

    def in_vain(self, spot: Spot, resource: int, version: int) -> bool:
        """Tell whether nothing has changed since the place looked at the resource, and waits for a change."""
        seen, times = self._seen.get((spot.number, resource), (-1, 0))
        return seen == version and (times >= FUTILE_LOOKS or self._places.polls(spot))

    def note(self, spot: Spot, resource: int, version: int) -> None:
        """The place has looked at the resource."""
        seen, times = self._seen.get((spot.number, resource), (-1, 0))
        self._seen[spot.number, resource] = (version, times + 1 if seen == version else 1)

"""Races between processes: accesses to one shared cell that neither an order nor a common lock keeps apart.

Candidates come from the weak order (no edges from locks) together with lock sets, so that they are found in a run in
which nothing went wrong (lock sets: Savage et al., Eraser, 1997; hybrid: O'Callahan and Choi 2003).
"""

from __future__ import annotations

from collections import defaultdict

from pytest_parlab.analysis.candidates import Candidate, CandidateFinder, Place
from pytest_parlab.analysis.describing import Describer, SourceLine, no_source
from pytest_parlab.analysis.races_model import Cell, Race, RaceAccess, Step
from pytest_parlab.trace.collecting import no_garbage_collection
from pytest_parlab.trace.model import Trace

__all__ = ["Cell", "Race", "RaceAccess", "Step", "find_races"]

_TELLING = ("lost-update", "inconsistent-lock", "unprotected-access", "unserialisable")
"""The kinds, the most telling first: one pair of lines is reported as one kind."""


def find_races(trace: Trace, *, source: SourceLine = no_source) -> tuple[Race, ...]:
    """Find the races of a trace.

    Args:
        trace: What happened.
        source: Gives the text of a line of a file, for the report.

    Returns:
        One race per variable and pair of lines, with the number of accesses that took part; observed ones first.
    """
    found: dict[tuple[int, Place, Place], list[Candidate]] = defaultdict(list)
    with no_garbage_collection():
        for candidate in CandidateFinder(trace).candidates():
            found[candidate.cell[0], *candidate.places].append(candidate)
    describe = Describer(trace, source)
    races = [describe.race(_most_telling(candidates)) for candidates in found.values()]
    return tuple(sorted(races, key=lambda race: (race.status != "observed", race.first.path, race.first.line)))


def _most_telling(candidates: list[Candidate]) -> list[Candidate]:
    kind = min((candidate.kind for candidate in candidates), key=_TELLING.index)
    return [candidate for candidate in candidates if candidate.kind == kind]

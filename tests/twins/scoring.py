"""Runs the programs under a watch, and holds what was found against what they say about themselves."""

from __future__ import annotations

import contextlib
import importlib
import io
import linecache
import multiprocessing
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from pytest_parlab.analysis.races import find_races
from pytest_parlab.analysis.races_model import Race, RaceAccess
from pytest_parlab.instrument import watching
from pytest_parlab.plugin.watches import failed_children
from tests.twins.marks import KINDS, Pair, read_marks
from tests.twins.pauses import Turns, no_pause
from tests.twins.tables import HELD_OUT

FOLDER = Path(__file__).parent
STEP_S = {"fork": 0.15, "spawn": 0.4, "forkserver": 0.4}
"""Seconds between the turns of two workers in a serialised run: more than it takes to start and to run one."""


class RunFailed(Exception):
    """A program did not do what it was written to do, or was not recorded as a whole: it says nothing about races."""


@dataclass(frozen=True, order=True, slots=True)
class Twin:
    """One program.

    Attributes:
        name: Its folder and file, as ``racy/lost_counter``.
    """

    name: str

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.name}.py"

    @property
    def held_out(self) -> bool:
        """It is in the part that is not looked at while the detector is written."""
        return self.name in HELD_OUT

    @property
    def module(self) -> ModuleType:
        """It, imported."""
        return importlib.import_module(f"tests.twins.{self.name.replace('/', '.')}")

    @property
    def methods(self) -> tuple[str, ...]:
        """The start methods that its style allows, of those that the system has."""
        available = multiprocessing.get_all_start_methods()
        return tuple(method for method in getattr(self.module, "METHODS", STEP_S) if method in available)

    @property
    def expected(self) -> frozenset[Pair]:
        """What is to be found in it."""
        return _marks_in(self.path)


@cache
def _marks_in(path: Path) -> frozenset[Pair]:
    return read_marks(path.name, path.read_text(encoding="utf-8"))


def twins(folder: str) -> list[Twin]:
    """All of ``racy`` or ``clean``, by name."""
    return [Twin(f"{folder}/{path.stem}") for path in sorted((FOLDER / folder).glob("[!_]*.py"))]


def found_in(twin: Twin, method: str, *, serialised: bool = False) -> frozenset[Pair]:
    """Run a program once under a watch; the pairs of lines that the detector reports.

    Args:
        twin: The program.
        method: The start method of its processes.
        serialised: Let its workers run one after the other, as far as they can.

    Raises:
        RunFailed: One of its processes ended badly, or the recording has a gap.
    """
    pause = Turns(STEP_S[method]) if serialised else no_pause
    with watching() as watch, contextlib.redirect_stdout(io.StringIO()):
        twin.module.main(multiprocessing.get_context(method), pause)
    failed = [f"{process.name}: {process.error}" for process in failed_children((watch.trace,))]
    if failed or watch.trace.problems or watch.trace.truncated:
        raise RunFailed("; ".join((*failed, *watch.trace.problems)) or "the recording was truncated")
    return frozenset(pair_of(race) for race in find_races(watch.trace, source=linecache.getline))


def pair_of(race: Race) -> Pair:
    """A reported race as its lines and kind."""
    first, second = sorted((race.first, race.second), key=lambda access: (access.path, access.line))
    return Pair((_place(first), _place(second)), race.kind)


def _place(access: RaceAccess) -> str:
    return f"{Path(access.path).name}:{access.line}"


@dataclass(frozen=True, slots=True)
class Score:
    """How much of what is there was found, and how much of what was found is there.

    A pair of lines counts once, whatever kinds are reported for it.

    Attributes:
        expected: Pairs of lines that race.
        found: Pairs of lines that were reported.
        right: Pairs of lines that are in both.
        credit: The same, where one with another kind, or more kinds than the marked one, counts as half.
    """

    expected: int = 0
    found: int = 0
    right: int = 0
    credit: float = 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.expected + other.expected,
            self.found + other.found,
            self.right + other.right,
            self.credit + other.credit,
        )

    @property
    def recall(self) -> float:
        """Share of the racing pairs that was found; 1 if there are none."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the reported pairs that races; 1 if there are none."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall_with_kind(self) -> float:
        """As `recall`, where another kind is half right."""
        return self.credit / self.expected if self.expected else 1.0

    @property
    def precision_with_kind(self) -> float:
        """As `precision`, where another kind is half right."""
        return self.credit / self.found if self.found else 1.0


def score(expected: Iterable[Pair], found: Iterable[Pair]) -> Score:
    """Hold what was found in one run of one program against what is in it."""
    there, reported = _kinds_by_lines(expected), _kinds_by_lines(found)
    right = there.keys() & reported.keys()
    credit = sum(1.0 if there[lines] == reported[lines] else 0.5 for lines in right)
    return Score(len(there), len(reported), len(right), credit)


def score_by_kind(expected: Iterable[Pair], found: Iterable[Pair]) -> dict[str, Score]:
    """The same for each kind alone: recall of the pairs marked with it, precision of those reported with it."""
    there, reported = frozenset(expected), frozenset(found)
    scores = {}
    for kind in KINDS:
        mine = {pair.lines for pair in there if pair.kind == kind}
        said = {pair.lines for pair in reported if pair.kind == kind}
        both = len(mine & said)
        scores[kind] = Score(len(mine), len(said), both, float(both))
    return scores


def _kinds_by_lines(pairs: Iterable[Pair]) -> dict[tuple[str, str], set[str]]:
    kinds: dict[tuple[str, str], set[str]] = {}
    for pair in pairs:
        kinds.setdefault(pair.lines, set()).add(pair.kind)
    return kinds

"""The races of a program, as the comments in it say.

A line that races with itself, run by two processes, carries ``# RACE kind``. Two lines that race with one another
carry ``# RACE kind a`` each, with a letter of their own. A line that is in several pairs separates them by commas.
"""

from __future__ import annotations

import io
import tokenize
from collections import defaultdict
from dataclasses import dataclass
from typing import get_args

from pytest_parlab.analysis.races_model import RaceKind

KINDS: tuple[str, ...] = get_args(RaceKind)
MARK = "# RACE "


@dataclass(frozen=True, order=True, slots=True)
class Pair:
    """Two racing lines.

    Attributes:
        lines: Both, as ``file.py:12``, in order; the same one twice if a line races with itself.
        kind: A `RaceKind`.
    """

    lines: tuple[str, str]
    kind: str


def read_marks(name: str, text: str) -> frozenset[Pair]:
    """Read the pairs that a program's comments name.

    Args:
        name: The file's name without its folder, for the lines of the pairs.
        text: Its source.

    Raises:
        ValueError: A mark has no such kind, a letter does not stand on exactly two lines with the same kind, or two
            marks name the same lines.
    """
    pairs: list[Pair] = []
    lettered: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or not token.string.startswith(MARK):
            continue
        place = f"{name}:{token.start[0]}"
        for mark in token.string.removeprefix(MARK).split(","):
            kind, _, letter = mark.strip().partition(" ")
            if kind not in KINDS:
                raise ValueError(f"{place}: there is no kind {kind!r}; choose from {', '.join(KINDS)}")
            if letter:
                lettered[letter].append((place, kind))
            else:
                pairs.append(Pair((place, place), kind))
    for letter, ends in lettered.items():
        if len(ends) != 2 or ends[0][1] != ends[1][1]:
            raise ValueError(f"{name}: the letter {letter} needs two lines with one kind, and has {ends}")
        pairs.append(Pair((ends[0][0], ends[1][0]), ends[0][1]))
    if len({pair.lines for pair in pairs}) < len(pairs):
        raise ValueError(f"{name}: two marks name the same pair of lines")
    return frozenset(pairs)

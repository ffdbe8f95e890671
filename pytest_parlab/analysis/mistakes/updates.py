"""Which read-modify-writes of shared cells may lose another process's update."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

from pytest_parlab.analysis.mistakes.source import assigns_a_constant
from pytest_parlab.analysis.updates import Update, may_break, runs_by_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.analysis.mistakes.base import Question
    from pytest_parlab.trace.model import Trace


def open_pairs(trace: Trace, question: Question) -> Iterator[tuple[Update, Update]]:
    """Pairs of updates of one cell by two processes that neither an order nor a common lock keeps apart.

    The first of each pair is a read-modify-write. The second may be a plain write.
    """
    for by_strand in runs_by_cell(trace).values():
        for (one_strand, mine), (other_strand, theirs) in combinations(sorted(by_strand.items()), 2):
            if trace.strands[one_strand].process == trace.strands[other_strand].process:
                continue
            for one, other in product(mine, theirs):
                pair = one.update, other.update
                for whole, breaker in (pair, pair[::-1]):
                    if _depends_on_its_read(whole, question) and may_break(whole, breaker):
                        yield whole, breaker
                        break


def _depends_on_its_read(update: Update, question: Question) -> bool:
    """What is written comes from what was read: one line, or code that is known to write no constant.

    A flag that is read in one line and set in another is not an update: whoever comes last writes the same.
    """
    read, write = update.read, update.write
    if read is None:
        return False
    if (read.site.path, read.site.line) == (write.site.path, write.site.line):
        return True
    return assigns_a_constant(write.site, question) is False

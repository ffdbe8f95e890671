"""One schedule in words: its steps as a table, cut around what matters."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_parlab.explore.overwriting import overwritings
from pytest_parlab.report.steps import StepRow, steps_table
from pytest_parlab.report.text import base, columns, counted, cut, place, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_parlab.explore.exploration import Moment, Place

MOST_STEPS = 14
"""Steps of a schedule that are shown at most."""

_MOST_CELLS = 3
"""Cells that get a column of their own at most."""

_MOST_LINES = 5
"""Lines of source, and objects, that are shown below the table at most."""

_MADE = re.compile(r", | (?:made|created) at ")


def schedule(moments: Sequence[Moment], *, width: int) -> list[str]:
    """Draw the steps of a schedule; of a long one those that matter, and how many are left out between them.

    What matters: the steps of the first update that is lost, the last step, every step that interrupts another
    process and the step before it; then what stands around those.

    Args:
        moments: The steps.
        width: In columns.
    """
    if not moments:
        return []
    lost = overwritings(moments)
    kept = _kept(moments, [index for one in lost[:1] for index in one])
    shown = [moments[index] for index in kept]
    labels = _labels([moment.subject for moment in shown if moment.subject])
    cells = list(dict.fromkeys(moment.subject for moment in shown if moment.value))
    cells = cells if len(cells) <= _MOST_CELLS else []
    notes = {one.write: f"step {one.lost + 1} is overwritten" for one in lost}
    ambiguous = _ambiguous(shown, cells)
    rows: list[StepRow | str] = []
    before = -1
    for index in kept:
        rows += _gap(index - before - 1)
        before = index
        moment = moments[index]
        named = (moment.action, moment.subject) in ambiguous
        rows.append(
            StepRow(
                index + 1,
                moment.process,
                f"{moment.action} ({labels[moment.subject]})" if named else moment.action,
                f"{base(moment.place.path)}:{moment.place.line}",
                tuple(moment.value if moment.subject == cell else "" for cell in cells),
                notes.get(index, ""),
                "*" if moment.preempts else "",
            )
        )
    rows += _gap(len(moments) - 1 - before)
    lines = steps_table(rows, [labels[cell] for cell in cells], width=width)
    if any(moment.preempts for moment in shown):
        lines.append("  * interrupts a process that could have gone on")
    return lines + _legend(labels, width) + _sources([moment.place for moment in shown], width)


def _gap(steps: int) -> list[StepRow | str]:
    return [f"  ... {counted(steps, 'step')} left out"] if steps else []


def _kept(moments: Sequence[Moment], lost: Sequence[int]) -> list[int]:
    """The indices of the steps that are shown."""
    if len(moments) <= MOST_STEPS:
        return list(range(len(moments)))
    kept: set[int] = set()
    for index in _by_weight(moments, lost):
        if 0 <= index < len(moments):
            kept.add(index)
        if len(kept) == MOST_STEPS:
            break
    return sorted(kept)


def _by_weight(moments: Sequence[Moment], lost: Sequence[int]) -> Iterator[int]:
    matters = [*lost, len(moments) - 1]
    for index, moment in enumerate(moments):
        if moment.preempts:
            matters += [index, index - 1]
    yield from matters
    for distance in range(1, len(moments)):
        for index in matters:
            yield index - distance
            yield index + distance


def _labels(subjects: Sequence[str]) -> Mapping[str, str]:
    """A short name for every subject: without where it was made, and with a number if that is not enough."""
    different = list(dict.fromkeys(subjects))
    alike: dict[str, list[str]] = defaultdict(list)
    for subject in different:
        alike[_MADE.split(subject)[0]].append(subject)
    return {
        subject: short if len(same) == 1 else f"{short} #{same.index(subject) + 1}"
        for subject in different
        for short in [_MADE.split(subject)[0]]
        for same in [alike[short]]
    }


def _ambiguous(moments: Sequence[Moment], cells: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Actions that need the name of what they are about: there are several such things, and no column says it."""
    about: dict[str, set[str]] = defaultdict(set)
    for moment in moments:
        about[moment.action.partition(" ")[0]].add(moment.subject)
    return frozenset(
        (moment.action, moment.subject)
        for moment in moments
        if moment.subject
        and moment.subject not in cells
        and moment.subject not in moment.action
        and len(about[moment.action.partition(" ")[0]]) > 1
    )


def _legend(labels: Mapping[str, str], width: int) -> list[str]:
    """What the short names stand for."""
    texts = [label + subject[len(_MADE.split(subject)[0]) :] for subject, label in labels.items() if label != subject]
    lines = [line for text in texts[:_MOST_LINES] for line in wrapped(text, width, indent="  ", hanging="    ")]
    return lines + ([f"  and {counted(len(texts) - _MOST_LINES, 'other object')}"] if texts[_MOST_LINES:] else [])


def _sources(places: Sequence[Place], width: int) -> list[str]:
    """The lines of source that the steps come from."""
    different = {place(base(one.path), one.line): one.source for one in places if one.source}
    rows = [[f"  {where}", source] for where, source in list(different.items())[:_MOST_LINES]]
    lines = [cut(line, width) for line in columns(rows)]
    more = len(different) - len(rows)
    return lines + ([f"  and {counted(more, 'other line')}"] if more else [])

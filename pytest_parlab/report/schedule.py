"""One schedule in words: its steps as a table, cut around what matters."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_parlab.explore.overwriting import Overwriting, overwritings
from pytest_parlab.report.steps import StepRow, steps_table
from pytest_parlab.report.text import base, columns, counted, cut, place, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_parlab.explore.exploration import Moment, Place

MOST_STEPS = 14
"""Steps of a schedule that are shown at most."""

_AROUND = 3
"""Steps that are shown at most on either side of one that matters, if there are several of those."""

_FEW = 1
"""Steps behind the last one that matters that are shown nevertheless."""

_MOST_CELLS = 3
"""Cells that get a column of their own at most."""

_MOST_LINES = 5
"""Lines of source, and objects, that are shown below the table at most."""

_MADE = re.compile(r", | (?:made|created) at ")


def schedule(moments: Sequence[Moment], *, width: int) -> list[str]:
    """Draw the steps of a schedule; of a long one those that matter, and how many are left out between them.

    What matters: the steps of the first update that is lost, every step that interrupts another process and the step
    before it, and the last step where no update is lost; then what stands around those. Nothing matters after the
    last update that is lost.

    Args:
        moments: The steps.
        width: In columns.
    """
    if not moments:
        return []
    lost = overwritings(moments)
    kept = _kept(moments, lost)
    shown = [moments[index] for index in kept]
    labels = _labels([moment.subject for moment in shown if moment.subject])
    cells = list(dict.fromkeys(moment.subject for moment in shown if moment.value))
    cells = cells if len(cells) <= _MOST_CELLS else []
    notes = {one.write: f"step {one.lost + 1} is overwritten" for one in lost}
    rows: list[StepRow | str] = []
    before = -1
    for index in kept:
        rows += _gap(index - before - 1)
        before = index
        moment = moments[index]
        named = moment.subject and moment.subject not in cells
        rows.append(
            StepRow(
                index + 1,
                moment.process,
                f"{moment.action} {labels[moment.subject]}" if named else moment.action,
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


def _kept(moments: Sequence[Moment], lost: Sequence[Overwriting]) -> list[int]:
    """The indices of the steps that are shown."""
    end = lost[-1].write + 1 if lost else len(moments)
    if len(moments) - end <= _FEW:
        end = len(moments)
    if end <= MOST_STEPS:
        return list(range(end))
    matters = [index for one in lost[:1] for index in one] or [end - 1]
    for index, moment in enumerate(moments[:end]):
        if moment.preempts:
            matters += [index, index - 1]
    kept: set[int] = set()
    for index in _by_weight(matters, end):
        if 0 <= index < end:
            kept.add(index)
        if len(kept) == MOST_STEPS:
            break
    return sorted(kept)


def _by_weight(matters: Sequence[int], end: int) -> Iterator[int]:
    yield from matters
    for distance in range(1, end if len(matters) == 1 else _AROUND + 1):
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

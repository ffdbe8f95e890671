"""Processes that are gone without a word: whoever started one finds out, and takes the token if that had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_parlab.explore.control import layout as rows
from pytest_parlab.explore.control.layout import Life

if TYPE_CHECKING:
    from pytest_parlab.explore.control.controller import Controller


def takes_over(control: Controller) -> bool:
    """Look for children that are gone without a word; True if one of them had the token, which is ours then."""
    for child in control.children:
        popen = getattr(child, "_popen", None)
        code = None if popen is None else popen.poll()
        if code is None:
            continue
        number = vars(child)["_parlab_process"]
        if control.board.row(number)[rows.STATE] != Life.ENDED:
            had_token = control.board.holder == number
            control.mark_ended(number, code)
            if had_token:
                return _after_death(control)
    return False


def _after_death(control: Controller) -> bool:
    row = control.board.row(control.process)
    if row[rows.STATE] != Life.WAITING:  # the dead one was on its way to its first operation
        control.board.holder = control.process
        return True
    chosen = control.next()
    control.board.holder = chosen
    if chosen == control.process:
        return True
    control.tokens.give(chosen)
    return False

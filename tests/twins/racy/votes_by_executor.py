"""Ballot boxes are counted by an executor; the tally is one array for all."""

import time
from concurrent.futures import ProcessPoolExecutor

NAMES = ["Ada", "Bob", "Cyd"]
_tally = None
_pause = None


def _enter(tally, pause, door):
    global _tally, _pause
    _tally, _pause = tally, pause
    door.wait()


def count_box(box):
    rank, ballots = box
    _pause(rank)
    time.sleep(0.02)
    for name in ballots:
        _tally[NAMES.index(name)] += 1  # RACE lost-update


def main(context, pause):
    tally = context.Array("i", len(NAMES))
    boxes = [(0, ["Ada", "Bob", "Ada", "Cyd"]), (1, ["Bob", "Cyd", "Cyd", "Ada"])]
    with ProcessPoolExecutor(
        2, mp_context=context, initializer=_enter, initargs=(tally, pause, context.Barrier(2))
    ) as ex:
        list(ex.map(count_box, boxes))
    return dict(zip(NAMES, tally))

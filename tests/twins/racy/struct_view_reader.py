"""An element of an Array of structures is a view of the memory: what is done to its fields is not locked."""

import ctypes


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


def move(points, pause):
    pause(0)
    for step in range(8):
        p = points[0]
        p.x = 1.0 + step  # RACE unprotected-access x
        p.y = 1.0 - step  # RACE unprotected-access y


def measure(points, pause):
    pause(1)
    longest = 0.0
    for _ in range(8):
        p = points[0]
        x = p.x  # RACE unprotected-access x
        y = p.y  # RACE unprotected-access y
        longest = max(longest, x * x + y * y)
    return longest


def main(context, pause):
    points = context.Array(Point, [(1.0, 1.0), (0.0, 0.0)])
    mover = context.Process(target=move, args=(points, pause))
    meter = context.Process(target=measure, args=(points, pause))
    mover.start()
    meter.start()
    mover.join()
    meter.join()

"""Every process handles its own pairs of bodies, but a body is in several pairs."""

from ctypes import Structure, c_double
from itertools import combinations


class Body(Structure):
    _fields_ = [("mass", c_double), ("force", c_double)]


def pull(bodies, pairs, pause, rank):
    pause(rank)
    for i, j in pairs:
        strength = bodies[i].mass * bodies[j].mass
        bodies[i].force += strength  # RACE lost-update


def main(context, pause):
    bodies = context.Array(Body, [(1.0, 0.0), (2.0, 0.0), (3.0, 0.0)], lock=False)
    pairs = list(combinations(range(3), 2))
    some, others = pairs[::2], pairs[1::2]
    processes = [context.Process(target=pull, args=(bodies, p, pause, r)) for r, p in enumerate((some, others))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [body.force for body in bodies]

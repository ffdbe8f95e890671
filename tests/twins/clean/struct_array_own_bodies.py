"""Every process moves its own bodies; their masses are read by all and changed by nobody."""

from ctypes import Structure, c_double


class Body(Structure):
    _fields_ = [("mass", c_double), ("speed", c_double)]


def accelerate(bodies, mine, pause, rank):
    pause(rank)
    for i in mine:
        for other in bodies:
            bodies[i].speed += other.mass / bodies[i].mass


def main(context, pause):
    bodies = context.RawArray(Body, [(1.0, 0.0), (2.0, 0.0), (4.0, 0.0), (8.0, 0.0)])
    processes = [
        context.Process(target=accelerate, args=(bodies, m, pause, r)) for r, m in enumerate(([0, 1], [2, 3]))
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [body.speed for body in bodies]

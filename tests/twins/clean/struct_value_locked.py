"""Count and sum of measurements change together, under the structure's own lock."""

import ctypes


class Stats(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int), ("total", ctypes.c_double)]


def measure(stats, samples, pause, rank):
    pause(rank)
    for sample in samples:
        with stats.get_lock():
            stats.count += 1
            stats.total += sample


def main(context, pause):
    stats = context.Value(Stats, 0, 0.0)
    probes = [context.Process(target=measure, args=(stats, [0.5 * r] * 10, pause, r)) for r in (0, 1)]
    for probe in probes:
        probe.start()
    for probe in probes:
        probe.join()
    return stats.total / stats.count

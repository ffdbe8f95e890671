"""Wind and rain in a structure without a lock of its own, always touched under the lock that goes with it."""

import ctypes


class Reading(ctypes.Structure):
    _fields_ = [("wind", ctypes.c_double), ("rain", ctypes.c_double)]


class Station:
    def __init__(self, context):
        self._lock = context.RLock()
        self._reading = context.RawValue(Reading, 9.0, 0.1)

    def update(self, wind, rain):
        self._lock.acquire()
        try:
            self._reading.wind = wind
            self._reading.rain = rain
        finally:
            self._lock.release()

    def snapshot(self):
        with self._lock:
            return self._reading.wind, self._reading.rain


def observe(station, pause):
    pause(0)
    for hour in range(6):
        station.update(3.0 + hour, 3.0 + hour)


def forecast(station, storms, pause):
    pause(1)
    for i in range(len(storms)):
        wind, rain = station.snapshot()
        storms[i] = wind > 5 and rain > 5


def main(context, pause):
    station = Station(context)
    storms = context.Array("b", 6)
    jobs = [
        context.Process(target=observe, args=(station, pause)),
        context.Process(target=forecast, args=(station, storms, pause)),
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return station.snapshot()

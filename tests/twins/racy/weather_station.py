"""A station keeps wind and rain in a structure without a lock; a forecast looks at both when it likes."""

import ctypes
import time


class Station(ctypes.Structure):
    _fields_ = [("wind", ctypes.c_double), ("rain", ctypes.c_double)]


def observe(station, pause):
    pause(0)
    for hour in range(6):
        station.wind = 3.0 + hour % 4  # RACE unprotected-access wind
        station.rain = 0.2 * hour  # RACE unprotected-access rain


def forecast(station, storms, pause):
    pause(1)
    for i in range(6):
        wind = station.wind  # RACE unprotected-access wind
        storms[i] = wind * station.rain > 2.5  # RACE unprotected-access rain
        time.sleep(0.0005)


def main(context, pause):
    station = context.RawValue(Station, 9.0, 0.1)
    storms = context.Array("b", 6)
    observer = context.Process(target=observe, args=(station, pause))
    prophet = context.Process(target=forecast, args=(station, storms, pause))
    observer.start()
    prophet.start()
    observer.join()
    prophet.join()
    return sum(storms)

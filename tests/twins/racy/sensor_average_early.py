"""Every sensor says that it is ready; the mean is taken when the first one is."""

import multiprocessing
import time

METHODS = ("fork",)


class Sensor(multiprocessing.get_context("fork").Process):
    def __init__(self, readings, ready, pause, rank):
        super().__init__()
        self.readings, self.ready, self.wait_turn, self.rank = readings, ready, pause, rank

    def run(self):
        self.wait_turn(self.rank)
        time.sleep(0.015 * self.rank)
        self.readings[self.rank] = 20.0 + self.rank / 4  # RACE unserialisable mean
        self.ready.set()


def main(context, pause):
    count = 3
    readings = context.Array("d", count)
    ready = context.Event()
    sensors = [Sensor(readings, ready, pause, rank) for rank in range(count)]
    for sensor in sensors:
        sensor.start()
    ready.wait()
    mean = sum(readings) / count  # RACE unserialisable mean
    for sensor in sensors:
        sensor.join()
    return mean

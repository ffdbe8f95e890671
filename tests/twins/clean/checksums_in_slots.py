"""Checksums of the chunks of a file: each Process has a slot for its own, and they are combined when all have ended."""

import multiprocessing
import zlib
from functools import reduce
from operator import xor

METHODS = ("fork",)
DATA = bytes(range(256)) * 3


class Checker(multiprocessing.get_context("fork").Process):
    slots = None
    wait_turn = None

    def __init__(self, number, chunk):
        super().__init__(name=f"chunk {number}")
        self.number = number
        self.chunk = chunk

    def run(self):
        type(self).wait_turn(self.number)
        self.slots[self.number] = zlib.crc32(self.chunk)


def main(context, pause):
    Checker.slots = context.RawArray("L", 3)
    Checker.wait_turn = staticmethod(pause)
    checkers = [Checker(n, DATA[n * 256 : (n + 1) * 256 - n]) for n in range(3)]
    for checker in checkers:
        checker.start()
    for checker in checkers:
        checker.join()
    return reduce(xor, Checker.slots)

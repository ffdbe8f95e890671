"""Tasks of an executor count bytes in a Value that the initializer left in a global."""

import time
from concurrent.futures import ProcessPoolExecutor

_state = {}


def _setup(size, pause, everybody):
    _state["size"] = size
    _state["pause"] = pause
    everybody.wait()


def compress(rank, text):
    _state["pause"](rank)
    time.sleep(0.02)
    packed = text.replace("aa", "A")
    _state["size"].value += len(packed)  # RACE lost-update
    return packed


def main(context, pause):
    size = context.Value("l", 0)
    setup = {"initializer": _setup, "initargs": (size, pause, context.Barrier(2))}
    with ProcessPoolExecutor(2, mp_context=context, **setup) as executor:
        futures = [executor.submit(compress, rank, "aab" * (rank + 1)) for rank in range(3)]
        packed = [future.result() for future in futures]
    return size.value == sum(map(len, packed))

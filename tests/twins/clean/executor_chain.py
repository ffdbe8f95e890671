"""The second task is submitted when the result of the first is there, and needs no lock to go on from it."""

from concurrent.futures import ProcessPoolExecutor


def init(shared):
    global state
    state = shared


def step(factor):
    state.value = state.value * factor + 1
    return state.value


def main(context, pause):
    state = context.RawValue("i", 1)
    with ProcessPoolExecutor(max_workers=2, mp_context=context, initializer=init, initargs=(state,)) as executor:
        for factor in (2, 3, 5):
            executor.submit(step, factor).result()
            state.value -= 1
    return state.value

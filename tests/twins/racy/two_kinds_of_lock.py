"""A Manager's lock on one side, an ordinary one on the other."""


def indoors(state, lock, pause):
    pause(0)
    for _ in range(4):
        with lock:
            state["temperature"] += 1  # RACE inconsistent-lock t


def outdoors(state, lock, pause):
    pause(1)
    for _ in range(4):
        with lock:
            state["temperature"] -= 1  # RACE inconsistent-lock t


def main(context, pause):
    with context.Manager() as manager:
        state = manager.dict(temperature=20)
        inner, outer = manager.Lock(), context.Lock()
        heater = context.Process(target=indoors, args=(state, inner, pause))
        wind = context.Process(target=outdoors, args=(state, outer, pause))
        for process in (heater, wind):
            process.start()
        for process in (heater, wind):
            process.join()
        return dict(state)
